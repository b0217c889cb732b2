"""Faults of backups and of point-in-time recovery."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import backends, tables
from runbooks.sandbox.estate import backups as seeded
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account


def _recovery_off(account: Account) -> None:
    """It was on for a while, and somebody turned it off: the estate itself has it off, so the trace tells."""
    for table in ("boat-listings", "boat-users"):
        backends.of(account, "dynamodb").tables[table].continuous_backups["ContinuousBackupsStatus"] = "DISABLED"
        effects.done(account, effects.ago(account, 60 * 11), "UpdateContinuousBackups", table)


def _remove(account: Account, gone: Callable[[seeded.SeededBackup], bool]) -> None:
    kept = backends.of(account, "dynamodb").backups
    for arn in [arn for arn, backup in kept.items() if gone(backup)]:
        del kept[arn]
    account.trail = [
        event
        for event in account.trail
        if not (event["EventName"] == "CreateBackup" and event["Resources"][0]["ResourceName"] not in _recent(account))
    ]


def _recent(account: Account) -> set[str]:
    since = backends.naive(effects.ago(account, 60 * 24))
    return {backup.table.name for backup in backends.of(account, "dynamodb").backups.values() if backup.creation_date_time >= since}


def _one_missing(account: Account) -> None:
    since = backends.naive(effects.ago(account, 60 * 24 * 3))
    _remove(account, lambda backup: backup.table.name == "boat-audit-logs" and backup.creation_date_time >= since)


def _stale(account: Account) -> None:
    since = backends.naive(effects.ago(account, 60 * 24 * 6))
    _remove(account, lambda backup: backup.creation_date_time >= since)


def _pile(account: Account) -> None:
    now = account.clock.now()
    for table in tables.BY_NAME:
        source = next(each.table for each in backends.of(account, "dynamodb").backups.values() if each.table.name == table)
        for days in range(34, 64, 3):
            seeded.put(account, table, now - timedelta(days=days), source)


def _creating(account: Account) -> None:
    """The latest backup of the users never became available; a listing shows it all the same."""
    mine = [backup for backup in backends.of(account, "dynamodb").backups.values() if backup.table.name == "boat-users"]
    max(mine, key=lambda backup: backup.creation_date_time).status = "CREATING"


FAULTS = (
    Fault("recovery-turned-off", "Point-in-time recovery was turned off for two tables", _recovery_off, platform="F13"),
    Fault("backup-missing", "The audit log has had no backup for three days", _one_missing, platform="F14"),
    Fault("backups-stale", "No table has had a backup for six days", _stale, platform="F15"),
    Fault("backups-piling-up", "Backups of more than thirty days are never removed", _pile, platform="F15"),
    Fault("backup-never-available", "The latest backup of the users is still being created", _creating, platform="F14"),
)
