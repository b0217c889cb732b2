"""Rows of the platform's tables of events, within the window, taken one by one as the pages come.

The tables have no index by time. Where a key is known, an index is queried, which reads the rows of the window and no others. Else
the table is scanned in parallel segments, filtered and projected by DynamoDB, which charges for every row all the same: so within
a budget, and the cost is told. Times are text, ISO 8601 in UTC with milliseconds, so that the order of the text is that of time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from runbooks.errors import Unreadable
from runbooks.estate import Reading
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc

SEGMENTS = 4  # read at the same time; more would only compete with the platform's own reads
SMALL = 4_000_000  # bytes of a table that are read in one piece
PAGES = 400  # of 1 MB; beyond it a table of events is to be exported and not to be scanned by a daily check
ROWS = 1_200_000  # in the window, where each is kept; beyond them there is an attack to see in the first million
CAPACITY = 60_000.0  # read units: about 480 MB, two US cents (on demand, 2025)
WITHIN = "#timestamp BETWEEN :from AND :to"

Row = Mapping[str, Mapping[str, Any]]


class Taker(Protocol):
    """Takes the rows of one stream; each stream has one of its own, as they come in threads."""

    def take(self, row: Row) -> None:
        """Take one row."""


K = TypeVar("K", bound=Taker)


def scan(
    reader: Reader,
    table: str,
    attributes: Sequence[str],
    make: Callable[[], K],
    *,
    where: str,
    values: Mapping[str, Any],
    most: int = 100 * ROWS,
) -> tuple[list[K], Reading]:
    """Return what each segment's taker took of the rows `where` lets through (Scan); `attributes` are paths, aliased as #name.

    A small table (DescribeTable) is one segment, a large one SEGMENTS. Parts that cannot be read go to the reader's `blind`; raises
    Unreadable when there is none that could.
    """
    given = {**_projected(attributes), "FilterExpression": where, "ExpressionAttributeValues": dict(values)}
    segments = SEGMENTS if described(reader, table)["TableSizeBytes"] > SMALL else 1

    def segment(number: int) -> tuple[K, Reading]:
        part = {"TableName": table, "Segment": number, "TotalSegments": segments, **given}
        return _stream(reader, "Scan", part, make(), pages=PAGES // segments, capacity=CAPACITY / segments, rows=most // segments)

    found = reader.map(segment, range(segments), name=lambda number: f"{table}, segment {number + 1} of {segments}")
    return _together(reader, f"Scan of {table} in {segments} segment{'s' if segments > 1 else ''}", "Scan", found)


def query(
    reader: Reader, settings: Settings, table: str, index: tuple[str, str], keys: Sequence[str], attributes: Sequence[str],
    make: Callable[[], K],
) -> tuple[list[K], Reading]:  # fmt: skip
    """Return what the taker of each of `keys` took of its rows in the window (Query of `index`: its name and its hash key).

    Where there is no row at all, the index has to prove that it holds any: the newest of the first key, whenever that was.
    Raises Unreadable as `scan` does, and where the proof fails.
    """
    name, attribute = index

    def ask(key: str) -> dict[str, Any]:
        given = _projected(attributes)
        given["ExpressionAttributeNames"]["#key"] = attribute
        values = {":key": {"S": key}, **within(settings)}
        return {
            "TableName": table, "IndexName": name, "KeyConditionExpression": f"#key = :key AND {WITHIN}",
            "ExpressionAttributeValues": values, **given,
        }  # fmt: skip

    def one(key: str) -> tuple[K, Reading]:
        return _stream(reader, "Query", ask(key), make(), pages=PAGES, capacity=CAPACITY, rows=ROWS)

    takers, reading = _together(
        reader, f"Query of {table} by {name}, {len(keys)} keys", "Query", reader.map(one, dict.fromkeys(keys))
    )
    if not reading.rows:
        _prove(reader, {"TableName": table, "IndexName": name, "#": attribute}, keys[0])
    return takers, reading


def described(reader: Reader, table: str) -> Answer:
    """Return what AWS tells of a table; sizes and counts are up to six hours old (DescribeTable). Raises Unreadable."""
    answer: Answer = reader.read("dynamodb", "DescribeTable", TableName=table)["Table"]
    if not answer["KeySchema"]:
        detail = "the answer holds no key, and each table has one"
        raise Unreadable(Blind(call="dynamodb:DescribeTable", reason=Reason.NOT_AN_ANSWER, resource=table, detail=detail))
    return answer


def within(settings: Settings) -> dict[str, Any]:
    """Return the values of WITHIN."""
    return {":from": {"S": stamp(settings.window.start)}, ":to": {"S": stamp(settings.window.end)}}


def named(settings: Settings, ending: str) -> str:
    """Return the table whose name ends so: the start differs between generations of the platform. Raises Unreadable."""
    for name in settings.environment.expected.tables:
        if name.endswith(ending):
            return name
    detail = f"no expected table ends in '{ending}': name it in the environment file"
    raise Unreadable(Blind(call="dynamodb:Scan", reason=Reason.NO_SUCH_NAME, resource=ending, detail=detail))


def text(row: Row, name: str) -> str:
    """Return a text attribute, empty where the row has none."""
    return str(row.get(name, {}).get("S", ""))


def stamp(moment: datetime) -> str:
    """Return a moment as these tables write it."""
    return f"{utc(moment):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def moment(stamped: str) -> datetime:
    """Return the moment of such a text; raises ValueError for any other."""
    found = datetime.fromisoformat(stamped)
    if found.tzinfo is None:
        raise ValueError(f"{stamped!r} has no zone")
    return found.astimezone(UTC)


def _projected(attributes: Sequence[str]) -> dict[str, Any]:
    """Return the parameters of a projection; all names are aliases, as some are reserved words."""
    words = dict.fromkeys(word for path in attributes for word in path.split("."))
    return {
        "ProjectionExpression": ", ".join(".".join(f"#{word}" for word in path.split(".")) for path in attributes),
        "ExpressionAttributeNames": {f"#{word}": word for word in words},
        "ReturnConsumedCapacity": "TOTAL",
    }


def _stream(
    reader: Reader, operation: str, given: Mapping[str, Any], taker: K, *, pages: int, capacity: float, rows: int
) -> tuple[K, Reading]:
    """Let one taker have one stream, page by page."""
    taken, looked_at, used = 0, 0, 0.0
    stream = reader.stream("dynamodb", operation, "Items", pages=pages, **given)
    for page in stream:
        for row in page.rows:
            taker.take(row)
        taken += len(page.rows)
        looked_at += page.answer["ScannedCount"]
        used += page.answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        if page.answer["Count"] != len(page.rows):
            detail = f"the answer counts {page.answer['Count']} rows and holds {len(page.rows)}"
            raise Unreadable(
                Blind(call=f"dynamodb:{operation}", reason=Reason.NOT_AN_ANSWER, resource=given["TableName"], detail=detail)
            )
        if used >= capacity:
            stream.stop(f"as {used:,.0f} read units are the budget")
        if taken >= rows:
            stream.stop(f"as {taken:,} rows are the most that are kept")
    return taker, Reading(operation, stream.pages, looked_at, taken, used, "" if stream.complete else stream.blind.detail)


def _together(reader: Reader, how: str, operation: str, found: Sequence[tuple[K, Reading]]) -> tuple[list[K], Reading]:
    """Put the parts together; what was not read to its end is noted, so that no check takes a part for the whole."""
    if not found:
        nothing = Blind(call=f"dynamodb:{operation}", reason=Reason.NO_DATA, detail="nothing was asked for")
        raise Unreadable(reader.blind[-1] if reader.blind else nothing)
    readings = [reading for _, reading in found]
    stopped = next((reading.stopped for reading in readings if reading.stopped), "")
    if stopped:
        reader.blind.append(Blind(call=f"dynamodb:{operation}", reason=Reason.PARTIAL, resource=how, detail=stopped))
    elif reader.blind:
        stopped = f"{len(reader.blind)} parts could not be read"
    return [taker for taker, _ in found], Reading(
        how=how,
        pages=sum(reading.pages for reading in readings),
        looked_at=sum(reading.looked_at for reading in readings),
        rows=sum(reading.rows for reading in readings),
        capacity=sum(reading.capacity for reading in readings),
        stopped=stopped,
    )


def _prove(reader: Reader, index: Mapping[str, str], key: str) -> None:
    """Raise Unreadable unless the index holds a row of `key` at any time."""
    answer = reader.read(
        "dynamodb", "Query", TableName=index["TableName"], IndexName=index["IndexName"], KeyConditionExpression="#key = :key",
        ExpressionAttributeNames={"#key": index["#"], "#timestamp": "timestamp"}, ExpressionAttributeValues={":key": {"S": key}},
        ProjectionExpression="#timestamp", ScanIndexForward=False, Limit=1,
    )  # fmt: skip
    if not answer["Items"]:
        detail = f"no row of '{key}' at any time, so the silence of the window proves nothing"
        raise Unreadable(Blind(call="dynamodb:Query", reason=Reason.NO_DATA, resource=index["TableName"], detail=detail))
