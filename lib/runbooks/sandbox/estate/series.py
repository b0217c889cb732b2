"""Metrics without storage: a series is a rule that says what CloudWatch holds for any five minutes, plus what faults did to it.

Two thousand points times a hundred series are dear to store and seldom read; a rule costs nothing until somebody asks, gives the
same answer every time, and goes on by itself when the clock is moved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

SLOT = 300  # seconds; what one sample stands for
HOUR = 3_600  # seconds; what one stands for that is older than FINE
FINE = 2 * 86_400  # seconds
Dimensions = tuple[tuple[str, str], ...]
Pairs = tuple[tuple[float, float], ...]
"""What was published within a slot: (value, how often). None published is an empty tuple, and no data point."""
Rule = Callable[[int], Pairs]
"""Returns what a series holds for the slot that begins at these seconds since 1970."""


def never(_: int) -> Pairs:
    """Publish nothing, ever: what a metric is that only exists where something went wrong."""
    return ()


@dataclass(frozen=True, slots=True)
class Name:
    """A metric by its whole name: CloudWatch only finds the exact set of dimensions."""

    namespace: str
    metric: str
    dimensions: Dimensions

    @classmethod
    def of(cls, namespace: str, metric: str, **dimensions: str) -> Name:
        """Return the name with its dimensions in order."""
        return cls(namespace, metric, tuple(sorted(dimensions.items())))


@dataclass(frozen=True, slots=True)
class Effect:
    """What a fault does to series from a moment on: `change` gets the slot and what would be there, returns what is there."""

    concerns: Callable[[Name], bool]
    since: int
    change: Callable[[int, Pairs], Pairs]
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """One series: its rule, the unit, and how many seconds one sample stands for."""

    rule: Rule
    unit: str = "Count"
    step: int = SLOT


@dataclass
class Series:
    """All series of one account: what exists since when (seconds since 1970), and the effects upon them."""

    born: int
    now: Callable[[], datetime]
    kept: dict[Name, Kept] = field(default_factory=dict)
    effects: list[Effect] = field(default_factory=list)

    def samples(self, name: Name, start: datetime, end: datetime) -> Iterator[tuple[int, Pairs]]:
        """Yield (seconds since 1970, values) for each whole slot in [start, end) with data; none lies in the future.

        What is older than two days is kept by the hour, as CloudWatch does it after two months: one slot stands for its hour. Four
        weeks of every series are asked for in a morning, and would otherwise take ten times as long.
        """
        kept = self.kept.get(name)
        if kept is None:
            return
        effects = [each for each in self.effects if each.concerns(name)]
        if kept.rule is never and not effects:
            return
        first = max(-(-round(start.timestamp()) // kept.step) * kept.step, self.born)
        last = min(round(end.timestamp()), round(self.now().timestamp()) - kept.step + 1)
        fine = round(self.now().timestamp()) // HOUR * HOUR - FINE if kept.step == SLOT else first
        for slot in (*range(-(-first // HOUR) * HOUR, min(fine, last), HOUR), *range(max(first, fine), last, kept.step)):
            pairs = kept.rule(slot)
            for each in effects:
                if each.since <= slot and (each.until is None or slot < each.until):
                    pairs = each.change(slot, pairs)
            if pairs:
                yield slot, pairs if slot >= fine else tuple((value, n * HOUR // SLOT) for value, n in pairs)

    def alive(self, name: Name, days: int = 14) -> bool:
        """Return whether the series has any point of late; ListMetrics only knows such (two weeks)."""
        now = self.now()
        start = datetime.fromtimestamp(max(self.born, round(now.timestamp()) - days * 86400), UTC)
        return next(self.samples(name, start, now), None) is not None
