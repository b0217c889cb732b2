"""From evidence to a result: accepted weaknesses, the worst status, one sentence."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Any

from runbooks.model import Acceptance, CheckResult, Evidence, Status, worst
from runbooks.settings import Settings, utc

OUTAGE = "incident/service-outage"


def judge(
    check: Callable[..., CheckResult],
    population: Sequence[Any],
    evidence: Iterable[Evidence | None],
    settings: Settings,
    *,
    good: str,
    expected: str,
    next_step: str = OUTAGE,
) -> CheckResult:
    """Return the result of `check`: the worst of its evidence that nobody has accepted, and PASS without any.

    Without a population it is UNKNOWN: nothing was seen.
    """
    rows = tuple(_accepted(row, check.__name__, settings) for row in evidence if row is not None)
    open_rows = [row for row in rows if row.accepted is None]
    if not population:
        status, summary = Status.UNKNOWN, "there was nothing to judge: the answers held no row"
    elif open_rows:
        status = worst(row.status for row in open_rows)
        summary = _sentence([row for row in open_rows if row.status is status], len(population))
    elif rows:
        fine = len(population) - len({row.resource for row in rows})
        status, summary = Status.PASS, f"{fine} of {len(population)} are as they should be, {len(rows)} accepted"
    else:
        status, summary = Status.PASS, good
    return CheckResult(
        name=check.__name__,
        claim=claim(check),
        status=status,
        summary=summary,
        expected=expected,
        next_step="" if status is Status.PASS else next_step,
        evidence=tuple(sorted(rows, key=_rank)),
    )


def claim(check: Callable[..., Any]) -> str:
    """Return the claim of a check in words: the first line of its docstring."""
    return (inspect.getdoc(check) or check.__name__).splitlines()[0]


def _sentence(rows: Sequence[Evidence], population: int) -> str:
    """Name the first offender, and how many there are of how many."""
    more = f" (and {len(rows) - 1} more of {population})" if len(rows) > 1 else ""
    return f"{rows[0].resource}: {rows[0].summary}{more}"


def _accepted(row: Evidence, check: str, settings: Settings) -> Evidence:
    """Return the row with the acceptance that covers it, or saying that the acceptance has run out."""
    covering = [a for a in settings.environment.accepted if a.check == check and fnmatchcase(row.resource, a.resource)]
    valid = next((a for a in covering if utc(a.expires) > settings.now), None)
    if valid is not None:
        return row.model_copy(update={"accepted": valid})
    return row.model_copy(update={"summary": f"{row.summary}; {_ran_out(covering[0])}"}) if covering else row


def _ran_out(acceptance: Acceptance) -> str:
    return f"accepted by the {acceptance.owner} only until {utc(acceptance.expires):%Y-%m-%d}"


def _rank(row: Evidence) -> tuple[bool, int, str]:
    order = [Status.FAIL, Status.UNKNOWN, Status.WARN, Status.PASS, Status.SKIP]
    return (row.accepted is not None, order.index(row.status), row.resource)
