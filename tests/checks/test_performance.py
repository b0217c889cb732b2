"""Limits of speed, errors and room: just below is good, at the limit is not, and what is not known is neither."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runbooks.checks import capacity, failures, invocations, latency, probe
from runbooks.checks.figures import beside, number
from runbooks.estate import Capacity, Concurrency, EndpointAnswer, Figure, FunctionLog, Measured, Probed, Reading, Spread, Wanted
from runbooks.model import CheckResult, Status
from runbooks.settings import Settings

TIMES = ("average", "p50", "p95", "p99", "longest", "integration average", "integration p95")
PAST = tuple((day, 90.0 + day) for day in range(1, 29))


def row(name: str = "stack-Admin", **values: float | None) -> Measured:
    """Return a resource with these figures; what is not given was not published."""
    given = {key.replace("_", " "): value for key, value in values.items()}
    units = dict.fromkeys(TIMES, "ms") | dict.fromkeys(("error rate", "throttled share", "5XX rate", "4XX rate"), "%")
    names = {**units, **dict.fromkeys(("calls", "errors", "throttled", "requests", "5XX", "4XX"), "")}
    return Measured(name, tuple(Figure(each, unit, given.get(each), PAST) for each, unit in names.items()))


def test_a_figure_stands_beside_what_it_was() -> None:
    said = beside(Figure("p95", "ms", 1234.56, PAST))
    assert said == "1,234.6 ms; yesterday 91.0 ms; a week before 97.0 ms; four weeks 91.0 ms to 118.0 ms"
    assert beside(Figure("p95", "ms", None, ((7, 3.0),))) == "no data; a week before 3.0 ms"
    assert [number(0.004, "%"), number(12345.0, ""), number(2.0, "calls")] == ["0.00 %", "12,345", "2 calls"]


@pytest.mark.parametrize(("average", "status"), [(999.9, Status.PASS), (1000.0, Status.FAIL), (2400.0, Status.FAIL)])
def test_functions_fast(scope: Settings, average: float, status: Status) -> None:
    result = latency.functions_fast([row(average=average, calls=9.0)], scope)
    assert result.status is status
    assert result.next_step == ("" if status is Status.PASS else "incident/performance-degradation")
    assert result.evidence[0].facts["average"] == beside(Figure("average", "ms", average, PAST))


def test_a_function_that_was_not_called_is_said_and_one_that_always_was_is_a_warning(scope: Settings) -> None:
    called, resting = row(average=5.0, calls=1.0), Measured("stack-Helper", tuple(Figure(n, "ms", None) for n in (*TIMES, "calls")))
    result = latency.functions_fast([called, resting], scope)
    assert (result.status, [each.status for each in result.evidence]) == (Status.PASS, [Status.PASS, Status.SKIP])
    fell_silent = latency.functions_fast([called, row("stack-Search")], scope)
    assert fell_silent.status is Status.WARN
    assert "on each of 28 days before it was, 91 times at least" in fell_silent.summary


@pytest.mark.parametrize(("p95", "status"), [(499.9, Status.PASS), (500.0, Status.FAIL), (None, Status.UNKNOWN)])
def test_api_fast(scope: Settings, p95: float | None, status: Status) -> None:
    assert latency.api_fast([row("api", p95=p95, integration_p95=480.0)], scope).status is status


@pytest.mark.parametrize(
    ("errors", "rate", "status"),
    [
        (0.0, 0.0, Status.PASS),
        (5.0, 0.99, Status.PASS),
        (5.0, 1.0, Status.FAIL),
        (4.0, 40.0, Status.WARN),
        (None, None, Status.UNKNOWN),
    ],
)
def test_functions_succeed(scope: Settings, errors: float | None, rate: float | None, status: Status) -> None:
    result = failures.functions_succeed([row(calls=500.0, errors=errors, error_rate=rate)], scope)
    assert result.status is status


@pytest.mark.parametrize(
    ("server", "client", "status"),
    [(0.2, 5.0, Status.PASS), (1.0, 5.0, Status.FAIL), (0.2, 25.0, Status.WARN), (None, 5.0, Status.UNKNOWN)],
)
def test_api_succeeds(scope: Settings, server: float | None, client: float, status: Status) -> None:
    measured = row("api", **{"requests": 9000.0, "5XX": 90.0, "4XX": 900.0, "5XX_rate": server, "4XX_rate": client})
    assert failures.api_succeeds([measured], scope).status is status


@pytest.mark.parametrize(
    ("throttled", "share", "status"),
    [(0.0, 0.0, Status.PASS), (3.0, 0.4, Status.WARN), (30.0, 4.0, Status.FAIL), (None, None, Status.UNKNOWN)],
)
def test_functions_unthrottled(scope: Settings, throttled: float | None, share: float | None, status: Status) -> None:
    measured = row(calls=700.0, throttled=throttled, throttled_share=share)
    assert failures.functions_unthrottled([measured], scope).status is status


def at_once(name: str, peak: float | None, limit: int | None) -> Concurrency:
    return Concurrency(name, Figure("at the same time", "", peak), limit)


@pytest.mark.parametrize(
    ("account", "own", "status"),
    [
        (at_once("account 1", 799, 1000), at_once("f", 9, None), Status.PASS),
        (at_once("account 1", 800, 1000), at_once("f", 9, None), Status.FAIL),
        (at_once("account 1", 7, 1000), at_once("f", 4, 5), Status.FAIL),
        (at_once("account 1", 7, 1000), at_once("f", None, 0), Status.FAIL),
        (at_once("account 1", 7, 1000), at_once("f", None, 5), Status.PASS),
        (at_once("account 1", None, 1000), at_once("f", 1, None), Status.UNKNOWN),
    ],
)
def test_concurrency_left(scope: Settings, account: Concurrency, own: Concurrency, status: Status) -> None:
    assert capacity.concurrency_left([account, own], scope).status is status


USED = Capacity("boat-listings", "read", Figure("consumed", "units", 3000.0, PAST), 0.4, None, 40_000, 0.0, 0.0)


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, Status.PASS, "of 40,000 allowed on demand"),
        ({"busiest": 32_000.0}, Status.FAIL, "80.00% of 40,000 allowed on demand"),
        ({"provisioned": 5, "busiest": 3.9}, Status.PASS, "78.00% of 5 provisioned"),
        ({"provisioned": 5, "busiest": 4.0}, Status.FAIL, "80.00% of 5 provisioned"),
        ({"most": 100, "busiest": 90.0}, Status.FAIL, "90.00% of 100 allowed on demand"),
        ({"busiest": None}, Status.UNKNOWN, "holds no consumption"),
    ],
)
def test_capacity_left(scope: Settings, changes: dict[str, object], status: Status, words: str) -> None:
    result = capacity.capacity_left([replace(USED, **changes)], scope)  # type: ignore[arg-type]
    assert result.status is status
    assert words in result.summary


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, Status.PASS, "no read or write was throttled"),
        ({"throttled": 23.0}, Status.FAIL, "23 reads were throttled"),
        ({"throttled": 23.0, "hot": 20.0}, Status.FAIL, "20 of them on a single key range: a hot key"),
        ({"busiest": None, "consumed": Figure("consumed", "units", None)}, Status.UNKNOWN, "holds no consumption"),
    ],
)
def test_tables_unthrottled(scope: Settings, changes: dict[str, object], status: Status, words: str) -> None:
    result = capacity.tables_unthrottled([replace(USED, **changes)], scope)  # type: ignore[arg-type]
    assert result.status is status
    assert words in result.summary


def log(calls: int = 240, cold: int = 10, **bad: int) -> FunctionLog:
    told = {"timeouts": 0, "out_of_memory": 0, "crashes": 0, "errors": 0} | bad
    durations = Spread(calls, 80.0, 200.0, 400.0, 900.0)
    inits = Spread(cold, 400.0, 500.0, 600.0, 700.0)
    return FunctionLog("stack-Auth", "Auth", "/aws/lambda/stack-Auth", True, durations, inits, **told, kinds=(), reading=Reading("FilterLogEvents", 1, calls, calls))  # fmt: skip


@pytest.mark.parametrize(
    ("told", "status", "words"),
    [
        (log(), Status.PASS, "none of 240 logged calls ran out of time or memory; 10 were cold"),
        (log(timeouts=2), Status.FAIL, "2 ran out of time"),
        (log(out_of_memory=1), Status.FAIL, "1 used all their memory"),
        (log(crashes=3, timeouts=1), Status.FAIL, "1 ran out of time and 3 ended in a crash"),
        (log(cold=121), Status.WARN, "121 of 240 calls were cold (50%)"),
        (log(calls=100, cold=99), Status.PASS, "99 were cold"),
        (log(calls=0, cold=0), Status.UNKNOWN, "nothing to judge"),
    ],
)
def test_calls_complete(scope: Settings, told: FunctionLog, status: Status, words: str) -> None:
    result = invocations.calls_complete([told], scope)
    assert result.status is status
    assert words in result.summary


GOOD = EndpointAnswer(
    name="API health", url="https://api.harborlist.com/health", wanted=Wanted(200, "", (("status", "healthy"),), (), "application", ""),
    status=200, body='{"status": "healthy"}', allow_origin="*", seconds=0.2, answered_by="application", problem="", ray="",
)  # fmt: skip


def probed(scope: Settings, *answers: EndpointAnswer, planned: int = 5) -> CheckResult:
    return probe.probe_passes([Probed("API health", GOOD.url, answers, planned)], scope)


def test_a_probe_asserts_status_and_body_and_then_the_time(scope: Settings) -> None:
    quick_refusal = replace(
        GOOD, status=403, body='{"message": "Missing Authentication Token"}', answered_by="gateway", seconds=0.01
    )
    wrong_body = replace(GOOD, body='{"status": "unhealthy"}')
    assert probed(scope, *[GOOD] * 5).status is Status.PASS
    for bad in (quick_refusal, wrong_body, replace(GOOD, status=None, problem="no answer")):
        result = probed(scope, *[GOOD] * 4, bad)
        assert (result.status, "1 of 5 GETs went wrong, limit 5%" in result.summary) == (Status.FAIL, True)
    slow = probed(scope, *[GOOD] * 4, replace(GOOD, seconds=2.5))
    assert (slow.status, "p95 2.5 s over 5 GETs" in slow.summary) == (Status.WARN, True)


def test_a_probe_that_had_no_time_is_unknown_and_a_shorter_one_says_so(scope: Settings) -> None:
    assert probed(scope).status is Status.UNKNOWN
    assert "2 of 5 GETs that there was time for right" in probed(scope, GOOD, GOOD).evidence[0].summary
    assert probe.quantile([GOOD] * 4 + [replace(GOOD, seconds=3.0)], 0.8) == 0.2
    assert probe.quantile([], 0.95) == 0.0
