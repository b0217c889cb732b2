"""The way into moto's backends of one account, in process: far quicker than a request each, and it can set what no call can."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

GLOBAL = {"iam", "s3"}  # moto keeps these by partition, not by region


def of(account: Account, service: str) -> Any:
    """Return moto's backend of a service (moto's name of it) for this account and its region."""
    region = "aws" if service in GLOBAL else account.environment.region
    return get_backend(service)[account.environment.account][region]  # type: ignore[call-overload]


def arn(account: Account, service: str, rest: str) -> str:
    """Return an ARN in this account and region."""
    return f"arn:aws:{service}:{account.environment.region}:{account.environment.account}:{rest}"


def naive(moment: datetime) -> datetime:
    """Return the moment as moto keeps it: UTC without a zone."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def aware(moment: datetime) -> datetime:
    """Return a time of moto's with its zone."""
    return moment.replace(tzinfo=UTC)


def millis(moment: datetime) -> int:
    """Return the moment in milliseconds since 1970."""
    return round(moment.timestamp() * 1000)


def stamp(moment: datetime) -> str:
    """Return the moment as the platform writes it: 24 characters, so that the order of texts is the order of times."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
