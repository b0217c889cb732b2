"""What is known of an environment, and what each channel was told of it: one small file beside the records.

`<reports>/<environment>/told.json`. It can be deleted: the next run then tells the present state once.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from runbooks.errors import LockedError, RecordError
from runbooks.execute import atomic
from runbooks.model import Frozen, Status
from runbooks.notify.finding import Finding, Key, Look

FILE = "told.json"
LARGEST = 8 * 2**20  # bytes
PATIENCE = 30.0  # seconds for another batch to have told its own
FLIPS = 12  # newest changes of a finding that are remembered


class Flips(Frozen):
    """When a finding came and went, newest last, and the finding as it was last seen."""

    finding: Finding
    at: tuple[datetime, ...]


class Heard(Frozen):
    """What a channel was told and has not heard the end of, and what it was told is flapping."""

    told: tuple[Finding, ...] = ()
    flapping: tuple[Finding, ...] = ()


class Memory(Frozen):
    """What is known of an environment since its runs are told."""

    schema_version: Literal[1] = 1
    present: tuple[Finding, ...] = ()
    flips: tuple[Flips, ...] = ()
    runs: dict[str, tuple[Status, str, str]] = Field(default_factory=dict)  # status, sentence and place by runbook
    looked: datetime | None = None
    heard: dict[str, Heard] = Field(default_factory=dict)  # by channel

    def seeing(self, look: Look, *, keep: timedelta) -> Memory:
        """Return the memory after a look; changes older than `keep` are forgotten."""
        before, seen = {each.key: each for each in self.present}, {each.key: each for each in look.findings}
        lasting = [each for key, each in before.items() if key not in seen and not look.saw_gone(key)]
        present = [_continued(each, before.get(key)) for key, each in seen.items()] + lasting
        now = {each.key: each for each in present}
        changed = {key: now.get(key) or before[key] for key in before.keys() ^ now.keys()}
        return self.model_copy(
            update={
                "present": tuple(sorted(present, key=lambda each: each.rank)),
                "flips": _flips(self.flips, changed, look.at, keep),
                "runs": self.runs | dict(look.runs),
                "looked": look.at,
            }
        )

    def hearing(self, channel: str, heard: Heard) -> Memory:
        """Return the memory after a channel was told."""
        return self.model_copy(update={"heard": self.heard | {channel: heard}})

    def flapping(self, flaps: int) -> dict[Key, Flips]:
        """Return the findings that came and went at least `flaps` times."""
        return {each.finding.key: each for each in self.flips if len(each.at) >= flaps}


def _continued(finding: Finding, before: Finding | None) -> Finding:
    """Return a finding with what is known of it for longer."""
    if before is None:
        return finding
    return finding.model_copy(update={"since": before.since, "level": before.level, "taken": before.taken})


def _flips(known: tuple[Flips, ...], changed: dict[Key, Finding], at: datetime, keep: timedelta) -> tuple[Flips, ...]:
    flips = {each.finding.key: each for each in known}
    for key, finding in changed.items():
        flips[key] = Flips(finding=finding, at=(*(flips[key].at if key in flips else ()), at)[-FLIPS:])
    recent = [each.model_copy(update={"at": tuple(t for t in each.at if at - t <= keep)}) for each in flips.values()]
    return tuple(each for each in recent if each.at)


def known(reports: Path) -> list[str]:
    """Return the environments of which something is remembered."""
    return sorted(path.parent.name for path in reports.glob(f"*/{FILE}"))


def read(folder: Path) -> Memory:
    """Return what is remembered in the folder of an environment; what cannot be understood is as good as deleted."""
    path = folder / FILE
    try:
        if path.stat().st_size > LARGEST:
            return Memory()
        return Memory.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Memory()


def write(folder: Path, memory: Memory) -> None:
    """Remember; raises RecordError when it cannot be written, and leaves what was there."""
    atomic.write(folder / FILE, memory.model_dump_json(indent=1).encode())


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Let nobody else tell of this environment meanwhile; raises LockedError after half a minute, RecordError without a place."""
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(folder / f".{FILE}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise RecordError(atomic.sentence(folder / FILE, error)) from error
    try:
        _lock(fd, folder)
        yield
    finally:
        os.close(fd)


def _lock(fd: int, folder: Path) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() > until:
                raise LockedError(f"{folder / FILE} is in use for {PATIENCE:.0f} s: end the process that tells") from None
            time.sleep(0.05)
