"""Attempts to log in within the window, by the platform's own rule (`attempts`), and no more of the accounts than that needs."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from runbooks.estate import LoginTrail
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings
from runbooks.sources import attempts, events
from runbooks.sources.attempts import Accounts, Attempts, Audited

FAILED = "FAILED_LOGIN_ATTEMPT"
ENTERED = "USER_LOGIN"
BY_ACTION = ("action-index", "action")
EARLIEST = "2020-"  # no timestamp of the platform comes before it: whatever does is no time at all
ATTRIBUTES = ("timestamp", "email", "ipAddress", "userAgent", "success")


def tried(reader: Reader, settings: Settings) -> list[LoginTrail]:
    """Return the attempts of the window with their results; none where the login table is empty, which proves nothing.

    Scan of the login table, Query of the audit log by action, Scan of the users for those with a second factor and those that are
    not active: of them the e-mail alone, never a password, a token or a name. Read once in a run. Raises Unreadable.
    """
    return reader.once("logins", lambda own: _tried(own, settings))


def audited(reader: Reader, settings: Settings) -> list[Audited]:
    """Return the audit rows about logins of the window, in order (Query by action); read once in a run. Raises Unreadable."""
    return reader.once("audited logins", lambda own: _audited(own, settings))


def _tried(reader: Reader, settings: Settings) -> list[LoginTrail]:
    table, limits, window = events.named(settings, "login-attempts"), settings.environment.security.logins, settings.window
    early = window.start - timedelta(seconds=limits.pair_seconds)  # a success may have its first row before the window
    values = events.within(settings) | {":from": {"S": events.stamp(early)}, ":earliest": {"S": EARLIEST}}
    where = f"{events.WITHIN} OR #timestamp < :earliest"
    parts, reading = events.scan(reader, table, ATTRIBUTES, Attempts, where=where, values=values, most=events.ROWS)
    if not reading.looked_at:
        detail = "the table is empty, which is no sign that nobody tried"
        reader.blind.append(Blind(call="dynamodb:Scan", reason=Reason.NO_DATA, resource=table, detail=detail))
        return []
    rows = Attempts()
    for part in parts:
        rows.join(part)
    entries, first = audited(reader, settings), window.start.timestamp()
    plain, succeeded = rows.failures(first), rows.successes
    if succeeded and not any(entry.action == ENTERED for entry in entries):
        detail = f"no audit row of a login, though {succeeded} succeeded: failures cannot be told from second factors"
        reader.blind.append(Blind(call="dynamodb:Query", reason=Reason.NO_DATA, resource=table, detail=detail))
    rejected = [entry for entry in entries if entry.action == FAILED]
    found, unpaired = attempts.logins(rows, rejected, _accounts(reader, settings), limits, until=window.end.timestamp())
    within = tuple(login for login in found if login.at >= first)
    return [LoginTrail(table, within, plain, unpaired, rows.strange, reading)]


@dataclass(slots=True)
class _Entries:
    rows: list[Audited] = field(default_factory=list)

    def take(self, row: events.Row) -> None:
        locked = row.get("details", {}).get("M", {}).get("locked", {}).get("BOOL") is True
        at = events.moment(events.text(row, "timestamp")).timestamp()
        address, agent = events.text(row, "ipAddress"), events.text(row, "userAgent")
        self.rows.append(Audited(at, events.text(row, "action"), address, agent, locked))


def _audited(reader: Reader, settings: Settings) -> list[Audited]:
    table, paths = events.named(settings, "audit-logs"), ("timestamp", "action", "ipAddress", "userAgent", "details.locked")
    parts, _ = events.query(reader, settings, table, BY_ACTION, (ENTERED, FAILED), paths, _Entries)
    return sorted(row for part in parts for row in part.rows)


@dataclass(slots=True)
class _Accounts:
    second_factor: set[str] = field(default_factory=set)
    inactive: set[str] = field(default_factory=set)

    def take(self, row: events.Row) -> None:
        group = self.second_factor if events.text(row, "status") == "active" else self.inactive
        group.add(events.text(row, "email"))


def _accounts(reader: Reader, settings: Settings) -> Accounts:
    table = events.named(settings, "-users")
    parts, reading = events.scan(
        reader, table, ("email", "mfaEnabled", "status"), _Accounts, where="#mfaEnabled = :true OR #status <> :active",
        values={":true": {"BOOL": True}, ":active": {"S": "active"}},
    )  # fmt: skip
    if not reading.looked_at:
        reader.blind.append(Blind(call="dynamodb:Scan", reason=Reason.NO_DATA, resource=table, detail="there is no user"))
    return Accounts(_all(part.second_factor for part in parts), _all(part.inactive for part in parts))


def _all(parts: Iterable[set[str]]) -> set[str]:
    return set().union(*parts)
