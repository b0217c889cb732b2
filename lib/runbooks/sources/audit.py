"""Audit and login rows, tallied as they come: by kind, result and hour, and by who failed most; in the memory of a thousand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from runbooks.estate import Reading, Subject, Tally, Trail
from runbooks.gateway import Reader
from runbooks.settings import Settings
from runbooks.sources import events

NAMES = 50_000  # different names told apart; some 10 MB
WORST = 20  # of those who failed most
INDEX = "action-index"  # by action and timestamp
PATHS = ("timestamp", "action", "details.statusCode")

Told = Callable[[events.Row], tuple[str, str]]  # kind and result of a row


@dataclass(slots=True)
class _Sum:
    """What one stream, or all of them together, came to; `sorts` are the sorts of names that are told apart, by attribute."""

    told: Told
    sorts: Mapping[str, str] = field(default_factory=dict)
    hours: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    names: dict[str, Counter[tuple[str, bool]]] = field(default_factory=dict)
    unnamed: int = 0
    newest: str = ""

    def take(self, row: events.Row) -> None:
        at = row["timestamp"]["S"]
        kind, result = self.told(row)
        self.hours[at[:13], kind, result] += 1
        self.newest = max(self.newest, at)
        for sort, attribute in self.sorts.items():
            who = row.get(attribute, {}).get("S", "")
            counted = self.names.setdefault(sort, Counter())
            if len(counted) < NAMES or (who, result == "success") in counted:
                counted[who, result == "success"] += 1
            else:
                self.unnamed += 1

    def add(self, other: _Sum) -> None:
        self.hours.update(other.hours)
        for sort, counted in other.names.items():
            self.names.setdefault(sort, Counter()).update(counted)
        self.unnamed += other.unnamed
        self.newest = max(self.newest, other.newest)


def trail(reader: Reader, settings: Settings) -> list[Trail]:
    """Return the audit log of the window, by action and result (Scan of the audit table)."""
    table = events.named(settings, "audit-logs")
    return [_scanned(reader, settings, table, PATHS, lambda: _Sum(_action))]


def logins(reader: Reader, settings: Settings) -> list[Trail]:
    """Return the login attempts of the window, and the addresses and e-mails that failed most (Scan of the login table).

    The platform writes a failure before it looks at the password, so that every success has a failure beside it: that one does
    not count for those who failed most, and has to be taken off the tallies by whoever judges them.
    """
    names = {"email": "email", "address": "ipAddress"}
    paths = ("timestamp", "success", *names.values())
    return [_scanned(reader, settings, events.named(settings, "login-attempts"), paths, lambda: _Sum(_login, names))]


def actions(*wanted: str) -> Callable[[Reader, Settings], list[Trail]]:
    """Return the source of the audit rows of these actions alone (Query of the index by action; a Scan where there is none)."""

    def rows(reader: Reader, settings: Settings) -> list[Trail]:
        table = events.named(settings, "audit-logs")
        if INDEX not in settings.environment.expected.tables[table]:
            return [_scanned(reader, settings, table, PATHS, lambda: _Sum(_action), wanted)]
        sums, reading = events.query(reader, settings, table, (INDEX, "action"), wanted, PATHS, lambda: _Sum(_action))
        return [_trail(table, sums, reading)]

    rows.__name__ = "actions"
    return rows


def _scanned(
    reader: Reader, settings: Settings, table: str, paths: Sequence[str], make: Callable[[], _Sum], wanted: Sequence[str] = ()
) -> Trail:
    where, values = events.WITHIN, events.within(settings)
    if wanted:
        values |= {f":w{i}": {"S": action} for i, action in enumerate(wanted)}
        where += f" AND #action IN ({', '.join(f':w{i}' for i in range(len(wanted)))})"
    return _trail(table, *events.scan(reader, table, paths, make, where=where, values=values))


def _action(row: events.Row) -> tuple[str, str]:
    action = row.get("action", {}).get("S", "")
    status = row.get("details", {}).get("M", {}).get("statusCode", {}).get("N", "0")
    if action.endswith("_DENIED") or status in ("401", "403"):
        return action, "denied"
    return action, "failed" if action.endswith("_FAILED") or action.startswith("FAILED_") or status >= "400" else "done"


def _login(row: events.Row) -> tuple[str, str]:
    return "login", "success" if row.get("success", {}).get("BOOL") else "failure"


def _trail(table: str, sums: Sequence[_Sum], reading: Reading) -> Trail:
    whole = sums[0]
    for each in sums[1:]:
        whole.add(each)
    hours = sorted(Tally(events.moment(f"{hour}:00:00Z"), kind, result, n) for (hour, kind, result), n in whole.hours.items())
    return Trail(
        table=table,
        newest=events.moment(whole.newest) if whole.newest else None,
        tallies=tuple(hours),
        reading=reading,
        subjects=tuple(subject for sort, counted in whole.names.items() for subject in _worst(sort, counted)),
        unnamed=whole.unnamed,
    )


def _worst(sort: str, counted: Counter[tuple[str, bool]]) -> list[Subject]:
    """Return those who failed most, not counting the failure that the platform writes before each success."""
    names = {name for name, _ in counted if name}
    found = [Subject(sort, name, max(counted[name, False] - counted[name, True], 0), counted[name, True]) for name in names]
    return sorted((each for each in found if each.failed), key=lambda each: (-each.failed, each.name))[:WORST]
