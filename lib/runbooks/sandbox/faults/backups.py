"""Faults of the tables' backups: missing, stale, unfinished, too many, too few, too small, of another table, lost in a vault."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends, recovery, stack, tables
from runbooks.sandbox.estate import backups as seeded
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import BACKUPS, Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account


def _says(check: str, resource: str, status: str = "FAIL") -> Finding:
    return Finding(check, resource, status, BACKUPS)


def _of(account: Account, table: str = "") -> list[seeded.SeededBackup]:
    """Return the backups of a table, or of all, oldest first."""
    found = [each for each in backends.of(account, "dynamodb").backups.values() if table in ("", each.table.name)]
    return sorted(found, key=lambda backup: backup.creation_date_time)


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
        source = _of(account, table)[0].table
        for days in range(34, 64, 3):
            seeded.put(account, table, now - timedelta(days=days), source)


def _cleaned(account: Account) -> None:
    """A clean-up took every backup of more than a day for rubbish."""
    since = backends.naive(effects.ago(account, 60 * 26))
    gone = [backup for backup in _of(account) if backup.creation_date_time < since and backup.type == "USER"]
    _remove(account, lambda backup: backup in gone)
    for table in tables.BY_NAME:
        effects.done(account, effects.ago(account, 60 * 5), "DeleteBackup", table)


def _creating(account: Account) -> None:
    """The latest backup of the users was begun three hours ago and never became available; a listing shows it all the same."""
    latest = _of(account, "boat-users")[-1]
    _remove(account, lambda backup: backup is latest)
    seeded.put(account, "boat-users", effects.ago(account, 180), latest.table).status = "CREATING"


def _being_made(account: Account) -> None:
    source = _of(account, "boat-listings")[-1].table
    seeded.put(account, "boat-listings", effects.ago(account, 4), source, name="before-the-release").status = "CREATING"


def _small(account: Account) -> None:
    """The backup of the listings was made while the table was all but empty: the rows came back after it."""
    _of(account, "boat-listings")[-1].size = recovery.ROW_BYTES * 3


def _anew(account: Account) -> None:
    """Somebody deleted the users' table and made it again; name and rows are as before, its past is not."""
    live: Any = backends.of(account, "dynamodb").tables["boat-users"]
    at = effects.ago(account, 60 * 7)
    live.created_at = backends.naive(at)
    live.tags = []
    recovery.turn_on(account, "boat-users", at)
    effects.done(account, at - timedelta(minutes=4), "DeleteTable", "boat-users")


def _unplanned(account: Account) -> None:
    """A new table came with a deployment, and nobody thought of its backups."""
    name = "boat-saved-searches"
    stack.of(account).stack_resources.append(stack.Resource("SavedSearchesTable4C1D8E27", name, "AWS::DynamoDB::Table"))


def _points(account: Account, table: str, since: datetime) -> list[dict[str, Any]]:
    arn = backends.arn(account, "dynamodb", f"table/{table}")
    return [each for each in account.recovery_points if each["ResourceArn"] == arn and each["CreationDate"] >= since]


def _points_turned(table: str, status: str, message: str) -> Callable[[Account], None]:
    def apply(account: Account) -> None:
        for each in _points(account, table, effects.ago(account, 60 * 24 * 3)):
            each |= {"Status": status, "StatusMessage": message}

    return apply


def _vault_empty(account: Account) -> None:
    gone = _points(account, "boat-listings", effects.ago(account, 60 * 24 * 99))
    account.recovery_points = [each for each in account.recovery_points if each not in gone]


FAULTS = (
    Fault(
        "backup-missing",
        "The audit log has had no backup for three days",
        _one_missing,
        (_says("backups_fresh", "boat-audit-logs"), _says("rpo_met", "boat-audit-logs")),
        "F14",
    ),
    Fault(
        "backups-stale",
        "No table has had a backup for six days",
        _stale,
        tuple(_says("backups_fresh", table) for table in tables.BY_NAME),
        "F15",
    ),
    Fault(
        "backups-piling-up",
        "Backups of more than thirty days are never removed",
        _pile,
        tuple(_says("retention_kept", table, "WARN") for table in tables.BY_NAME),
        "F15",
    ),
    Fault(
        "backups-cleaned-away",
        "A clean-up deleted every backup of more than a day",
        _cleaned,
        tuple(_says("retention_kept", table) for table in tables.BY_NAME),
        "F41",
    ),
    Fault(
        "backup-never-available",
        "The latest backup of the users is still being created",
        _creating,
        (_says("backups_fresh", "boat-users"),),
        "F14",
    ),
    Fault(
        "backup-too-small",
        "The latest backup of the listings holds three rows",
        _small,
        (_says("sizes_plausible", "boat-listings"),),
    ),
    Fault(
        "table-made-anew",
        "The users table was deleted and made again under its name",
        _anew,
        (_says("backups_of_this_table", "boat-users"), _says("backups_fresh", "boat-users")),
    ),
    Fault(
        "table-without-backups",
        "A deployment brought a table that nobody backs up",
        _unplanned,
        (_says("tables_covered", "boat-saved-searches", "WARN"),),
    ),
    Fault(
        "vault-points-expired",
        "The vault's points of the users have expired and cannot be deleted",
        _points_turned("boat-users", "EXPIRED", "Access denied: AWS Backup cannot delete the recovery point"),
        (_says("backups_fresh", "boat-users"),),
    ),
    Fault(
        "vault-points-partial",
        "AWS Backup did not finish the listings within its window for three days",
        _points_turned("boat-listings", "PARTIAL", "The job did not finish within its backup window"),
        (_says("backups_fresh", "boat-listings"),),
    ),
    Fault(
        "vault-empty",
        "No vault holds a point of the listings",
        _vault_empty,
        (_says("backups_fresh", "boat-listings"), _says("retention_kept", "boat-listings")),
    ),
    Fault("backup-being-made", "A backup of the listings was begun four minutes ago", _being_made, benign=True),
)
