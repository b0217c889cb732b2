"""What is left of runs: the newest record of each daily runbook of an environment, and those of the days before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from runbooks.model import Chart, Verdict


@dataclass(frozen=True, slots=True)
class Told:
    """What one daily runbook says of the day.

    Attributes:
        verdict: What its newest record says; None where there is none to be believed.
        trouble: Why it says nothing of today, in one sentence: missing, too old, damaged, did not finish. Empty where it does.
        page: The place of its page in the folder of reports, empty where there is none.
        charts: What its notebook shows.
        reviewed: When the runbook was last reviewed, None where the notebook does not say.
    """

    environment: str
    runbook: str
    verdict: Verdict | None
    trouble: str
    page: str = ""
    charts: tuple[Chart, ...] = ()
    owner: str = ""
    reviewed: date | None = None


@dataclass(frozen=True, slots=True)
class Served:
    """How one objective was met on one day: how many there were, how many of them good; `recent` counts the last hour and six."""

    name: str
    days_back: int
    total: float
    good: float
    recent: tuple[tuple[int, float, float], ...] = ()  # hours, total, good


@dataclass(frozen=True, slots=True)
class Day:
    """One environment today, and before.

    Attributes:
        at: The time of the report, by the clock of the environment.
        told: What each daily runbook says, one a runbook.
        before: The verdicts of the day before, as far as there are any.
        earlier: Those of the days before that, the newest day first.
        served: How the objectives were met, a row a day and objective.
        page: The place of yesterday's daily report in the folder of reports.
    """

    environment: str
    title: str
    at: datetime
    told: tuple[Told, ...]
    before: tuple[Verdict, ...] = ()
    earlier: tuple[tuple[Verdict, ...], ...] = ()
    served: tuple[Served, ...] = ()
    page: str = ""
