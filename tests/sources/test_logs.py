"""Log lines are tallied as they come: durations, time-outs, memory, cold starts and errors, and a part is never taken for the whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbooks import settings
from runbooks.errors import Unreadable
from runbooks.estate import StackResource
from runbooks.gateway import Reader, locate, open_reader
from runbooks.model import Reason, Window
from runbooks.settings import Settings
from runbooks.sources import logs
from tests.conftest import Control
from tests.gateway import stub

START = datetime(2026, 11, 24, tzinfo=UTC)
SCOPE = Settings(stub.environment(), START + timedelta(days=1), Window(start=START, end=START + timedelta(days=1)))
ID = "8d0fe6a4-5a3c-4b1e-9d70-0a1b2c3d4e5f"


def report(took: float, *, used: int = 90, init: float = 0, more: str = "") -> str:
    start = f"Init Duration: {init} ms\t" if init else ""
    return (
        f"REPORT RequestId: {ID}\tDuration: {took} ms\tBilled Duration: {int(took) + 1} ms\tMemory Size: 128 MB\t"
        f"Max Memory Used: {used} MB\t{start}{more}\n"
    )


def told(*lines: str) -> logs._Told:
    found = logs._Told()
    for line in lines:
        found.hear(line)
    return found


def test_reports_give_durations_cold_starts_and_memory() -> None:
    found = told(report(10), report(20, init=400.5), report(30, used=128))
    assert (found.durations.spread().count, found.durations.spread().most) == (3, 30)
    assert (found.inits.spread().count, found.inits.spread().most) == (1, 400.5)
    assert found.out_of_memory == 1


@pytest.mark.parametrize("scale", [0.02, 1.0, 90_000.0])
def test_a_percentile_is_right_within_one_percent(scale: float) -> None:
    values = [scale * (1 + i / 10) for i in range(10_000)]
    spread = told(*(report(value) for value in values)).durations.spread()
    for share, seen in ((0.5, spread.p50), (0.95, spread.p95), (0.99, spread.p99)):
        assert seen == pytest.approx(sorted(values)[int(share * len(values)) - 1], rel=0.011)
    assert spread.most == pytest.approx(max(values))


def test_what_the_word_error_misses_is_found() -> None:
    found = told(
        f"2026-11-24T12:00:03.000Z {ID} Task timed out after 3.00 seconds\n\n",
        f"RequestId: {ID} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n",
        f"2026-11-24T12:00:00.000Z\t{ID}\tERROR\tLogin error: user 4711 at {ID}\n    at stack\n",
        f"2026-11-24T12:00:00.000Z\t{ID}\tERROR\tLogin error: user 4712 at {ID}\n",
        '{"level":"error","message":"no such boat 12"}',
        '{"level":"info","message":"an ERROR that is none"}',
        f"2026-11-24T12:00:00.000Z\t{ID}\tINFO\tnot an error\n",
        f"START RequestId: {ID} Version: $LATEST\n",
    )
    assert (found.timeouts, found.crashes, found.errors, found.lines) == (1, 1, 3, 8)
    assert found.kinds == {"Login error: user # at #": 2, "no such boat #": 1}


def test_newer_runtimes_say_a_timeout_in_the_report() -> None:
    assert told(report(3000, more="Status: timeout")).ended == 1


def test_different_errors_are_bounded() -> None:
    letters = [chr(65 + i // 26) + chr(65 + i % 26) for i in range(26 * 26)]
    found = told(*(f"t\t{ID}\tERROR\t{word} broke\n" for word in letters))
    assert found.errors == len(letters)
    assert len(found.kinds) == logs.KINDS


class Account:
    """One log group in pages, and a query that is done at the third look."""

    def __init__(self, pages: list[list[str]], *, status: str = "Complete", absent: bool = False) -> None:
        self.pages = pages
        self.status = status
        self.absent = absent
        self.asked: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append((operation, given))
        if operation == "FilterLogEvents":
            return self._events(given)
        return self._results() if operation == "GetQueryResults" else {"queryId": "q", "success": True}

    def _events(self, given: Mapping[str, Any]) -> dict[str, Any]:
        if self.absent:
            raise stub.Refused("ResourceNotFoundException")
        number = int(given.get("nextToken", "0"))
        more = {"nextToken": str(number + 1)} if number + 1 < len(self.pages) else {}
        return {"events": [{"message": line, "timestamp": 1} for line in self.pages[number]], **more}

    def _results(self) -> dict[str, Any]:
        looks = [operation for operation, _ in self.asked].count("GetQueryResults")
        row = [{"field": "n", "value": "7"}, {"field": "@ptr", "value": "secret"}]
        statistics = {"recordsMatched": 3.0, "recordsScanned": 900.0, "bytesScanned": 2_500_000.0}
        return {"status": self.status if looks > 2 else "Running", "results": [row], "statistics": statistics}


@pytest.fixture
def one(monkeypatch: pytest.MonkeyPatch) -> None:
    member = StackResource("Admin", "stack-Admin", "AWS::Lambda::Function", "CREATE_COMPLETE")
    monkeypatch.setattr("runbooks.sources.stack.resources", lambda *_: [member])
    monkeypatch.setattr(logs, "_group", lambda _, function: f"/aws/lambda/{function}")


def read(address: str, seconds: float = 20) -> Reader:
    return stub.reader(address).scoped(seconds=seconds)


@pytest.mark.usefixtures("one")
def test_empty_pages_in_between_are_not_the_end() -> None:
    account = Account([[report(1)], [], [], [report(3)]])
    with stub.server(account) as address:
        reader = read(address)
        (log,) = logs.invocations(reader, SCOPE)
    assert (log.durations.count, log.reading.pages, log.reading.stopped) == (2, 4, "")
    assert reader.blind == []
    assert account.asked[0][1]["startTime"] == int(START.timestamp() * 1000)


@pytest.mark.usefixtures("one")
def test_a_budget_of_pages_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "PAGES", 2)
    with stub.server(Account([[report(1)]] * 5)) as address:
        reader = read(address)
        (log,) = logs.invocations(reader, SCOPE)
    assert log.durations.count == 2
    assert [(blind.reason, blind.resource) for blind in reader.blind] == [(Reason.PARTIAL, "/aws/lambda/stack-Admin")]


@pytest.mark.usefixtures("one")
def test_a_group_that_is_not_there_is_a_function_that_never_ran() -> None:
    with stub.server(Account([], absent=True)) as address:
        reader = read(address)
        (log,) = logs.invocations(reader, SCOPE)
    assert (log.exists, log.durations.count) == (False, 0)
    assert reader.blind == []


def query(reader: Reader) -> Any:
    return logs.insights(reader, ["g"], "stats count(*) as n", start=START, end=START + timedelta(hours=1))


def test_a_query_is_looked_at_until_it_is_complete_and_its_statistics_are_noted() -> None:
    account = Account([])
    with stub.server(account) as address:
        rows, reading = query(read(address))
    assert rows == [{"n": "7"}]
    assert (reading.how, reading.pages, reading.looked_at, reading.stopped) == ("Logs Insights, 1 groups, 2.5 MB", 3, 900, "")


def test_a_query_that_fails_is_unreadable() -> None:
    with stub.server(Account([], status="Failed")) as address, pytest.raises(Unreadable, match="ended as Failed"):
        query(read(address))


def test_a_query_that_is_not_done_in_time_is_stopped_and_unreadable() -> None:
    account = Account([], status="Running")
    with stub.server(account) as address, pytest.raises(Unreadable, match="was not done") as caught:
        query(read(address, seconds=2))
    assert caught.value.blind.reason is Reason.DEADLINE
    assert account.asked[-1][0] == "StopQuery"


@pytest.mark.usefixtures("control")
def test_on_the_sandbox_each_service_has_its_figures(control: Control) -> None:
    environment = settings.load("sandbox")
    endpoint = locate(environment)
    scope = Settings(environment, endpoint.now(), settings.window(endpoint.now(), hours=24))
    reader = open_reader(environment, endpoint).scoped(seconds=30)
    found = {log.logical: log for log in logs.invocations(reader, scope)}
    assert reader.blind == []
    admin = found["AdminFunction09BA95C5"]
    assert admin.durations.count > 10
    assert 0 < admin.durations.p50 < admin.durations.p95 <= admin.durations.most
    assert admin.kinds[0][0] == "Authentication error: TokenExpiredError: jwt expired"
    assert [log.exists for log in found.values()].count(False) == 2  # the two helpers of the CDK never ran here
