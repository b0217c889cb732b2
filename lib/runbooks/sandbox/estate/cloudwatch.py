"""A CloudWatch backend for moto whose data come out of series: made when asked for, for the metrics and the window asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from moto.backends import get_backend
from moto.cloudwatch.models import CloudWatchBackend, Dimension, MetricAggregatedDatum, MetricDatum, MetricDatumBase

from runbooks.sandbox.estate.series import Name, Series

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.series import Kept, Pairs

WHOLE = timedelta(days=8)  # of what `get_all_metrics` returns


class SeriesBackend(CloudWatchBackend):
    """moto's CloudWatch, whose metrics are the account's series and whatever PutMetricData added."""

    series: Series

    def data(self, names: Collection[Name], start: datetime, end: datetime) -> Iterator[MetricDatumBase]:
        """Yield the data of these metrics in [start, end): times as single values, all else as a set of statistics a sample."""
        for name in names:
            kept = self.series.kept.get(name)
            if kept is not None:
                yield from _told(name, kept, self.series.samples(name, start, end))
        for datum in self.metric_data:
            if start <= _aware(datum.timestamp) < end and _name(datum) in names:
                yield datum

    def is_rule(self, name: Name) -> bool:
        """Say whether a metric is one of the account's series, and nothing was put beside it."""
        return name in self.series.kept and all(_name(datum) != name for datum in self.metric_data)

    def get_all_metrics(self) -> list[MetricDatumBase]:
        """Return all data of the last eight days: some hundred thousand, so ask `data` where the metrics are known."""
        now = self.series.now()
        return list(self.data(self.series.kept.keys() | {_name(datum) for datum in self.metric_data}, now - WHOLE, now))

    def get_filtered_metrics(self, metric_name: str, namespace: str, dimensions: list[dict[str, str]]) -> list[MetricDatumBase]:
        """Return one datum for each metric that had data in the last two weeks: what ListMetrics lists."""
        names = {name: None for name in self.series.kept if self.series.alive(name)} | {
            _name(datum): None for datum in self.metric_data
        }
        return [datum for datum in map(_datum, names) if datum.filter(namespace, metric_name, dimensions)]


def install(account: Account, series: Series) -> None:
    """Put a fresh CloudWatch backend into the account's region."""
    environment = account.environment
    made = SeriesBackend(environment.region, environment.account)
    made.series = series
    get_backend("cloudwatch")[environment.account][environment.region] = made


def _told(name: Name, kept: Kept, samples: Iterable[tuple[int, Pairs]]) -> Iterator[MetricDatumBase]:
    dimensions = [Dimension(key, value) for key, value in name.dimensions]
    single = kept.unit == "Milliseconds"
    for slot, pairs in samples:
        at = datetime.fromtimestamp(slot, UTC)
        made: list[MetricDatumBase]
        if single:
            made = [
                MetricDatum(name.namespace, name.metric, value, [], at, kept.unit) for value, n in pairs for _ in range(round(n))
            ]
        else:
            values = [value for value, _ in pairs]
            count, total = sum(n for _, n in pairs), sum(value * n for value, n in pairs)
            made = [MetricAggregatedDatum(name.namespace, name.metric, min(values), max(values), count, total, [], at, kept.unit)]
        for datum in made:
            datum.dimensions = dimensions  # shared: making them anew for each point takes longer than all the rest
            yield datum


def _name(datum: MetricDatumBase) -> Name:
    return Name(datum.namespace, datum.name, tuple(sorted((str(each.name), str(each.value)) for each in datum.dimensions)))


def _datum(name: Name) -> MetricDatumBase:
    return MetricDatumBase(
        name.namespace, name.metric, [{"Name": key, "Value": value} for key, value in name.dimensions], datetime.now(UTC)
    )


def _aware(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
