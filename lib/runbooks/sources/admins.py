"""What administrators did, by the audit log: the actions that matter by its index, and the shape of all its rows by a scan."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from runbooks.estate import AdminAct, AdminTrail, Rows
from runbooks.gateway import Reader
from runbooks.settings import Settings
from runbooks.sources import events, logins

ATTRIBUTES = (
    "timestamp", "userId", "userEmail", "action", "details.path", "details.method", "details.statusCode", "ipAddress", "userAgent",
)  # fmt: skip
SOON = timedelta(days=1)  # a row from later than that is from no clock
STAMP = 24  # characters
TEXTS = ("action", "userId", "resource", "ipAddress", "userAgent", "sessionId")


@dataclass(slots=True)
class _Acts:
    acts: list[AdminAct] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)  # one text object for what many rows say alike

    def take(self, row: events.Row) -> None:
        details = row.get("details", {}).get("M", {})
        try:
            at, status = events.moment(events.text(row, "timestamp")), int(details.get("statusCode", {}).get("N", "0"))
        except ValueError:
            return  # a row of a strange shape: `rows` counts those, and is judged by a check of its own
        said = [events.text(row, name) for name in ("userId", "userEmail", "action")]
        said += [events.text(details, name) for name in ("path", "method")]
        said += [events.text(row, name) for name in ("ipAddress", "userAgent")]
        person, email, action, path, method, address, agent = (self.words.setdefault(word, word) for word in said)
        self.acts.append(AdminAct(at, person, email, action, path, method, status, address, agent))


def acts(reader: Reader, settings: Settings) -> list[AdminTrail]:
    """Return what administrators did in the window, of the actions that the environment file names (Query of the index by action).

    Read once in a run. Raises Unreadable where the index cannot prove that it holds their rows.
    """
    return reader.once("admin acts", lambda own: _acts(own, settings))


def rows(reader: Reader, settings: Settings) -> list[Rows]:
    """Return how many rows of the audit log and of the login table do not look as the platform writes them (Scan, DescribeTable).

    A row whose timestamp is none would escape every question about a time, so those are asked for whatever the window. The share
    that was looked at is in the reading; one that is not whole is noted.
    """
    return reader.once("rows", lambda own: [_audit_rows(own, settings), *_login_rows(own, settings)])


def _acts(reader: Reader, settings: Settings) -> list[AdminTrail]:
    table, actions = events.named(settings, "audit-logs"), settings.environment.security.admin.actions
    parts, reading = events.query(reader, settings, table, logins.BY_ACTION, actions, ATTRIBUTES, _Acts)
    found = sorted((act for part in parts for act in part.acts), key=lambda act: act.at)
    return [AdminTrail(table, tuple(found), reading)]


@dataclass(slots=True)
class _Shapes:
    strange: Counter[str] = field(default_factory=Counter)
    newest: str = ""

    def take(self, row: events.Row) -> None:
        stamp = events.text(row, "timestamp")
        wrong = _wrong(row, stamp)
        if wrong:
            self.strange[wrong] += 1
        else:
            self.newest = max(self.newest, stamp)


def _wrong(row: events.Row, stamp: str) -> str:
    """Say what is wrong with the shape of an audit row, in words of ours: its own could be anybody's."""
    try:
        events.moment(stamp)
    except ValueError:
        return "the timestamp is no time in UTC"
    if len(stamp) != STAMP or not stamp.endswith("Z"):
        return "the timestamp is not written with milliseconds and Z"
    missing = [name for name in TEXTS if "S" not in row.get(name, {})]
    if missing:
        return f"{missing[0]} is missing, or no text"
    return "" if "M" in row.get("details", {"M": {}}) else "details is no map"


def _audit_rows(reader: Reader, settings: Settings) -> Rows:
    table = events.named(settings, "audit-logs")
    where = f"{events.WITHIN} OR #timestamp < :earliest OR #timestamp > :soon"
    values = events.within(settings) | {":earliest": {"S": logins.EARLIEST}, ":soon": {"S": events.stamp(settings.now + SOON)}}
    parts, reading = events.scan(reader, table, ("timestamp", *TEXTS, "details"), _Shapes, where=where, values=values)
    strange: Counter[str] = Counter()
    for part in parts:
        strange.update(part.strange)
    newest = max(part.newest for part in parts)
    return Rows(table, tuple(strange.most_common()), _moment(newest), _items(reader, table), reading)


def _login_rows(reader: Reader, settings: Settings) -> list[Rows]:
    return [
        Rows(
            trail.table, (("it is not written as an attempt to log in", trail.strange),) if trail.strange else (),
            datetime.fromtimestamp(trail.logins[-1].at, tz=settings.now.tzinfo) if trail.logins else None,
            _items(reader, trail.table), trail.reading,
        )
        for trail in logins.tried(reader, settings)
    ]  # fmt: skip


def _moment(stamp: str) -> datetime | None:
    return events.moment(stamp) if stamp else None


def _items(reader: Reader, table: str) -> int:
    """Return how many rows AWS counted when it last did, up to six hours ago."""
    return int(events.described(reader, table)["ItemCount"])
