"""Fills the tables: users and listings as they stand, and a week of what was written since."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import activity, backends, listings, people, tables

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.people import Person
    from runbooks.sandbox.estate.tables import Row

OPENED_DAYS_AGO = 44
HISTORY = timedelta(days=7)


def build(account: Account) -> None:
    """Fill all five tables."""
    now = account.clock.now()
    for name in ("boat-users", "boat-listings"):
        tables.put(account, name, rows(account, name, now, now))
    append(account, now - HISTORY, now)


def append(account: Account, start: datetime, end: datetime) -> None:
    """Put what was written in [start, end): login attempts, audit rows, sessions."""
    written = _written(account, end, start, end)
    tables.put(account, "boat-login-attempts", written.attempts)
    tables.put(account, "boat-audit-logs", written.audit)
    tables.put(account, "boat-admin-sessions", written.sessions)


def rows(account: Account, name: str, now: datetime, until: datetime) -> list[Row]:
    """Return a table's rows as they were at `until`, of an estate that was built at `now`."""
    people_now, born = population(account, now), opened(now)
    if name == "boat-users":
        return [people.row(seed_of(account), person) for person in people_now if person.created < until]
    if name == "boat-listings":
        made = listings.rows(seed_of(account), people_now, born, now)
        return [row for row in made if row["createdAt"] < backends.stamp(until)]
    if until <= now - HISTORY:
        return []
    written = _written(account, now, now - HISTORY, until)
    return {"boat-login-attempts": written.attempts, "boat-audit-logs": written.audit, "boat-admin-sessions": written.sessions}[
        name
    ]


def _written(account: Account, now: datetime, start: datetime, end: datetime) -> activity.Rows:
    return activity.between(seed_of(account), account.environment.suffix, population(account, now), start, end)


def population(account: Account, now: datetime | None = None) -> list[Person]:
    """Return the platform's users."""
    return people.population(seed_of(account), opened(now or account.clock.now()))


def opened(now: datetime) -> datetime:
    """Return when the platform opened."""
    return now.replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=OPENED_DAYS_AGO)


def seed_of(account: Account) -> int:
    """Return the environment's seed; raises ValueError for an environment that no sandbox plays."""
    if account.environment.sandbox is None:
        raise ValueError(f"environment '{account.environment.name}' has no [sandbox] table, so there is no seed to build from")
    return account.environment.sandbox.seed
