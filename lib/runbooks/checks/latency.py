"""Is it fast enough: the functions by their average, the API by its 95th percentile over the whole window."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks.checks.figures import DEGRADATION, beside, facts, number, shown, silent
from runbooks.checks.judgement import judge
from runbooks.estate import Measured
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings

TIMES = ("average", "p50", "p95", "p99", "longest")
ANSWERS = (*TIMES, "integration average", "integration p95")


def functions_fast(rows: Sequence[Measured], settings: Settings) -> CheckResult:
    """Every function that was called answers within the limit on average."""
    limit = settings.environment.performance.function_ms
    called = [row for row in rows if row.value("average") is not None]
    slow = [_slow(row, limit) for row in called if (row.value("average") or 0.0) >= limit]
    slowest = max(called, key=lambda row: row.value("average") or 0.0, default=None)
    result = judge(
        functions_fast, rows, [silent(rows, "average", "duration"), *slow, *map(_fell_silent, rows)], settings,
        good=f"{len(called)} of {len(rows)} functions were called; {_slowest(slowest)}",
        expected=f"an average below {limit:g} ms", next_step=DEGRADATION,
    )  # fmt: skip
    return shown(result, [*(_times(row) for row in called), *(_not_called(row) for row in rows if row not in called)])


def _slowest(row: Measured | None) -> str:
    return f"the slowest took {number(row.value('average'), 'ms')} on average" if row else "there is no slowest"


def _slow(row: Measured, limit: float) -> Evidence:
    summary = f"took {number(row.value('average'), 'ms')} on average, limit {limit:g} ms"
    return Evidence(resource=row.resource, status=Status.FAIL, summary=summary, facts=facts(map(row.figure, (*TIMES, "calls"))))


def _times(row: Measured) -> Evidence:
    average, slow = (number(row.value(name), "ms") for name in ("average", "p95"))
    summary = f"{average} on average, p95 {slow}, {number(row.value('calls'), 'calls')}"
    return Evidence(resource=row.resource, status=Status.PASS, summary=summary, facts=facts(map(row.figure, (*TIMES, "calls"))))


def _fell_silent(row: Measured) -> Evidence | None:
    """Say that nobody calls a function that was called every time before; a function that often rests says nothing by it."""
    band = row.figure("calls").band
    if row.value("calls") is not None or band is None or len(row.figure("calls").earlier) < 28:  # noqa: PLR2004 - days: all of them
        return None
    summary = f"was not called, though on each of 28 days before it was, {number(band[0], '')} times at least"
    return Evidence(resource=row.resource, status=Status.WARN, summary=summary)


def _not_called(row: Measured) -> Evidence:
    return Evidence(resource=row.resource, status=Status.SKIP, summary="was not called in this window, so it has no duration")


def api_fast(rows: Sequence[Measured], settings: Settings) -> CheckResult:
    """Of a hundred answers of the API, 95 come within the limit, over the whole window."""
    limit = settings.environment.performance.api_p95_ms
    slow = [_slow_api(row, limit) for row in rows if (row.value("p95") or 0.0) >= limit]
    result = judge(
        api_fast, rows, [silent(rows, "p95", "latency"), *slow], settings,
        good="; ".join(f"p95 {beside(row.figure('p95'))}" for row in rows),
        expected=f"a p95 below {limit:g} ms, measured at the gateway", next_step=DEGRADATION,
    )  # fmt: skip
    return shown(result, [_answers(row) for row in rows])


def _slow_api(row: Measured, limit: float) -> Evidence:
    behind, whole = row.value("integration p95"), row.value("p95")
    summary = f"p95 {number(whole, 'ms')}, limit {limit:g} ms; behind the gateway {number(behind, 'ms')}"
    return Evidence(resource=row.resource, status=Status.FAIL, summary=summary, facts=facts(map(row.figure, ANSWERS)))


def _answers(row: Measured) -> Evidence:
    middle, slow = (number(row.value(name), "ms") for name in ("p50", "p95"))
    summary = f"p50 {middle}, p95 {slow}, of {number(row.value('requests'), 'requests')}"
    return Evidence(resource=row.resource, status=Status.PASS, summary=summary, facts=facts(map(row.figure, ANSWERS)))
