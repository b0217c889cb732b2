"""What one verdict says of each row, so that verdicts of several days can be laid beside each other.

A row is known by runbook, check and resource. Of a row a verdict knows that it is wrong, that it is not, or nothing at all: a run
that did not finish, a check that did not run and one that could not see everything prove nothing of rows they do not name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from runbooks.model import Blind, CheckResult, Evidence, Outcome, Status, Verdict
from runbooks.settings import utc

TROUBLE_ONLY = ("chart_", "plan_")  # results that are there only when a chart or a plan could not be made
OPEN = (Status.FAIL, Status.UNKNOWN, Status.WARN)


class Row(NamedTuple):
    """What a finding is about; without a resource it is the check itself, without a check the run itself."""

    runbook: str
    check: str
    resource: str


class Known(Enum):
    """What a verdict knows of a row."""

    WRONG = "wrong"
    GOOD = "good"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Finding:
    """A row that is wrong and that nobody has accepted: how bad it is, and its sentence."""

    row: Row
    status: Status
    summary: str


@dataclass(frozen=True, slots=True)
class Seen:
    """What the newest verdicts of one day say: the findings by row, and the verdict of each runbook."""

    findings: Mapping[Row, Finding]
    verdicts: Mapping[str, Verdict]
    results: Mapping[tuple[str, str], CheckResult]

    def knows(self, row: Row) -> Known:
        """Say what is known of a row: no finding is only good where the check looked at everything."""
        if row in self.findings:
            return Known.WRONG
        verdict = self.verdicts.get(row.runbook)
        if verdict is None:
            return Known.NOTHING
        if not row.check:
            return Known.GOOD
        result = self.results.get((row.runbook, row.check))
        if result is None:
            fine = row.check.startswith(TROUBLE_ONLY) and verdict.outcome is Outcome.COMPLETED
            return Known.GOOD if fine else Known.NOTHING
        return _without_finding(result, row)


def _without_finding(result: CheckResult, row: Row) -> Known:
    """Say what a check knows of a row that it does not name as wrong."""
    if result.status is Status.SKIP:
        return Known.NOTHING
    if result.status is Status.UNKNOWN or result.blind:
        return Known.GOOD if row.resource in {each.resource for each in result.evidence} else Known.NOTHING
    return Known.GOOD


def as_of(verdict: Verdict) -> datetime:
    """Return the time that a verdict is about, in UTC: the end of its window, by the clock of the place it looked at."""
    return utc(verdict.window.end)


def seen(verdicts: Iterable[Verdict]) -> Seen:
    """Return what verdicts of one environment say together; of several of one runbook the newest counts."""
    newest: dict[str, Verdict] = {}
    for verdict in sorted(verdicts, key=as_of):
        newest[verdict.runbook] = verdict
    found = [finding for verdict in newest.values() for finding in findings(verdict)]
    results = {(verdict.runbook, result.name): result for verdict in newest.values() for result in verdict.results}
    return Seen({finding.row: finding for finding in reversed(found)}, newest, results)


def findings(verdict: Verdict) -> list[Finding]:
    """Return what is wrong by a verdict, in its order: of the run, of each check, of each row of evidence."""
    found = []
    if verdict.outcome is not Outcome.COMPLETED:
        summary = f"did not complete: {verdict.outcome.value}; {verdict.summary}"
        found.append(Finding(Row(verdict.runbook, "", ""), Status.UNKNOWN, summary))
    return found + [finding for result in verdict.results for finding in _of_check(verdict.runbook, result)]


def _of_check(runbook: str, result: CheckResult) -> list[Finding]:
    rows = [each for each in result.evidence if each.accepted is None and each.status in OPEN]
    found = [_of_row(runbook, result, each) for each in rows]
    if result.blind:
        found.append(Finding(Row(runbook, result.name, ""), Status.UNKNOWN, _unseen(result.blind)))
    elif not found and result.status in OPEN:
        found.append(Finding(Row(runbook, result.name, ""), result.status, result.summary))
    return found


def _of_row(runbook: str, result: CheckResult, row: Evidence) -> Finding:
    return Finding(Row(runbook, result.name, row.resource), row.status, row.summary)


def _unseen(blind: tuple[Blind, ...]) -> str:
    more = f" (and {len(blind) - 1} more)" if len(blind) > 1 else ""
    return f"could not be seen: {blind[0].sentence}{more}"
