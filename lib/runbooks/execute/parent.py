"""Starts the child that owns the kernel, passes on signals, follows the journal, and hears how it ended.

It is also the second to enforce what the child should: one that is killed or hangs is ended from here, with every process that
was seen below it or carries the run's mark in its environment. It does not adopt orphans, as the child does: this may be
anybody's process, and the orphans of others are not its business.
"""

from __future__ import annotations

import json
import logging
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from runbooks.catalogue import home
from runbooks.execute import processes, signals, warm
from runbooks.execute.ending import Ending, first_line
from runbooks.execute.folder import RunFolder
from runbooks.execute.preload import GRAMMARS, without
from runbooks.execute.requested import Request

if TYPE_CHECKING:
    import psutil

RUN = "RUNBOOKS_RUN"
Child = subprocess.Popen[bytes] | warm.Child
OnEntry = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Closed:
    """The child has closed the record: the run's error, empty when it completed, and why the record was not finished, if so."""

    error: str
    trouble: str


_POLL = 0.1  # seconds between looks at the journal
_CENSUS = 1.0  # seconds between looks at the process tree
_PATIENCE = 6.0  # seconds beyond deadline or signal until the child is taken to hang; its own grace ends before
_ODDITIES = ("JUPYTER", "IPYTHON", "JPY_", "NBCLIENT", "PAPERMILL")
_STARTUP = {"PYTEST_CURRENT_TEST", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONBREAKPOINT", "PYTHONPROFILEIMPORTTIME"}


def supervise(request: Request, folder: RunFolder, held: int, on_entry: OnEntry | None, finish: str = "") -> Ending | Closed:
    """Execute the notebook of a run folder and return how that ended; no process of it is left then.

    A child that was forked closes the record itself, and has it finished by the function that `finish` names.

    Args:
        request: Its deadline, engine and variables.
        folder: Where request and notebook are.
        held: The descriptor that holds the folder; the child holds it too, so that it counts as alive until that has gone.
        on_entry: Called with each line of the journal.
        finish: The name of a function, "module:function"; empty for none.
    """
    tail = _Tail(folder, on_entry)
    watch = _Watch(time.monotonic() + request.deadline + _PATIENCE, tail)
    with _child(request, folder, held, finish) as (child, pipe):
        try:
            if not isinstance(child, warm.Child):
                _load_what_closing_needs()
            said = watch.until_silence(child, pipe)
        finally:
            watch.end(child, folder)
    tail.close()
    return _ending(said, folder)


def _ending(said: bytes, folder: RunFolder) -> Ending | Closed:
    words: dict[str, Any] = {}
    for line in said.splitlines():
        words |= json.loads(line)
    if "closed" in words:
        return Closed(words["closed"], words["finished"])
    if "status" not in words and "ending" not in words:
        return Ending(error="the process that owns the kernel was killed")
    background = first_line(folder.background)
    return Ending(words.get("ending", ""), words.get("error", ""), words.get("stopped", ""), words.get("status"), background)


@contextmanager
def _child(request: Request, folder: RunFolder, held: int, finish: str) -> Iterator[tuple[Child, int]]:
    """Start the child in a session of its own, and yield it with the pipe on which it says how it ended."""
    pipe, theirs = os.pipe()
    environment, forked = _environment(request, folder), None
    try:
        with folder.log.open("ab") as log:
            if (ready := warm.current()) is not None:
                forked = ready.child(folder, environment, request.deadline, finish, [theirs, held, log.fileno()])
            child = forked or _started(request, folder, environment, theirs, held, log)
        os.close(theirs)
        yield child, pipe
    finally:
        os.close(pipe)


def _started(
    request: Request, folder: RunFolder, environment: dict[str, str], pipe: int, held: int, log: BinaryIO
) -> subprocess.Popen[bytes]:
    """Start the child as a new process, where there is no warm one to fork it from."""
    command = [sys.executable, "-P", "-m", "runbooks.execute.child"]
    return subprocess.Popen(
        [*command, str(folder.path), str(pipe), str(os.getpid()), str(request.deadline)],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env=environment,
        cwd=home(),
        pass_fds=(pipe, held),
        start_new_session=True,
        umask=0o077,
    )


def _environment(request: Request, folder: RunFolder) -> dict[str, str]:
    """Return the variables of this process without what would change a kernel, the request's own, and the mark of this run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_ODDITIES) and name not in _STARTUP}
    own = {
        RUN: str(folder.path),
        "IPYTHONDIR": str(folder.path / "ipython"),
        "JUPYTER_CONFIG_DIR": str(folder.path / "jupyter"),
        "JUPYTER_RUNTIME_DIR": str(folder.path / "jupyter"),
    }
    return kept | dict(request.variables) | own


def _load_what_closing_needs() -> None:
    """Import now, while the child starts, what turns its leavings into a record: it takes as long as the child's start."""
    from runbooks.execute import record  # noqa: F401, PLC0415

    with without(GRAMMARS):
        import nbformat  # noqa: F401, PLC0415


@dataclass(slots=True)
class _Watch:
    """Waits for the child; remembers every process seen below it."""

    give_up: float
    tail: _Tail
    seen: set[psutil.Process] = field(default_factory=set)
    passed_on: int = 0
    clean: bool = False

    def until_silence(self, child: Child, pipe: int) -> bytes:
        """Return all that the child said, when it has closed its pipe or has ended, or when patience is at its end."""
        said, census = b"", 0.0
        while time.monotonic() < self.give_up:
            if select.select([pipe], [], [], _POLL)[0]:
                part = os.read(pipe, 65536)
                if not part:
                    break
                said += part
            elif child.poll() is not None:
                said += _rest(pipe)  # it may have spoken and gone since the last look
                break
            self.tail.follow()
            self._pass_on(child)
            if time.monotonic() - census > _CENSUS:
                self.seen.update(processes.below(child.pid))
                census = time.monotonic()
        self.clean = b'"status"' in said
        return said

    def end(self, child: Child, folder: RunFolder) -> None:
        """See the child end; unless it said that it had ended all below, end them from here."""
        if not self.clean:
            self.seen.update(processes.below(child.pid))
            child.kill()
        child.wait()
        if not self.clean or not processes.LINUX:
            processes.end_all_marked(RUN, str(folder.path), seen=self.seen)

    def _pass_on(self, child: Child) -> None:
        """Pass on signals: on the first the child interrupts and waits a little, on the second it ends all at once."""
        if signals.noted() > self.passed_on:
            self.passed_on = signals.noted()
            self.give_up = min(self.give_up, time.monotonic() + _PATIENCE)
            child.terminate()


def _rest(pipe: int) -> bytes:
    """Return what is in the pipe, without waiting for more."""
    said = b""
    while select.select([pipe], [], [], 0)[0] and (part := os.read(pipe, 65536)):
        said += part
    return said


@dataclass(slots=True)
class _Tail:
    """Hands on each line of the journal once, as soon as it is whole, also after the journal has moved beside the record."""

    folder: RunFolder
    on_entry: OnEntry | None
    file: BinaryIO | None = None
    rest: bytes = b""

    def follow(self) -> None:
        if self.on_entry is None:
            return
        self.file = self.file or self._opened()
        if self.file is None:
            return
        *lines, self.rest = (self.rest + self.file.read()).split(b"\n")
        for line in lines:
            self._hand_on(line)

    def close(self) -> None:
        """Hand on what is left."""
        self.follow()
        if self.file is not None:
            self.file.close()

    def _opened(self) -> BinaryIO | None:
        for place in (self.folder.journal, self.folder.final(".journal.jsonl")):
            with suppress(FileNotFoundError):
                return place.open("rb")
        return None

    def _hand_on(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
        except ValueError:  # the record says that the journal is damaged
            return
        if self.on_entry is not None and isinstance(entry, dict):
            try:
                self.on_entry(entry)
            except Exception:
                logging.getLogger(__name__).exception("showing the journal of %s failed: it is shown no further", self.folder.path)
                self.on_entry = None
