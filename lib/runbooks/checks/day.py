"""The day of one or more environments, from what their runbooks said: one check judges each environment, others tell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from runbooks.checks.judgement import claim, judge
from runbooks.estate import Day, Told
from runbooks.history import Change, Changes, Finding, Kind, Row, as_of, changes, findings
from runbooks.model import CheckResult, Evidence, Fact, Outcome, Status, Verdict, worst
from runbooks.settings import Settings, utc

DAILY = "runbooks daily"
BAD = (Status.FAIL, Status.UNKNOWN, Status.WARN)
_WORDS = {Status.FAIL: "failed", Status.UNKNOWN: "could not be checked", Status.WARN: "warned", Status.PASS: "passed"}
_ORDER = {Status.FAIL: 0, Status.UNKNOWN: 1, Status.WARN: 2}


def environments_well(days: Sequence[Day], settings: Settings) -> CheckResult:
    """Every environment is well: each of its daily runbooks has run, seen everything, and found nothing."""
    return judge(
        environments_well, days, [_environment(day) for day in days], settings, good="",
        expected="PASS of every daily runbook, from a record of today", next_step=DAILY,
    )  # fmt: skip


def _environment(day: Day) -> Evidence:
    status = worst(_status(told) for told in day.told)
    counts: dict[str, Fact] = dict.fromkeys(_WORDS.values(), 0)
    for told in day.told:
        for result in told.verdict.results if told.verdict and not told.trouble else ():
            if result.status in _WORDS:
                counts[_WORDS[result.status]] = int(counts[_WORDS[result.status]] or 0) + 1
    facts = {"environment": day.environment, **counts, "runbooks": len(day.told)}
    return Evidence(resource=day.title, status=status, summary=_said(day, status), facts=facts)


def _status(told: Told) -> Status:
    """Return how a runbook ended; what says nothing of today is UNKNOWN, and a run that broke off can still have failed."""
    if told.verdict is None or (told.trouble and told.verdict.outcome is Outcome.COMPLETED):
        return Status.UNKNOWN
    return worst([told.verdict.status, Status.UNKNOWN]) if told.trouble else told.verdict.status


def _said(day: Day, status: Status) -> str:
    results = [result for told in day.told if told.verdict and not told.trouble for result in told.verdict.results]
    bad = [told for told in day.told if _status(told) is status]
    if status not in BAD or not bad:
        return f"{len(results)} checks of {len(day.told)} runbooks passed"
    first = bad[0]
    sentence = f"{first.runbook}: {first.trouble}" if first.trouble or not first.verdict else first.verdict.summary
    more = f"; and {len(bad) - 1} more {'runbooks' if len(bad) > 2 else 'runbook'}" if len(bad) > 1 else ""  # noqa: PLR2004 - plural
    return f"{sentence}{more}"


def records_told(days: Sequence[Day], settings: Settings) -> CheckResult:
    """Every daily runbook ran to its end within the day, and its record can be read."""
    told = [each for day in days for each in day.told]
    rows = [
        Evidence(
            resource=each.runbook, status=Status.UNKNOWN, summary=each.trouble,
            facts={"environment": each.environment, "page": each.page},
        )
        for each in told if each.trouble
    ]  # fmt: skip
    hours = settings.environment.day.fresh_hours
    return judge(
        records_told, told, rows, settings, good=f"{len(told)} records of today",
        expected=f"a completed run of each, at most {hours} h old", next_step=DAILY,
    )  # fmt: skip


def findings_told(days: Sequence[Day], settings: Settings) -> CheckResult:  # noqa: ARG001 - a check
    """Every finding of the day is told, the worst and newest first."""
    rows = [row for day in days for row in _findings(day)]
    rows.sort(key=lambda row: (_ORDER[row.status], row.facts["kind"] != Kind.NEW, str(row.facts["severity"])))
    words = [f"{n} {_WORDS[status]}" for status in BAD if (n := sum(row.status is status for row in rows))]
    return _told(findings_told, rows, ", ".join(words) or "nothing was found")


def _findings(day: Day) -> Iterator[Evidence]:
    became = {change.row: change for change in _changes(day).rows}
    for told in day.told:
        for finding in _wrong(told):
            yield _finding(day, told, finding, became.get(finding.row))


def _wrong(told: Told) -> list[Finding]:
    """Return what a runbook found wrong today; of a record that says nothing of today, nothing."""
    if told.verdict is None or (told.trouble and told.verdict.outcome is Outcome.COMPLETED):
        return []
    return [finding for finding in findings(told.verdict) if finding.row.check]


def _finding(day: Day, told: Told, finding: Finding, change: Change | None) -> Evidence:
    result = next((r for r in told.verdict.results if r.name == finding.row.check), None) if told.verdict else None
    due = told.verdict.escalation if told.verdict else ""
    facts: dict[str, Fact] = {
        "environment": day.environment, "runbook": told.runbook, "check": finding.row.check,
        "kind": change.kind.value if change else Kind.STILL.value, "page": told.page,
        "severity": due.partition(":")[0] or "P9", "due": due,
        "since": _time(change.since) if change else None, "next": result.next_step if result else "",
        "optional": bool(result and not result.required),
    }  # fmt: skip
    if result and result.blind and finding.status is Status.UNKNOWN:
        facts |= {"call": result.blind[0].call, "reason": result.blind[0].reason.value}
    return Evidence(resource=_named(finding.row), status=finding.status, summary=finding.summary, facts=facts)


def changes_told(days: Sequence[Day], settings: Settings) -> CheckResult:  # noqa: ARG001 - a check
    """What changed since the day before is told: new, still there, recovered, flapping, and what cannot be seen any more."""
    rows = [row for day in days for row in _changed(day)]
    counted = [f"{n} {kind}" for kind in Kind if (n := sum(row.facts["kind"] == kind.value for row in rows))]
    without = [day.title for day in days if not day.before]
    note = f"; of the day before there is no record of {', '.join(without)}" if without else ""
    return _told(changes_told, rows, (", ".join(counted) or "nothing changed") + note)


def _changed(day: Day) -> Iterator[Evidence]:
    for change in _changes(day).rows:
        status = change.now or (Status.UNKNOWN if change.kind is Kind.UNSEEN else Status.PASS)
        facts: dict[str, Fact] = {
            "environment": day.environment, "runbook": change.row.runbook, "check": change.row.check, "kind": change.kind.value,
            "since": _time(change.since), "was": change.before.value if change.before else None, "worse": change.worse,
            "known before": change.known, "times": change.flips,
        }  # fmt: skip
        yield Evidence(resource=_named(change.row), status=status, summary=change.summary, facts=facts)


def _changes(day: Day) -> Changes:
    now = [told.verdict for told in day.told if told.verdict and not (told.trouble and told.verdict.outcome is Outcome.COMPLETED)]
    return changes(day.before, now, earlier=day.earlier)


def deployments_told(days: Sequence[Day], settings: Settings) -> CheckResult:
    """What was deployed within the window is told."""
    found = {
        (row.resource, str(row.facts["deployed"])): Evidence(
            resource=row.resource, status=Status.PASS, summary=f"deployed at {row.facts['deployed']}",
            facts={"environment": day.environment, "at": row.facts["deployed"]},
        )
        for day in days for told in day.told for verdict in _verdicts([told]) for result in verdict.results
        for row in result.evidence if "deployed" in row.facts
    }  # fmt: skip
    rows = sorted(found.values(), key=lambda row: str(row.facts["at"]), reverse=True)
    hours = (settings.window.end - settings.window.start) / timedelta(hours=1)
    return _told(
        deployments_told, rows, f"{len(rows)} deployed in {hours:.0f} h" if rows else f"nothing was deployed in {hours:.0f} h"
    )


def acceptances_current(days: Sequence[Day], settings: Settings) -> CheckResult:
    """No accepted weakness is about to become a finding again."""
    found = {
        (day.environment, result.name, row.accepted.reason, row.accepted.expires): (day, row)
        for day in days for verdict in _verdicts(day.told) for result in verdict.results
        for row in result.evidence if row.accepted is not None
    }  # fmt: skip
    rows, soon = [], timedelta(days=settings.environment.day.expiry_days)
    for (environment, check, reason, _), (day, row) in found.items():
        if row.accepted is None or (left := utc(row.accepted.expires) - day.at) > soon:
            continue
        said = f"accepted by the {row.accepted.owner} for {max(0, left.days)} more days: {reason}"
        rows.append(Evidence(resource=check, status=Status.WARN, summary=said, facts={"environment": environment}))
    good = f"{len(found)} accepted weaknesses, none runs out within {soon.days} days"
    return judge(
        acceptances_current, days, rows, settings, good=good, expected=f"more than {soon.days} days", next_step="docs/on-call.md"
    )


def runbooks_reviewed(days: Sequence[Day], settings: Settings) -> CheckResult:
    """Every daily runbook was reviewed lately."""
    limit, reviewed = settings.environment.day.review_days, {}
    for told in (each for day in days for each in day.told):
        if told.reviewed is not None:
            reviewed[told.runbook] = told
    rows = [
        Evidence(resource=name, status=Status.WARN, summary=f"was reviewed {age} days ago, limit {limit}; owner: {told.owner}")
        for name, told in reviewed.items()
        if told.reviewed and (age := (settings.now.date() - told.reviewed).days) > limit
    ]
    good = f"{len(reviewed)} runbooks, all reviewed within {limit} days"
    return judge(
        runbooks_reviewed, days, rows, settings, good=good, expected=f"a review within {limit} days", next_step="CONTRIBUTING.md"
    )


def cost_told(days: Sequence[Day], settings: Settings) -> CheckResult:
    """What the day's runs asked for, and what it cost, is told."""
    rows = [_cost(day, settings) for day in days]
    calls = sum(int(row.facts["calls"] or 0) for row in rows)
    dollars = sum(float(row.facts["dollars"] or 0.0) for row in rows)
    return _told(cost_told, rows, f"{calls:,} requests, at most ${dollars:.2f} by list prices")


