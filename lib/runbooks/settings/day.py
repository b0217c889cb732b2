"""What a day is judged by: which runbooks it needs, how old a record may be, objectives, areas, prices."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from runbooks.model import Frozen

Share = Annotated[float, Field(gt=0, lt=1)]


class Objective(Frozen):
    """One service level objective, read from a chart of a daily runbook.

    With `total`, it counts: the points of the line `failed` against those of `total`. Without, each point of `within` is one that
    is good up to the chart's limit. `share` of all must be good.
    """

    name: str
    chart: str  # title, a shell pattern
    share: Share
    total: str = ""
    failed: str = ""
    within: str = ""


class Area(Frozen):
    """One section of the page: the checks in it, as shell patterns on "runbook:check"; the first area that matches has a check."""

    title: str
    checks: tuple[str, ...]


class Day(Frozen):
    """How the daily report reads a day."""

    runbooks: tuple[str, ...] = ()  # that must have run
    fresh_hours: Annotated[int, Field(gt=0, le=360)] = 26
    back_days: Annotated[int, Field(ge=1, le=366)] = 28
    expiry_days: Annotated[int, Field(ge=0)] = 30
    review_days: Annotated[int, Field(gt=0)] = 180
    objectives: tuple[Objective, ...] = ()
    areas: tuple[Area, ...] = ()
    prices: dict[str, Annotated[float, Field(ge=0)]] = Field(default_factory=dict)  # dollars for a thousand requests, by call
