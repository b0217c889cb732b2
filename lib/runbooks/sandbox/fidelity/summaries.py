"""Statistics of a series, period by period, without making each datum: a month of them is asked for every morning."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from runbooks.sandbox.estate.series import Name, Pairs, Series


@dataclass(slots=True)
class _Period:
    """What was published within one period."""

    count: float = 0.0
    total: float = 0.0
    low: float = math.inf
    high: float = -math.inf
    values: dict[float, int] = field(default_factory=dict)

    def add(self, pairs: Pairs, *, single: bool) -> None:
        for value, often in pairs:
            self.count += often
            self.total += value * often
            self.low = min(self.low, value)
            self.high = max(self.high, value)
            if single:
                self.values[value] = self.values.get(value, 0) + round(often)

    def statistic(self, stat: str) -> float | None:
        """Return one statistic, None where AWS has none: a percentile of anything but single values."""
        match stat:
            case "Sum":
                return self.total
            case "SampleCount":
                return self.count
            case "Average":
                return self.total / self.count if self.count else None
            case "Minimum":
                return self.low
            case "Maximum":
                return self.high
        return _percentile(self.values, float(stat.removeprefix("p"))) if self.values else None


def summarised(
    series: Series, name: Name, start: datetime, end: datetime, period: int, stats: Collection[str]
) -> dict[str, dict[datetime, float]]:
    """Return for each statistic (one of AWS's five, or pNN) its points by the start of their period; none where nothing was."""
    single = series.kept[name].unit == "Milliseconds"
    first = round(start.timestamp())
    periods: dict[int, _Period] = {}
    for slot, pairs in series.samples(name, start, end):
        index = (slot - first) // period
        if index not in periods:
            periods[index] = _Period()
        periods[index].add(pairs, single=single)
    begin = datetime.fromtimestamp(first, UTC)
    return {
        stat: {
            begin + timedelta(seconds=index * period): value
            for index, found in periods.items()
            if (value := found.statistic(stat)) is not None
        }
        for stat in stats
    }


def _percentile(values: Mapping[float, int], rank: float) -> float:
    """Return a percentile of values that occur so often, between the closest ranks."""
    last = sum(values.values()) - 1
    place = rank / 100 * last
    below = math.floor(place)
    seen, lower = 0, None
    for value in sorted(values):
        seen += values[value]
        if lower is None and seen > below:
            lower = value
        if lower is not None and seen > min(below + 1, last):
            return lower + (value - lower) * (place - below)
    raise ValueError("there are no values")
