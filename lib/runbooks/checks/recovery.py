"""Would going back work: recovery windows, exports, copies of what lies outside the tables, and the last proven restore."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from runbooks.checks.judgement import claim, judge
from runbooks.estate import FileCopies, Proof, RecoveryWindow, TableExports
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings

MAKING = "maintenance/database-backup"
RESTORE = "maintenance/database-restore"


def recovery_on(windows: Sequence[RecoveryWindow], settings: Settings) -> CheckResult:
    """Point-in-time recovery is on for every table that should have it, reaches up to now, and far enough back."""
    days = settings.environment.backups.window_days
    if not any("point-in-time" in table.kinds for table in settings.environment.backups.tables.values()):
        return _skipped(recovery_on, "no table of the environment file wants point-in-time recovery")
    return judge(
        recovery_on, windows, [_window(window, settings) for window in windows], settings,
        good=f"{len(windows)} tables can be brought back to any moment of the last {days} days or more",
        expected=f"on, reaching back at least {days} days, and up to now", next_step=MAKING,
    )  # fmt: skip


def _window(window: RecoveryWindow, settings: Settings) -> Evidence | None:
    limits = settings.environment.backups
    if not window.exists:
        return Evidence(resource=window.table, status=Status.FAIL, summary="does not exist, and its window went with it")
    if not window.on or window.earliest is None or window.latest is None:
        return Evidence(
            resource=window.table, status=Status.FAIL, summary="point-in-time recovery is off: only its backups are left"
        )
    facts = {"days": window.days, "earliest": window.earliest.isoformat(), "latest": window.latest.isoformat()}
    if window.days < limits.window_days:
        summary = f"its window is set to keep {window.days} of at least {limits.window_days} days"
        return Evidence(resource=window.table, status=Status.FAIL, summary=summary, facts=facts)
    behind = settings.now - window.latest
    limit = limits.tables[window.table].rpo_minutes
    if behind > timedelta(minutes=limit):
        summary = f"its window ends {behind.total_seconds() / 60:.0f} minutes ago, RPO {limit} minutes"
        return Evidence(resource=window.table, status=Status.FAIL, summary=summary, facts=facts)
    back = settings.now - window.earliest
    if back < timedelta(days=limits.window_days):
        hours = back.total_seconds() / 3600
        summary = f"its window reaches back {hours:.0f} h only, {limits.window_days} days are wanted: it was off until then"
        return Evidence(resource=window.table, status=Status.WARN, summary=summary, facts=facts)
    return None


def exports_fresh(tables: Sequence[TableExports], settings: Settings) -> CheckResult:
    """Every table that should be exported has a complete export that is young enough."""
    limit = settings.environment.backups.export_hours
    if not any("export" in table.kinds for table in settings.environment.backups.tables.values()):
        return _skipped(exports_fresh, "no table of the environment file wants exports")
    return judge(
        exports_fresh, tables, [_export(table, settings) for table in tables], settings,
        good=f"{len(tables)} of {len(tables)} have an export of the last {limit:.0f} h", next_step=MAKING,
        expected=f"a complete export of a moment at most {limit:.0f} h ago",
    )  # fmt: skip


def _export(table: TableExports, settings: Settings) -> Evidence | None:
    limit = settings.environment.backups.export_hours
    whole = [export for export in table.exports if export.status == "COMPLETED"]
    failed = [export for export in table.exports if export.status == "FAILED"]
    why = f"; the last attempt failed: {failed[0].problem or 'no reason given'}" if failed else ""
    if not whole:
        return Evidence(resource=table.table, status=Status.FAIL, summary=f"has no complete export of the last 90 days{why}")
    facts = {"export": whole[0].name, "moment": whole[0].moment.isoformat(), "items": whole[0].items, "bytes": whole[0].size}
    hours = (settings.now - whole[0].moment).total_seconds() / 3600
    if hours > limit:
        summary = f"its newest complete export is of {hours:.0f} h ago, limit {limit:.0f} h{why}"
        return Evidence(resource=table.table, status=Status.FAIL, summary=summary, facts=facts)
    if not whole[0].items:
        return Evidence(resource=table.table, status=Status.FAIL, summary="its newest export holds no row", facts=facts)
    return None


def files_copied(files: Sequence[FileCopies], settings: Settings) -> CheckResult:
    """Everything outside the tables that has to be copied has a copy that is young enough and not empty."""
    wanted = settings.environment.backups.files
    without = {name: file.reason for name, file in wanted.items() if not file.bucket}
    said = "; ".join(f"{name}: {reason}" for name, reason in without.items())
    there = [file for file in files if file.bucket]
    if len(without) == len(wanted):
        return _skipped(files_copied, said or "the environment file names nothing outside the tables")
    result = judge(
        files_copied, there, [_file(file, settings) for file in there], settings,
        good=f"{len(there)} of {len(wanted)} have a copy", expected="a copy of the wanted age and size in the wanted bucket",
        next_step=MAKING,
    )  # fmt: skip
    return result.model_copy(update={"summary": f"{result.summary}; not configured: {said}"}) if said else result


def _file(file: FileCopies, settings: Settings) -> Evidence | None:
    wanted = settings.environment.backups.files[file.name]
    if not file.copies:
        return Evidence(
            resource=file.name, status=Status.FAIL, summary=f"has no copy in {file.bucket} under {wanted.prefix or '/'}"
        )
    newest = file.copies[0]
    facts = {"bucket": file.bucket, "key": newest.key, "written": newest.written.isoformat(), "bytes": newest.size}
    hours = (settings.now - newest.written).total_seconds() / 3600
    if hours > wanted.hours:
        summary = f"its newest copy is {hours:.0f} h old, limit {wanted.hours:.0f} h"
        return Evidence(resource=file.name, status=Status.FAIL, summary=summary, facts=facts)
    if newest.size < wanted.least_bytes:
        summary = f"its newest copy has {newest.size} bytes, at least {wanted.least_bytes} are expected"
        return Evidence(resource=file.name, status=Status.FAIL, summary=summary, facts=facts)
    return None


def restores_proven(proofs: Sequence[Proof], settings: Settings) -> CheckResult:
    """Every critical table was restored and compared not long ago, within its RTO: a backup is as good as its last restore."""
    limits = settings.environment.backups
    known = [proof.at for proof in proofs if proof.at is not None]
    oldest = (settings.now - min(known)).days if known else 0
    return judge(
        restores_proven, proofs, [_proven(proof, settings) for proof in proofs], settings,
        good=f"{len(proofs)} tables were restored and compared in the last {oldest} days",
        expected=f"a proven restore of at most {limits.proven_warn_days} days ago, within the RTO", next_step=RESTORE,
    )  # fmt: skip


def _proven(proof: Proof, settings: Settings) -> Evidence | None:
    limits = settings.environment.backups
    if proof.at is None:
        return Evidence(
            resource=proof.table, status=Status.UNKNOWN, summary=f"when it was last restored is not known: {proof.problem}"
        )
    facts = {"proven": proof.at.isoformat(), "from": proof.source, "minutes": proof.minutes}
    if proof.at > settings.now + timedelta(hours=1):  # an hour: clocks differ
        return Evidence(
            resource=proof.table,
            status=Status.UNKNOWN,
            summary=f"its record says {proof.at:%Y-%m-%d}, which is to come",
            facts=facts,
        )
    days = (settings.now - proof.at).days
    if days > limits.proven_warn_days:
        fail = days > limits.proven_fail_days
        limit = limits.proven_fail_days if fail else limits.proven_warn_days
        summary = f"was last restored and compared {days} days ago, limit {limit}"
        return Evidence(resource=proof.table, status=Status.FAIL if fail else Status.WARN, summary=summary, facts=facts)
    rto = limits.tables[proof.table].rto_minutes
    if proof.minutes is not None and proof.minutes > rto:
        summary = f"its last restore took {proof.minutes:.0f} minutes, RTO {rto} minutes"
        return Evidence(resource=proof.table, status=Status.WARN, summary=summary, facts=facts)
    return None


def _skipped(check: Callable[..., CheckResult], why: str) -> CheckResult:
    """Return that a claim does not apply here, and why."""
    return CheckResult(name=check.__name__, claim=claim(check), status=Status.SKIP, summary=f"not applicable here: {why}")
