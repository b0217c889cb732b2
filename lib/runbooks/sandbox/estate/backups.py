"""DynamoDB backups of several ages: one a day and table for a week, one a week before that, and one that AWS made itself."""

from __future__ import annotations

import copy
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models.table import Backup, Table

from runbooks.sandbox.estate import backends, chance, items, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.tables import Row

AGES = (0, 1, 2, 3, 4, 5, 6, 13, 20, 27)  # days
HOUR = 3  # UTC
KEPT = timedelta(days=30)  # the job that makes them removes what is older


class Past(Table):
    """A table as it was: its rows are made when somebody looks, because few of the fifty backups are ever restored."""

    kept: defaultdict[Any, Any]
    rows: Callable[[], list[Row]] | None

    @property
    def items(self) -> defaultdict[Any, Any]:
        """The rows, in moto's form."""
        if self.rows is not None:
            self.kept = defaultdict(dict)
            tables.fill(self.kept, tables.BY_NAME[self.name], self.rows())
            self.rows = None
        return self.kept

    @items.setter
    def items(self, kept: defaultdict[Any, Any]) -> None:
        self.kept, self.rows = kept, None


class SeededBackup(Backup):
    """A backup with a time, a type and a size of our choice; moto's own is always of now, copies the table, and has 123 bytes."""

    def __init__(self, source: Table, name: str, created: datetime, digest: str, size: int) -> None:
        self.region_name, self.account_id = source.region_name, source.account_id
        self.name, self.table, self.size = name, source, size
        self.status, self.type = "AVAILABLE", "USER"
        self.creation_date_time = backends.naive(created)
        self.identifier = f"{backends.millis(created):014d}-{digest}"

    @property
    def details(self) -> dict[str, Any]:
        """The backup's own part of the answers."""
        return {**super().details, "BackupSizeBytes": self.size}

    @property
    def summary(self) -> dict[str, Any]:
        """The backup's row in a listing."""
        return {**super().summary, "BackupSizeBytes": self.size}


def build(account: Account) -> None:
    """Create the backups, oldest first."""
    due = account.clock.now().replace(hour=HOUR, minute=0, second=0, microsecond=0)
    latest = due if due + timedelta(minutes=10) <= account.clock.now() else due - timedelta(days=1)
    for table in tables.TABLES:
        for age in sorted(AGES, reverse=True):
            at = latest - timedelta(days=age)
            put(account, table.name, at, _past(account, table.name, at))
    at = latest - timedelta(days=31)
    relic = put(account, "boat-listings", at, _past(account, "boat-listings", at), name="boat-listings$DeletedTableBackup")
    relic.type = "SYSTEM"


def append(account: Account, start: datetime, end: datetime) -> None:
    """Create the daily backups that were due in [start, end), of the tables as they are now."""
    due = start.replace(hour=HOUR, minute=0, second=0, microsecond=0)
    while due < end:
        if due >= start:
            for name, source in _tables(account).items():
                copied = _copy(source)
                copied.items = copy.deepcopy(source.items)  # updates change moto's items in place
                put(account, name, due, copied)
            _prune(account, due)
        due += timedelta(days=1)


def put(account: Account, table: str, at: datetime, source: Table, name: str = "") -> SeededBackup:
    """Create one backup; tables are backed up a minute apart."""
    moment = at + timedelta(minutes=list(tables.BY_NAME).index(table), seconds=7)
    digest = chance.hexadecimal(chance.dice(items.seed_of(account), "backup", table, moment.isoformat(), name), 8)
    live = _tables(account).get(table)
    size = 420 * sum(len(each) if isinstance(each, dict) else 1 for each in live.items.values()) if live else 0
    made = SeededBackup(source, name or f"{table}-{moment:%Y%m%d-%H%M%S}", moment, digest, size)
    backends.of(account, "dynamodb").backups[made.arn] = made
    return made


def _prune(account: Account, now: datetime) -> None:
    kept, oldest = backends.of(account, "dynamodb").backups, backends.naive(now - KEPT)
    for arn in [arn for arn, backup in kept.items() if backup.type == "USER" and backup.creation_date_time < oldest]:
        del kept[arn]


def _past(account: Account, name: str, at: datetime) -> Past:
    now = account.clock.now()
    made = _copy(_tables(account)[name])
    made.rows = lambda: items.rows(account, name, now, at)
    return made


def _copy(source: Table) -> Past:
    kind: Any = Past
    made: Past = kind.__new__(kind)
    vars(made).update({key: value for key, value in vars(source).items() if key != "items"})
    return made


def _tables(account: Account) -> dict[str, Any]:
    """Return moto's tables of the platform, those that are there."""
    present = backends.of(account, "dynamodb").tables
    return {name: present[name] for name in tables.BY_NAME if name in present}
