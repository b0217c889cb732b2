"""Faults of permissions and secrets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import backends, roles
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import SECURITY, Fault, Finding

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account


def _grant_lost(account: Account) -> None:
    since = effects.ago(account, 28)
    role = roles.role_name(account, "ListingFunction")
    backends.of(account, "iam").get_role(role).policies.pop(roles.POLICY)
    effects.done(account, since, "DeleteRolePolicy", role)
    arn = backends.arn(account, "dynamodb", "table/boat-listings")
    who = f"arn:aws:sts::{account.environment.account}:assumed-role/{role}/{account.names['ListingFunction']}"
    action = "dynamodb:Scan"
    because = f"because no identity-based policy allows the {action} action"
    why = f"User: {who} is not authorized to perform: {action} on resource: {arn} {because}"
    effects.console(account, "ListingFunction", since, f"ERROR\tError getting listings: AccessDeniedException: {why}")
    effects.failing_api(account, since)
    account.edge.routes |= {"GET /listings": "database-error", "GET /listings/{id}": "database-error"}


def _secret_deleted(account: Account) -> None:
    secret = backends.of(account, "secretsmanager").secrets[account.names["secret_name"]]
    secret.deleted_date = (effects.ago(account, 60 * 5)).timestamp() + 30 * 86400
    effects.done(account, effects.ago(account, 60 * 5), "DeleteSecret", account.names["secret_arn"])


def _secret_rotated(account: Account) -> None:
    """In this generation no code reads the secret: rotating it changes nothing but its date."""
    secret = backends.of(account, "secretsmanager").secrets[account.names["secret_name"]]
    text = json.dumps({"username": "admin", "password": "R" * 32})
    secret.versions[secret.default_version_id]["secret_string"] = secret.secret_string = text
    secret.last_changed_date = effects.ago(account, 70).timestamp()
    effects.done(account, effects.ago(account, 70), "PutSecretValue", account.names["secret_arn"])


def _secret_old(account: Account) -> None:
    secret = backends.of(account, "secretsmanager").secrets[account.names["secret_name"]]
    secret.created_date = secret.last_changed_date = effects.ago(account, 60 * 24 * 400).timestamp()


NAMED = "boat-listing-admin-jwt-*"
FAULTS = (
    Fault(
        "grant-lost",
        "The listing function may not read its table any more",
        _grant_lost,
        (Finding("endpoints_answer", "*/listings*"),),
        "F08",
    ),
    Fault(
        "secret-deleted",
        "The signing secret is scheduled for deletion",
        _secret_deleted,
        (Finding("secrets_kept", NAMED, runbook=SECURITY),),
        "F09",
    ),
    Fault(
        "secret-rotated-in-vain",
        "The signing secret was rotated, and nothing reads it",
        _secret_rotated,
        (Finding("rotations_arrive", NAMED, runbook=SECURITY),),
        "F10",
    ),
    Fault(
        "secret-old",
        "The signing secret was not changed for more than a year",
        _secret_old,
        (Finding("secrets_young", NAMED, runbook=SECURITY),),
    ),
)
