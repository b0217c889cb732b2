"""A day of a fleet on a virtual clock: the planned runs, machines with cores and children, and AWS as its published rates.

The token buckets are the gateway's own (`runbooks.gateway.rates`), with the clock of the simulation instead of the machine's.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from unittest import mock

from runbooks.errors import Unreadable
from runbooks.gateway import snapshot, threads
from runbooks.gateway.rates import OwnBuckets, Rates

LATENCY = 0.05  # seconds of one request
WEB = "https"  # not AWS: no rate of an account
END = ("", 0)  # what a run does after its last request: conclude, save, render


@dataclass(frozen=True, slots=True)
class Work:
    """What one run costs: its requests by call, and seconds of processor time.

    `shared` are the calls whose answers are kept in a snapshot. `listings` has, for each call that looks at a whole account, the
    rows that one environment adds and the rows of one page; with one row a page the calls go side by side.
    """

    calls: Mapping[str, int]
    cpu: float
    shared: frozenset[str]
    listings: Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Layout:
    """How the fleet is laid out.

    Attributes:
        one_account: All environments in one account and region; else each has its own.
        snapshots: Listings of an account are read once by each machine, and again when they are older than the gateway takes.
        machines: How many, each with so many cores and children.
        deadline: Seconds a check may take, as in the environment file.
    """

    one_account: bool
    snapshots: bool
    machines: int = 1
    cores: int = 4
    children: int = 8
    deadline: float = 10.0


@dataclass(slots=True)
class Day:
    """What came of it; times in seconds, `blind` the runs that were given no turn in time for something and so are UNKNOWN."""

    seconds: float = 0.0
    cpu: float = 0.0
    requests: Counter[str] = field(default_factory=Counter)
    blind: int = 0
    longest_wait: float = 0.0


@dataclass(slots=True)
class _Machine:
    cores: list[float]
    rates: dict[str, Rates]
    read: dict[tuple[str, str], float] = field(default_factory=dict)  # (place, call) -> when its snapshot is there


@dataclass(slots=True)
class _Run:
    environment: str
    machine: _Machine
    steps: deque[tuple[str, int]]
    lost: bool = False


class Simulation:
    """Go through a day; `runs` are the environments of the planned runs in their order."""

    def __init__(self, runs: Sequence[str], work: Work, layout: Layout) -> None:
        self.work, self.layout, self.day = work, layout, Day()
        self.now = 0.0
        self.size = len(set(runs))
        self.waiting = deque(runs)
        self.machines = [_Machine([0.0] * layout.cores, {}) for _ in range(layout.machines)]
        self.buckets = [OwnBuckets() for _ in self.machines]
        self.events: list[tuple[float, int, _Run]] = []
        self.number = 0

    def through(self) -> Day:
        """Return what came of the day."""
        for _ in range(self.layout.children):
            for machine in self.machines:
                self._begin(machine)
        with mock.patch.object(threads, "deadline", self._over):
            while self.events:
                self.now, _, run = heapq.heappop(self.events)
                self._go_on(run)
        self.day.seconds = self.now
        return self.day

    def _begin(self, machine: _Machine) -> None:
        if self.waiting:
            run = _Run(self.waiting.popleft(), machine, deque([*self.work.calls.items(), END]))
            self._at(self._computed(machine, self.work.cpu / 2), run)

    def _go_on(self, run: _Run) -> None:
        if run.steps:
            call, count = run.steps.popleft()
            self._at(self._asked(run, call, count), run)
        else:
            self.day.blind += run.lost
            self._begin(run.machine)

    def _over(self) -> float:
        return self.now + self.layout.deadline

    def _at(self, moment: float, run: _Run) -> None:
        self.number += 1
        heapq.heappush(self.events, (moment, self.number, run))

    def _computed(self, machine: _Machine, seconds: float) -> float:
        """Return when so much processor time has been had on a core of the machine."""
        begin = max(self.now, heapq.heappop(machine.cores))
        heapq.heappush(machine.cores, begin + seconds)
        self.day.cpu += seconds
        return begin + seconds

    def _asked(self, run: _Run, call: str, count: int) -> float:
        """Return when the answers to all requests of a call are there."""
        if (call, count) == END:
            return self._computed(run.machine, self.work.cpu / 2)
        rows, page = self.work.listings.get(call, (0, 1))
        size = self.size if self.layout.one_account else 1
        pages, side_by_side = (math.ceil(rows * size / page), page == 1) if rows else (count, True)
        if not self.layout.snapshots or call not in self.work.shared:
            return self._sent(run, call, pages, side_by_side=side_by_side)
        place = (self._place(run) if rows else run.environment, call)
        read = run.machine.read.get(place, -math.inf)
        if self.now - read > snapshot.SECONDS:
            lost, run.lost = run.lost, False
            read = self._sent(run, call, pages, side_by_side=side_by_side)
            if not run.lost:  # what is not whole is not shared
                run.machine.read[place] = read
            run.lost |= lost
        return max(self.now, read)

    def _sent(self, run: _Run, call: str, count: int, *, side_by_side: bool = True) -> float:
        """Send `count` requests as the rates allow, and return when the last answer is there; what gets no turn in time is lost."""
        if call == WEB:
            self.day.requests[call] += count
            return self.now + LATENCY
        place = self._place(run)
        rates = run.machine.rates.setdefault(place, self._rates(run.machine, place))
        service, _, operation = call.partition(":")
        wait = 0.0
        for _ in range(count):
            try:
                wait = rates.take(service, operation)
            except Unreadable:
                run.lost = True
                break
            self.day.requests[call] += 1
        self.day.longest_wait = max(self.day.longest_wait, wait)
        return self.now + max(wait, LATENCY * count if not side_by_side else 0.0) + LATENCY * math.ceil(count / threads.WIDTH)

    def _place(self, run: _Run) -> str:
        return "all" if self.layout.one_account else run.environment

    def _rates(self, machine: _Machine, place: str) -> Rates:
        buckets = self.buckets[self.machines.index(machine)]
        share = 1 / self.layout.machines
        return Rates(place, buckets=buckets, share=share, clock=lambda: self.now, sleep=lambda _: None)
