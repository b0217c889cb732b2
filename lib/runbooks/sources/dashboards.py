"""CloudWatch dashboards and the metrics behind their widgets: the call returns a definition, no data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from runbooks.errors import Unreadable
from runbooks.estate import Metric, Widget
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings
from runbooks.sources import metrics


def widgets(reader: Reader, settings: Settings) -> list[Widget]:
    """Return every metric widget of the expected dashboards, and which of its metrics have data (GetDashboard, GetMetricData)."""
    names = settings.environment.expected.dashboards
    parsed = [widget for found in reader.map(lambda name: _parse(reader, name), names) for widget in found]
    known = metrics.with_data(reader, settings, {metric for _, _, shown in parsed for metric in shown})
    return [
        Widget(dashboard, title, metrics=len(shown), alive=sum(metric in known for metric in shown))
        for dashboard, title, shown in parsed
    ]


def _parse(reader: Reader, name: str) -> list[tuple[str, str, tuple[Metric, ...]]]:
    """Return (dashboard, widget title, metrics) for each metric widget; one without title for a dashboard that does not exist."""
    try:
        body = reader.read("cloudwatch", "GetDashboard", DashboardName=name)["DashboardBody"]
    except Unreadable as error:
        if error.blind.reason is Reason.NO_SUCH_NAME:
            return [(name, "", ())]
        raise
    try:
        found = json.loads(body)["widgets"]
        return [
            (name, str(widget["properties"].get("title", "untitled")), tuple(_metrics(widget["properties"]["metrics"])))
            for widget in found
            if widget["type"] == "metric" and "metrics" in widget["properties"]
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        blind = Blind(call="cloudwatch:GetDashboard", reason=Reason.NOT_AN_ANSWER, resource=name, detail="the body is no dashboard")
        raise Unreadable(blind) from None


def _metrics(rows: list[list[Any]]) -> Iterator[Metric]:
    """Yield the metrics of a widget; "." repeats the field above it, "..." all fields but the last."""
    above: list[str] = []
    for row in rows:
        fields = [part for part in row if isinstance(part, str)]
        if not fields:  # an expression: its inputs stand in rows of their own
            continue
        if fields[0] == "...":
            fields = [*above[: len(above) - len(fields) + 1], *fields[1:]]
        fields = [above[i] if part == "." and i < len(above) else part for i, part in enumerate(fields)]
        above = fields
        yield Metric(fields[0], fields[1], tuple(sorted(zip(fields[2::2], fields[3::2], strict=False))))
