"""An hour that is unlike others is named; on healthy days, with all their noise, the budget of false alarms is kept."""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from statistics import NormalDist

import pytest

from runbooks.checks.anomalies import nothing_unusual
from runbooks.estate import Course
from runbooks.model import Status
from runbooks.settings import Settings

HOURS = 29 * 24
BEGIN = datetime(2026, 10, 26, 3, tzinfo=UTC)  # in the United States clocks go back within these four weeks
BUSY = 190.0  # requests an hour, on average
SHARES = (0.10, 0.46, 0.22, 0.04, 0.01, 0.07, 0.10)  # of the seven functions
API = "Boat Listing API"
BACK = 6 * 24 + 3  # hours from the beginning until people get up an hour later

Noise = Callable[[random.Random], float]


def poisson(dice: random.Random, mean: float) -> int:
    if mean > 40:
        return max(0, round(dice.gauss(mean, math.sqrt(mean))))
    count, left = 0, math.exp(-mean)
    product = dice.random()
    while product > left:
        count, product = count + 1, product * dice.random()
    return count


def rhythm(dice: random.Random) -> list[float]:
    """Return how busy each hour is: day and night, the week, good and bad days, and clocks that go back."""
    days = [dice.lognormvariate(0, 0.12) for _ in range(31)]
    found = []
    for hour in range(HOURS):
        local = hour + 3 - (hour >= BACK)
        wave = 1 + 0.75 * math.cos((local % 24 - 19) / 24 * 2 * math.pi)
        found.append(wave * (1.15 if (hour // 24) % 7 >= 5 else 0.95) * days[hour // 24])
    return found


def p95(dice: random.Random, count: int, middle: float, width: float) -> float:
    """Return the p95 of `count` response times with a long tail, drawn as the order statistic that it is."""
    rank = dice.betavariate(0.95 * count + 0.05, 0.05 * count + 0.95)
    return math.exp(math.log(middle) + width * NormalDist().inv_cdf(min(max(rank, 1e-9), 1 - 1e-9)))


def healthy(seed: int, scale: float = 1.0) -> list[Course]:
    """Return the series of one healthy platform: Poisson traffic, times with long tails that drift, a few errors."""
    dice = random.Random(seed)  # noqa: S311 - made-up data, no secret
    busy = rhythm(dice)
    found = []
    for place, share in enumerate((1.0, *SHARES)):
        name = API if not place else f"function-{place}"
        counts = [poisson(dice, BUSY * scale * share * each) for each in busy]
        events = tuple(float(count) or None for count in counts)
        drift, times = 0.0, []
        for count in counts:
            drift = 0.7 * drift + dice.gauss(0, 0.04)
            times.append(p95(dice, count, 110 * math.exp(drift), 0.5 + 0.05 * place) if count else None)
        errors = tuple(float(poisson(dice, 0.0015 * count)) if count else None for count in counts)
        found += [
            Course(name, "p95", "time", BEGIN, tuple(times), events, 24),
            Course(name, "errors" if place else "5XX", "share", BEGIN, errors, events, 24),
        ]
        if not place:
            client = tuple(float(poisson(dice, 0.05 * count)) if count else None for count in counts)
            found += [
                Course(name, "requests", "count", BEGIN, events, events, 24),
                Course(name, "4XX", "share", BEGIN, client, events, 24),
            ]
    return found


@pytest.mark.slow
def test_on_healthy_days_false_alarms_keep_their_budget(scope: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    days = [(seed, scale) for scale in (0.2, 1.0, 8.0) for seed in range(50)]
    alarms = [day for day in days if nothing_unusual(healthy(*day), scope).status is not Status.PASS]
    budget = scope.environment.performance.false_alarms
    with capsys.disabled():
        sys.stdout.write(f"\nfalse alarms: {len(alarms)} of {len(days)} healthy days, budget {budget:.0%}\n")
    assert len(alarms) <= budget * len(days) + 1


def spoiled(
    courses: list[Course], measure: str, hour: int, change: Callable[[float, float], float], name: str = API
) -> list[Course]:
    """Return the courses with one hour of one of them changed; `hour` counts back from the end, 1 is the last."""
    done = []
    for course in courses:
        if (course.resource, course.measure) == (name, measure):
            values = list(course.values)
            values[-hour] = change(values[-hour] or 0.0, course.events[-hour] or 0.0)
            course = replace(course, values=tuple(values))  # noqa: PLW2901 - the loop's own copy
        done.append(course)
    return done


@pytest.mark.parametrize(
    ("measure", "change", "name", "status", "words"),
    [
        ("p95", lambda value, _: 4 * value, API, Status.FAIL, "limit 500.0 ms"),
        ("p95", lambda value, _: 3 * value, "function-2", Status.WARN, "usual at this time of day"),
        ("5XX", lambda _, events: round(0.2 * events), API, Status.FAIL, "limit 1.00 %"),
        ("4XX", lambda _, events: round(0.6 * events), API, Status.WARN, "usual at this time of day"),
        ("errors", lambda _, events: round(0.3 * events), "function-2", Status.FAIL, "limit 1.00 %"),
        ("requests", lambda value, _: 8 * value, API, Status.WARN, "requests in the hour from"),
        ("requests", lambda value, _: value / 8, API, Status.WARN, "requests in the hour from"),
    ],
)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bad_hour_is_named_with_what_is_usual(
    bare: Settings, seed: int, measure: str, change: Callable[[float, float], float], name: str, status: Status, words: str
) -> None:
    result = nothing_unusual(spoiled(healthy(seed), measure, 6, change, name), bare)
    assert result.status is status
    (row,) = [row for row in result.evidence if row.resource == f"{name}, {measure}"]
    assert words in row.summary
    assert f"{BEGIN + timedelta(hours=HOURS - 6):%Y-%m-%d %H:%M} UTC" in row.summary


def test_faster_answers_and_fewer_errors_are_no_anomaly(scope: Settings) -> None:
    courses = spoiled(healthy(4), "p95", 3, lambda value, _: value / 5)
    assert nothing_unusual(spoiled(courses, "4XX", 3, lambda *_: 0.0), scope).status is Status.PASS


def test_an_incident_in_the_past_does_not_hide_the_next_one(scope: Settings) -> None:
    courses = healthy(5)
    for hour in (6 + 24 * 3, 6 + 24 * 9, 6 + 24 * 10):
        courses = spoiled(courses, "5XX", hour, lambda _, events: round(0.5 * events))
    result = nothing_unusual(spoiled(courses, "5XX", 6, lambda _, events: round(0.3 * events)), scope)
    assert [row.resource for row in result.evidence] == [f"{API}, 5XX"]


def test_hours_without_any_data_are_said_and_are_not_zero(scope: Settings) -> None:
    courses = [
        replace(each, values=(*each.values[:-5], *[None] * 5), events=(*each.events[:-5], *[None] * 5)) if each.resource == API else each
        for each in healthy(6)
    ]  # fmt: skip
    result = nothing_unusual(courses, scope)
    assert [row.resource for row in result.evidence] == [f"{API}, requests"]
    assert "nothing was published in 5 of 24 hours" in result.summary


def test_a_platform_without_a_past_is_not_judged(scope: Settings) -> None:
    young = [replace(each, values=each.values[-24:], events=each.events[-24:]) for each in healthy(7)]
    assert nothing_unusual(young, scope).status is Status.UNKNOWN
    assert nothing_unusual([], scope).status is Status.UNKNOWN
