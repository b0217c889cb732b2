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

MAX_QUERIES = 500  # of one GetMetricData request (API reference)


@dataclass(frozen=True, slots=True)
class Points:
    """A series: UTC times in order, and their values."""

    metric: Metric
    points: tuple[tuple[datetime, float], ...]


def series(reader: Reader, settings: Settings, wanted: Collection[Metric], *, stat: str, period: int) -> dict[Metric, Points]:
    """Return the points of each metric over the window; `period` in seconds. Raises Unreadable on partial data."""
    found: dict[Metric, Points] = {}
    ordered = sorted(wanted)
    for start in range(0, len(ordered), MAX_QUERIES):
        batch = ordered[start : start + MAX_QUERIES]
        rows = reader.listing(
            "cloudwatch", "GetMetricData", "MetricDataResults",
            MetricDataQueries=[_query(f"m{i}", metric, stat, period) for i, metric in enumerate(batch)],
            StartTime=settings.window.start, EndTime=settings.window.end, ScanBy="TimestampAscending",
        )  # fmt: skip
        values = _joined(rows)
        missing = [metric for i, metric in enumerate(batch) if f"m{i}" not in values]
        if missing:
            raise Unreadable(
                Blind(
                    call="cloudwatch:GetMetricData",
                    reason=Reason.NO_DATA,
                    detail=f"no answer for {len(missing)} of {len(batch)} metrics",
                )
            )
        found |= {metric: Points(metric, values[f"m{i}"]) for i, metric in enumerate(batch)}
    return found


def with_data(reader: Reader, settings: Settings, wanted: Collection[Metric]) -> set[Metric]:
    """Return those metrics that have any point in the window."""
    period = 3600 if settings.window.end - settings.window.start > timedelta(days=1) else 300
    return {metric for metric, found in series(reader, settings, wanted, stat="SampleCount", period=period).items() if found.points}


def traffic(reader: Reader, settings: Settings) -> Chart:
    """Return the API's requests and server errors over the window, five minutes a point, as a chart."""
    name = settings.environment.expected.api
    names = {"requests": "Count", "server errors": "5XXError"}
    metrics = {label: Metric("AWS/ApiGateway", metric, (("ApiName", name),)) for label, metric in names.items()}
    found = series(reader, settings, metrics.values(), stat="Sum", period=300)
    lines = tuple(Series(label=label, points=found[metric].points) for label, metric in metrics.items())
    return Chart(title="Requests to the API and server errors", unit="in 5 minutes", words=_words(lines), series=lines)


def _words(lines: tuple[Series, ...]) -> str:
    parts = []
    for line in lines:
        values = [value for _, value in line.points if value is not None]
        parts.append(
            f"{line.label}: {sum(values):,.0f} in all, at most {max(values):,.0f} in 5 minutes"
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
