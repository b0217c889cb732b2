"""One number for a whole window, beside the same number for earlier windows.

CloudWatch computes a statistic over each period, and periods begin where the request begins. So the window is one period: a p95 is
the p95 of all its values, never a mean of hourly ones, which would be no percentile. Windows that divide a day are read for four
weeks in one request; others are read again for yesterday and for last week. All days are days of UTC, of 24 hours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from runbooks.errors import Unreadable
from runbooks.estate import Figure
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc
from runbooks.sources.metrics import Statistic, statistics

LATE = timedelta(minutes=3)  # until CloudWatch has most of what was published
GRID = 300  # seconds; what CloudWatch rounds the start to, from 15 days on
DAY, HOUR = 86_400, 3_600
BACK = 28  # days
SHORTEST_TILED = 6 * HOUR  # a shorter window would ask for more than a hundred periods, to use 29 of them

Days = Mapping[int, float]
"""A number by how many days before the window it is of; 0 is the window itself."""


def span(settings: Settings) -> tuple[datetime, datetime]:
    """Return the window as it is read: whole hours, ending at the last five minutes that CloudWatch should have."""
    hours = max(1, round((settings.window.end - settings.window.start).total_seconds() / HOUR))
    late = int((utc(settings.window.end) - LATE).timestamp())
    end = datetime.fromtimestamp(late - late % GRID, tz=settings.window.end.tzinfo)
    return end - timedelta(hours=hours), end


def by_day(reader: Reader, settings: Settings, wanted: Collection[Statistic]) -> dict[Statistic, Days]:
    """Return each statistic over the window, and over the windows before it at the same time of day.

    Raises Unreadable where a part is missing, or where the periods are not the windows.
    """
    start, end = span(settings)
    length = int((end - start).total_seconds())
    if DAY % length == 0 and length >= SHORTEST_TILED:
        return _tiled(reader, wanted, start, end, length)
    found: dict[Statistic, dict[int, float]] = {each: {} for each in wanted}
    for back in (0, *(days for days in (1, 7) if days * DAY >= length)):
        shift = timedelta(days=back)
        rows = statistics(reader, wanted, start=start - shift, end=end - shift, period=length)
        for each, points in rows.items():
            for _, value in placed(points, start - shift, length, 1):
                found[each][back] = value
    return dict(found)


def _tiled(reader: Reader, wanted: Collection[Statistic], start: datetime, end: datetime, length: int) -> dict[Statistic, Days]:
    a_day = DAY // length
    first, last = start - timedelta(days=BACK), BACK * a_day
    rows = statistics(reader, wanted, start=first, end=end, period=length)
    return {
        each: {(last - n) // a_day: value for n, value in placed(points, first, length, last + 1) if (last - n) % a_day == 0}
        for each, points in rows.items()
    }


def placed(points: Sequence[tuple[datetime, float]], first: datetime, period: int, count: int) -> list[tuple[int, float]]:
    """Return (number of the period, value); raises Unreadable for a point that lies in none of them, or a second one in one."""
    found: dict[int, float] = {}
    for at, value in points:
        number, off = divmod((at - first).total_seconds(), period)
        if off or not 0 <= number < count or int(number) in found:
            detail = f"a point of {at:%Y-%m-%d %H:%M:%S} does not fit the periods of {period} s from {first:%Y-%m-%d %H:%M}"
            raise Unreadable(Blind(call="cloudwatch:GetMetricData", reason=Reason.NOT_AN_ANSWER, detail=detail))
        found[int(number)] = value
    return sorted(found.items())


def figure(name: str, unit: str, days: Days) -> Figure:
    """Return a statistic as a figure with its comparison."""
    earlier = tuple(sorted((back, value) for back, value in days.items() if back))
    return Figure(name, unit, days.get(0), earlier)


def share(name: str, part: Days, whole: Days) -> Figure:
    """Return how much of the whole a part is, in percent, for each window in which there is a whole."""
    return figure(name, "%", {back: 100 * part[back] / total for back, total in whole.items() if total and back in part})


def total(one: Days, other: Days) -> Days:
    """Return the sum of two counts, window by window; where one was not published it adds nothing."""
    return {back: one.get(back, 0.0) + other.get(back, 0.0) for back in {*one, *other}}
