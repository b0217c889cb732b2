"""What there is to go back to: backups of each table, its recovery window, exports, copies of files, proven restores."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

AVAILABLE = frozenset({"AVAILABLE", "COMPLETED"})  # DynamoDB's word and AWS Backup's


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup of a table; `kind` is "on-demand", "vault" (made by AWS Backup) or "system" (left by a deleted table).

    `table_id` is that of the table it was made of, empty where the service does not tell; `size` in bytes, None where not told;
    `place` is the vault; `problem` is what the service says about a status that is not good.
    """

    name: str
    kind: str
    status: str
    created: datetime
    size: int | None
    table_id: str = ""
    place: str = ""
    problem: str = ""

    @property
    def available(self) -> bool:
        """Say whether it can be restored as far as the service knows."""
        return self.status in AVAILABLE


@dataclass(frozen=True, slots=True)
class TableCopies:
    """One critical table and every backup there is of its name, newest first; `id` is empty where the table does not exist.

    `size` in bytes and `items`: the table's own, which DynamoDB refreshes about every six hours.
    """

    table: str
    id: str
    arn: str
    created: datetime | None
    size: int
    items: int
    backups: tuple[Backup, ...]

    @property
    def exists(self) -> bool:
        """Say whether DynamoDB knows the table."""
        return bool(self.id)

    def own(self, backup: Backup) -> bool:
        """Say whether a backup is of this table, and not of an earlier one of the same name."""
        if not self.exists:
            return True  # the table is gone: whatever bears its name is what can be restored
        if backup.table_id:
            return backup.table_id == self.id
        return self.created is None or backup.created >= self.created

    def usable(self, kinds: Collection[str]) -> tuple[Backup, ...]:
        """Return the backups of these kinds that are of this table and can be restored, newest first."""
        return tuple(each for each in self.backups if each.kind in kinds and each.available and self.own(each))

    def latest_moment(self, window: RecoveryWindow | None) -> datetime | None:
        """Return the newest moment that the table can be brought back to, by a backup or by its window; None where by neither."""
        moments = [backup.created for backup in self.usable(("on-demand", "vault"))[:1]]
        if window is not None and window.latest is not None:
            moments.append(window.latest)
        return max(moments, default=None)


@dataclass(frozen=True, slots=True)
class RecoveryWindow:
    """Point-in-time recovery of one table: on or off, the days it is set to keep, and the moments it can go back to."""

    table: str
    exists: bool
    on: bool
    days: int
    earliest: datetime | None
    latest: datetime | None


@dataclass(frozen=True, slots=True)
class Export:
    """One export of a table to S3; `moment` is the state of the table that it holds, `problem` why it failed."""

    name: str
    status: str
    moment: datetime
    size: int
    items: int
    problem: str


@dataclass(frozen=True, slots=True)
class TableExports:
    """One table and its latest exports, newest first; DynamoDB lists those of the last 90 days."""

    table: str
    exports: tuple[Export, ...]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One object in a bucket; bytes."""

    key: str
    written: datetime
    size: int


@dataclass(frozen=True, slots=True)
class FileCopies:
    """Something beside the tables, and its copies, newest first; `bucket` is empty where none is configured."""

    name: str
    bucket: str
    copies: tuple[StoredFile, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """The last restore of a table that was proven good, as its record says: when, from what, and how many minutes it took.

    The record is three tags on the table (see `sources.recovery.proofs`); `problem` says what is wrong with it.
    """

    table: str
    at: datetime | None
    source: str
    minutes: float | None
    problem: str = ""
