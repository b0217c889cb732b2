"""Series hour by hour, over the window and four weeks before it: what an ordinary hour of the day looks like, and charts.

Hours are counted back from the end of the window, so that none is cut; they are hours of UTC days, which never have 23 or 25.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from runbooks.estate import Course, Metric
from runbooks.gateway import Reader
from runbooks.model import Chart, Series
from runbooks.settings import Settings
from runbooks.sources import stack
from runbooks.sources.figures import BACK, HOUR, placed, span
from runbooks.sources.metrics import Statistic, statistics

LINES = 5  # of a chart


@dataclass(frozen=True, slots=True)
class _Wish:
    """One series: what it is called, and the statistics it is made of."""

    resource: str
    measure: str
    sort: str
    value: Statistic
    events: Statistic


def all_of(reader: Reader, settings: Settings) -> list[Course]:
    """Return requests, response times and shares of errors of the API, calls, times and errors of each function, hour by hour."""
    wishes = [*_api(settings), *(wish for name in _functions(reader, settings) for wish in _function(name))]
    return _courses(reader, settings, wishes)


def _functions(reader: Reader, settings: Settings) -> list[str]:
    return [member.physical for member in stack.resources(reader, settings, "AWS::Lambda::Function")]


def _api(settings: Settings) -> list[_Wish]:
    name = settings.environment.expected.api

    def of(metric: str, stat: str) -> Statistic:
        return Statistic(Metric("AWS/ApiGateway", metric, (("ApiName", name),)), stat)

    requests = of("Count", "Sum")
    return [
        _Wish(name, "requests", "count", requests, requests),
        _Wish(name, "p95", "time", of("Latency", "p95"), requests),
        _Wish(name, "5XX", "share", of("5XXError", "Sum"), requests),
        _Wish(name, "4XX", "share", of("4XXError", "Sum"), requests),
    ]


def _function(name: str) -> list[_Wish]:
    def of(metric: str, stat: str) -> Statistic:
        return Statistic(Metric("AWS/Lambda", metric, (("FunctionName", name),)), stat)

    calls = of("Invocations", "Sum")
    return [
        _Wish(name, "p95", "time", of("Duration", "p95"), calls),
        _Wish(name, "errors", "share", of("Errors", "Sum"), calls),
    ]


def _courses(reader: Reader, settings: Settings, wishes: list[_Wish]) -> list[Course]:
    start, end = span(settings)
    begin = start - timedelta(days=BACK)
    count = int((end - begin).total_seconds()) // HOUR
    wanted = {each for wish in wishes for each in (wish.value, wish.events)}
    found = {
        each: dict(placed(points, begin, HOUR, count))
        for each, points in statistics(reader, wanted, start=begin, end=end, period=HOUR).items()
    }

    def hours(each: Statistic) -> tuple[float | None, ...]:
        return tuple(found[each].get(number) for number in range(count))

    window = int((end - start).total_seconds()) // HOUR
    return [Course(wish.resource, wish.measure, wish.sort, begin, hours(wish.value), hours(wish.events), window) for wish in wishes]


def response_times(reader: Reader, settings: Settings) -> Chart:
    """Return the API's p95 hour by hour, today over yesterday and over the same weekday last week."""
    course = next(each for each in all_of(reader, settings) if each.measure == "p95")
    days = {"this window": 0, "a day before": 1, "a week before": 7}
    lines = tuple(Series(label=label, points=_window(course, back)) for label, back in days.items())
    limit = settings.environment.performance.api_p95_ms
    return Chart(
        title="Response time of the API, p95 of each hour", unit="ms", limit=limit, words=_words(lines, "ms"), series=lines
    )


def slowest_functions(reader: Reader, settings: Settings) -> Chart:
    """Return the p95 of each hour of those functions that took longest in any."""
    by_logical = {member.physical: member.logical for member in stack.resources(reader, settings, "AWS::Lambda::Function")}
    courses = [each for each in all_of(reader, settings) if each.measure == "p95" and each.resource in by_logical]
    peaks = {each.resource: max((v for v in each.values[-each.hours :] if v is not None), default=0.0) for each in courses}
    courses = sorted(courses, key=lambda each: -peaks[each.resource])[:LINES]
    lines = tuple(Series(label=by_logical[each.resource], points=_window(each, 0)) for each in courses)
    return Chart(title="The slowest functions, p95 of each hour", unit="ms", words=_words(lines, "ms"), series=lines)


def failures(reader: Reader, settings: Settings) -> Chart:
    """Return the API's shares of errors hour by hour."""
    courses: Mapping[str, Course] = {each.measure: each for each in all_of(reader, settings)[:4]}
    lines = tuple(Series(label=label, points=_percent(courses[label])) for label in ("5XX", "4XX"))
    limit = 100 * settings.environment.performance.errors
    return Chart(title="Answers of the API that are errors", unit="%", limit=limit, words=_words(lines, "%"), series=lines)


def _window(course: Course, back: int) -> tuple[tuple[datetime, float | None], ...]:
    """Return the hours of the window, or of the same so many days before, drawn where the window's are."""
    first = len(course.values) - course.hours
    return tuple(
        (course.begin + timedelta(hours=first + n), course.values[first + n - 24 * back] if first + n >= 24 * back else None)
        for n in range(course.hours)
    )


def _percent(course: Course) -> tuple[tuple[datetime, float | None], ...]:
    events = course.events[-course.hours :]
    return tuple(
        (at, None if value is None or not whole else 100 * value / whole)
        for (at, value), whole in zip(_window(course, 0), events, strict=True)
    )


def _words(lines: tuple[Series, ...], unit: str) -> str:
    parts = []
    for line in lines:
        values = [value for _, value in line.points if value is not None]
        parts.append(f"{line.label}: {min(values):,.1f} to {max(values):,.1f} {unit}" if values else f"{line.label}: no data")
    return "; ".join(parts)
