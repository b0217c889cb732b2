"""What changed from one day to the next: new, still there, recovered, flapping, and what cannot be seen any more.

Pure: verdicts in, rows out. Nothing recovers because somebody looked away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from runbooks.history.findings import Finding, Known, Row, Seen, as_of, seen
from runbooks.model import Status, Verdict

FLIPS = 3  # changes between wrong and good within the days compared that make a row flapping
_BAD = {Status.WARN: 1, Status.UNKNOWN: 2, Status.FAIL: 3}


class Kind(StrEnum):
    """How a row differs from the day before."""

    NEW = "new"
    STILL = "still"
    RECOVERED = "recovered"
    FLAPPING = "flapping"
    UNSEEN = "unseen"


@dataclass(frozen=True, slots=True)
class Change:
    """One row and what became of it.

    Attributes:
        before: How bad it was when it was last known to be wrong, None when it was good or never seen.
        now: How bad it is, None when it is good or cannot be seen.
        summary: The sentence of now, or of then where there is no finding now.
        since: The oldest time at which it was wrong without a good day in between; None where it was not wrong.
        known: Whether an earlier day knew anything of it; a new row without that may be older than it looks.
        flips: Changes between wrong and good in the days compared.
    """

    row: Row
    kind: Kind
    before: Status | None
    now: Status | None
    summary: str
    since: datetime | None
    known: bool = True
    flips: int = 0

    @property
    def worse(self) -> bool:
        """Say whether it was wrong before and is worse now."""
        return self.before is not None and self.now is not None and _BAD[self.now] > _BAD[self.before]


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes, worst first; each row is in one group."""

    rows: tuple[Change, ...]

    def of(self, kind: Kind) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.rows if change.kind is kind)

    @property
    def new(self) -> tuple[Change, ...]:
        """Wrong now, and not on the last day that knew of it."""
        return self.of(Kind.NEW)

    @property
    def still(self) -> tuple[Change, ...]:
        """Wrong now, and on the last day that knew of it."""
        return self.of(Kind.STILL)

    @property
    def recovered(self) -> tuple[Change, ...]:
        """Wrong on the last day that knew of it, and seen to be good now."""
        return self.of(Kind.RECOVERED)

    @property
    def flapping(self) -> tuple[Change, ...]:
        """Between wrong and good again and again; wrong now where `now` is set."""
        return self.of(Kind.FLAPPING)

    @property
    def unseen(self) -> tuple[Change, ...]:
        """Wrong on the last day that knew of it; now nobody can say."""
        return self.of(Kind.UNSEEN)

    @property
    def quiet(self) -> bool:
        """Say whether nothing became worse or better."""
        return not (self.new or self.recovered or self.flapping or self.unseen or any(change.worse for change in self.still))


def changes(before: Iterable[Verdict], now: Iterable[Verdict], *, earlier: Sequence[Iterable[Verdict]] = ()) -> Changes:
    """Return what changed between two days of one environment.

    Args:
        before: The verdicts of the last day, one a runbook; empty when there was none.
        now: Those of this day.
        earlier: Those of the days before `before`, the newest first: for the age of a row, and to tell a flapping one.
    """
    days = [seen(day) for day in (now, before, *earlier)]
    rows = dict.fromkeys(row for day in days for row in day.findings)
    found = [change for row in rows if (change := _change(row, days))]
    return Changes(tuple(sorted(found, key=_rank)))


def _change(row: Row, days: Sequence[Seen]) -> Change | None:
    known = [(state, day) for day in days[1:] if (state := day.knows(row)) is not Known.NOTHING]
    today, last = days[0].knows(row), known[0][0] if known else Known.NOTHING
    kind = _kind(today, last)
    if kind is None:
        return None
    states = [state for state, _ in known] if today is Known.NOTHING else [today, *(state for state, _ in known)]
    flips = sum(one is not other for one, other in pairwise(states))
    if flips >= FLIPS and kind is not Kind.UNSEEN:
        kind = Kind.FLAPPING
    then = known[0][1].findings.get(row) if known else None
    finding = days[0].findings.get(row)
    return Change(
        row=row, kind=kind, before=then.status if then else None, now=finding.status if finding else None,
        summary=_summary(row, finding, then), since=_since(row, days), known=bool(known), flips=flips,
    )  # fmt: skip


def _kind(today: Known, last: Known) -> Kind | None:
    match today, last:
        case Known.WRONG, Known.WRONG:
            return Kind.STILL
        case Known.WRONG, _:
            return Kind.NEW
        case Known.GOOD, Known.WRONG:
            return Kind.RECOVERED
        case Known.NOTHING, Known.WRONG:
            return Kind.UNSEEN
    return None


def _summary(row: Row, finding: Finding | None, then: Finding | None) -> str:
    told = finding or then
    return told.summary if told else f"{row.resource or row.check or row.runbook} is good"


def _since(row: Row, days: Sequence[Seen]) -> datetime | None:
    """Return when the newest unbroken time of being wrong began; days that know nothing do not break it, a good today does."""
    began = None
    for number, day in enumerate(days):
        match day.knows(row):
            case Known.WRONG:
                began = as_of(day.verdicts[row.runbook])
            case Known.GOOD if number or began:
                break
            case _:
                continue
    return began


def _rank(change: Change) -> tuple[int, int, Row]:
    bad = change.now or change.before
    return -_BAD[bad] if bad else 0, list(Kind).index(change.kind), change.row
