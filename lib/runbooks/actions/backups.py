"""The immediate backup: what the document asks for when a table has no good one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from runbooks.estate import RecoveryWindow, TableCopies
from runbooks.model import Change, Plan
from runbooks.settings import Settings

MADE = "{answer.BackupDetails.BackupArn}"  # in an undo: taken from the answer of the change that it undoes
DOLLARS = 0.10  # a GB and month of on-demand backup, us-east-1, 2025


def immediate_backup(rows: Sequence[TableCopies | RecoveryWindow], settings: Settings) -> Plan:
    """Return the plan that makes one on-demand backup of each table that lost its last good one, or its RPO.

    The name of a backup holds the day and not the second, so that the same need gives the same digest.
    """
    environment = settings.environment
    tables = [row for row in rows if isinstance(row, TableCopies)]
    windows = {row.table: row for row in rows if isinstance(row, RecoveryWindow)}
    reasons = {table.table: _why(table, windows.get(table.table), settings) for table in tables}
    needy = [table for table in tables if table.exists and reasons[table.table]]
    gone = [table.table for table in tables if not table.exists]
    said = f"Back up {len(needy)} of {len(tables)} tables now" if needy else f"None of {len(tables)} tables needs a backup now"
    lost = f"; {', '.join(gone)}: there is no table to back up, restore it instead" if gone else ""
    return Plan(
        environment=environment.name, account=environment.account, summary=f"{said}{lost}",
        changes=tuple(_change(table, reasons[table.table], settings) for table in needy),
    )  # fmt: skip


def _why(table: TableCopies, window: RecoveryWindow | None, settings: Settings) -> str:
    """Say why a table needs a backup of its own now; nothing where it does not."""
    limits = settings.environment.backups
    wanted = limits.tables[table.table]
    good = table.usable(("on-demand",))
    if "on-demand" in wanted.kinds and not good:
        return "it has no available backup of its own"
    if "on-demand" in wanted.kinds and settings.now - good[0].created > timedelta(hours=limits.snapshot_hours):
        return "its newest available backup is too old"
    if good and table.size > limits.small_bytes and (good[0].size or 0) < limits.share * table.size:
        return "its newest backup does not hold all of it"
    unread = window is None and "point-in-time" in wanted.kinds
    latest = table.latest_moment(window)
    if latest is None or (not unread and settings.now - latest > timedelta(minutes=wanted.rpo_minutes)):
        return "what was written lately would be lost"
    return ""


def _change(table: TableCopies, why: str, settings: Settings) -> Change:
    name = f"{table.table}-immediate-{settings.now:%Y%m%d}"
    newest = table.usable(("on-demand",))[:1]
    cost = table.size / 1e9 * DOLLARS
    return Change(
        summary=f"Back up {table.table}: {why}. About ${cost:.4f} a month, and no load on the table",
        service="dynamodb",
        operation="CreateBackup",
        params={"TableName": table.table, "BackupName": name},
        before={"newest available backup": newest[0].created.isoformat() if newest else None},
        after={"newest available backup": name},
        precondition={"TableId": table.id, "TableStatus": "ACTIVE"},
        undo=Change(
            summary="delete the backup that this made; the table is untouched either way",
            service="dynamodb", operation="DeleteBackup", params={"BackupArn": MADE}, before={"backup": name}, after={},
            no_undo="a deleted backup is gone",
        ),
    )  # fmt: skip
