"""What tables and indexes consumed of what they may, and what they were refused.

Throttle events are published where there are any, so an empty series is none: if the table it belongs to has data at all. An index
is a metric of its own; the table's figures say nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runbooks.errors import Unreadable
from runbooks.estate import Capacity, Metric
from runbooks.gateway import Reader
from runbooks.model import Reason
from runbooks.settings import Settings
from runbooks.sources import stack
from runbooks.sources.figures import by_day, figure, span
from runbooks.sources.metrics import Statistic, statistics

DIRECTIONS = ("Read", "Write")
FINE = 300  # seconds; the shortest period that CloudWatch keeps for any window that may be asked


@dataclass(frozen=True, slots=True)
class _Place:
    """A table, or one of its indexes, with what it may consume a second; a provisioned 0 is on demand."""

    table: str
    index: str
    provisioned: Mapping[str, int]
    most: Mapping[str, int]

    @property
    def resource(self) -> str:
        return f"{self.table} / {self.index}" if self.index else self.table

    def statistic(self, metric: str) -> Statistic:
        index = (("GlobalSecondaryIndexName", self.index),) if self.index else ()
        return Statistic(Metric("AWS/DynamoDB", metric, (*index, ("TableName", self.table))), "Sum")


def tables(reader: Reader, settings: Settings) -> list[Capacity]:
    """Return consumption and throttling of each table and each index, reads and writes apart (DescribeTable, DescribeLimits)."""
    limits = reader.read("dynamodb", "DescribeLimits")
    quota = {way: int(limits[f"TableMax{way}CapacityUnits"]) for way in DIRECTIONS}
    members = [member.physical for member in stack.resources(reader, settings, "AWS::DynamoDB::Table")]
    names = dict.fromkeys([*members, *settings.environment.expected.tables])
    places = [place for found in reader.map(lambda name: _places(reader, name, quota), names) for place in found]
    return _measured(reader, settings, places)


def _places(reader: Reader, name: str, quota: Mapping[str, int]) -> list[_Place]:
    try:
        table = reader.read("dynamodb", "DescribeTable", TableName=name)["Table"]
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return []  # that it is gone is what the health check says
    indexes = table.get("GlobalSecondaryIndexes", [])  # AWS leaves it out where there is none
    return [_place(name, "", table, quota), *(_place(name, index["IndexName"], index, quota) for index in indexes)]


def _place(table: str, index: str, described: Mapping[str, Any], quota: Mapping[str, int]) -> _Place:
    throughput = described.get("ProvisionedThroughput", {})  # of units; 0, or not there, on demand
    own = described.get("OnDemandThroughput", {})  # a ceiling that somebody set; -1 or not there for none
    provisioned = {way: int(throughput.get(f"{way}CapacityUnits", 0)) for way in DIRECTIONS}
    ceilings = {way: int(own.get(f"Max{way}RequestUnits", -1)) for way in DIRECTIONS}
    return _Place(table, index, provisioned, {way: ceilings[way] if ceilings[way] > 0 else quota[way] for way in DIRECTIONS})


def _measured(reader: Reader, settings: Settings, places: list[_Place]) -> list[Capacity]:
    start, end = span(settings)
    consumed = by_day(reader, settings, [place.statistic(f"Consumed{way}CapacityUnits") for place, way in _ways(places)])
    fine = [place.statistic(metric) for place, way in _ways(places) for metric in _fine(way)]
    points = statistics(reader, fine, start=start, end=end, period=FINE)
    rows = []
    for place, way in _ways(places):
        used, throttled, hot = ([value for _, value in points[place.statistic(metric)]] for metric in _fine(way))
        rows.append(
            Capacity(
                resource=place.resource,
                direction=way.lower(),
                consumed=figure("consumed", "units", consumed[place.statistic(f"Consumed{way}CapacityUnits")]),
                busiest=max(used) / FINE if used else None,
                provisioned=place.provisioned[way] or None,
                most=place.most[way],
                throttled=sum(throttled),
                hot=sum(hot),
            )
        )
    return rows


def _ways(places: list[_Place]) -> Iterator[tuple[_Place, str]]:
    return ((place, way) for place in places for way in DIRECTIONS)


def _fine(way: str) -> tuple[str, str, str]:
    return f"Consumed{way}CapacityUnits", f"{way}ThrottleEvents", f"{way}KeyRangeThroughputThrottleEvents"
