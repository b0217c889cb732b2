"""The index of records: an SQLite file beside them, made from them alone, brought up to date whenever it is opened.

It may be deleted at any time. Where it cannot be kept, or is not whole, it is made anew, in memory if need be: the answers are the
same, only later.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from runbooks.errors import RecordError
from runbooks.history import files
from runbooks.history.files import Filed
from runbooks.history.findings import OPEN, TROUBLE_ONLY, as_of, findings
from runbooks.model import Outcome, Status, Verdict

FILE = ".history.sqlite"
VERSION = 1
_NO_PLACE = {"SQLITE_BUSY", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_FULL", "SQLITE_IOERR", "SQLITE_PERM"}
PATIENCE = 10.0  # seconds to wait for another process that brings it up to date
_SCHEMA = """
CREATE TABLE runs(path TEXT PRIMARY KEY, stamp TEXT NOT NULL, environment TEXT NOT NULL, name TEXT NOT NULL,
  runbook TEXT NOT NULL, run_id TEXT NOT NULL, at TEXT NOT NULL, status TEXT NOT NULL, outcome TEXT NOT NULL,
  summary TEXT NOT NULL, trouble TEXT NOT NULL);
CREATE INDEX runs_by_place ON runs(environment, runbook, at);
CREATE TABLE checks(path TEXT NOT NULL, name TEXT NOT NULL, whole INTEGER NOT NULL, PRIMARY KEY(path, name)) WITHOUT ROWID;
CREATE TABLE rows(path TEXT NOT NULL, name TEXT NOT NULL, resource TEXT NOT NULL, status TEXT NOT NULL, summary TEXT NOT NULL,
  PRIMARY KEY(path, name, resource)) WITHOUT ROWID;
CREATE INDEX rows_by_name ON rows(name, resource);
"""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: what it is of, the time it is about, how it ended; `trouble` says why it cannot be believed."""

    path: str
    environment: str
    runbook: str
    run_id: str
    at: datetime
    status: Status
    outcome: str
    summary: str
    trouble: str


class Index:
    """The records of one folder, ready to be asked."""

    def __init__(self, reports: Path, *, anew: bool = False) -> None:
        """Open the index of a folder and bring it up to date; `anew` deletes it first."""
        self.reports = reports
        if anew:
            _remove(reports / FILE)
        self.db = self._kept() or self._in_memory()

    def __enter__(self) -> Self:
        """Use it as a context, which closes it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Close it."""
        self.db.close()

    def runs(self, environment: str = "", runbook: str = "", *, latest: int = 0) -> list[Record]:
        """Return records, the newest first; `runbook` may be the last part of a name, `latest` how many at most."""
        chosen = "SELECT path, environment, runbook, run_id, at, status, outcome, summary, trouble FROM runs"
        where = " WHERE (? = '' OR environment = ?) AND (? = '' OR runbook = ? OR name = ?) ORDER BY at DESC, run_id DESC LIMIT ?"
        given = (environment, environment, runbook, runbook, runbook, latest or -1)
        return [_run(*row) for row in self.db.execute(chosen + where, given)]

    def filed(self, run: Record) -> Filed:
        """Return where the files of a record are."""
        path = self.reports / run.path
        return Filed(path, run.environment, path.stem[: -len(run.run_id) - 1], run.run_id)

    def rows(self, check: str, resource: str = "") -> list[tuple[str, str, str, str]]:
        """Return each environment, runbook, check and resource that any record found wrong, by SQLite's GLOB patterns."""
        asked = (
            "SELECT DISTINCT environment, runbook, rows.name, resource FROM rows JOIN runs USING(path)"
            " WHERE rows.name GLOB ? AND resource GLOB ? AND rows.status != 'PASS' ORDER BY 1, 2, 3, 4"
        )
        return list(self.db.execute(asked, (check, resource or "*")))

    def said(self, path: str, check: str, resource: str) -> tuple[Status, str] | None:
        """Return what a record says of a row: its status and sentence; PASS where it was seen and good; None for nothing."""
        row = self.db.execute(
            "SELECT status, summary FROM rows WHERE path = ? AND name = ? AND resource = ?", (path, check, resource)
        ).fetchone()
        if row:
            return Status(row[0]), str(row[1])
        if check.startswith(TROUBLE_ONLY):
            ended = self.db.execute("SELECT outcome FROM runs WHERE path = ?", (path,)).fetchone()
            return (Status.PASS, "") if ended == (Outcome.COMPLETED.value,) else None
        whole = self.db.execute("SELECT whole FROM checks WHERE path = ? AND name = ?", (path, check)).fetchone()
        return (Status.PASS, "") if whole and whole[0] else None

    def _kept(self) -> sqlite3.Connection | None:
        """Open the file, and make it anew once when it is not whole; None where there is no place for one."""
        path = self.reports / FILE
        for _ in range(2):
            try:
                return self._opened(path)
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorname", "") in _NO_PLACE:  # one of ours has no name
                    return None
                _remove(path)
            except OSError:
                return None
        return None

    def _opened(self, path: Path) -> sqlite3.Connection:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
        db = sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)
        try:
            with _writing(db):
                _require_version(db)
                self._bring_up_to_date(db)
        except BaseException:
            db.close()
            raise
        return db

    def _in_memory(self) -> sqlite3.Connection:
        db = sqlite3.connect(":memory:", isolation_level=None)
        self._bring_up_to_date(db)
        return db

    def _bring_up_to_date(self, db: sqlite3.Connection) -> None:
        if not db.execute("PRAGMA user_version").fetchone()[0]:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {VERSION}")
        known = dict(db.execute("SELECT path, stamp FROM runs"))
        there = {str(each.verdict.relative_to(self.reports)): each for each in files.filed(self.reports)}
        for path in known.keys() - there.keys():
            _forget(db, path)
        for path, record in there.items():
            stamp = _stamp(record.verdict)
            if known.get(path) != stamp:
                _forget(db, path)
                _add(db, path, stamp, record)


