"""Faults of going back: point-in-time recovery, exports, copies of files, and restores that nobody proves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends, recovery
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import BACKUPS, Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account


def _says(check: str, resource: str, status: str = "FAIL") -> Finding:
    return Finding(check, resource, status, BACKUPS)


def _window(account: Account, table: str) -> dict[str, Any]:
    held: dict[str, Any] = backends.of(account, "dynamodb").tables[table].continuous_backups
    window: dict[str, Any] = held["PointInTimeRecoveryDescription"]
    return window


def _off(account: Account) -> None:
    """Somebody turned it off to save money; the backups of the night are still listed."""
    for table in recovery.CRITICAL:
        held = backends.of(account, "dynamodb").tables[table].continuous_backups
        held["PointInTimeRecoveryDescription"] = {"PointInTimeRecoveryStatus": "DISABLED"}
        effects.done(account, effects.ago(account, 60 * 11), "UpdateContinuousBackups", table)


def _short(account: Account) -> None:
    _window(account, "boat-users")["RecoveryPeriodInDays"] = 1
    effects.done(account, effects.ago(account, 60 * 30), "UpdateContinuousBackups", "boat-users")


def _restarted(account: Account) -> None:
    """It was off for an hour and on again: whatever was before that hour is out of reach."""
    since = effects.ago(account, 60 * 20)
    recovery.turn_on(account, "boat-listings", since)
    for at in (since - timedelta(hours=1), since):
        effects.done(account, at, "UpdateContinuousBackups", "boat-listings")


def _behind(account: Account) -> None:
    """AWS itself is behind with its log of changes."""
    backends.of(account, "dynamodb").tables["boat-users"].continuous_backups["sandbox_behind"] = timedelta(hours=3)


def _no_exports(account: Account) -> None:
    account.exports.clear()


def _exports_fail(account: Account) -> None:
    """The bucket's policy changed a fortnight ago; the table's own backups have nothing to do with it."""
    account.exports = [each for each in account.exports if each["ExportTime"] < effects.ago(account, 60 * 24 * 12)]
    for days in (8, 1):
        recovery.export(
            account, recovery.EXPORTED, effects.ago(account, 60 * 24 * days), "FAILED", "Access denied for this operation"
        )


def _tunnel(*, size: int | None) -> Callable[[Account], None]:
    """Take the copies of the last weeks away, or leave one that is cut short."""

    def apply(account: Account) -> None:
        backend, bucket = backends.of(account, "s3"), account.names["backup_bucket"]
        for key in [key for key, _ in backend.buckets[bucket].keys.items()]:
            backend.delete_object(bucket, key)
        recovery.copy(account, effects.ago(account, 60 * 24 * (20 if size is None else 1)), 1_900 if size is None else size)

    return apply


def _proof(days: int, minutes: float, table: str) -> Callable[[Account], None]:
    return lambda account: recovery.prove(account, table, effects.ago(account, 60 * 24 * days), minutes)


def _never(account: Account) -> None:
    backends.of(account, "dynamodb").tables["boat-audit-logs"].tags = []


FAULTS = (
    Fault(
        "recovery-turned-off",
        "Point-in-time recovery was turned off for two tables",
        _off,
        tuple(_says(check, table) for check in ("recovery_on", "rpo_met") for table in recovery.CRITICAL),
        "F13",
    ),
    Fault(
        "recovery-window-short",
        "The users can only be brought back to yesterday",
        _short,
        (_says("recovery_on", "boat-users"),),
        "F13",
    ),
    Fault(
        "recovery-restarted",
        "Point-in-time recovery of the listings was off for an hour",
        _restarted,
        (_says("recovery_on", "boat-listings", "WARN"),),
        "F13",
    ),
    Fault(
        "recovery-behind",
        "The users' window ends three hours ago",
        _behind,
        (_says("recovery_on", "boat-users"), _says("rpo_met", "boat-users")),
    ),
    Fault("exports-gone", "There is no export of the listings", _no_exports, (_says("exports_fresh", "boat-listings"),)),
    Fault("exports-failing", "The exports of the listings fail", _exports_fail, (_says("exports_fresh", "boat-listings"),)),
    Fault(
        "tunnel-copy-old",
        "The tunnel's configuration was last copied three weeks ago",
        _tunnel(size=None),
        (_says("files_copied", "tunnel configuration"),),
    ),
    Fault(
        "tunnel-copy-cut",
        "The copy of the tunnel's configuration is cut short",
        _tunnel(size=12),
        (_says("files_copied", "tunnel configuration"),),
    ),
    Fault(
        "restore-long-ago",
        "The listings were last restored for proof four months ago",
        _proof(120, 24, "boat-listings"),
        (_says("restores_proven", "boat-listings"),),
    ),
    Fault(
        "restore-too-slow",
        "The users' last restore took three hours",
        _proof(9, 180, "boat-users"),
        (_says("restores_proven", "boat-users", "WARN"),),
    ),
    Fault(
        "restore-never-proven",
        "No restore of the audit log was ever proven",
        _never,
        (_says("restores_proven", "boat-audit-logs", "UNKNOWN"),),
    ),
)
