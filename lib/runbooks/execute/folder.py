"""The hidden folder of a run while it goes on, and the names its record has afterwards.

`reports/<environment>/<date>/.<runbook>-<run id>/` holds the request, the journal, the notebook so far, and a file that is locked
as long as anybody drives the run. It appears under its name only when all of these are there.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import secrets
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbooks.catalogue import home
from runbooks.errors import LockedError, RecordError
from runbooks.execute import atomic, background
from runbooks.execute.requested import Request

NAME = re.compile(r"\.(?P<name>[a-z0-9][a-z0-9-]*)-(?P<run_id>[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6})")


@dataclass(frozen=True, slots=True)
class RunFolder:
    """The paths of one run."""

    path: Path

    @property
    def request(self) -> Path:
        """What was asked for, as JSON."""
        return self.path / "request.json"

    @property
    def journal(self) -> Path:
        """What was done so far, a JSON object a line."""
        return self.path / "journal.jsonl"

    @property
    def partial(self) -> Path:
        """The notebook as far as it was executed; always whole."""
        return self.path / "partial.ipynb"

    @property
    def log(self) -> Path:
        """What the processes of the run said besides."""
        return self.path / "runner.log"

    @property
    def background(self) -> Path:
        """The errors of the kernel's threads and tasks, one a line."""
        return self.path / background.FILE

    @property
    def alive(self) -> Path:
        """Locked as long as a process drives this run."""
        return self.path / "alive"

    def final(self, ending: str) -> Path:
        """The name of the record with this ending, as in ".ipynb"."""
        return self.path.with_name(self.path.name[1:] + ending)

    def hold(self) -> int:
        """Lock the run for as long as the returned descriptor is open here or in a child; raises LockedError when it is held."""
        fd = os.open(self.alive, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(fd)
            raise LockedError(f"the run in {self.path} is still going on: wait for its end") from None
        return fd

    def is_alive(self) -> bool:
        """Say whether a process drives this run."""
        try:
            os.close(self.hold())
        except LockedError:
            return True
        return False

    def retire(self) -> None:
        """Move the journal beside the record and remove the rest, the lock last."""
        if self.journal.exists():
            self.journal.replace(self.final(".journal.jsonl"))
        for entry in self.path.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry, ignore_errors=True)
            elif entry != self.alive:
                entry.unlink(missing_ok=True)
        shutil.rmtree(self.path, ignore_errors=True)


def new_run_id(started: datetime) -> str:
    """Return an id that no other run has: the second it began, and 24 random bits."""
    return f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


def start(
    request: Request, parameters: dict[str, Any], notebook: dict[str, Any], run_id: str, started: datetime
) -> tuple[RunFolder, int]:
    """Make the folder of a new run, and return it with the descriptor that holds it; raises RecordError when it cannot be."""
    day = request.out / request.environment / f"{started:%Y-%m-%d}"
    making = RunFolder(day / f".starting-{run_id}")
    try:
        day.mkdir(parents=True, exist_ok=True)
        atomic.require_room(day)
        making.path.mkdir(mode=0o700)
        fd = making.hold()
        atomic.write(making.request, _json(_asked(request, parameters, run_id, started)))
        atomic.write(making.partial, _json(notebook))
        return RunFolder(making.path.rename(day / f".{request.short_name}-{run_id}")), fd
    except OSError as error:
        _discard(making)
        raise RecordError(atomic.sentence(day, error)) from error
    except RecordError:
        _discard(making)
        raise


def _discard(folder: RunFolder) -> None:
    with suppress(OSError):
        shutil.rmtree(folder.path)


def _asked(request: Request, parameters: dict[str, Any], run_id: str, started: datetime) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "runbook": request.runbook,
        "environment": request.environment,
        "parameters": parameters,
        "incident": request.incident,
        "reason": request.reason,
        "approve": request.approve,
        "operator": request.operator,
        "notebook": request.notebook.name,
        "started": started.astimezone(UTC).isoformat(),
        "deadline": request.deadline,
        "kernel": request.kernel,
        "engine": request.engine,
        "home": str(home()),
    }


def _json(value: Any) -> bytes:
    return json.dumps(value, indent=1, ensure_ascii=True).encode("ascii") + b"\n"
