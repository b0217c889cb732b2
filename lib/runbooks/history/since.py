"""Since when? The course of each row through the records: how it is, when that began, when it was last known to be otherwise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from runbooks.history.index import Index, Record
from runbooks.model import Status

REPORTS = "reports/"


@dataclass(frozen=True, slots=True)
class Course:
    """One row as the records tell it.

    Attributes:
        status: How it is by the newest record that knows of it; PASS is good.
        since: The oldest record of this time of being wrong, or of being good.
        before: The newest record before that; None where no older record knows of it, so that it may be older than `since`.
        at: The newest record that knows of it; `unknown` counts those after it that say nothing.
        times: How often it went from good to wrong.
    """

    environment: str
    runbook: str
    check: str
    resource: str
    status: Status
    summary: str
    since: datetime
    before: datetime | None
    at: datetime
    unknown: int
    times: int

    @property
    def sentence(self) -> str:
        """Say since when."""
        good = self.status is Status.PASS
        began = f"{self.since:%Y-%m-%d %H:%M} UTC"
        began = began if self.before else f"{began} or longer: no older record knows of it"
        unknown = f"; {self.unknown} newer records cannot say" if self.unknown else ""
        return f"{'good' if good else self.status} since {began}, last seen {self.at:%Y-%m-%d %H:%M} UTC{unknown}"


def since(index: Index, check: str, resource: str = "", *, environment: str = "", runbook: str = "") -> list[Course]:
    """Return the course of every row that any record found wrong; `check` and `resource` are shell patterns."""
    found = []
    runs: dict[tuple[str, str], list[Record]] = {}
    for place, name, asked, on in index.rows(check, resource):
        if (environment and place != environment) or not _asked(name, runbook):
            continue
        records = runs.setdefault((place, name), index.runs(place, name))
        if course := _course(index, records, asked, on):
            found.append(course)
    return found


def _asked(name: str, runbook: str) -> bool:
    """Say whether a runbook is meant; a report only tells again what others found."""
    return runbook in (name, name.rpartition("/")[2]) if runbook else not name.startswith(REPORTS)


def _course(index: Index, records: Sequence[Record], check: str, resource: str) -> Course | None:
    said = [(record, index.said(record.path, check, resource)) for record in records if not record.trouble]
    known = [(record, told) for record, told in said if told]
    if not known:
        return None
    newest, (status, summary) = known[0]
    good = status is Status.PASS
    streak = next((n for n, (_, told) in enumerate(known) if (told[0] is Status.PASS) is not good), len(known))
    wrong = [False, *(told[0] is not Status.PASS for _, told in reversed(known))]
    last = next((told[1] for _, told in known if told[0] is not Status.PASS), "")
    return Course(
        environment=newest.environment,
        runbook=newest.runbook,
        check=check,
        resource=resource,
        status=status,
        summary=last if good else summary,
        since=known[streak - 1][0].at,
        before=known[streak][0].at if streak < len(known) else None,
        at=newest.at,
        unknown=next(n for n, (_, told) in enumerate(said) if told),
        times=sum(now and not then for then, now in pairwise(wrong)),
    )