class _writing:  # noqa: N801 - used as a function
    """One transaction that keeps other writers out."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def __enter__(self) -> None:
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.execute("ROLLBACK" if error else "COMMIT")


def _require_version(db: sqlite3.Connection) -> None:
    if (found := db.execute("PRAGMA user_version").fetchone()[0]) not in (0, VERSION):
        raise sqlite3.DatabaseError(f"the index is of version {found}")


def _run(path: str, environment: str, runbook: str, run_id: str, at: str, status: str, *rest: str) -> Record:
    outcome, summary, trouble = rest
    return Record(path, environment, runbook, run_id, datetime.fromisoformat(at), Status(status), outcome, summary, trouble)


def _add(db: sqlite3.Connection, path: str, stamp: str, record: Filed) -> None:
    try:
        verdict = files.load(record)
    except RecordError as error:
        row = (record.name, record.begun.isoformat(), Status.UNKNOWN.value, "", "", str(error))
        _insert(db, path, stamp, record, row)
        return
    at = as_of(verdict).isoformat()
    _insert(db, path, stamp, record, (verdict.runbook, at, verdict.status.value, verdict.outcome.value, verdict.summary, ""))
    whole = {each.name: not each.blind and each.status not in (Status.UNKNOWN, Status.SKIP) for each in verdict.results}
    whole[""] = True
    db.executemany("INSERT INTO checks VALUES(?, ?, ?)", [(path, _text(name), known) for name, known in whole.items()])
    db.executemany("INSERT OR IGNORE INTO rows VALUES(?, ?, ?, ?, ?)", list(_rows(path, verdict)))


def _rows(path: str, verdict: Verdict) -> Iterator[tuple[str, str, str, str, str]]:
    for finding in findings(verdict):
        yield path, _text(finding.row.check), _text(finding.row.resource), finding.status.value, _text(finding.summary)
    for result in verdict.results:
        for row in result.evidence:
            if row.accepted is not None or row.status not in OPEN:
                yield path, _text(result.name), _text(row.resource), Status.PASS.value, _text(row.summary)


def _insert(db: sqlite3.Connection, path: str, stamp: str, record: Filed, row: tuple[str, ...]) -> None:
    runbook, at, status, outcome, summary, trouble = map(_text, row)
    values = (path, stamp, record.environment, record.name, runbook, record.run_id, at, status, outcome, summary, trouble)
    db.execute("INSERT INTO runs VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", values)


def _forget(db: sqlite3.Connection, path: str) -> None:
    for table in ("runs", "checks", "rows"):
        db.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608 - three literals


def _text(value: str) -> str:
    """Return text that SQLite takes: half a surrogate pair has no UTF-8 form."""
    return value.encode("utf-8", "replace").decode("utf-8")


def _stamp(path: Path) -> str:
    try:
        about = path.lstat()
    except OSError:
        return "gone"
    return f"{about.st_size} {about.st_mtime_ns} {about.st_ino}"


def _remove(path: Path) -> None:
    for name in (path, path.with_name(f"{path.name}-journal")):
        with suppress(OSError):
            name.unlink()
