"""Runs on this machine: threads that only wait, each for the child that a run is."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from runbooks import execute
from runbooks.batch.perform import OnEntry, perform
from runbooks.batch.result import Result
from runbooks.batch.task import Task
from runbooks.gateway.batch import FOLDER

CHILD = 130 * 2**20  # bytes that a run takes at most, its own memory alone
MOST, LEAST, A_CORE = 8, 2, 4
_MEMORY = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")


def default_jobs() -> int:
    """Return how many runs at a time suit this machine: four a core, at most 8, no more than its free memory holds, at least 2.

    A run waits for AWS most of the time; beyond 8 the rate limits of one account give nothing more.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    held = (free // CHILD for free in (_free(), _free_of_group()) if free is not None)
    return max(LEAST, min(MOST, A_CORE * cores, *held))


def _free() -> int | None:
    """Return the bytes of memory that the machine can still give, or None where it does not say."""
    try:
        lines = _MEMORY.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:")), None)


def _free_of_group() -> int | None:
    """Return the bytes that the container leaves, or None where there is no limit."""
    try:
        most, now = ((_GROUP / name).read_text(encoding="ascii").strip() for name in ("memory.max", "memory.current"))
    except OSError:
        return None
    return None if most == "max" else int(most) - int(now)


class Local(ThreadPoolExecutor):
    """The machine of the batch as an executor; children are forked from one warm process, and share the batch's folder."""

    def __init__(self, jobs: int, variables: Mapping[str, str]) -> None:
        super().__init__(max_workers=jobs, thread_name_prefix="run")
        self._jobs = jobs
        self._variables = variables

    def seats(self) -> int:
        """Return how many runs there may be at a time."""
        return self._jobs

    def begin(self, task: Task, on_entry: OnEntry) -> Future[Result]:
        """Begin a task, and tell its findings as they are made."""
        return self.submit(perform, task, on_entry, self._variables)

    def interrupt(self) -> None:
        """Do nothing: the runs of this process see its signals themselves."""


@contextmanager
def machine(jobs: int, *, many: bool, shared: bool) -> Iterator[Local]:
    """Have an executor for runs on this machine, `many` or one; with `shared` there is a folder for what they all need."""
    with warm(many=many), common(shared=shared) as variables, Local(jobs, variables) as executor:
        yield executor


def warm(*, many: bool) -> AbstractContextManager[None]:
    """Have a process to fork runs from that can write their pages too; for `many` it has all of that ready before the first."""
    return execute.warmed(("runbooks.report",), eager=many)


@contextmanager
def common(*, shared: bool) -> Iterator[dict[str, str]]:
    """Have a private folder for one batch on one machine, and yield the variable that names it; nothing without `shared`."""
    if not shared:
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="runbooks-batch-", ignore_cleanup_errors=True) as folder:  # mode 0700
        yield {FOLDER: folder}
