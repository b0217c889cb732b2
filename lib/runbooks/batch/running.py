"""The batch as it goes on: what is begun when, what is lost and begun again, and the results in the order of the plan."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Protocol

from runbooks import execute
from runbooks.batch import local, result, storage
from runbooks.batch.perform import OnEntry
from runbooks.batch.planning import spread
from runbooks.batch.result import Result
from runbooks.batch.task import Task, packer
from runbooks.errors import CallError
from runbooks.execute import Request, signals

LOOK = 0.2  # seconds between looks for signals
DESERTED = 30.0  # seconds without any worker after which none is waited for

OnDone = Callable[[Result], None]


class Executor(Protocol):
    """What a batch needs of an executor of `concurrent.futures` besides."""

    def seats(self) -> int:
        """Return how many runs there may be at a time."""

    def begin(self, task: Task, on_entry: OnEntry) -> Future[Result]:
        """Begin a task."""

    def interrupt(self) -> None:
        """Ask what runs to end."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where a dask scheduler is, and whether the folder of the records is the same one on all its workers."""

    scheduler: str
    shared_folder: bool = False


def run(
    requests: Sequence[Request],
    *,
    on_entry: OnEntry,
    on_done: OnDone,
    on_look: Callable[[], None] = lambda: None,
    jobs: int = 0,
    to: str = "",
    fleet: Fleet | None = None,
    whole: bool = False,
) -> list[Result]:
    """Run all requests, and return their results in the order of the requests, whatever the order of their ends.

    Args:
        requests: What to run.
        on_entry: Called with the request and a line of its journal; from a fleet, only for what somebody may have to act on.
        on_done: Called with each result as soon as it is there.
        on_look: Called a few times a second meanwhile.
        jobs: How many at a time; 0 for what suits the machine, or all that the fleet takes.
        to: Where the records go, as s3://bucket/prefix; empty for the folder of each request.
        fleet: Where to run them; None for this machine.
        whole: Whether the results are to hold the verdicts.

    Raises:
        CallError: `to` is no address; or the records of a fleet would go to a folder of a worker, where nobody looks.
    """
    out = storage.address(to) if to else ""
    if fleet and not out and not fleet.shared_folder:
        raise CallError("workers share no folder with this machine: give --out s3://bucket/prefix, or say --shared-out if they do")
    pack = packer(out, whole=whole)
    with execute.listening():
        tasks = [pack(request) for request in requests]
        many = len(tasks) > 1
        shared = many and not any(task.request.incident for task in tasks)  # an incident is looked at anew by each run
        at_a_time = min(jobs or local.default_jobs(), max(len(tasks), 1))
        with _executor(fleet, at_a_time, many=many, shared=shared) as executor:
            most = jobs if fleet and jobs else len(tasks)
            course = _Course(tasks, executor, most, on_entry, on_done, streamed=fleet is None)
            while course.goes_on():
                on_look()
    return course.results()


@contextmanager
def _executor(fleet: Fleet | None, jobs: int, *, many: bool, shared: bool) -> Iterator[Executor]:
    if fleet is None:
        with local.machine(jobs, many=many, shared=shared) as here:
            yield here
        return
    try:
        from runbooks.batch.fleet import cluster  # noqa: PLC0415 - an extra, and half a second
    except ModuleNotFoundError as error:
        raise CallError(f"a fleet needs the extra `scale` ({error.name} is missing): pip install 'runbooks[scale]'") from None
    with cluster(fleet.scheduler, shared=shared) as workers:
        yield workers


@dataclass(slots=True)
class _Course:
    """What waits, what runs, what is done."""

    tasks: Sequence[Task]
    executor: Executor
    most: int
    on_entry: OnEntry
    on_done: OnDone
    streamed: bool
    waiting: deque[int] = field(default_factory=deque)
    running: dict[Future[Result], int] = field(default_factory=dict)
    done: dict[int, Result] = field(default_factory=dict)
    again: set[int] = field(default_factory=set)
    asked: bool = False
    deserted: float = 0.0

    def __post_init__(self) -> None:
        self.waiting.extend(spread([task.request.environment for task in self.tasks]))

    def goes_on(self) -> bool:
        """Begin what there is room for, wait a moment, take in what has ended; say whether there is more."""
        self._heed_signals()
        seats = self.executor.seats()
        while self.waiting and len(self.running) < min(seats, self.most):
            number = self.waiting.popleft()
            self.running[self.executor.begin(self.tasks[number], self.on_entry)] = number
        if self.running:
            ended, _ = wait(self.running, timeout=LOOK, return_when=FIRST_COMPLETED)
            for future in ended:
                self._take(self.running.pop(future), future)
        elif self.waiting:
            self._wait_for_workers()
        return bool(self.waiting or self.running)

    def results(self) -> list[Result]:
        """Return a result for each task, in their order."""
        return [self.done[number] for number in range(len(self.tasks))]

    def _heed_signals(self) -> None:
        """Once asked to end, begin nothing more; what runs ends by itself, within seconds."""
        if not signals.noted():
            return
        if not self.asked:
            self.asked = True
            self.executor.interrupt()
        while self.waiting:
            number = self.waiting.popleft()
            self.done[number] = result.without_run(self.tasks[number], result.NOT_BEGUN, began=False)

    def _take(self, number: int, future: Future[Result]) -> None:
        error = future.exception()
        if error is None:
            self._conclude(number, future.result())
        elif number in self.again or self.tasks[number].request.approve:
            self._conclude(number, result.without_run(self.tasks[number], self._lost(number, error)))
        else:
            self.again.add(number)
            self.waiting.appendleft(number)

    def _lost(self, number: int, error: BaseException) -> str:
        if self.tasks[number].request.approve:
            return f"{error} while it may have applied the plan: it is not begun again, read what is there and its journal first"
        return f"{error}, and so it was the second time"

    def _conclude(self, number: int, done: Result) -> None:
        self.done[number] = done
        if not self.streamed:
            for status, name, summary in done.findings:
                entry = {"kind": "check", "status": status, "name": name, "summary": summary}
                self.on_entry(self.tasks[number].request, entry)
        if done.began:
            self.on_done(done)

    def _wait_for_workers(self) -> None:
        """Wait for a worker to come; after long enough say of all that wait that none did."""
        self.deserted = self.deserted or time.monotonic()
        if time.monotonic() - self.deserted > DESERTED:
            while self.waiting:
                number = self.waiting.popleft()
                self._conclude(number, result.without_run(self.tasks[number], "there is no worker left to run it"))
        time.sleep(LOOK)
