"""The process that owns the kernel and everything below it: `python -m runbooks.execute.child FOLDER PIPE PARENT DEADLINE`.

It is two processes. The one that works drives papermill. The one that watches does nothing but wait, so that it can act at any
time: it ends the work at the deadline or on a signal, at once when the supervisor has died, and takes every process below with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import select
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from runbooks.errors import RecordError
from runbooks.execute import processes
from runbooks.execute.ending import Ending, first_line
from runbooks.execute.folder import RunFolder
from runbooks.execute.preload import make_ready

GRACE = 3.0  # seconds between the interrupt and the kill
LOOK = 0.25  # seconds between looks where nothing wakes the watch
_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@dataclass(slots=True)
class Watch:
    """Waits for the end of the worker, and brings it about when it is due."""

    worker: int
    parent: int
    deadline: float
    asked: list[int]
    wake: int
    stopped: str = ""
    kill_at: float = field(default=float("inf"))

    def until_end(self) -> int | None:
        """Return the wait status of the worker, or None when it had to be killed."""
        while True:
            with suppress(BlockingIOError):
                select.select([self.wake], [], [], LOOK)
                os.read(self.wake, 512)
            ended = processes.reap()
            if ended is None or self.worker in ended:
                return (ended or {}).get(self.worker)
            if os.getppid() != self.parent:
                self.stopped = "interrupted"
                return None
            if self._overdue():
                return None

    def _overdue(self) -> bool:
        """Interrupt what is due to end; say whether patience has ended too: after the grace, or at a second signal."""
        now = time.monotonic()
        if not self.stopped and (self.asked or now > self.deadline):
            self.stopped = "interrupted" if self.asked else "deadline"
            self.asked.clear()
            self.kill_at = now + GRACE
            return not self._interrupt()
        return bool(self.stopped) and (bool(self.asked) or now > self.kill_at)

    def _interrupt(self) -> bool:
        """Interrupt the kernel as Jupyter does, by its process group, and let no further cell begin; say if there was a kernel."""
        import psutil  # noqa: PLC0415 - loaded by now, while the worker imported papermill

        with suppress(psutil.Error, OSError):
            kernels = psutil.Process(self.worker).children()
            os.kill(self.worker, signal.SIGUSR1)
            for kernel in kernels:
                group = os.getpgid(kernel.pid)
                os.kill(kernel.pid if group == os.getpgrp() else -group, signal.SIGINT)
            return bool(kernels)
        return False


def main(folder: RunFolder, pipe: int, parent: int, deadline: float, finish: str | None = None, also: Sequence[str] = ()) -> None:
    """Watch over a worker until both have ended; say on `pipe` how that was.

    Without `finish` it passes on what the worker said, why it was stopped, if it was, and its wait status; with it, it closes
    the record, calls the function that `finish` names, and says how the record ends. While the worker works, it makes the modules
    `also` ready for that.
    """
    until = time.monotonic() + deadline
    asked: list[int] = []
    wake = _listen(asked)
    processes.adopt_orphans()
    processes.die_with_parent(signal.SIGTERM, parent)
    watcher = os.getpid()
    heard, said = os.pipe()
    worker = os.fork()
    if worker == 0:
        os.close(pipe)
        _become_worker(folder, said, watcher)
    os.close(said)
    processes.below(worker)  # loads psutil now, while there is time
    make_ready(also)
    watch = Watch(worker, parent, until, asked, wake)
    try:
        status = watch.until_end()
    finally:
        processes.end_all_below()
    words = _heard(heard) | {"stopped": watch.stopped, "status": status}
    with suppress(OSError):
        os.write(pipe, json.dumps(words if finish is None else words | _closed(folder, words, finish)).encode() + b"\n")


def _heard(pipe: int) -> dict[str, Any]:
    """Return what the worker said before it ended."""
    os.set_blocking(pipe, False)
    with suppress(BlockingIOError, ValueError):
        return dict(json.loads(os.read(pipe, 65536)))
    return {}


def _closed(folder: RunFolder, words: Mapping[str, Any], finish: str) -> dict[str, str]:
    """Close the record here, so that the supervisor of many runs only waits; nothing when it cannot be: then that one tries."""
    from runbooks.execute import record  # noqa: PLC0415 - forked with everything loaded

    gc.disable()  # this process ends when the page is there
    background = first_line(folder.background)
    closed = record.close(
        folder, Ending(words.get("ending", ""), words.get("error", ""), words["stopped"], words["status"], background)
    )
    if closed.notebook != folder.final(".ipynb"):
        return {}
    trouble = ""
    if finish:
        module, _, function = finish.partition(":")
        try:
            getattr(importlib.import_module(module), function)(closed.notebook)
        except RecordError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 - the record is there all the same, and whoever waits for it must hear why no page is
            trouble = f"the record {closed.notebook} cannot be finished ({type(error).__name__}: {error}): render it again"
    return {"closed": closed.error, "finished": trouble}


def _listen(asked: list[int]) -> int:
    """Note the signals that ask for the end, also those inherited as ignored, and return what wakes a select on any signal."""
    wake, waker = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    for number in _SIGNALS:
        signal.signal(number, lambda got, _: asked.append(got))
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return wake


def _become_worker(folder: RunFolder, pipe: int, watcher: int) -> None:
    """Go on as the worker: dies with the watcher, and has none of its signal handling."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (*_SIGNALS, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        processes.die_with_parent(signal.SIGKILL, watcher)
        from runbooks.execute.worker import work  # noqa: PLC0415 - after the fork, so that the watch stays small

        work(folder, pipe)
        code = 0
    except BaseException:  # the frames below belong to the watcher and must not run here
        sys.excepthook(*sys.exc_info())
        raise
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(RunFolder(Path(sys.argv[1])), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
