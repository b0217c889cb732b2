"""Dated snapshots: what is the same for all runs of a batch, as the alarms of an account, is read once and says when.

One run reads, the others wait for it and take what it wrote; older than SECONDS it is read anew. A failure is no answer: the next
run asks again itself, but after TRIES in vain within FAILED_SECONDS no more, so that a service that fails is not asked by all. A
snapshot belongs to one account, region, endpoint and profile; a file that is damaged or not ours is as if it were not there.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbooks.errors import Unreadable
from runbooks.gateway import batch
from runbooks.model import Blind, Reason

SECONDS = 300.0  # a batch's first alarm and its last are judged within five minutes, the period of the alarms themselves
TRIES = 3
FAILED_SECONDS = 60.0
PAUSE = 0.05  # seconds between two looks at a lock that another run holds
_TIME = "$time"  # marks a time in JSON

Pages = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Snapshots:
    """The snapshots of one place (account, region, endpoint, profile) in the folder of a batch."""

    folder: Path
    place: str
    seconds: float = SECONDS
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)

    def pages(self, call: str, params: str, ask: Callable[[], Pages], *, until: float) -> tuple[Pages, datetime | None]:
        """Return the pages of a listing and when another run read them, or None when this run did, now, by `ask`.

        Raises what `ask` raises, and Unreadable when another run takes longer to read than until `until` (time.monotonic).
        """
        key = {"place": self.place, "call": call, "params": params}
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:24]
        path = self.folder / f"{call.replace(':', '-')}-{digest}.json"
        found = self._fresh(path, key)
        if found is not None:
            return found
        with _alone(path.with_suffix(".lock"), call, until):
            found = self._fresh(path, key)  # whoever was first has written it meanwhile
            return found or (self._ask(path, key, ask), None)

    def _ask(self, path: Path, key: Mapping[str, str], ask: Callable[[], Pages]) -> Pages:
        failures = path.with_suffix(".failed")
        count, told = self._failed(failures)
        if told is not None and count >= TRIES:
            detail = f"not asked again: {count} runs of this batch asked in vain; {told.detail}"
            raise Unreadable(told.model_copy(update={"detail": detail}))
        at = self.clock()
        try:
            pages = ask()
        except Unreadable as error:
            if error.blind.reason is not Reason.DEADLINE:  # that is this run's own time, not the service's failure
                note = {"at": at, "count": count + 1, "blind": error.blind.model_dump(mode="json")}
                _write(failures, note)
            raise
        _write(path, {**key, "at": at, "pages": pages})
        return pages

    def _fresh(self, path: Path, key: Mapping[str, str]) -> tuple[Pages, datetime] | None:
        found = _load(path)
        at, pages = found.get("at"), found.get("pages")
        mine = all(found.get(name) == value for name, value in key.items())
        if not mine or not isinstance(pages, list) or not isinstance(at, datetime) or not self._recent(at, self.seconds):
            return None
        return pages, at

    def _failed(self, path: Path) -> tuple[int, Blind | None]:
        """Return how many runs asked in vain lately, and why the last one did."""
        found = _load(path)
        if not self._recent(found.get("at"), FAILED_SECONDS):
            return 0, None
        with suppress(ValueError, KeyError, TypeError):
            return int(found["count"]), Blind.model_validate(found["blind"])
        return 0, None

    def _recent(self, at: object, seconds: float) -> bool:
        return isinstance(at, datetime) and at.tzinfo is not None and 0 <= (self.clock() - at).total_seconds() <= seconds


@contextmanager
def _alone(path: Path, call: str, until: float) -> Iterator[None]:
    """Hold the lock of a snapshot; the kernel frees that of a run that dies. Without a place for a lock everybody asks."""
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError:
        yield
        return
    try:
        while not _locked(handle):
            if time.monotonic() + PAUSE >= until:
                detail = "another run of this batch is reading it, and has no answer in time"
                raise Unreadable(Blind(call=call, reason=Reason.DEADLINE, detail=detail))
            time.sleep(PAUSE)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _load(path: Path) -> dict[str, Any]:
    """Return what a file of ours says; nothing where there is none, or where it is damaged or somebody else's."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            found = json.load(file, object_hook=_untold) if batch.owned(handle) else {}
    except (OSError, ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _write(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file whole or not at all; where it cannot be written there is nothing to share, and nothing is lost."""
    made = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}.new")
    try:
        text = json.dumps(content, default=_told)
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        made.replace(path)
    except (OSError, TypeError, ValueError):
        made.unlink(missing_ok=True)


def _told(value: object) -> dict[str, str]:
    if isinstance(value, datetime):
        return {_TIME: value.isoformat()}
    raise TypeError(f"{type(value).__name__} is not kept in a snapshot")


def _untold(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value[_TIME]) if value.keys() == {_TIME} else value
