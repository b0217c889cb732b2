"""How fast, how full, how often wrong: figures over the window beside those of earlier windows, and answers to a probe."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from runbooks.estate.platform import EndpointAnswer

WEEK = 7  # days
BAND = 7  # earlier figures that make a band


@dataclass(frozen=True, slots=True)
class Figure:
    """One number over the window; None where nothing was published, which is not zero.

    `unit` is "ms", "%" or the word for what is counted. `earlier` are the same number over windows of the same length at the same
    time of day (UTC), as (days before, number), where there was any.
    """

    name: str
    unit: str
    value: float | None
    earlier: tuple[tuple[int, float], ...] = ()

    @property
    def yesterday(self) -> float | None:
        """Return the figure of a day before."""
        return dict(self.earlier).get(1)

    @property
    def last_week(self) -> float | None:
        """Return the figure of the same weekday last week."""
        return dict(self.earlier).get(WEEK)

    @property
    def band(self) -> tuple[float, float] | None:
        """Return the lowest and the highest of the earlier figures, None where there are too few to speak of a band."""
        values = [value for _, value in self.earlier]
        return (min(values), max(values)) if len(values) >= BAND else None


@dataclass(frozen=True, slots=True)
class Measured:
    """The figures of one resource: a function, the API, a table or an index."""

    resource: str
    figures: tuple[Figure, ...]

    def figure(self, name: str) -> Figure:
        """Return the figure of that name; raises KeyError where there is none."""
        return next((each for each in self.figures if each.name == name), None) or _unknown(name)

    def value(self, name: str) -> float | None:
        """Return the number of that figure, None where nothing was published."""
        return self.figure(name).value


def _unknown(name: str) -> Figure:
    raise KeyError(f"there is no figure '{name}'")


@dataclass(frozen=True, slots=True)
class Concurrency:
    """How many calls ran at the same time at most, and how many may; `limit` is None for a function without one of its own."""

    resource: str
    peak: Figure
    limit: int | None


@dataclass(frozen=True, slots=True)
class Capacity:
    """What one direction ("read" or "write") of a table or an index consumed and was refused.

    `busiest` is the highest consumption of five minutes, in units a second. `provisioned` is None on demand, where `most` is the
    limit: what the table itself or else the account allows. `throttled` counts refused requests; `hot` those of a single
    partition, which are the trace of a hot key. Both are only published where there were any.
    """

    resource: str
    direction: str
    consumed: Figure
    busiest: float | None
    provisioned: int | None
    most: int
    throttled: float
    hot: float


@dataclass(frozen=True, slots=True)
class Course:
    """One series hour by hour, oldest first: the last `hours` of them are the window, those before are what it is compared with.

    `sort` is "time" (ms), "count", or "share" (of `events`, each hour's). None is an hour in which nothing was published.
    """

    resource: str
    measure: str
    sort: str
    begin: datetime
    values: tuple[float | None, ...]
    events: tuple[float | None, ...]
    hours: int


@dataclass(frozen=True, slots=True)
class Probed:
    """The answers of one public address to a few GETs, one after the other; fewer than `planned` where the time was over."""

    name: str
    url: str
    answers: tuple[EndpointAnswer, ...]
    planned: int
