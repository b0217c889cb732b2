"""What has to be backed up, how, how often, and for how long: the section [backups] of an environment file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from runbooks.model import Frozen

Kind = Literal["on-demand", "vault", "point-in-time", "export"]
Minutes = Annotated[int, Field(gt=0)]
Days = Annotated[int, Field(gt=0)]
Hours = Annotated[float, Field(gt=0)]


class TableBackups(Frozen):
    """How one critical table is kept: kinds of backup, RPO and RTO in minutes, how many backups at least and for how many days."""

    kinds: Annotated[tuple[Kind, ...], Field(min_length=1)]
    rpo_minutes: Minutes
    rto_minutes: Minutes
    keep_least: Annotated[int, Field(ge=1)] = 7
    keep_days: Days = 30

    @property
    def snapshots(self) -> tuple[Kind, ...]:
        """Return the wanted kinds that are backups with a date of their own."""
        return tuple(kind for kind in self.kinds if kind in ("on-demand", "vault"))


class FileBackup(Frozen):
    """Something beside the tables: where its copies lie; {account} in the bucket's name stands for the account.

    An empty bucket means that there are none yet, and `reason` says why.
    """

    bucket: str = ""
    prefix: str = ""
    hours: Hours = 26.0
    least_bytes: Annotated[int, Field(ge=1)] = 1
    reason: str = ""

    @model_validator(mode="after")
    def _says_why(self) -> FileBackup:
        if not self.bucket and not self.reason:
            raise ValueError("give the bucket that holds the copies, or the reason why there is none")
        return self


class Backups(Frozen):
    """What has to be there to go back to, and the limits that checks judge it by."""

    tables: Annotated[dict[str, TableBackups], Field(min_length=1)]
    files: dict[str, FileBackup] = Field(default_factory=dict)
    snapshot_hours: Hours = 26.0  # age of the newest backup
    export_hours: Hours = 170.0  # age of the newest export
    making_minutes: Minutes = 60  # a backup that is still being made after so long is stuck
    window_days: Annotated[int, Field(ge=1, le=35)] = 7  # how far point-in-time recovery must reach back
    share: Annotated[float, Field(gt=0, lt=1)] = 0.5  # of the table, or of the backup before, that a backup must at least have
    small_bytes: Annotated[int, Field(ge=0)] = 10_000  # sizes below are not compared: a few rows more or less are a half
    proven_warn_days: Days = 35
    proven_fail_days: Days = 100
