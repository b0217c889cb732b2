"""Can each table be brought back from its backups: of each kind, young, whole, of this very table, as many as agreed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from runbooks.checks.judgement import judge
from runbooks.estate import Backup, RecoveryWindow, TableCopies
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings, TableBackups

MAKING = "maintenance/database-backup"
LOSS = "incident/data-loss-recovery"


def tables_covered(names: Sequence[str], settings: Settings) -> CheckResult:
    """Every table of the stack is one that the environment file says how to back up."""
    known = settings.environment.backups.tables
    evidence = [
        Evidence(resource=name, status=Status.WARN, summary="is in the stack, and no one has said how it is backed up")
        for name in names
        if name not in known
    ]
    return judge(
        tables_covered, names, evidence, settings, good=f"all {len(names)} tables of the stack are to be backed up",
        expected="each table of the stack in the section [backups] of the environment file", next_step=MAKING,
    )  # fmt: skip


def backups_fresh(tables: Sequence[TableCopies], settings: Settings) -> CheckResult:
    """Every critical table has a backup of each kind that it should have: available, of this very table, and young enough."""
    limit = settings.environment.backups.snapshot_hours
    evidence = [row for table in tables for kind in _wanted(table, settings).snapshots for row in _fresh(table, kind, settings)]
    made = [table.usable(_wanted(table, settings).snapshots)[:1] for table in tables]
    ages = [_hours(backup.created, settings.now) for newest in made for backup in newest]
    return judge(
        backups_fresh, tables, evidence, settings,
        good=f"{len(tables)} tables have their backups, none older than {max(ages, default=0):.0f} h, limit {limit:.0f} h",
        expected=f"one that is available, of each wanted kind, at most {limit:.0f} h old", next_step=MAKING,
    )  # fmt: skip


def _fresh(table: TableCopies, kind: str, settings: Settings) -> Iterator[Evidence]:
    limits = settings.environment.backups
    yield from _unfinished(table, kind, settings)
    usable = table.usable((kind,))
    if not usable:
        yield Evidence(resource=table.table, status=Status.FAIL, summary=_none(table, kind), facts={"kind": kind})
        return
    hours = _hours(usable[0].created, settings.now)
    if hours > limits.snapshot_hours:
        yield Evidence(
            resource=table.table, status=Status.FAIL,
            summary=f"its newest available {kind} backup is {hours:.0f} h old, limit {limits.snapshot_hours:.0f} h",
            facts={"kind": kind, "backup": usable[0].name, "created": usable[0].created.isoformat(), "table exists": table.exists},
        )  # fmt: skip


def _unfinished(table: TableCopies, kind: str, settings: Settings) -> Iterator[Evidence]:
    """Tell of backups newer than the newest good one that are no good."""
    limits = settings.environment.backups
    usable = table.usable((kind,))
    since = usable[0].created if usable else settings.now - timedelta(hours=limits.snapshot_hours)
    for backup in table.backups:
        if backup.kind != kind or backup.available or backup.created <= since:
            continue
        minutes = _hours(backup.created, settings.now) * 60
        making = backup.status == "CREATING"
        why = f" after {minutes:.0f} minutes, limit {limits.making_minutes}" if making else ""
        why += f": {backup.problem}" if backup.problem else ""
        yield Evidence(
            resource=table.table, status=Status.WARN if making and minutes <= limits.making_minutes else Status.FAIL,
            summary=f"its {kind} backup of {backup.created:%Y-%m-%d %H:%M} UTC is {backup.status}{why}",
            facts={"kind": kind, "backup": backup.name, "status": backup.status, "place": backup.place},
        )  # fmt: skip


def _none(table: TableCopies, kind: str) -> str:
    others = [backup for backup in table.backups if backup.kind == kind and backup.available]
    if others:
        return f"has no {kind} backup: the {len(others)} of its name are of an earlier table"
    return f"has no available {kind} backup"


def rpo_met(rows: Sequence[TableCopies | RecoveryWindow], settings: Settings) -> CheckResult:
    """Every critical table can be brought back to a moment within its RPO, by its backups or by point-in-time recovery."""
    tables = [row for row in rows if isinstance(row, TableCopies)]
    windows = {row.table: row for row in rows if isinstance(row, RecoveryWindow)}
    return judge(
        rpo_met, tables, [_rpo(table, windows.get(table.table), settings) for table in tables], settings,
        good=f"{len(tables)} tables can be brought back to within their RPO", expected="the RPO of the environment file, by table",
        next_step=MAKING,
    )  # fmt: skip


def _rpo(table: TableCopies, window: RecoveryWindow | None, settings: Settings) -> Evidence | None:
    wanted = _wanted(table, settings)
    latest = table.latest_moment(window)
    lost = _hours(latest, settings.now) * 60 if latest else None
    if lost is not None and lost <= wanted.rpo_minutes:
        return None
    if window is None and "point-in-time" in wanted.kinds:
        return Evidence(
            resource=table.table,
            status=Status.UNKNOWN,
            summary="its backups alone do not meet the RPO, and its window is not known",
        )
    if latest is None or lost is None:
        said = "cannot be brought back at all: there is neither a backup nor a window"
        return Evidence(resource=table.table, status=Status.FAIL, summary=said)
    return Evidence(
        resource=table.table, status=Status.FAIL,
        summary=f"what was written in the last {_told(lost)} would be lost, RPO {_told(wanted.rpo_minutes)}",
        facts={"latest moment": latest.isoformat(), "minutes": round(lost), "RPO minutes": wanted.rpo_minutes},
    )  # fmt: skip


def sizes_plausible(tables: Sequence[TableCopies], settings: Settings) -> CheckResult:
    """Every newest backup is about as large as its table, and as the backup before it."""
    share = settings.environment.backups.share
    evidence = [row for table in tables for row in _size(table, settings)]
    sizes = [newest[0].size or 0 for table in tables if (newest := table.usable(("on-demand", "vault")))]
    return judge(
        sizes_plausible, tables, evidence, settings, good=f"the newest backups hold {_bytes(sum(sizes))}, as their tables do",
        expected=f"at least {share:.0%} of the table and of the backup before", next_step=MAKING,
    )  # fmt: skip


def _size(table: TableCopies, settings: Settings) -> Iterator[Evidence]:
    for kind in _wanted(table, settings).snapshots:
        usable = table.usable((kind,))
        if not usable:
            yield Evidence(
                resource=table.table, status=Status.UNKNOWN, summary=f"there is no {kind} backup whose size could be judged"
            )
            continue
        newest, before = usable[0], usable[1:2]
        if newest.size is None:
            yield Evidence(resource=table.table, status=Status.UNKNOWN, summary=f"AWS does not tell the size of {newest.name}")
            continue
        facts = {"backup": newest.name, "bytes": newest.size, "table bytes": table.size}
        if summary := _odd(newest.size, table, before, kind, settings):
            yield Evidence(resource=table.table, status=summary[0], summary=summary[1], facts=facts)


def _odd(size: int, table: TableCopies, before: Sequence[Backup], kind: str, settings: Settings) -> tuple[Status, str] | None:
    """Say what is odd about the size of a backup, and how bad it is."""
    limits = settings.environment.backups
    largest = max([size, table.size, *(each.size or 0 for each in before)])
    if largest <= limits.small_bytes:
        return None
    if table.exists and size < limits.share * table.size:
        return Status.FAIL, f"its newest {kind} backup holds {_bytes(size)}, the table {_bytes(table.size)}: not all of it is there"
    if table.exists and table.size < limits.share * size:
        return Status.WARN, f"holds {_bytes(table.size)}, its newest {kind} backup {_bytes(size)}: were rows lost?"
    for each in before:
        if each.size and size < limits.share * each.size:
            return (
                Status.WARN,
                f"its newest {kind} backup holds {_bytes(size)}, the one before {_bytes(each.size)}: were rows lost?",
            )
    return None


def backups_of_this_table(tables: Sequence[TableCopies], settings: Settings) -> CheckResult:
    """Every critical table exists, and its backups are of this very table: none was made anew under the same name."""
    return judge(
        backups_of_this_table, tables, [_identity(table, settings) for table in tables], settings,
        good=f"{len(tables)} tables are the ones that were backed up", expected="the backups' table id is the table's own",
        next_step=LOSS,
    )  # fmt: skip


def _identity(table: TableCopies, settings: Settings) -> Evidence | None:
    dated = [backup for backup in table.backups if backup.kind in ("on-demand", "vault") and backup.available]
    if not table.exists:
        left = [backup for backup in table.backups if backup.available]  # also what AWS itself kept of it
        said = (
            f"does not exist; of its {len(left)} backups the newest is {left[0].name}"
            if left
            else "does not exist, nor any backup of it"
        )
        return Evidence(resource=table.table, status=Status.FAIL, summary=said, facts={"backups": len(left)})
    if not dated:
        if not _wanted(table, settings).snapshots:
            return None
        return Evidence(resource=table.table, status=Status.UNKNOWN, summary="there is no backup whose table could be compared")
    strangers = [backup for backup in dated if not table.own(backup)]
    if not strangers:
        return None
    when = f"{table.created:%Y-%m-%d %H:%M} UTC" if table.created else "an unknown time"
    return Evidence(
        resource=table.table, status=Status.FAIL,
        summary=f"was made anew at {when}: {len(strangers)} of {len(dated)} backups are of the table before: keep them",
        facts={"table id": table.id, "backups of the table before": len(strangers), "newest of them": strangers[0].name},
    )  # fmt: skip


def retention_kept(tables: Sequence[TableCopies], settings: Settings) -> CheckResult:
    """Every critical table has as many backups as agreed, and none that is older than agreed."""
    evidence = [row for table in tables for row in _retention(table, settings)]
    counted = sum(len(table.backups) for table in tables)
    return judge(
        retention_kept, tables, evidence, settings, good=f"{counted} backups of {len(tables)} tables, as many and as old as agreed",
        expected="at least as many as the environment file says, none older than its days", next_step=MAKING,
    )  # fmt: skip


def _retention(table: TableCopies, settings: Settings) -> Iterator[Evidence]:
    wanted = _wanted(table, settings)
    for kind in wanted.snapshots:
        usable = table.usable((kind,))
        if len(usable) < wanted.keep_least:
            yield Evidence(
                resource=table.table, status=Status.FAIL,
                summary=f"has {len(usable)} available {kind} backups, at least {wanted.keep_least} are to be kept",
                facts={"kind": kind, "backups": len(usable), "at least": wanted.keep_least},
            )  # fmt: skip
    # what AWS itself left of a deleted table goes away by itself after 35 days, and may be the only copy
    dated = [backup for backup in table.backups if backup.kind != "system"]
    old = [backup for backup in dated if backup.created < settings.now - timedelta(days=wanted.keep_days + 1)]  # a day for the job
    if old:
        days = (settings.now - old[-1].created).days
        yield Evidence(
            resource=table.table, status=Status.WARN,
            summary=f"has {len(old)} backups of more than {wanted.keep_days} days, the oldest of {days}: nothing removes them",
            facts={"backups": len(dated), "too old": len(old), "oldest": old[-1].name},
        )  # fmt: skip


def _wanted(table: TableCopies, settings: Settings) -> TableBackups:
    return settings.environment.backups.tables[table.table]


def _hours(moment: datetime, now: datetime) -> float:
    return (now - moment).total_seconds() / 3600


def _told(minutes: float) -> str:
    return f"{minutes:.0f} minutes" if minutes < 180 else f"{minutes / 60:.0f} h"  # noqa: PLR2004 - what a person reads as minutes


def _bytes(size: float) -> str:
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - SI
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
