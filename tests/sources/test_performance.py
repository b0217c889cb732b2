"""Every figure shown is, to its last digit, what comes out of the raw points by hand; what is not there is no figure."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest

from runbooks import checks
from runbooks.errors import Unreadable
from runbooks.estate import Measured, Metric, StackResource
from runbooks.model import Status, Window
from runbooks.settings import Settings
from runbooks.sources import courses, performance
from runbooks.sources.figures import by_day, placed, span
from runbooks.sources.metrics import Statistic
from tests.gateway import stub
from tests.sources.raw_points import Raw, statistic

END = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)
NOW = END + timedelta(minutes=4, seconds=37)
NAME = "stack-Admin"
API = "Boat Listing API"


def scope(hours: int = 24, now: datetime = NOW) -> Settings:
    return Settings(stub.environment(), now, Window(start=now - timedelta(hours=hours), end=now))


@pytest.fixture(autouse=True)
def _one_function(monkeypatch: pytest.MonkeyPatch) -> None:
    member = StackResource("Admin", NAME, "AWS::Lambda::Function", "CREATE_COMPLETE")
    monkeypatch.setattr("runbooks.sources.stack.resources", lambda *_: [member])


def functions(raw: Raw, settings: Settings) -> Measured:
    with stub.server(raw) as address:
        (row,) = performance.functions(stub.reader(address), settings)
    return row


def api(raw: Raw, settings: Settings) -> Measured:
    with stub.server(raw) as address:
        (row,) = performance.api(stub.reader(address), settings)
    return row


def call(raw: Raw, at: datetime, duration: float, *, failed: bool = False) -> None:
    raw.put("Duration", at, duration, FunctionName=NAME)
    raw.put("Invocations", at, 1.0, FunctionName=NAME)
    raw.put("Errors", at, float(failed), FunctionName=NAME)
    raw.put("Throttles", at, 0.0, FunctionName=NAME)


def busy(seed: int, *, days: int = 30, gap: float = 17.0, end: datetime = END) -> Raw:
    """Return a month of calls with a long tail, some failed, at times to the second, in no order."""
    dice, raw = random.Random(seed), Raw()  # noqa: S311 - made-up data, no secret
    at = end - timedelta(days=days)
    while at < NOW + timedelta(minutes=30):
        call(raw, at, round(dice.lognormvariate(5, 0.8), 2), failed=dice.random() < 0.01)
        at += timedelta(minutes=dice.expovariate(1 / gap))
    for values in raw.values.values():
        dice.shuffle(values)
    return raw


def by_hand(raw: Raw, stat: str, metric: str, start: datetime, end: datetime) -> Fraction | None:
    values = raw.within(metric, start, end, FunctionName=NAME)
    return statistic(values, stat) if values else None


def written(value: Fraction | None, unit: str) -> str:
    """Round a fraction as the runbook shows it, without its code: a tenth of a millisecond, a hundredth of a percent, whole counts."""
    if value is None:
        return "no data"
    digits = {"ms": 1, "%": 2, "": 0}[unit]
    return f"{float(value):,.{digits}f}{' ' + unit if unit else ''}"


def shown_by_hand(raw: Raw, hours: int, end: datetime = END) -> dict[str, str]:
    """Return what the row of a function has to show of each figure, from the raw points alone."""

    def said(unit: str, compute: Callable[[datetime, datetime], Fraction | None]) -> str:
        days = {back: compute(end - timedelta(days=back, hours=hours), end - timedelta(days=back)) for back in range(29)}
        words = [written(days[0], unit)]
        words += [f"yesterday {written(days[1], unit)}"] if days[1] is not None else []
        words += [f"a week before {written(days[7], unit)}"] if days[7] is not None else []
        known = [value for back, value in days.items() if back and value is not None]
        words += [f"four weeks {written(min(known), unit)} to {written(max(known), unit)}"] if len(known) >= 7 else []
        return "; ".join(words)

    def rate(start: datetime, end: datetime) -> Fraction | None:
        calls, bad = by_hand(raw, "Sum", "Invocations", start, end), by_hand(raw, "Sum", "Errors", start, end)
        return None if not calls or bad is None else 100 * bad / calls

    stats = {"average": "Average", "p50": "p50", "p95": "p95", "p99": "p99", "longest": "Maximum"}
    found = {word: said("ms", lambda a, b, s=stat: by_hand(raw, s, "Duration", a, b)) for word, stat in stats.items()}  # type: ignore[misc]
    return found | {"calls": said("", lambda a, b: by_hand(raw, "Sum", "Invocations", a, b)), "error rate": said("%", rate)}


def shown(row: Measured, settings: Settings) -> dict[str, Any]:
    """Return what the page shows of each figure."""
    times = checks.latency.functions_fast([row], settings).evidence[0].facts
    rates = [each for each in checks.failures.functions_succeed([row], settings).evidence if each.facts]
    return {**times, "error rate": rates[0].facts["error rate"]}


@pytest.mark.parametrize("hours", [6, 12, 24])
@pytest.mark.parametrize("seed", range(3))
def test_each_figure_is_what_the_raw_points_give(seed: int, hours: int) -> None:
    raw, settings = busy(seed), scope(hours)
    assert shown(functions(raw, settings), settings) == shown_by_hand(raw, hours)


def test_a_sparse_metric_has_figures_only_of_the_days_on_which_it_was_published() -> None:
    raw, settings = busy(4, gap=2500.0), scope()
    call(raw, END - timedelta(hours=2), 100.0)
    assert shown(functions(raw, settings), settings) == shown_by_hand(raw, 24)


def test_one_point_is_its_own_average_and_percentile() -> None:
    raw = Raw()
    call(raw, END - timedelta(hours=1), 123.4)
    row = functions(raw, scope())
    assert {row.value(name) for name in ("average", "p50", "p95", "p99", "longest")} == {123.4}
    assert row.figure("p95").band is None
    assert row.figure("p95").yesterday is None


def test_an_empty_metric_is_no_data_and_never_zero() -> None:
    settings = scope()
    row = functions(Raw(), settings)
    assert {figure.value for figure in row.figures} == {None}
    for check in (checks.latency.functions_fast, checks.failures.functions_succeed, checks.failures.functions_unthrottled):
        assert check([row], settings).status is Status.UNKNOWN


def test_the_window_takes_its_first_moment_and_not_its_last() -> None:
    raw = Raw()
    for at, took in ((END - timedelta(hours=24), 10.0), (END - timedelta(seconds=1), 20.0), (END, 5000.0)):
        call(raw, at, took)
    call(raw, END - timedelta(hours=24, seconds=1), 7000.0)
    row = functions(raw, scope())
    assert (row.value("average"), row.value("longest"), row.value("calls")) == (15.0, 20.0, 2.0)
    assert row.figure("longest").yesterday == 7000.0


def test_a_p95_over_the_window_is_no_mean_of_smaller_ones() -> None:
    raw = Raw()
    for minute in range(24 * 60):  # one bad hour of slow answers among many quick ones
        at = END - timedelta(minutes=minute + 1)
        for _ in range(20 if minute < 60 else 1):
            raw.put("Latency", at, 900.0 if minute < 60 else 50.0, ApiName=API)
        raw.put("Count", at, 1.0, ApiName=API)
    assert api(raw, scope()).value("p95") == 900.0
    (given,) = raw.asked
    assert {query["MetricStat"]["Period"] for query in given["MetricDataQueries"]} == {86_400}


@pytest.mark.parametrize("day", [datetime(2026, 3, 9, 5, tzinfo=UTC), datetime(2026, 11, 2, 5, tzinfo=UTC)])
def test_on_the_days_on_which_clocks_change_the_window_still_has_24_hours(day: datetime) -> None:
    raw = Raw()
    for hour in range(-30, 30 * 24):
        call(raw, day - timedelta(hours=hour, minutes=30), 100.0 + hour)
    settings = scope(now=day + timedelta(minutes=4))
    assert functions(raw, settings).value("calls") == 24.0
    assert shown(functions(raw, settings), settings) == shown_by_hand(raw, 24, day)


@pytest.mark.parametrize("skew", [timedelta(minutes=-20), timedelta(minutes=20), timedelta(seconds=59)])
def test_a_clock_that_is_wrong_moves_the_window_and_nothing_else(skew: timedelta) -> None:
    raw, settings = busy(5), scope(now=NOW + skew)
    _, end = span(settings)
    assert shown(functions(raw, settings), settings) == shown_by_hand(raw, 24, end)


@pytest.mark.parametrize("hours", [1, 5, 48])
def test_windows_that_do_not_divide_a_day_are_asked_again_for_yesterday_and_last_week(hours: int) -> None:
    raw, settings = busy(6, gap=5.0), scope(hours)
    row = functions(raw, settings)
    expected = {
        back: by_hand(raw, "p95", "Duration", END - timedelta(days=back, hours=hours), END - timedelta(days=back))
        for back in (0, 1, 7)
    }
    assert row.value("p95") == pytest.approx(float(expected[0] or 0))
    assert row.figure("p95").yesterday == (None if hours > 24 else pytest.approx(float(expected[1] or 0)))
    assert row.figure("p95").last_week == pytest.approx(float(expected[7] or 0))
    assert row.figure("p95").band is None


def test_the_window_ends_where_cloudwatch_has_most_of_what_was_published() -> None:
    assert span(scope()) == (END - timedelta(hours=24), END)
    assert span(scope(now=END + timedelta(minutes=2)))[1] == END - timedelta(minutes=5)


def test_a_month_of_all_figures_of_a_function_is_one_request() -> None:
    raw = busy(1)
    functions(raw, scope())
    assert len(raw.asked) == 1


@pytest.mark.parametrize(
    "points",
    [
        [(END, 1.0)], [(END - timedelta(days=2), 1.0)], [(END - timedelta(hours=3), 1.0)],
        [(END - timedelta(hours=24), 1.0), (END - timedelta(hours=24), 2.0)],
    ],
    ids=["after the window", "before it", "within a period", "two in one period"],
)  # fmt: skip
def test_points_that_are_not_of_the_periods_asked_for_are_unreadable(points: list[tuple[datetime, float]]) -> None:
    with pytest.raises(Unreadable, match="does not fit"):
        placed(points, END - timedelta(hours=24), 86_400, 1)


def test_a_series_that_lacks_an_answer_is_unreadable() -> None:
    def answers(_: str, __: object) -> dict[str, Any]:
        return {"MetricDataResults": []}

    wanted = [Statistic(Metric("AWS/Lambda", "Duration", ()), "p95")]
    with stub.server(answers) as address, pytest.raises(Unreadable, match="no answer for 1 of 1"):
        by_day(stub.reader(address), scope(), wanted)


def test_hours_are_counted_back_from_the_end_and_gaps_stay_gaps() -> None:
    raw = Raw()
    call(raw, END - timedelta(minutes=59), 40.0)
    call(raw, END - timedelta(minutes=61), 80.0)
    with stub.server(raw) as address:
        found = courses.all_of(stub.reader(address), scope())
    (course,) = [each for each in found if (each.resource, each.measure) == (NAME, "p95")]
    assert course.values[-3:] == (None, 80.0, 40.0)
    assert (len(course.values), course.hours) == (29 * 24, 24)
    assert course.begin == END - timedelta(days=29)


def test_a_chart_draws_earlier_days_where_the_window_is() -> None:
    raw = Raw()
    for back, took in ((0, 10.0), (1, 20.0), (7, 30.0)):
        raw.put("Latency", END - timedelta(days=back, minutes=30), took, ApiName=API)
    with stub.server(raw) as address:
        chart = courses.response_times(stub.reader(address), scope())
    assert [line.points[-1] for line in chart.series] == [(END - timedelta(hours=1), value) for value in (10.0, 20.0, 30.0)]
    assert {value for line in chart.series for _, value in line.points[:-1]} == {None}
    assert chart.limit == 500.0
