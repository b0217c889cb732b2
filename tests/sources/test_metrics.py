"""A series that AWS could not read to its end is unreadable, never a short series."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbooks.errors import Unreadable
from runbooks.estate import Metric
from runbooks.model import Window
from runbooks.settings import Settings
from runbooks.sources import metrics
from runbooks.sources.metrics import _joined, period
from tests.gateway import stub

FIRST, SECOND = datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 4, tzinfo=UTC)


def row(status: str, moment: datetime = FIRST) -> dict[str, Any]:
    return {"Id": "m0", "StatusCode": status, "Timestamps": [moment], "Values": [1.0]}


def test_pages_are_joined_in_time_order() -> None:
    assert _joined([row("PartialData", SECOND), row("Complete", FIRST)]) == {"m0": ((FIRST, 1.0), (SECOND, 1.0))}


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_a_series_that_does_not_end_complete_is_unreadable(status: str) -> None:
    with pytest.raises(Unreadable, match=f"not complete: {status}"):
        _joined([row("Complete"), row(status)])


def looking(hours: float, *, ago: float = 0) -> Settings:
    end = SECOND - timedelta(hours=ago)
    return Settings(stub.environment(), SECOND, Window(start=end - timedelta(hours=hours), end=end))


@pytest.mark.parametrize(
    ("hours", "ago", "points", "seconds"),
    [
        (1, 0, 400, 60), (6, 0, 400, 60), (24, 0, 400, 300), (48, 0, 400, 900), (360, 0, 400, 3600),
        (1, 0, 24, 300), (24, 0, 24, 3600), (360, 0, 24, 3600),
        (1, 24 * 14, 400, 60), (1, 24 * 16, 400, 300), (1, 24 * 62, 400, 300), (1, 24 * 64, 400, 3600),
    ],
)  # fmt: skip
def test_a_period_is_as_short_as_is_wanted_and_as_long_as_cloudwatch_still_keeps(
    hours: float, ago: float, points: int, seconds: int
) -> None:
    assert period(looking(hours, ago=ago), points=points) == seconds


def test_metrics_are_asked_five_hundred_at_a_time_and_each_gets_its_own_points() -> None:
    asked: list[Mapping[str, Any]] = []

    def answers(_: str, given: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(given)
        first = "NextToken" not in given
        queries = given["MetricDataQueries"][:: 1 if first else -1]
        rows = [
            {"Id": q["Id"], "Label": "", "StatusCode": "PartialData" if first else "Complete", "Timestamps": [FIRST.timestamp() + (not first)],
             "Values": [float(q["MetricStat"]["Metric"]["MetricName"][1:])]} for q in queries
        ]  # fmt: skip
        return {"MetricDataResults": rows, **({"NextToken": "more"} if first else {})}

    wanted = [Metric("N", f"m{i}", (("D", "v"),)) for i in range(1200)]
    with stub.server(answers) as address:
        found = metrics.series(stub.reader(address), looking(24), wanted, stat="Sum", period=300)
    assert [len(given["MetricDataQueries"]) for given in asked] == [500, 500, 500, 500, 200, 200]
    assert all([value for _, value in found[metric].points] == [float(metric.name[1:])] * 2 for metric in wanted)


def test_a_metric_without_an_answer_makes_the_whole_unreadable() -> None:
    def answers(_: str, given: Mapping[str, Any]) -> dict[str, Any]:
        return {"MetricDataResults": [{"Id": "m0", "StatusCode": "Complete", "Timestamps": [], "Values": []}]}

    wanted = [Metric("N", name, ()) for name in ("a", "b")]
    with stub.server(answers) as address, pytest.raises(Unreadable, match="no answer for 1 of 2 metrics"):
        metrics.series(stub.reader(address), looking(24), wanted, stat="Sum", period=300)
