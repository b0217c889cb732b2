"""A CloudWatch that is written down from its reference: it holds raw values, and computes each statistic from them alone.

It shares no line with the package, and computes in fractions, so that agreement with it to the last digit means something.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

Key = tuple[str, tuple[tuple[str, str], ...]]


@dataclass
class Raw:
    """Raw values by metric name and dimensions: (when, value). `shuffled` returns points in no order; `zone` writes times in one."""

    values: dict[Key, list[tuple[datetime, float]]] = field(default_factory=dict)
    shuffled: bool = True
    asked: list[Mapping[str, Any]] = field(default_factory=list)

    def put(self, metric: str, at: datetime, *values: float, **dimensions: str) -> None:
        self.values.setdefault((metric, tuple(sorted(dimensions.items()))), []).extend((at, value) for value in values)

    def within(self, metric: str, start: datetime, end: datetime, **dimensions: str) -> list[Fraction]:
        """Return the raw values of [start, end)."""
        found = self.values.get((metric, tuple(sorted(dimensions.items()))), [])
        return [Fraction(value) for at, value in found if start <= at < end]

    def __call__(self, _: str, given: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(given)
        start, end = (datetime.fromtimestamp(float(given[key]), UTC) for key in ("StartTime", "EndTime"))
        return {"MetricDataResults": [self._result(query, start, end) for query in given["MetricDataQueries"]]}

    def _result(self, query: Mapping[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
        asked = query["MetricStat"]
        dimensions = {each["Name"]: each["Value"] for each in asked["Metric"].get("Dimensions", [])}
        period = timedelta(seconds=asked["Period"])
        points, begin = [], start
        while begin < end:
            values = self.within(asked["Metric"]["MetricName"], begin, min(begin + period, end), **dimensions)
            if values:
                points.append((begin.timestamp(), float(statistic(values, asked["Stat"]))))
            begin += period
        if self.shuffled:
            random.Random(len(points)).shuffle(points)  # noqa: S311 - any order will do
        times, numbers = [at for at, _ in points], [value for _, value in points]
        return {"Id": query["Id"], "Label": "", "StatusCode": "Complete", "Timestamps": times, "Values": numbers}


def statistic(values: list[Fraction], stat: str) -> Fraction:
    """Return a statistic of raw values; a percentile lies between the closest ranks."""
    if stat.startswith("p"):
        ordered = sorted(values)
        place = Fraction(stat[1:]) / 100 * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
    plain = {"Sum": sum(values), "SampleCount": len(values), "Minimum": min(values), "Maximum": max(values)}
    return Fraction(plain[stat]) if stat in plain else Fraction(sum(values)) / len(values)
