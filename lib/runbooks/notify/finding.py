"""What is wrong in an environment, one line a resource, as far as somebody may have to act on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from runbooks.history.findings import Known, Row, Seen, seen
from runbooks.model import Frozen, Outcome, Status, Verdict
from runbooks.render.text import line

MOST = 1000  # findings of an environment that are remembered
ACT = (Status.FAIL, Status.UNKNOWN)  # what is told; a warning stands in the report
DAILY, LATE = "daily", "P3"  # stand for runbook and severity where a daily run did not come
REPORTS = "reports/"

Key = tuple[str, str, str]


class Finding(Frozen):
    """One thing that is wrong: runbook, check and resource name it; the rest may change from run to run.

    Without a resource it is the check itself, without a check the run itself.
    `since` is when a run first saw it, `level` how many roles of the escalation it has gone through, and `taken` the role that
    said it has taken over.
    """

    runbook: str
    check: str
    resource: str
    status: Status
    summary: str
    severity: str
    next_step: str = ""
    since: datetime
    level: int = 0
    taken: str = ""

    @property
    def key(self) -> Key:
        """Return what makes it the same finding in another run."""
        return self.runbook, self.check, self.resource

    @property
    def rank(self) -> tuple[int, str, Key]:
        """Return by what findings are sorted, the worst first."""
        return ACT.index(self.status), self.severity, self.key


@dataclass(frozen=True, slots=True)
class Look:
    """What the runs of one batch saw of one environment, at `at`.

    Attributes:
        findings: What was wrong, the worst first, as far as it is remembered.
        cut: The checks of which findings were left out.
        seen: What the verdicts know, also of what is not wrong.
        looked: Other names under which something was looked for and not found.
        runs: Status, sentence and place of the record, by runbook.
    """

    at: datetime
    findings: tuple[Finding, ...]
    cut: frozenset[tuple[str, str]]
    seen: Seen
    runs: Mapping[str, tuple[Status, str, str]]
    looked: frozenset[str] = frozenset()

    def saw_gone(self, key: Key) -> bool:
        """Say whether an earlier finding that is not there any more was looked for: what could not be seen has not recovered."""
        runbook, check, resource = key
        if (runbook, check) in self.cut:
            return False
        return runbook in self.looked or self.seen.knows(Row(runbook, check, resource)) is Known.GOOD


def look(verdicts: Iterable[Verdict], places: Mapping[str, str], severities: Mapping[str, str], at: datetime) -> Look:
    """Return what the runs of one environment saw; `places` and `severities` are by runbook.

    What a report finds, the runbooks that it reads have found already; it counts only when it broke off.
    """
    told = list(verdicts)
    known = seen(verdict for verdict in told if not verdict.runbook.startswith(REPORTS) or verdict.outcome is not Outcome.COMPLETED)
    found = {each.key: each for each in _findings(known, severities, at)}
    ranked = sorted(found.values(), key=lambda each: each.rank)
    return Look(
        at=at,
        findings=tuple(ranked[:MOST]),
        cut=frozenset((each.runbook, each.check) for each in ranked[MOST:]),
        seen=known,
        runs={v.runbook: (v.status, line(v.summary), places.get(v.runbook, "")) for v in told},
    )


def _findings(known: Seen, severities: Mapping[str, str], at: datetime) -> Iterator[Finding]:
    """Yield what somebody may have to act on: no warnings, and nothing of a check that is not required and could not look."""
    for row, each in known.findings.items():
        result = known.results.get((row.runbook, row.check))
        counts = result is None or (result.status in ACT and (result.required or result.status is Status.FAIL))
        if each.status in ACT and counts:
            yield Finding(
                runbook=row.runbook, check=line(row.check, limit=120), resource=line(row.resource, limit=300), status=each.status,
                summary=line(each.summary, limit=300), severity=severities.get(row.runbook, ""),
                next_step=line(result.next_step if result else "", limit=120), since=at,
            )  # fmt: skip


def with_daily(looked: Look, sentence: str) -> Look:
    """Return a look that also says whether the daily runs come in time; `sentence` says since when not, or is empty."""
    if not sentence:
        return replace(looked, looked=looked.looked | {DAILY})
    late = Finding(
        runbook=DAILY, check="daily_runs_in_time", resource="", status=Status.UNKNOWN, summary=sentence, severity=LATE,
        next_step="the log of the schedule (runbooks schedule)", since=looked.at,
    )  # fmt: skip
    return replace(looked, findings=(*looked.findings, late))
