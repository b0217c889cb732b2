"""Is there room: calls at the same time, throughput of tables and indexes, and requests that tables refused."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.checks.figures import DEGRADATION, beside, number, shown
from runbooks.checks.judgement import judge
from runbooks.estate import Capacity, Concurrency
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings

TABLE = "troubleshooting/dynamodb-performance"


def concurrency_left(rows: Sequence[Concurrency], settings: Settings) -> CheckResult:
    """There is room for more calls at the same time, of the account and of every function that has a limit of its own."""
    most = settings.environment.performance.concurrency
    account = [row for row in rows if row.resource.startswith("account ")]
    result = judge(
        concurrency_left, rows, [_crowded(row, most) for row in rows], settings,
        good="; ".join(f"at most {beside(row.peak)} of {row.limit:,}" for row in account if row.limit),
        expected=f"at most {most:.0%} of the limit, and no function stopped", next_step=DEGRADATION,
    )  # fmt: skip
    return shown(result, [_peak(row) for row in rows if row.peak.value is not None])


def _crowded(row: Concurrency, most: float) -> Evidence | None:
    if row.limit is None:
        return None
    if row.limit == 0:
        summary = "may not run at all: 0 of its calls at the same time are allowed (reserved concurrency)"
        return Evidence(resource=row.resource, status=Status.FAIL, summary=summary)
    if row.peak.value is None:
        # a function that was not called used nothing; that no call of the whole account was counted is no such thing
        whole = row.resource.startswith("account ")
        summary = "CloudWatch holds no figure of how many calls ran at the same time"
        return Evidence(resource=row.resource, status=Status.UNKNOWN, summary=summary) if whole else None
    used = row.peak.value / row.limit
    if used < most:
        return None
    summary = f"{number(row.peak.value, 'calls')} at the same time of {row.limit:,} allowed, {used:.0%}, limit {most:.0%}"
    return Evidence(resource=row.resource, status=Status.FAIL, summary=summary, facts={"at the same time": beside(row.peak)})


def _peak(row: Concurrency) -> Evidence:
    of = "of the account's" if row.limit is None else f"of {row.limit:,}"
    summary = f"{number(row.peak.value, 'calls')} at the same time, {of}"
    return Evidence(resource=row.resource, status=Status.PASS, summary=summary, facts={"at the same time": beside(row.peak)})


def capacity_left(rows: Sequence[Capacity], settings: Settings) -> CheckResult:
    """Every table and index consumes, in its busiest five minutes, less than the limit of what it may."""
    most = settings.environment.performance.capacity
    result = judge(
        capacity_left, rows, [_unseen(rows), *(_full(row, most) for row in rows)], settings,
        good=_fullest(rows), expected=f"below {most:.0%} of what is provisioned; on demand, of what table or account allows",
        next_step=TABLE,
    )  # fmt: skip
    return shown(result, [_use(row) for row in rows if row.busiest is not None])


def _unseen(rows: Sequence[Capacity]) -> Evidence | None:
    if not rows or any(row.busiest is not None for row in rows):
        return None
    summary = "CloudWatch holds no consumption of the window: nothing was read or written, or this is not where it is published"
    return Evidence(resource="all of them", status=Status.UNKNOWN, summary=summary)


def _part(row: Capacity) -> float:
    return (row.busiest or 0.0) / (row.provisioned or row.most)


def _full(row: Capacity, most: float) -> Evidence | None:
    if _part(row) < most:
        return None
    summary = f"{_words(row)}, limit {most:.0%}"
    return Evidence(resource=_named(row), status=Status.FAIL, summary=summary, facts={"consumed": beside(row.consumed)})


def _use(row: Capacity) -> Evidence:
    return Evidence(resource=_named(row), status=Status.PASS, summary=_words(row), facts={"consumed": beside(row.consumed)})


def _words(row: Capacity) -> str:
    of = f"{row.provisioned:,} provisioned" if row.provisioned else f"{row.most:,} allowed on demand"
    return f"{row.busiest or 0.0:,.1f} {row.direction} units a second in its busiest five minutes, {_part(row):.2%} of {of}"


def _fullest(rows: Sequence[Capacity]) -> str:
    fullest = max(rows, key=_part, default=None)
    return f"the fullest is {_named(fullest)}: {_words(fullest)}" if fullest else "there is no table"


def tables_unthrottled(rows: Sequence[Capacity], settings: Settings) -> CheckResult:
    """No table and no index refused a request; an index throttles on its own, while its table looks idle."""
    used = [row for row in rows if row.consumed.value is not None]
    result = judge(
        tables_unthrottled, rows, [_unseen(rows), *map(_refused, rows)], settings,
        good=f"no read or write was throttled on {len({row.resource for row in rows})} tables and indexes",
        expected="no throttle event", next_step=TABLE,
    )  # fmt: skip
    return shown(result, [_served(row) for row in used])


def _refused(row: Capacity) -> Evidence | None:
    if not row.throttled and not row.hot:
        return None
    hot = f"; {number(row.hot, '')} of them on a single key range: a hot key" if row.hot else ""
    summary = f"{number(row.throttled, row.direction + 's')} were throttled{hot}; it consumed {number(row.consumed.value, 'units')}"
    return Evidence(
        resource=_named(row), status=Status.FAIL, summary=summary,
        facts={"consumed": beside(row.consumed), "throttled": round(row.throttled), "on one key range": round(row.hot)},
    )  # fmt: skip


def _served(row: Capacity) -> Evidence:
    return Evidence(resource=_named(row), status=Status.PASS, summary=f"none of {number(row.consumed.value, 'units')} throttled")


def _named(row: Capacity) -> str:
    return f"{row.resource}, {row.direction}s"
