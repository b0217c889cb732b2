"""What work costs: seconds by the clock, and seconds of all processors for every process that was started for it.

The kernel's own counter of a task and all its descendants (perf_event_open, a software event, inherited over fork) is read: what
wait4 says leaves out processes that nobody waits for, such as the children of a process that ignores SIGCHLD.
"""

from __future__ import annotations

import ctypes
import os
import platform
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

_NUMBER = {"x86_64": 298, "aarch64": 241}.get(platform.machine())  # of perf_event_open(2)
_SIZE = 112  # bytes of struct perf_event_attr that are given
_SOFTWARE, _TASK_CLOCK = 1, 1
_INHERIT, _EXCLUDE_KERNEL, _EXCLUDE_HYPERVISOR = 1 << 1, 1 << 5, 1 << 6  # the clock runs in the kernel too, whatever is excluded


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds by the clock, and seconds of processor time; the latter is NaN where this kernel does not tell."""

    wall: float
    cpu: float

    def times(self, factor: float) -> Cost:
        """Return the cost of so many times the work."""
        return Cost(self.wall * factor, self.cpu * factor)


@dataclass(slots=True)
class Reading:
    """What a `metered` block cost, filled when it ends."""

    cost: Cost = field(default_factory=lambda: Cost(float("nan"), float("nan")))


@contextmanager
def metered() -> Iterator[Reading]:
    """Measure what the block costs: all processes started in it by this thread, and not this thread itself."""
    reading, counter = Reading(), _opened()
    began, own = time.monotonic(), time.thread_time_ns()
    try:
        yield reading
    finally:
        wall, own = time.monotonic() - began, time.thread_time_ns() - own
        reading.cost = Cost(wall, _read(counter, own))


def _opened() -> int:
    """Return a descriptor of the counter for this thread and what it starts, or -1 where that is not allowed."""
    if _NUMBER is None or sys.platform != "linux":
        return -1
    flags = _INHERIT | _EXCLUDE_KERNEL | _EXCLUDE_HYPERVISOR
    attributes = struct.pack("IIQQQQQ", _SOFTWARE, _SIZE, _TASK_CLOCK, 0, 0, 0, flags)
    given = ctypes.create_string_buffer(attributes, _SIZE)
    return int(ctypes.CDLL(None).syscall(_NUMBER, given, 0, -1, -1, 0))


def _read(counter: int, own: int) -> float:
    if counter < 0:
        return float("nan")
    total = int.from_bytes(os.read(counter, 8), sys.byteorder)  # nanoseconds
    os.close(counter)
    return max(0.0, (total - own) / 1e9)


def interleaved(work: Mapping[str, Callable[[], Cost]], rounds: int, *, tell: Callable[[str], None]) -> dict[str, list[Cost]]:
    """Return the costs of each piece of work, `rounds` of them, taken in turns so that a noisy neighbour hits all alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in work}
    for number in range(1, rounds + 1):
        for name, one in work.items():
            cost = one()
            costs[name].append(cost)
            tell(f"round {number} of {rounds}: {name}: {cost.wall:.2f} s, cpu {cost.cpu:.2f} s")
    return costs


def median(costs: list[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(statistics.median(cost.wall for cost in costs), statistics.median(cost.cpu for cost in costs))


def ratio(costs: list[Cost], of: list[Cost]) -> Cost:
    """Return the median of the ratios within each round: what slowed a round down slowed both sides down."""
    return median([Cost(one.wall / other.wall, one.cpu / other.cpu) for one, other in zip(costs, of, strict=True)])
