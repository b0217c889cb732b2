"""Secrets Manager: no rotation without a function. Source: API reference, RotateSecret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call


def rotate_secret(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS refuses to rotate a secret that has no rotation function; moto leaves it without a value."""
    given = call.parameters
    secret: Any = get_backend("secretsmanager")[call.account][call.region].secrets.get(given["SecretId"])
    if secret is not None and not (given.get("RotationLambdaARN") or secret.rotation_lambda_arn):
        message = "No Lambda rotation function ARN is associated with this secret."
        raise Refusal("InvalidRequestException", message)
    return ask()
