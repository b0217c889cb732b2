"""The journal of a run: append-only JSON lines, each carrying the SHA-256 of the line before it.

A line is canonical JSON (sorted keys, no spaces, ASCII): {"at", "kind", "n", "previous", ...facts}. `n` counts from 1, `at`
is UTC with milliseconds, `previous` is empty in the first line. The chain shows that lines were edited, removed, swapped or
inserted. It cannot show by itself that the newest lines were cut off or rewritten: for that, keep the head elsewhere.

Nothing is masked here: what is appended must have been redacted before.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import stat
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbooks.errors import RecordError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OWN_FIELDS = frozenset({"n", "at", "kind", "previous"})
PATIENCE = 10.0  # seconds to wait for another writer; a stopped process must not stop this one for ever
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True)
class Check:
    """What `verify` found: whether the chain holds, how many lines hold, and the first problem in one sentence."""

    ok: bool
    lines: int
    problem: str


@dataclass(slots=True)
class _Chain:
    """Where a walk along the lines has got to: lines so far, hash of the last one, bytes so far."""

    lines: int = 0
    head: str = ""
    end: int = 0

    def walk(self, data: bytes) -> str:
        """Follow the complete lines of `data`; return the first problem, or nothing. What follows the last newline is left."""
        for line in data.split(b"\n")[:-1]:
            if problem := self._step(line):
                return f"line {self.lines + 1} {problem}"
        return ""

    def _step(self, line: bytes) -> str:
        record = _parse(line)
        if record is None or canonical(record) != line:
            return "is not a line that this journal wrote"
        if record["previous"] != self.head:
            return "does not follow from the line before it: a line was edited, removed, swapped or inserted"
        if record["n"] != self.lines + 1:
            return f"carries number {record['n']}"
        self.add(line)
        return ""

    def add(self, line: bytes) -> None:
        """Take one line, without its newline, as the newest."""
        self.lines += 1
        self.head = hashlib.sha256(line).hexdigest()
        self.end += len(line) + 1


class Journal:
    """Appends to one file. Threads may share an object, and processes a path: a file lock puts the lines in one order."""

    def __init__(self, path: Path, *, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        """Create the file (0600), or continue the one that is there after verifying its chain.

        Raises:
            RecordError: It cannot be created or read, or what is there is not an unbroken journal.
        """
        self._path = path
        self._clock = clock
        self._chain = _Chain()
        with self._locked(os.O_CREAT) as fd:
            self._catch_up(fd)

    @property
    def head(self) -> str:
        """The SHA-256 of the last line that this object wrote or met; empty before the first line."""
        return self._chain.head

    def append(self, kind: str, *, durable: bool = False, **facts: Any) -> None:
        """Write one line; with `durable` it has reached the disk on return.

        A torn line that a killed writer left is cut off first, and a line of kind "torn" says so.

        Raises:
            RecordError: The line cannot be written (no room, read-only, file gone or cut): nothing of it stays in the file,
                unless it was written and only the disk did not confirm it.
        """
        if taken := OWN_FIELDS & facts.keys():
            raise RecordError(f"the journal sets {', '.join(sorted(taken))} itself: give the fact another name")
        with self._locked() as fd:
            if torn := self._catch_up(fd):
                os.ftruncate(fd, self._chain.end)
                self._write(fd, "torn", {"bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()})
            self._write(fd, kind, facts)
            if durable:
                os.fsync(fd)
                _sync_folder(self._path.parent)

    @contextmanager
    def _locked(self, flags: int = 0) -> Iterator[int]:
        """Open and lock the file anew each time: a descriptor shared by fork would share its lock as well."""
        try:
            fd = os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK | flags, 0o600)
            try:
                if not stat.S_ISREG(os.fstat(fd).st_mode):
                    raise RecordError(f"the journal {self._path} is not a regular file: choose another path")
                os.fchmod(fd, 0o600)
                self._lock(fd)
                yield fd
            finally:
                os.close(fd)
        except OSError as error:
            raise RecordError(_sentence(self._path, error)) from error

    def _lock(self, fd: int) -> None:
        limit = time.monotonic() + PATIENCE
        while True:
            with suppress(BlockingIOError):
                return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if time.monotonic() > limit:
                raise RecordError(
                    f"the journal {self._path} has been locked by another process for {PATIENCE:.0f} s: end that process"
                )
            time.sleep(0.001)

    def _catch_up(self, fd: int) -> bytes:
        """Verify what others wrote since the last look; return the torn rest behind the last newline."""
        start, size = self._chain.end, os.fstat(fd).st_size
        if size < start:
            raise RecordError(f"the journal {self._path} was cut from {start} to {size} bytes: start a new run")
        with os.fdopen(fd, "rb", closefd=False) as file:
            file.seek(start)
            fresh = file.read()
        if problem := self._chain.walk(fresh):
            raise RecordError(f"the journal {self._path} is broken, {problem}: keep it as evidence and start a new run")
        return fresh[self._chain.end - start :]

    def _write(self, fd: int, kind: str, facts: dict[str, Any]) -> None:
        at = self._clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        own = {"n": self._chain.lines + 1, "at": at, "kind": kind, "previous": self._chain.head}
        line = canonical({**facts, **own})
        rest = line + b"\n"
        try:
            while rest:  # near a limit the kernel takes a part first, and refuses only the next call
                rest = rest[os.write(fd, rest) :]
        except OSError:
            os.ftruncate(fd, self._chain.end)
            raise
        self._chain.add(line)


def canonical(record: dict[str, Any]) -> bytes:
    """Return the one JSON text of a record, so that its hash can be computed again anywhere.

    Raises:
        RecordError: A value has no JSON form (an unknown type, a NaN, a circle).
    """
    try:
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)
    except (TypeError, ValueError, RecursionError) as error:
        kind = record.get("kind", "")
        raise RecordError(f"the journal cannot hold a fact of the line {kind!r}: {error}; append plain JSON values") from error
    return text.encode("ascii")


def read(path: Path) -> list[dict[str, Any]]:
    """Return the records of the complete lines; a torn last line is left out. The chain is not checked: see `verify`.

    Raises:
        RecordError: The file cannot be read, or a complete line is not a record.
    """
    records = []
    for number, line in enumerate(_content(path).split(b"\n")[:-1], start=1):
        record = _parse(line)
        if record is None:
            raise RecordError(f"line {number} of the journal {path} is not a record: verify the file before using it")
        records.append(record)
    return records


def verify(path: Path, *, head: str = "", later: bool = False) -> Check:
    """Say whether a journal is untouched; an empty one proves nothing and is not ok.

    Args:
        path: The journal.
        head: What `Journal.head` was, kept outside: only against it does a cut or rewritten end show.
        later: Lines written after that head are allowed; otherwise the head must be that of the last line.

    Raises:
        RecordError: The file cannot be read.
    """
    data = _content(path)
    chain, heads = _Chain(), set()
    for line in data.split(b"\n")[:-1]:
        if problem := chain.walk(line + b"\n"):
            return Check(ok=False, lines=chain.lines, problem=problem)
        heads.add(chain.head)
    if chain.end < len(data):
        return Check(ok=False, lines=chain.lines, problem=f"line {chain.lines + 1} is torn: it has no end")
    if not chain.lines:
        return Check(ok=False, lines=0, problem="there are no lines: nothing is proven")
    if head and head not in (heads if later else {chain.head}):
        return Check(ok=False, lines=chain.lines, problem=f"the end is not the one recorded elsewhere ({head[:12]}...)")
    return Check(ok=True, lines=chain.lines, problem="")


def _parse(line: bytes) -> dict[str, Any] | None:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) and record.keys() >= OWN_FIELDS else None


def _plain(value: object) -> object:
    """Give what often rides along a JSON form: times, paths, frozen models; anything else is refused."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    dump = getattr(value, "model_dump", None)
    if dump is not None:
        return dump(mode="json")
    raise TypeError(f"a value of type {type(value).__name__} has no JSON form")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"the journal {path} cannot be read ({error.strerror}): name a file of a run") from error


def _sync_folder(folder: Path) -> None:
    """Make the name durable too: fsync of a new file does not cover its entry in the folder (fsync(2))."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _sentence(path: Path, error: OSError) -> str:
    way_out = "free some space" if error.errno in _NO_ROOM else "choose a folder that can be written"
    return f"the journal {path} cannot be written ({error.strerror}): {way_out} and start again"
