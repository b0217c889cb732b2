"""Audit and login rows are tallied as they come, whatever their number, and a part is never taken for the whole."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbooks import settings
from runbooks.errors import Unreadable
from runbooks.estate import Tally
from runbooks.gateway import Reader, locate, open_reader
from runbooks.model import Reason, Window
from runbooks.settings import Settings
from runbooks.sources import audit, events
from tests.conftest import Control
from tests.gateway import stub

START = datetime(2026, 11, 24, tzinfo=UTC)
SCOPE = Settings(stub.environment(), START + timedelta(days=1), Window(start=START, end=START + timedelta(days=1)))


class Table:
    """Rows by segment, two a page; it remembers what it was asked."""

    def __init__(self, *segments: list[dict[str, Any]], refuse: int = -1) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.segments = [*segments, *[[] for _ in range(events.SEGMENTS - len(segments))]]
        self.refuse = refuse
        self.size = events.SMALL + 1

    def __call__(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "DescribeTable":
            return {"Table": {"TableSizeBytes": self.size, "KeySchema": [{"AttributeName": "id"}]}}
        self.asked.append(given)
        segment = given.get("Segment", 0)
        if segment == self.refuse:
            raise stub.Refused("AccessDeniedException")
        at = int(given.get("ExclusiveStartKey", {}).get("at", {}).get("N", "0"))
        rows = self.segments[segment]
        more = {"LastEvaluatedKey": {"at": {"N": str(at + 2)}}} if at + 2 < len(rows) else {}
        page = {
            "Items": rows[at : at + 2],
            "Count": len(rows[at : at + 2]),
            "ScannedCount": 100,
            "ConsumedCapacity": {"CapacityUnits": 128.0},
        }
        return {**page, **more}


def event(hour: int, action: str, status: str = "") -> dict[str, Any]:
    details = {"details": {"M": {"statusCode": {"N": status}}}} if status else {}
    return {"timestamp": {"S": f"2026-11-24T{hour:02d}:10:00.123Z"}, "action": {"S": action}, **details}


def attempt(email: str, *, success: bool, minute: int = 0) -> dict[str, Any]:
    return {
        "timestamp": {"S": f"2026-11-24T03:{minute:02d}:00.000Z"}, "success": {"BOOL": success}, "email": {"S": email},
        "ipAddress": {"S": "172.68.34.9"},
    }  # fmt: skip


def read(address: str) -> Reader:
    return stub.reader(address).scoped(seconds=20)


def test_segments_are_put_together_by_kind_result_and_hour() -> None:
    table = Table(
        [event(3, "USER_LOGIN"), event(3, "USER_LOGIN"), event(4, "USER_LOGIN")],
        [event(3, "USER_LOGIN"), event(3, "ADMIN_ACCESS_DENIED"), event(5, "VIEW_USERS", "403"), event(5, "VIEW_USERS", "500")],
        [event(5, "FAILED_LOGIN_ATTEMPT"), event(5, "VIEW_USERS", "200")],
    )
    with stub.server(table) as address:
        reader = read(address)
        (trail,) = audit.trail(reader, SCOPE)
    three, four, five = (START + timedelta(hours=hour) for hour in (3, 4, 5))
    assert trail.tallies == (
        Tally(three, "ADMIN_ACCESS_DENIED", "denied", 1), Tally(three, "USER_LOGIN", "done", 3), Tally(four, "USER_LOGIN", "done", 1),
        Tally(five, "FAILED_LOGIN_ATTEMPT", "failed", 1), Tally(five, "VIEW_USERS", "denied", 1), Tally(five, "VIEW_USERS", "done", 1),
        Tally(five, "VIEW_USERS", "failed", 1),
    )  # fmt: skip
    assert trail.newest == datetime(2026, 11, 24, 5, 10, 0, 123000, tzinfo=UTC)
    assert (trail.reading.pages, trail.reading.rows, trail.reading.looked_at, trail.reading.capacity) == (6, 9, 600, 6 * 128)
    assert trail.reading.stopped == ""
    assert reader.blind == []


def test_the_service_filters_and_projects() -> None:
    table = Table()
    with stub.server(table) as address:
        audit.trail(read(address), SCOPE)
    assert sorted(given["Segment"] for given in table.asked) == list(range(events.SEGMENTS))
    for given in table.asked:
        assert given["TableName"] == "boat-audit-logs"
        assert given["FilterExpression"] == "#timestamp BETWEEN :from AND :to"
        assert given["ExpressionAttributeValues"] == {
            ":from": {"S": "2026-11-24T00:00:00.000Z"}, ":to": {"S": "2026-11-25T00:00:00.000Z"}
        }  # fmt: skip
        assert given["ProjectionExpression"] == "#timestamp, #action, #details.#statusCode"


def test_a_small_table_is_read_in_one_piece() -> None:
    table = Table([event(3, "A")])
    table.size = events.SMALL
    with stub.server(table) as address:
        (trail,) = audit.trail(read(address), SCOPE)
    assert [(given["Segment"], given["TotalSegments"]) for given in table.asked] == [(0, 1)]
    assert trail.reading.how == "Scan of boat-audit-logs in 1 segment"


def test_a_segment_that_cannot_be_read_is_noted_and_the_others_count() -> None:
    with stub.server(Table([event(3, "A")], [event(3, "A")], refuse=1)) as address:
        reader = read(address)
        (trail,) = audit.trail(reader, SCOPE)
    assert [tally.count for tally in trail.tallies] == [1]
    assert [(blind.reason, blind.resource) for blind in reader.blind] == [(Reason.DENIED, "boat-audit-logs")]
    assert trail.reading.stopped


def test_a_budget_of_capacity_stops_it_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "CAPACITY", 4 * 200.0)
    with stub.server(Table([event(hour, "A") for hour in range(20)])) as address:
        reader = read(address)
        (trail,) = audit.trail(reader, SCOPE)
    assert trail.reading.rows == 4
    assert [blind.reason for blind in reader.blind] == [Reason.PARTIAL]
    assert "256 read units are the budget" in trail.reading.stopped


def test_who_failed_most_is_not_who_merely_logged_in() -> None:
    table = Table(
        [attempt("a@x.org", success=False, minute=i) for i in range(5)],
        [attempt("b@x.org", success=False), attempt("b@x.org", success=True), attempt("c@x.org", success=False)],
    )
    with stub.server(table) as address:
        (trail,) = audit.logins(read(address), SCOPE)
    assert [(s.sort, s.name, s.failed, s.succeeded) for s in trail.subjects] == [
        ("email", "a@x.org", 5, 0), ("email", "c@x.org", 1, 0), ("address", "172.68.34.9", 6, 1)
    ]  # fmt: skip
    assert {(tally.result, tally.count) for tally in trail.tallies} == {("failure", 7), ("success", 1)}


def test_beyond_so_many_names_rows_are_counted_without_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "NAMES", 3)
    with stub.server(Table([attempt(f"{i}@x.org", success=False) for i in range(10)])) as address:
        (trail,) = audit.logins(read(address), SCOPE)
    assert len([subject for subject in trail.subjects if subject.sort == "email"]) == 3
    assert trail.unnamed == 7
    assert sum(tally.count for tally in trail.tallies) == 10


def test_known_actions_are_asked_of_the_index() -> None:
    table = Table([event(3, "A")])
    with stub.server(table) as address:
        (trail,) = audit.actions("A", "B")(read(address), SCOPE)
    assert trail.reading.how == "Query of boat-audit-logs by action-index, 2 keys"
    assert {given["ExpressionAttributeValues"][":key"]["S"] for given in table.asked} == {"A", "B"}
    assert {given["KeyConditionExpression"] for given in table.asked} == {"#key = :key AND #timestamp BETWEEN :from AND :to"}
    assert not any("FilterExpression" in given for given in table.asked)


def test_without_any_part_there_is_nothing_to_judge() -> None:
    with stub.server(Table(refuse=0)) as address, pytest.raises(Unreadable, match="denied"):
        audit.actions("A")(read(address), SCOPE)


@pytest.mark.usefixtures("control")
def test_on_the_sandbox_the_index_and_the_scan_agree(control: Control) -> None:
    environment = settings.load("sandbox")
    endpoint = locate(environment)
    scope = Settings(environment, endpoint.now(), settings.window(endpoint.now(), hours=24))
    reader = open_reader(environment, endpoint)
    (whole,) = audit.trail(reader.scoped(seconds=30), scope)
    (part,) = audit.actions("USER_LOGIN", "FAILED_LOGIN_ATTEMPT")(reader.scoped(seconds=30), scope)
    assert part.tallies == tuple(tally for tally in whole.tallies if tally.kind in ("USER_LOGIN", "FAILED_LOGIN_ATTEMPT"))
    assert len(part.tallies) > 10
