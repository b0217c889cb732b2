"""Is an hour unlike the same hour of other days: robust, by the time of day, with a budget of false alarms.

Each hour of the window is compared with the hours of four weeks at the same time of day and those beside them: 84 at most. So a
shift of summer time is no anomaly, and neither is a busy evening. What is ordinary is their median, how much they differ is their
median absolute deviation: a bad hour among them moves neither. Times are compared as logarithms, counts as square roots (Anscombe
1948), which makes the noise of both alike at every level.

The distance that counts follows from the budget: `false_alarms` of all comparisons of a run, shared equally between them. A test
measures on made-up healthy days that the budget is kept. Beside that, an anomaly must matter: so many times the usual.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist, median

from runbooks.checks.figures import DEGRADATION, number
from runbooks.checks.judgement import judge
from runbooks.estate import Course
from runbooks.model import CheckResult, Evidence, Status
from runbooks.settings import Settings

DAYS, BESIDE = 28, 1  # how many days back, and how many hours beside the same hour
FEWEST = 20  # comparable hours that tell what is ordinary; a platform younger than a week is not judged
SAMPLES = 20  # calls in an hour: the p95 of fewer is their longest, which is no property of the platform
SMALLEST = 0.05  # of a time: closer than five percent is alike, however steady the past was
CAUTION = 1.25  # a deviation estimated from few hours is itself uncertain, and real noise has longer tails than the normal one
MAD = 1.4826  # median absolute deviations in a standard deviation of the normal distribution


@dataclass(frozen=True, slots=True)
class _Hour:
    """One hour that is unlike others: when it began, what it was, what is usual, and how far apart they are."""

    begin: datetime
    value: float
    usual: float
    distance: float


def nothing_unusual(courses: Sequence[Course], settings: Settings) -> CheckResult:
    """No hour is unlike the same time of day in four weeks, beyond what chance explains and by enough to matter."""
    limits = settings.environment.performance
    hours = sum(len(list(_comparable_hours(course))) for course in courses)
    threshold = level(limits.false_alarms, hours)
    found = [(course, unusual(course, threshold, limits.unusual)) for course in courses]
    odd = [_evidence(course, hours_, settings) for course, hours_ in found if hours_]
    young = None if hours or not courses else _young(courses)
    return judge(
        nothing_unusual, courses, [young, *map(_gap, courses), *odd], settings,
        good=f"{hours:,} hours of {len(courses)} series are as at the same time of other days",
        expected=f"within {threshold:.1f} deviations or {limits.unusual:g} times the usual",
        next_step=DEGRADATION,
    )  # fmt: skip


def level(false_alarms: float, comparisons: int) -> float:
    """Return how many deviations are too many, so that all comparisons of a run together keep the budget of false alarms."""
    return CAUTION * NormalDist().inv_cdf(1 - min(0.5, false_alarms / max(1, comparisons)))


def unusual(course: Course, threshold: float, times: float) -> list[_Hour]:
    """Return the hours of the window that are unlike others, oldest first."""
    return [hour for n in _comparable_hours(course) if (hour := _compared(course, n)) and _matters(course, hour, threshold, times)]


def _comparable_hours(course: Course) -> Iterator[int]:
    """Yield the places of those hours of the window that can be compared."""
    for n in range(len(course.values) - course.hours, len(course.values)):
        events = course.events[n] or 0.0
        enough = course.sort == "count" or events >= SAMPLES
        if enough and course.values[n] is not None and len(_like(course, n)) >= FEWEST:
            yield n


def _like(course: Course, n: int) -> list[int]:
    """Return the places of the hours before the window that an hour is compared with."""
    first = len(course.values) - course.hours
    places = (n - 24 * day + beside for day in range(1, DAYS + 1) for beside in range(-BESIDE, BESIDE + 1))
    fewest = 0.0 if course.sort == "count" else float(SAMPLES)
    return [at for at in places if 0 <= at < first and course.values[at] is not None and (course.events[at] or 0.0) >= fewest]


def _compared(course: Course, n: int) -> _Hour | None:
    value, like = course.values[n], _like(course, n)
    if value is None:
        return None
    past = [(course.values[at] or 0.0, course.events[at] or 0.0) for at in like]
    begin = course.begin + timedelta(hours=n)
    if course.sort == "share":
        return _share(begin, value, course.events[n] or 0.0, past)
    known = [_even(course.sort, old) for old, _ in past]
    usual = median(known)
    spread = max(_deviation(known, usual), SMALLEST if course.sort == "time" else 1.0)
    level_ = math.exp(usual) if course.sort == "time" else (usual / 2) ** 2 - 3 / 8
    return _Hour(begin, value, max(level_, 0.0), (_even(course.sort, value) - usual) / spread)


def _share(begin: datetime, value: float, events: float, past: Sequence[tuple[float, float]]) -> _Hour:
    """Compare errors with as many as so many calls usually have; the worst twentieth of past hours counts as incidents."""
    kept = sorted(past, key=lambda pair: pair[0] / pair[1])[: math.ceil(0.95 * len(past))]
    rate = sum(bad for bad, _ in kept) / sum(of for _, of in kept)
    off = [_even("count", bad) - _even("count", rate * of) for bad, of in past]
    spread = max(_deviation(off, 0.0), 1.0)
    return _Hour(begin, value / events, rate, (_even("count", value) - _even("count", rate * events)) / spread)


def _even(sort: str, value: float) -> float:
    """Return a value on the scale on which its noise is the same everywhere."""
    return math.log(max(value, 1e-3)) if sort == "time" else 2 * math.sqrt(max(value, 0.0) + 3 / 8)


def _deviation(values: Sequence[float], centre: float) -> float:
    return MAD * median(abs(value - centre) for value in values)


def _matters(course: Course, hour: _Hour, threshold: float, times: float) -> bool:
    """Say whether an hour is far off and badly so; fewer requests than usual are bad news too, faster answers are not."""
    if hour.distance > threshold and hour.value >= times * hour.usual:
        return True
    return course.sort == "count" and hour.distance < -threshold and hour.value * times <= hour.usual


def _evidence(course: Course, odd: Sequence[_Hour], settings: Settings) -> Evidence:
    worst = max(odd, key=lambda hour: abs(hour.distance))
    limit = _limit(course, settings)
    past = [hour for hour in odd if limit is not None and hour.value >= limit]
    over = f", limit {_said(course, limit)}" if past and limit is not None else ""
    more = f"; {len(odd)} of {course.hours} hours are unusual" if len(odd) > 1 else ""
    summary = (
        f"{_said(course, worst.value)} in the hour from {worst.begin:%Y-%m-%d %H:%M} UTC, usual at this time of day "
        f"{_said(course, worst.usual)}{over}{more}"
    )
    return Evidence(
        resource=f"{course.resource}, {course.measure}", status=Status.FAIL if past else Status.WARN, summary=summary,
        facts={"hours": _list(odd), "deviations": round(worst.distance, 1)},
    )  # fmt: skip


def _limit(course: Course, settings: Settings) -> float | None:
    """Return the limit that also holds for an hour; a function's limit is one of averages, so that its p95 has none."""
    limits = settings.environment.performance
    if course.measure == "p95":
        return limits.api_p95_ms if course.resource == settings.environment.expected.api else None
    return limits.errors if course.measure in ("5XX", "errors") else None


