"""CloudWatch metrics, asked for in batches. A series without points is missing data, never zero."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from runbooks.errors import Unreadable
from runbooks.estate import Metric
from runbooks.gateway import Reader
from runbooks.model import Blind, Chart, Reason, Series
from runbooks.settings import Settings, utc

MAX_QUERIES = 500  # of one GetMetricData request (API reference); more than 100,800 points come on further pages
KEPT = (
    (timedelta(days=15), 60),
    (timedelta(days=63), 300),
)  # how long CloudWatch keeps points of so many seconds; beyond, an hour's
PERIODS = (60, 300, 900, 3600)
DRAWN = 400  # points that a line of a chart can show
PROBED = 24  # points that tell whether a metric has data at all


@dataclass(frozen=True, slots=True, order=True)
class Statistic:
    """A metric and what is wanted of it: Sum, Average, Maximum, SampleCount, p95."""

    metric: Metric
    stat: str


@dataclass(frozen=True, slots=True)
class Points:
    """A series: UTC times in order, and their values."""

    metric: Metric
    points: tuple[tuple[datetime, float], ...]


def series(reader: Reader, settings: Settings, wanted: Collection[Metric], *, stat: str, period: int) -> dict[Metric, Points]:
    """Return the points of each metric over the window; `period` in seconds. Raises Unreadable on partial data."""
    asked = [Statistic(metric, stat) for metric in wanted]
    found = statistics(reader, asked, start=settings.window.start, end=settings.window.end, period=period)
    return {each.metric: Points(each.metric, points) for each, points in found.items()}


def statistics(
    reader: Reader, wanted: Collection[Statistic], *, start: datetime, end: datetime, period: int
) -> dict[Statistic, tuple[tuple[datetime, float], ...]]:
    """Return the points of each statistic within [start, end), oldest first, each at the start of its period of so many seconds.

    Periods begin at `start`, and then every `period`. Raises Unreadable where anything is missing or partial.
    """
    found: dict[Statistic, tuple[tuple[datetime, float], ...]] = {}
    ordered = sorted(set(wanted))
    for first in range(0, len(ordered), MAX_QUERIES):
        batch = ordered[first : first + MAX_QUERIES]
        rows = reader.listing(
            "cloudwatch", "GetMetricData", "MetricDataResults",
            MetricDataQueries=[_query(f"m{i}", each.metric, each.stat, period) for i, each in enumerate(batch)],
            StartTime=start, EndTime=end, ScanBy="TimestampAscending",
        )  # fmt: skip
        values = _joined(rows)
        missing = [each for i, each in enumerate(batch) if f"m{i}" not in values]
        if missing:
            raise Unreadable(
                Blind(
                    call="cloudwatch:GetMetricData",
                    reason=Reason.NO_DATA,
                    detail=f"no answer for {len(missing)} of {len(batch)} metrics",
                )
            )
        found |= {each: values[f"m{i}"] for i, each in enumerate(batch)}
    return found


def period(settings: Settings, *, points: int) -> int:
    """Return the shortest period, in seconds, that is still kept for the whole window and gives at most `points` points.

    Where none gives so few it is an hour.
    """
    window, age = settings.window, settings.now - settings.window.start
    kept = next((seconds for limit, seconds in KEPT if age <= limit), PERIODS[-1])
    length = (window.end - window.start).total_seconds()
    return next((each for each in PERIODS if each >= kept and length / each <= points), PERIODS[-1])


def with_data(reader: Reader, settings: Settings, wanted: Collection[Metric]) -> set[Metric]:
    """Return those metrics that have any point in the window."""
    seconds = period(settings, points=PROBED)
    return {
        metric for metric, found in series(reader, settings, wanted, stat="SampleCount", period=seconds).items() if found.points
    }


def traffic(reader: Reader, settings: Settings) -> Chart:
    """Return the API's requests and server errors over the window as a chart."""
    name, seconds = settings.environment.expected.api, period(settings, points=DRAWN)
    names = {"requests": "Count", "server errors": "5XXError"}
    metrics = {label: Metric("AWS/ApiGateway", metric, (("ApiName", name),)) for label, metric in names.items()}
    found = series(reader, settings, metrics.values(), stat="Sum", period=seconds)
    minutes = "a minute" if seconds == 60 else f"{seconds // 60} minutes"  # noqa: PLR2004 - seconds in a minute
    lines = tuple(Series(label=label, points=found[metric].points) for label, metric in metrics.items())
    return Chart(title="Requests to the API and server errors", unit=f"in {minutes}", words=_words(lines, minutes), series=lines)


def _words(lines: tuple[Series, ...], minutes: str) -> str:
    parts = []
    for line in lines:
        values = [value for _, value in line.points if value is not None]
        parts.append(
            f"{line.label}: {sum(values):,.0f} in all, at most {max(values):,.0f} in {minutes}"
            if values
            else f"{line.label}: no data"
        )
    return "; ".join(parts)


def _query(key: str, metric: Metric, stat: str, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    described = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": key, "MetricStat": {"Metric": described, "Period": period, "Stat": stat}, "ReturnData": True}


def _joined(rows: list[Any]) -> dict[str, tuple[tuple[datetime, float], ...]]:
    """Join the pages of each series and put its points in time order: AWS promises none.

    A series may be partial on a page; one whose last page is not Complete was not read, and raises Unreadable.
    """
    joined: dict[str, list[tuple[datetime, float]]] = {}
    ended: dict[str, str] = {}
    for row in rows:
        ended[row["Id"]] = row["StatusCode"]
        points = zip(row["Timestamps"], row["Values"], strict=True)
        joined.setdefault(row["Id"], []).extend((utc(at), value) for at, value in points)
    for key, status in ended.items():
        if status != "Complete":
            detail = f"series {key} is not complete: {status}"
            raise Unreadable(Blind(call="cloudwatch:GetMetricData", reason=Reason.SERVICE_ERROR, detail=detail))
    return {key: tuple(sorted(points)) for key, points in joined.items()}
