"""The processes of a run: tied to their parent, found again, ended without a rest.

On Linux a process asks the kernel for a signal when its parent dies (PR_SET_PDEATHSIG), and to become the parent of every
orphan below it (PR_SET_CHILD_SUBREAPER, prctl(2)), so that `setsid` and `nohup` do not lead out of the tree. Elsewhere both do
nothing, and the mark in the environment finds what was left.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import psutil

_PDEATHSIG, _SUBREAPER = 1, 36  # linux/prctl.h
LINUX = sys.platform == "linux"


def die_with_parent(with_signal: signal.Signals, parent: int) -> None:
    """Be signalled when the parent dies, and go at once when it has died already: then somebody else is the parent now."""
    _prctl(_PDEATHSIG, with_signal)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every process below that loses its own."""
    _prctl(_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(option, ctypes.c_ulong(value), 0, 0, 0)


def below(pid: int) -> list[psutil.Process]:
    """Return all processes below `pid`; none when it is gone."""
    import psutil  # noqa: PLC0415 - 50 ms that a caller who starts nothing need not pay

    try:
        return psutil.Process(pid).children(recursive=True)
    except psutil.Error:
        return []


def marked(name: str, value: str) -> list[psutil.Process]:
    """Return all processes of ours that were started with this environment variable, wherever they are."""
    import psutil  # noqa: PLC0415

    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(name) == value:
                found.append(process)
    return found


def kill(processes: Iterable[psutil.Process]) -> None:
    """Kill processes at once; psutil compares start times, so that a number given anew hits nobody else."""
    import psutil  # noqa: PLC0415

    for process in processes:
        with suppress(psutil.Error):
            process.kill()


def end_all_marked(name: str, value: str, *, seen: Iterable[psutil.Process], within: float = 5.0) -> None:
    """Kill what was seen and everything with this environment variable, again and again until nothing is left."""
    kill(seen)
    until = time.monotonic() + within
    while (left := marked(name, value)) and time.monotonic() < until:
        kill(left)
        time.sleep(0.01)


def end_all_below(*, within: float = 5.0) -> None:
    """Kill everything below this process, again and again until nothing is left, because the killed may have just forked."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        kill(below(os.getpid()))
        if reap() is None:
            return
        time.sleep(0.01)


def reap() -> dict[int, int] | None:
    """Collect the children of this process that have ended, by their wait status; return None when there is no child left."""
    ended: dict[int, int] = {}
    try:
        while (child := os.waitpid(-1, os.WNOHANG))[0]:
            ended[child[0]] = child[1]
    except ChildProcessError:
        return ended or None
    return ended