def _cost(day: Day, settings: Settings) -> Evidence:
    verdicts, prices = list(_verdicts(day.told)), settings.environment.day.prices
    calls = sum(sum(verdict.calls.values()) for verdict in verdicts)
    dollars = sum(count * prices.get(call, 0.0) / 1000 for verdict in verdicts for call, count in verdict.calls.items())
    seconds = sum((verdict.finished - verdict.started).total_seconds() for verdict in verdicts)
    facts: dict[str, Fact] = {
        "environment": day.environment, "calls": calls, "dollars": round(dollars, 6), "seconds": round(seconds, 1),
        "oldest": _time(min((as_of(verdict) for verdict in verdicts), default=None)), "day before": day.page,
        **{told.runbook: told.page for told in day.told if told.page},
    }  # fmt: skip
    return Evidence(resource=day.title, status=Status.PASS, summary=f"{calls:,} requests in {seconds:.0f} s", facts=facts)


def _verdicts(told: Iterable[Told]) -> Iterator[Verdict]:
    """Yield what today's records say, those of runs that broke off too."""
    for each in told:
        if each.verdict is not None and not (each.trouble and each.verdict.outcome is Outcome.COMPLETED):
            yield each.verdict


def _named(row: Row) -> str:
    return row.resource or row.check or row.runbook


def _time(when: datetime | None) -> str | None:
    return when.isoformat() if when else None


def _told(check: Callable[..., CheckResult], rows: Sequence[Evidence], summary: str) -> CheckResult:
    """Return a result that only tells: what its rows say is judged elsewhere."""
    return CheckResult(name=check.__name__, claim=claim(check), status=Status.PASS, summary=summary, evidence=tuple(rows))
