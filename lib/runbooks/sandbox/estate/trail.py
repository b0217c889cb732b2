"""CloudTrail: what LookupEvents tells of the last deployment, and how an event is written."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import chance, items

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

DEPLOYER, OPERATOR = "github-actions-deploy", "platform-operator"


def build(account: Account) -> None:
    """Write the deployment of twelve days ago and an operator's reads of today."""
    now = account.clock.now()
    deployed = now - timedelta(days=12, hours=3)
    for minutes, name, resource in (
        (0, "UpdateStack", account.environment.stack),
        (2, "UpdateFunctionCode20150331v2", account.names["AdminFunction"]),
        (2, "UpdateFunctionCode20150331v2", account.names["ListingFunction"]),
        (3, "CreateDeployment", account.names["rest_api_id"]),
    ):
        event(account, deployed + timedelta(minutes=minutes), name, resource, DEPLOYER)
    for number, table in enumerate(
        ("boat-listings", "boat-users", "boat-audit-logs", "boat-admin-sessions", "boat-login-attempts")
    ):
        backed_up = now.replace(hour=3, minute=number, second=7, microsecond=0)
        event(account, backed_up if backed_up <= now else backed_up - timedelta(days=1), "CreateBackup", table, "backup-runner")


SOURCES = {
    "UpdateStack": "cloudformation",
    "UpdateFunctionCode20150331v2": "lambda",
    "UpdateFunctionConfiguration20150331v2": "lambda",
    "PutFunctionConcurrency20171031": "lambda",
    "CreateDeployment": "apigateway",
    "UpdateStage": "apigateway",
    "DeleteMethod": "apigateway",
    "CreateBackup": "dynamodb",
    "DeleteBackup": "dynamodb",
    "DeleteTable": "dynamodb",
    "UpdateTable": "dynamodb",
    "UpdateContinuousBackups": "dynamodb",
    "PutRolePolicy": "iam",
    "DeleteRolePolicy": "iam",
    "StopInstances": "ec2",
    "TerminateInstances": "ec2",
    "DeleteNatGateway": "ec2",
    "AuthorizeSecurityGroupIngress": "ec2",
    "DisableAlarmActions": "monitoring",
    "DeleteAlarms": "monitoring",
    "PutMetricAlarm": "monitoring",
    "DeleteDashboards": "monitoring",
    "PutDashboard": "monitoring",
    "PutBucketPolicy": "s3",
    "DeleteBucketPublicAccessBlock": "s3",
    "DeleteSecret": "secretsmanager",
    "PutSecretValue": "secretsmanager",
    "ImportCertificate": "acm",
    "Subscribe": "sns",
    "DeleteTopic": "sns",
    "DeleteLogGroup": "logs",
    "DeleteVpcEndpoints": "ec2",
}


def event(account: Account, at: datetime, name: str, resource: str, user: str = OPERATOR, address: str = "198.51.100.24") -> None:
    """Add one management event, newest first; the account is in the user's session name as in a real one."""
    identity = chance.uuid4(chance.dice(items.seed_of(account), "trail", name, resource, at.isoformat()))
    source = f"{SOURCES[name]}.amazonaws.com"
    detail = {
        "eventVersion": "1.09",
        "userIdentity": {"type": "AssumedRole", "accountId": account.environment.account, "principalId": f"AROA:{user}"},
        "eventTime": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": account.environment.region,
        "sourceIPAddress": address,
        "eventID": identity,
        "readOnly": False,
    }
    account.trail.append(
        {
            "EventId": identity,
            "EventName": name,
            "ReadOnly": "false",
            "EventTime": at.replace(microsecond=0),
            "EventSource": source,
            "Username": user,
            "Resources": [{"ResourceName": resource}],
            "CloudTrailEvent": json.dumps(detail),
        }
    )
    account.trail.sort(key=lambda item: item["EventTime"], reverse=True)
