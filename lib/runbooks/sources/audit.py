"""Audit and login rows, tallied page by page: by kind, result and hour, and by who failed most. Memory does not grow with the rows.

The tables have no index by time. Where the kinds are known, an index by kind is queried; else the table is scanned in parallel
segments, filtered and projected by DynamoDB, which charges for every row all the same: so within a budget, and the cost is told.
Times in these tables are text, ISO 8601 in UTC with milliseconds, so that the order of the text is the order of time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from runbooks.errors import Unreadable
from runbooks.estate import Reading, Subject, Tally, Trail
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc

SEGMENTS = 4  # read at the same time; more would only compete with the platform's own reads
PAGES = 400  # of 1 MB; beyond it a table of events is to be exported and not to be scanned by a daily check
CAPACITY = 60_000.0  # read units: about 480 MB, two US cents (on demand, 2025)
NAMES = 50_000  # different names told apart; some 10 MB
WORST = 20  # of those who failed most
INDEX = "action-index"  # by action and timestamp

Row = Mapping[str, Mapping[str, Any]]
Told = Callable[[Row], tuple[str, str]]  # kind and result of a row


@dataclass(slots=True)
class _Sum:
    """What one stream, or all of them together, came to."""

    hours: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    names: dict[str, Counter[tuple[str, bool]]] = field(default_factory=dict)
    unnamed: int = 0
    newest: str = ""
    pages: int = 0
    looked_at: int = 0
    rows: int = 0
    capacity: float = 0.0
    blind: Blind | None = None

    def add(self, other: _Sum) -> None:
        self.hours.update(other.hours)
        for sort, counted in other.names.items():
            self.names.setdefault(sort, Counter()).update(counted)
        self.newest = max(self.newest, other.newest)
        self.blind = self.blind or other.blind
        for name in ("unnamed", "pages", "looked_at", "rows", "capacity"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def trail(reader: Reader, settings: Settings) -> list[Trail]:
    """Return the audit log of the window, by action and result (Scan of the audit table)."""
    return [_scanned(reader, settings, _table(settings, "audit-logs"), _action, ("action", "details.statusCode"))]


def logins(reader: Reader, settings: Settings) -> list[Trail]:
    """Return the login attempts of the window, and the addresses and e-mails that failed most (Scan of the login table).

    The platform writes a failure before it looks at the password, so that every success has a failure beside it: that one does
    not count for those who failed most, and has to be taken off the tallies by whoever judges them.
    """
    names = {"email": "email", "address": "ipAddress"}
    return [_scanned(reader, settings, _table(settings, "login-attempts"), _login, ("success", *names.values()), names)]


def actions(*wanted: str) -> Callable[[Reader, Settings], list[Trail]]:
    """Return the source of the audit rows of these actions alone (Query of the index by action; a Scan where there is none)."""

    def rows(reader: Reader, settings: Settings) -> list[Trail]:
        table = _table(settings, "audit-logs")
        attributes = ("action", "details.statusCode")
        if INDEX not in settings.environment.expected.tables[table]:
            return [_scanned(reader, settings, table, _action, attributes, wanted=wanted)]
        sums = reader.map(lambda action: _queried(reader, settings, table, action), dict.fromkeys(wanted))
        return [_trail(reader, table, sums, f"Query of {INDEX}, {len(wanted)} actions")]

    rows.__name__ = "actions"
    return rows


def _queried(reader: Reader, settings: Settings, table: str, action: str) -> _Sum:
    given = _selected(settings, ("action", "details.statusCode"))
    within = given.pop("FilterExpression")
    given["ExpressionAttributeValues"][":action"] = {"S": action}
    given |= {"IndexName": INDEX, "KeyConditionExpression": f"#action = :action AND {within}"}
    return _summed(reader, "Query", PAGES, CAPACITY, {"TableName": table, **given}, _action, {})


def _scanned(
    reader: Reader, settings: Settings, table: str, told: Told, attributes: Sequence[str],
    names: Mapping[str, str] | None = None, wanted: Sequence[str] = (),
) -> Trail:  # fmt: skip
    given = _selected(settings, attributes)
    if wanted:
        given["ExpressionAttributeValues"] |= {f":w{i}": {"S": action} for i, action in enumerate(wanted)}
        given["FilterExpression"] += f" AND #action IN ({', '.join(f':w{i}' for i in range(len(wanted)))})"

    def segment(number: int) -> _Sum:
        part = {"TableName": table, "Segment": number, "TotalSegments": SEGMENTS, **given}
        return _summed(reader, "Scan", PAGES // SEGMENTS, CAPACITY / SEGMENTS, part, told, names or {})

    sums = reader.map(segment, range(SEGMENTS), name=lambda number: f"{table}, segment {number + 1} of {SEGMENTS}")
    return _trail(reader, table, sums, f"Scan in {SEGMENTS} segments")


def _selected(settings: Settings, attributes: Sequence[str]) -> dict[str, Any]:
    """Return the parameters that leave filtering and projection to DynamoDB; all names are aliases, as some are reserved words."""
    words = dict.fromkeys(word for path in ("timestamp", *attributes) for word in path.split("."))
    paths = [".".join(f"#{word}" for word in path.split(".")) for path in ("timestamp", *attributes)]
    return {
        "FilterExpression": "#timestamp BETWEEN :from AND :to",
        "ProjectionExpression": ", ".join(paths),
        "ExpressionAttributeNames": {f"#{word}": word for word in words},
        "ExpressionAttributeValues": {":from": {"S": _stamp(settings.window.start)}, ":to": {"S": _stamp(settings.window.end)}},
        "ReturnConsumedCapacity": "TOTAL",
    }


def _summed(
    reader: Reader, operation: str, pages: int, capacity: float, given: Mapping[str, Any], told: Told, names: Mapping[str, str]
) -> _Sum:
    """Tally one stream page by page."""
    total = _Sum(names={sort: Counter() for sort in names})
    stream = reader.stream("dynamodb", operation, "Items", pages=pages, **given)
    for page in stream:
        _count(total, page.rows, told, names)
        total.looked_at += page.answer["ScannedCount"]
        total.capacity += page.answer.get("ConsumedCapacity", {}).get("CapacityUnits", 0.0)
        if total.capacity >= capacity:
            stream.stop(f"as {total.capacity:,.0f} read units are the budget")
    total.pages = stream.pages
    total.blind = None if stream.complete else stream.blind.model_copy(update={"resource": given["TableName"]})
    return total


def _count(total: _Sum, rows: Iterable[Row], told: Told, names: Mapping[str, str]) -> None:
    for row in rows:
        at = row["timestamp"]["S"]
        kind, result = told(row)
        total.hours[at[:13], kind, result] += 1
        total.rows += 1
        total.newest = max(total.newest, at)
        for sort, attribute in names.items():
            who = row.get(attribute, {}).get("S", "")
            counted = total.names[sort]
            if len(counted) < NAMES or (who, result == "success") in counted:
                counted[who, result == "success"] += 1
            else:
                total.unnamed += 1


def _action(row: Row) -> tuple[str, str]:
    action = row.get("action", {}).get("S", "")
    status = row.get("details", {}).get("M", {}).get("statusCode", {}).get("N", "0")
    if action.endswith("_DENIED") or status in ("401", "403"):
        return action, "denied"
    return action, "failed" if action.endswith("_FAILED") or action.startswith("FAILED_") or status >= "400" else "done"


def _login(row: Row) -> tuple[str, str]:
    return "login", "success" if row.get("success", {}).get("BOOL") else "failure"


def _trail(reader: Reader, table: str, sums: Sequence[_Sum], how: str) -> Trail:
    """Put the parts together; what was not read to its end is noted, so that no check takes a part for the whole."""
    if not sums:
        raise Unreadable(
            reader.blind[-1] if reader.blind else Blind(call="dynamodb:Query", reason=Reason.NO_DATA, detail="no action")
        )
    whole = _Sum()
    for each in sums:
        whole.add(each)
    if whole.blind is not None:
        reader.blind.append(whole.blind)
    unread = f"{len(reader.blind)} parts could not be read" if reader.blind else ""
    return Trail(
        table=table,
        newest=_moment(whole.newest) if whole.newest else None,
        tallies=tuple(sorted(Tally(_moment(f"{hour}:00:00Z"), kind, result, n) for (hour, kind, result), n in whole.hours.items())),
        reading=Reading(
            how, whole.pages, whole.looked_at, whole.rows, whole.capacity, whole.blind.detail if whole.blind else unread
        ),
        subjects=tuple(subject for sort, counted in whole.names.items() for subject in _worst(sort, counted)),
        unnamed=whole.unnamed,
    )


def _worst(sort: str, counted: Counter[tuple[str, bool]]) -> list[Subject]:
    """Return those who failed most, not counting the failure that the platform writes before each success."""
    names = {name for name, _ in counted if name}
    found = [Subject(sort, name, max(counted[name, False] - counted[name, True], 0), counted[name, True]) for name in names]
    return sorted((each for each in found if each.failed), key=lambda each: (-each.failed, each.name))[:WORST]


def _table(settings: Settings, ending: str) -> str:
    """Return the table whose name ends so: the start differs between generations of the platform."""
    for name in settings.environment.expected.tables:
        if name.endswith(ending):
            return name
    detail = f"no expected table ends in '{ending}': name it in the environment file"
    raise Unreadable(Blind(call="dynamodb:Scan", reason=Reason.NO_SUCH_NAME, resource=ending, detail=detail))


def _stamp(moment: datetime) -> str:
    return f"{utc(moment):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def _moment(stamp: str) -> datetime:
    return datetime.fromisoformat(stamp).astimezone(UTC)
