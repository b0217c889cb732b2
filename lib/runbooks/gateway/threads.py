"""Work in daemon threads with a deadline: a reply that drips for ever holds up neither the run nor its exit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from runbooks.errors import Unreadable
from runbooks.model import Blind, Reason

WIDTH = 8  # AWS's rate limits make more threads than this useless; the connection pool is as wide

T = TypeVar("T")
R = TypeVar("R")

_current = threading.local()


def doing(call: str) -> None:
    """Note what this thread is about to wait for, so that whoever waits for the thread can say it."""
    note: list[str] | None = getattr(_current, "note", None)
    if note is not None:
        note[:] = [call]


def deadline() -> float:
    """Return the moment (time.monotonic) at which this thread's work is over; infinity outside bounded work."""
    return getattr(_current, "deadline", float("inf"))


@dataclass(slots=True)
class Outcome(Generic[R]):
    """What became of one piece of work: a value, or the exception that ended it."""

    value: list[R] = field(default_factory=list)
    error: BaseException | None = None


def bounded(function: Callable[[], R], *, until: float, what: str) -> R:
    """Run `function` in a thread until the moment `until`; raises Unreadable(DEADLINE) naming `what` when it is not done."""
    (outcome,) = fan_out(lambda _: function(), [None], until=until, what=lambda _: what)
    if outcome.error is not None:
        raise outcome.error
    return outcome.value[0]


def fan_out(function: Callable[[T], R], items: Iterable[T], *, until: float, what: Callable[[T], str]) -> list[Outcome[R]]:
    """Run `function` over `items`, at most WIDTH at a time, and return one outcome each, in order.

    What is not done at the moment `until` has Unreadable(DEADLINE) as its error. Threads that are still waiting then are daemons:
    they end with the process, and the gateway refuses them any further call.
    """
    todo = list(items)
    results: list[Outcome[R]] = [Outcome() for _ in todo]
    notes: list[list[str]] = [[] for _ in todo]
    queue: SimpleQueue[int] = SimpleQueue()
    finished: SimpleQueue[int] = SimpleQueue()
    for index in range(len(todo)):
        queue.put(index)

    def work() -> None:
        _current.deadline = until
        while time.monotonic() < until:
            try:
                index = queue.get_nowait()
            except Empty:
                return
            outcome: Outcome[R] = Outcome()
            _current.note = notes[index]
            try:
                outcome.value.append(function(todo[index]))
            except BaseException as error:  # noqa: BLE001 - recorded, and raised or judged by the caller
                outcome.error = error
            results[index] = outcome
            finished.put(index)

    for _ in range(min(WIDTH, len(todo))):
        threading.Thread(target=work, daemon=True, name="reader").start()
    missing = _wait(finished, len(todo), until)
    for index in missing:
        name = what(todo[index])
        call = "".join(notes[index]) or name
        blind = Blind(call=call, reason=Reason.DEADLINE, resource=name, detail="no complete answer in time")
        results[index] = Outcome(error=Unreadable(blind))
    return list(results)


def _wait(finished: SimpleQueue[int], count: int, until: float) -> set[int]:
    """Wait for `count` indices or the deadline; return those that are missing."""
    missing = set(range(count))
    while missing:
        left = until - time.monotonic()
        if left <= 0:
            break
        try:
            missing.discard(finished.get(timeout=left))
        except Empty:
            break
    return missing
