"""A stream yields page by page, keeps none, and never ends early as if it had been read to its end."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import pytest

from runbooks.errors import NotAReadError, Unreadable
from runbooks.gateway import Reader, threads
from runbooks.gateway.stream import Stream
from runbooks.model import Reason
from tests.gateway import stub

PAGES = 5


class Table:
    """A table of PAGES pages of two rows; `trouble` says what becomes of the third."""

    def __init__(self, trouble: Any = None, slow: float = 0.0) -> None:
        self.asked: list[Mapping[str, Any]] = []
        self.trouble = trouble
        self.slow = slow

    def __call__(self, _: str, given: Mapping[str, Any]) -> dict[str, Any] | bytes:
        self.asked.append(given)
        time.sleep(self.slow)
        number = int(given.get("ExclusiveStartKey", {}).get("id", {}).get("S", "0"))
        if number == 2 and isinstance(self.trouble, Exception):
            raise self.trouble
        if number == 2 and self.trouble is not None:
            return bytes(self.trouble)
        rows = [{"id": {"S": f"{number}-{i}"}, "n": {"N": "1"}} for i in range(2)]
        more = {} if number == PAGES - 1 else {"LastEvaluatedKey": {"id": {"S": str(number + 1)}}}
        return {"Items": rows, "Count": 2, "ScannedCount": 20, **more}


def rows(reader: Reader, *, pages: int = 100) -> tuple[Stream, list[str]]:
    stream = reader.stream("dynamodb", "Scan", "Items", pages=pages, TableName="t")
    return stream, [row["id"]["S"] for page in stream for row in page.rows]


def test_all_rows_come_in_order_and_the_end_is_the_end() -> None:
    table = Table()
    with stub.server(table) as address:
        stream, found = rows(stub.reader(address))
    assert found == [f"{n}-{i}" for n in range(PAGES) for i in range(2)]
    assert (stream.complete, stream.stopped, stream.pages) == (True, "", PAGES)


def test_the_answer_around_the_rows_is_there_and_nothing_is_asked_before_it_is_wanted() -> None:
    table = Table()
    with stub.server(table) as address:
        stream = stub.reader(address).stream("dynamodb", "Scan", "Items", pages=9, TableName="t")
        assert table.asked == []
        pages = iter(stream)
        assert next(pages).answer["ScannedCount"] == 20
        assert len(table.asked) == 1


@pytest.mark.parametrize("pages", [1, PAGES - 1])
def test_a_budget_ends_it_incomplete_with_the_reason(pages: int) -> None:
    table = Table()
    with stub.server(table) as address:
        stream, found = rows(stub.reader(address), pages=pages)
    assert len(found) == 2 * pages == 2 * len(table.asked)
    assert not stream.complete
    assert stream.blind.reason is Reason.PARTIAL
    assert f"stopped after {pages} page" in stream.blind.detail
    assert "the budget of this reading" in stream.blind.detail


def test_a_listing_that_ends_with_its_budget_is_complete() -> None:
    with stub.server(Table()) as address:
        stream, _ = rows(stub.reader(address), pages=PAGES)
    assert stream.complete


def test_whoever_reads_may_stop_it_and_it_is_incomplete() -> None:
    with stub.server(Table()) as address:
        stream = stub.reader(address).stream("dynamodb", "Scan", "Items", pages=9, TableName="t")
        for _ in stream:
            stream.stop("as it costs too much")
    assert (stream.complete, stream.pages, stream.stopped) == (False, 1, "as it costs too much")


def test_the_deadline_ends_it_incomplete_with_what_came_until_then() -> None:
    with stub.server(Table(slow=0.1)) as address:
        reader = stub.reader(address)
        reader._clients.get("dynamodb")
        scoped = reader.scoped(seconds=0.5)
        stream, found = threads.bounded(lambda: rows(scoped), until=scoped.until, what="the rows")
    assert 0 < len(found) < 2 * PAGES
    assert not stream.complete
    assert "the time for this check" in stream.blind.detail


def test_a_deadline_before_the_first_page_is_unreadable() -> None:
    with stub.server(Table()) as address:
        reader = stub.reader(address)

        def late() -> None:
            stream = reader.stream("dynamodb", "Scan", "Items", pages=9, TableName="t")
            threads._current.deadline = time.monotonic() - 1
            list(stream)

        with pytest.raises(Unreadable, match="deadline passed"):
            threads.bounded(late, until=time.monotonic() + 5, what="the rows")


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        (stub.Refused("AccessDeniedException"), Reason.DENIED),
        (stub.Refused("ProvisionedThroughputExceededException"), Reason.THROTTLED),
        (b'{"Items": [{"id": {"S": "2-0"}}', Reason.NOT_AN_ANSWER),
        (b"<html></html>", Reason.NOT_AN_ANSWER),
        (b"{}", Reason.NOT_AN_ANSWER),
        (b'{"Items": null}', Reason.NOT_AN_ANSWER),
        (b"", Reason.NOT_AN_ANSWER),
    ],
    ids=str,
)
def test_a_page_in_the_middle_that_cannot_be_read_is_unreadable_and_never_the_end(trouble: Any, reason: Reason) -> None:
    with stub.server(Table(trouble)) as address:
        stream = stub.reader(address).stream("dynamodb", "Scan", "Items", pages=9, TableName="t")
        with pytest.raises(Unreadable) as caught:
            list(stream)
    assert caught.value.blind.reason is reason
    assert not stream.complete


def test_a_stream_is_not_remembered_and_counts_its_requests() -> None:
    table = Table()
    with stub.server(table) as address:
        reader = stub.reader(address)
        rows(reader)
        rows(reader)
    assert reader.counts() == {"dynamodb:Scan": 2 * PAGES}
    assert list(reader.used) == ["dynamodb:Scan"]


def test_other_answers_are_still_parsed_after_a_stream() -> None:
    def answers(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"Items": []} if operation == "Scan" else {"Table": {"TableName": "t", "CreationDateTime": 1.5e9}}

    with stub.server(answers) as address:
        reader = stub.reader(address)
        rows(reader)
        assert reader.read("dynamodb", "DescribeTable", TableName="t")["Table"]["CreationDateTime"].year == 2017


def test_a_write_is_no_stream() -> None:
    with pytest.raises(NotAReadError):
        stub.reader("http://127.0.0.1:9").stream("dynamodb", "DeleteItem", "Attributes", pages=1)


def test_what_is_polled_is_asked_each_time() -> None:
    asked: list[str] = []

    def answers(operation: str, _: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(operation)
        return {"status": "Running", "results": []}

    with stub.server(answers) as address:
        reader = stub.reader(address)
        for _ in range(3):
            reader.poll("logs", "GetQueryResults", queryId="q")
    assert len(asked) == 3
