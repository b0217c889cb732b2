"""An empty log is not a quiet day: what is missing is told by witnesses, and a row of a strange shape by its shape."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from runbooks.checks import trails
from runbooks.estate import Reading, Rows, Witness
from runbooks.model import Status, Window
from runbooks.settings import Settings
from runbooks.sources import witnesses

START = datetime(2026, 11, 17, tzinfo=UTC)
END = START + timedelta(days=7)
WINDOW = Window(start=END - timedelta(days=1), end=END)
READ = Reading("Scan of a table in 4 segments", 4, 2_000, 150, 25.0)


def witness(missing: int = 0, expected: float = 0.0) -> Witness:
    return Witness("login-attempts", "logins that succeeded and left no audit row", 30, missing, WINDOW.start, WINDOW.end, expected)


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (witness(), Status.PASS), (witness(1), Status.WARN), (witness(2), Status.FAIL), (witness(expected=11.9), Status.PASS),
        (witness(expected=12.0), Status.FAIL),
    ],
)  # fmt: skip
def test_what_a_witness_misses(scope: Settings, found: Witness, status: Status) -> None:
    assert trails.trail_unbroken([witness(), found], scope).status is status


def test_without_a_witness_nothing_is_known(scope: Settings) -> None:
    assert trails.trail_unbroken([], scope).status is Status.UNKNOWN


def hours(value: float = 400.0) -> list[tuple[datetime, float]]:
    return [(START + timedelta(hours=hour), value) for hour in range(24 * 7)]


def visits(an_hour: float, *, seed: int = 1, without: tuple[int, int] = (0, 0)) -> list[datetime]:
    """Return visits that come by chance, none of them in the hours of the week that are left out."""
    dice, at, found = Random(seed), 0.0, []  # noqa: S311 - chance, no secret
    while (at := at + dice.expovariate(an_hour)) < 24 * 7:
        if not without[0] <= at < without[1]:
            found.append(START + timedelta(hours=at))
    return found


def test_a_silence_is_weighed_by_the_visits_that_were_due() -> None:
    found = witnesses.longest(visits(3, without=(150, 156)), hours(), WINDOW)
    assert found.expected > 15
    assert found.first is not None
    assert found.first >= START + timedelta(hours=149)


def test_a_silence_before_the_window_is_no_matter_of_today() -> None:
    assert witnesses.longest(visits(3, without=(50, 80)), hours(), WINDOW).expected < 12


def test_a_silence_that_is_going_on_counts() -> None:
    assert witnesses.longest(visits(3, without=(160, 168)), hours(), WINDOW).expected > 15


def test_a_load_test_brings_no_visits() -> None:
    loaded = [*hours()[:-1], (END - timedelta(hours=1), 40_000.0)]
    assert witnesses.longest(visits(3, without=(167, 168)), loaded, WINDOW).expected < 12


def test_a_quiet_platform_may_be_silent_for_long() -> None:
    assert witnesses.longest(visits(0.2, seed=3), hours(20.0), WINDOW).expected < 12


def test_chance_alone_raises_no_alarm() -> None:
    """Of three hundred weeks of visits that come by chance, three an hour, not one is called broken."""
    assert max(witnesses.longest(visits(3, seed=seed), hours(), WINDOW).expected for seed in range(300)) < 12


def test_rows_of_a_strange_shape(scope: Settings) -> None:
    good = Rows("boat-audit-logs", (), WINDOW.end, 4_000, READ)
    bad = Rows("boat-audit-logs", (("the timestamp is no time in UTC", 7),), WINDOW.end, 4_000, READ)
    assert trails.rows_well_formed([good], scope).summary == (
        "boat-audit-logs: 150 rows as they should be, 2,000 looked at, 50% of the table, 25 read units"
    )
    result = trails.rows_well_formed([good, bad], scope)
    assert result.status is Status.FAIL
    assert "7 rows: the timestamp is no time in UTC" in result.summary
