"""IAM: one role a function, one for the instance; what each is allowed is what the platform's stack grants."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from runbooks.sandbox.estate import backends, functions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbooks.sandbox.accounts import Account

READ = ("dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan")
WRITE = ("dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem")
LISTINGS, USERS, AUDIT = "boat-listings", "boat-users", "boat-audit-logs"
SESSIONS, ATTEMPTS = "boat-admin-sessions", "boat-login-attempts"
GRANTS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "AuthFunction": (READ + WRITE, (USERS, AUDIT, SESSIONS, ATTEMPTS)),
    "ListingFunction": (READ + WRITE, (LISTINGS, USERS)),
    "SearchFunction": (READ, (LISTINGS,)),
    "StatsFunction": (READ, (LISTINGS, USERS)),
    "AdminFunction": (READ + WRITE, (LISTINGS, USERS, AUDIT, SESSIONS, ATTEMPTS)),
}
POLICY = "DefaultPolicy"


class Managed(NamedTuple):
    """A policy of AWS's own; moto would have to load all twelve hundred of them."""

    name: str
    path: str

    @property
    def arn(self) -> str:
        """The ARN, which belongs to no account."""
        return f"arn:aws:iam::aws:policy{self.path}{self.name}"


BASIC = Managed("AWSLambdaBasicExecutionRole", "/service-role/")


def build(account: Account) -> None:
    """Create the roles with their inline policies."""
    for function in functions.FUNCTIONS:
        name = role_name(account, function.name)
        _create(account, name, "lambda.amazonaws.com")
        if statements := _statements(account, function.name):
            grant(account, name, statements)
    instance = account.names["TunnelInstanceRole"]
    _create(account, instance, "ec2.amazonaws.com")
    bucket = f"arn:aws:s3:::{account.names['frontend_bucket']}"
    grant(account, instance, [allow(("s3:GetObject", "s3:ListBucket"), (bucket, f"{bucket}/*"))])
    _create(account, account.names["BoatListingApiCloudWatchRole"], "apigateway.amazonaws.com")


def role_name(account: Account, function: str) -> str:
    """Return the name of a function's role."""
    return account.names[f"{function}ServiceRole" if function.endswith("Function") else f"{function}Role"]


def arn_of(account: Account, function: str) -> str:
    """Return the ARN of a function's role."""
    return f"arn:aws:iam::{account.environment.account}:role/{role_name(account, function)}"


def grant(account: Account, role: str, statements: Sequence[dict[str, object]]) -> None:
    """Put the role's inline policy."""
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    backends.of(account, "iam").get_role(role).put_policy(POLICY, document)


def allow(actions: Sequence[str], resources: Sequence[str]) -> dict[str, object]:
    """Return one statement."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def _statements(account: Account, function: str) -> list[dict[str, object]]:
    if function == "MediaFunction":
        bucket = f"arn:aws:s3:::{account.names['media_bucket']}"
        return [allow(("s3:GetObject*", "s3:PutObject*", "s3:DeleteObject*", "s3:List*"), (bucket, f"{bucket}/*"))]
    if function == "EmailFunction":
        return [allow(("ses:SendEmail", "ses:SendRawEmail"), ("*",))]
    if function not in GRANTS:
        return []
    actions, names = GRANTS[function]
    arns = [
        arn
        for name in names
        for arn in (backends.arn(account, "dynamodb", f"table/{name}"), backends.arn(account, "dynamodb", f"table/{name}/index/*"))
    ]
    statements = [allow(actions, arns)]
    if function == "AdminFunction":
        statements.append(allow(("secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret"), (account.names["secret_arn"],)))
        statements.append(allow(("cloudwatch:PutMetricData", "logs:*"), ("*",)))
    return statements


def _create(account: Account, name: str, service: str) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}],
    }
    role = backends.of(account, "iam").create_role(name, json.dumps(trust), "/", None, "", [], None)
    role.create_date = backends.naive(account.clock.now() - timedelta(days=44))
    if service == "lambda.amazonaws.com":
        role.managed_policies[BASIC.arn] = BASIC
