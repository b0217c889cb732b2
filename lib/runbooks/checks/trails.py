"""Can the tables of events be believed: no row is missing while there is traffic, and each looks as the platform writes it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import exp

from runbooks.checks.judgement import judge
from runbooks.checks.logins import INCIDENT, cost
from runbooks.estate import Rows, Witness
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings


def trail_unbroken(witnesses: Sequence[Witness], settings: Settings) -> CheckResult:
    """Nothing is missing in the audit log: every login left its row, no function lost one, no silence is longer than chance."""
    limits = settings.environment.security.trails
    return judge(
        trail_unbroken, witnesses, [_missing(witness, settings) for witness in witnesses], settings,
        good=f"{len(witnesses)} witnesses agree: {_told(witnesses)}",
        expected=f"fewer than {limits.missing} rows missing, and fewer than {limits.silence:g} visits due in any silence"
        f" (chance alone does that once in {exp(limits.silence):,.0f})",
        next_step=INCIDENT,
    )  # fmt: skip


def _missing(witness: Witness, settings: Settings) -> Evidence | None:
    limits = settings.environment.security.trails
    when = f"{_clock(witness.first)} to {_clock(witness.last)}"
    facts = {"events": witness.events, "missing": witness.missing}
    if witness.missing:
        status = Status.FAIL if witness.missing >= limits.missing else Status.WARN
        return Evidence(resource=witness.name, status=status, summary=f"{witness.missing} {witness.saw}, {when}", facts=facts)
    if witness.expected >= limits.silence:
        summary = f"no row from {when}, though {witness.expected:g} visits were due, limit {limits.silence:g}"
        return Evidence(resource=witness.name, status=Status.FAIL, summary=summary, facts=facts)
    return None


def rows_well_formed(tables: Sequence[Rows], settings: Settings) -> CheckResult:
    """Every row of the window looks as the platform writes it, so that no question about time or kind passes it by."""
    evidence = [
        Evidence(
            resource=rows.table, status=Status.FAIL, summary=f"{count} rows: {wrong}", facts={"rows": count, **cost(rows.reading)}
        )
        for rows in tables
        for wrong, count in rows.strange
    ]
    return judge(
        rows_well_formed, tables, evidence, settings, good="; ".join(map(_read, tables)),
        expected="timestamps with milliseconds and Z, and the attributes that the platform writes, as text", next_step=INCIDENT,
    )  # fmt: skip


def _read(rows: Rows) -> str:
    share = f", {min(rows.reading.looked_at / rows.items, 1):.0%} of the table" if rows.items else ""
    return (
        f"{rows.table}: {rows.reading.rows:,} rows as they should be, {rows.reading.looked_at:,} looked at{share}, "
        f"{rows.reading.capacity:,.0f} read units"
    )


def _told(witnesses: Sequence[Witness]) -> str:
    return "; ".join(f"{witness.events} seen by {witness.name}" for witness in witnesses)


def _clock(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else "never"
