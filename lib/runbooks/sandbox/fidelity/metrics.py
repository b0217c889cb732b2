"""CloudWatch metrics: exact namespaces and dimensions, percentiles, metric math and the limits of a request.

Source: API reference, GetMetricData and GetMetricStatistics. A percentile interpolates linearly between the closest ranks.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.cloudwatch.models import MetricAggregatedDatum

from runbooks.sandbox.estate.cloudwatch import SeriesBackend
from runbooks.sandbox.estate.series import Name
from runbooks.sandbox.fidelity.expressions import ExpressionError, computed
from runbooks.sandbox.fidelity.summaries import summarised
from runbooks.sandbox.refusals import Refusal
from runbooks.settings import utc

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

    Series = dict[datetime, float]

QUERIES, POINTS = 500, 1_440
PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")
PLAIN = {"Sum", "Average", "Minimum", "Maximum", "SampleCount"}


def get_metric_data(_: Account, call: Call, __: Ask) -> Answer:
    """AWS matches namespace and dimensions exactly, knows pNN and math, takes 500 queries, and returns empty series as empty."""
    given = call.parameters
    queries = given["MetricDataQueries"]
    start, end = _window(given, "ValidationError")
    if len(queries) > QUERIES:
        raise Refusal("ValidationError", f"The collection MetricDataQueries must not have a size greater than {QUERIES}.")
    if len({query["Id"] for query in queries}) < len(queries):
        raise Refusal("ValidationError", "The values for parameter id in MetricDataQueries are not unique.")
    stats = [query for query in queries if "MetricStat" in query]
    series = _by_rule(call, stats, start, end)
    others = [query for query in stats if query["Id"] not in series]
    data = _chosen(call, {_key(query["MetricStat"]["Metric"]) for query in others}, start, end)
    for query in others:
        asked = query["MetricStat"]
        points = [each for each in data[_key(asked["Metric"])] if asked.get("Unit") in {None, each.unit}]
        buckets = _buckets(points, start, int(asked["Period"]))
        values = {time: _statistic(asked["Stat"], bucket) for time, bucket in buckets.items()}
        series[query["Id"]] = {time: value for time, value in values.items() if value is not None}
    for query in queries:
        if "Expression" in query:
            series[query["Id"]] = _expressed(query, series, stats, _times(query, stats, start, end))
    newest_first = given.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    return {"MetricDataResults": [_result(query, series, newest_first) for query in queries if query.get("ReturnData", True)]}


def get_metric_statistics(_: Account, call: Call, __: Ask) -> Answer:
    """AWS matches dimensions exactly, computes percentiles, refuses over 1,440 points, and does not sort."""
    given = call.parameters
    plain, percentiles = given.get("Statistics") or [], given.get("ExtendedStatistics") or []
    if bool(plain) == bool(percentiles):
        raise Refusal("InvalidParameterCombination", "Must specify either Statistics or ExtendedStatistics, and not both")
    start, end = _window(given, "InvalidParameterValue")
    period = int(given["Period"])
    wanted = math.ceil((end - start).total_seconds() / period)
    if wanted > POINTS:
        message = f"You have requested up to {wanted} datapoints, which exceeds the limit of {POINTS}."
        raise Refusal("InvalidParameterCombination", message)
    key = _key(given)
    found = [each for each in _chosen(call, {key}, start, end)[key] if given.get("Unit") in {None, each.unit}]
    points: list[dict[str, Any]] = []
    for time, bucket in _buckets(found, start, period).items():
        point: dict[str, Any] = {"Timestamp": time, "Unit": bucket[0].unit or "None"}
        point |= {stat: value for stat in plain if (value := _statistic(stat, bucket)) is not None}
        extended = {stat: value for stat in percentiles if (value := _statistic(stat, bucket)) is not None}
        points.append({**point, **({"ExtendedStatistics": extended} if percentiles else {})})
    return {"Label": given["MetricName"], "Datapoints": points[1::2] + points[::2]}


def percentile(values: Sequence[float], rank: float) -> float:
    """Return the percentile of at least one value, between the closest ranks; `rank` is 0 to 100."""
    ordered = sorted(values)
    place = rank / 100 * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def _window(given: Mapping[str, Any], code: str) -> tuple[datetime, datetime]:
    """Return start, rounded down to the minute as AWS does, and end."""
    start, end = utc(given["StartTime"]).replace(second=0, microsecond=0), utc(given["EndTime"])
    if start >= end:
        raise Refusal(code, "The parameter StartTime must be less than the parameter EndTime.")
    return start, end


def _key(metric: Mapping[str, Any]) -> Name:
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or []}
    return Name.of(metric["Namespace"], metric["MetricName"], **dimensions)


def _by_rule(call: Call, queries: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> dict[str, Series]:
    """Return the points of those queries whose metric is a rule of the estate and nothing else, each metric gone through once."""
    backend: Any = get_backend("cloudwatch")[call.account][call.region]
    if not isinstance(backend, SeriesBackend):
        return {}
    wanted: dict[tuple[Name, int], dict[str, str]] = defaultdict(dict)
    for query in queries:
        asked = query["MetricStat"]
        name = _key(asked["Metric"])
        known = asked["Stat"] in PLAIN or PERCENTILE.fullmatch(asked["Stat"])
        if known and backend.is_rule(name) and asked.get("Unit") in {None, backend.series.kept[name].unit}:
            wanted[name, int(asked["Period"])][query["Id"]] = asked["Stat"]
    found: dict[str, Series] = {}
    for (name, period), ids in wanted.items():
        points = summarised(backend.series, name, start, end, period, set(ids.values()))
        found |= {id_: points[stat] for id_, stat in ids.items()}
    return found


def _chosen(call: Call, names: set[Name], start: datetime, end: datetime) -> Mapping[Name, list[Any]]:
    """Return the data of these metrics in the window: made on demand where the estate keeps rules, picked out otherwise."""
    backend: Any = get_backend("cloudwatch")[call.account][call.region]
    rules = isinstance(backend, SeriesBackend)
    chosen: dict[Name, list[Any]] = defaultdict(list)
    for datum in backend.data(names, start, end) if rules else backend.get_all_metrics():
        name = Name(datum.namespace, datum.name, tuple(sorted((each.name, each.value) for each in datum.dimensions)))
        if name in names and start <= utc(datum.timestamp) < end:
            chosen[name].append(datum)
    return chosen


def _buckets(data: Sequence[Any], start: datetime, period: int) -> dict[datetime, list[Any]]:
    """Return the data by the start of its period, oldest first; a period without data is not there."""
    buckets: dict[datetime, list[Any]] = defaultdict(list)
    for datum in data:
        index = int((utc(datum.timestamp) - start).total_seconds() // period)
        buckets[start + timedelta(seconds=index * period)].append(datum)
    return dict(sorted(buckets.items()))


def _statistic(stat: str, bucket: Sequence[Any]) -> float | None:
    """Return one statistic of a period, or None where AWS has none: a percentile of aggregated values."""
    sets = [each for each in bucket if isinstance(each, MetricAggregatedDatum)]
    values = [float(each.value) for each in bucket if not isinstance(each, MetricAggregatedDatum)]
    if stat in PLAIN:
        total = sum(values) + sum(each.sum for each in sets)
        count = len(values) + sum(each.sample_count for each in sets)
        if stat == "Average":
            return float(total / count) if count else None
        low, high = [*values, *(each.min for each in sets)], [*values, *(each.max for each in sets)]
        return float({"Sum": total, "SampleCount": count, "Minimum": min(low), "Maximum": max(high)}[stat])
    matched = PERCENTILE.fullmatch(stat)
    if matched is None:
        raise Refusal("ValidationError", f"The value {stat} for parameter Stat is not supported.")
    return percentile(values, float(matched[1])) if values and not sets else None


def _times(query: Mapping[str, Any], stats: Sequence[Mapping[str, Any]], start: datetime, end: datetime) -> list[datetime]:
    """Return the starts of the periods of an expression: its own period, or the shortest of the metrics."""
    period = query.get("Period") or min((int(each["MetricStat"]["Period"]) for each in stats), default=60)
    return [start + timedelta(seconds=at) for at in range(0, math.ceil((end - start).total_seconds()), int(period))]


def _expressed(
    query: Mapping[str, Any], series: Mapping[str, Series], stats: Sequence[Mapping[str, Any]], times: Sequence[datetime]
) -> Series:
    try:
        return dict(computed(query["Expression"], series, [each["Id"] for each in stats], times))
    except ExpressionError as error:
        raise Refusal("ValidationError", str(error)) from None


def _result(query: Mapping[str, Any], series: Mapping[str, Series], newest_first: bool) -> dict[str, Any]:  # noqa: FBT001
    points = sorted(series[query["Id"]].items(), reverse=newest_first)
    metric = query.get("MetricStat", {}).get("Metric", {}).get("MetricName")
    return {
        "Id": query["Id"],
        "Label": query.get("Label") or metric or query["Id"],
        "Timestamps": [time for time, _ in points],
        "Values": [value for _, value in points],
        "StatusCode": "Complete",
    }