def _gap(course: Course) -> Evidence | None:
    """Say that requests were expected and none was counted: no data, which is not the same as no requests, and no less odd."""
    if course.sort != "count":
        return None
    begins = [
        course.begin + timedelta(hours=n)
        for n in range(len(course.values) - course.hours, len(course.values))
        if course.values[n] is None
        and len(like := _like(course, n)) >= FEWEST
        and median(course.values[at] or 0.0 for at in like) >= SAMPLES
    ]
    if not begins:
        return None
    summary = (
        f"nothing was published in {len(begins)} of {course.hours} hours, first in the one from {begins[0]:%Y-%m-%d %H:%M} UTC"
    )
    return Evidence(resource=f"{course.resource}, {course.measure}", status=Status.WARN, summary=summary)


def _said(course: Course, value: float) -> str:
    match course.sort:
        case "time":
            return number(value, "ms")
        case "share":
            return number(100 * value, "%")
    return number(value, course.measure)


def _list(odd: Iterable[_Hour]) -> str:
    return ", ".join(f"{hour.begin:%d %H:%M}" for hour in odd)


def _young(courses: Sequence[Course]) -> Evidence:
    summary = f"there are fewer than {FEWEST} hours of the past to compare any with, or too few calls in each"
    return Evidence(resource="all series" if len(courses) > 1 else courses[0].resource, status=Status.UNKNOWN, summary=summary)
