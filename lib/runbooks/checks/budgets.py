"""Service level objectives and what is left of their error budgets.

The budget of a period is the share that may be bad, of as many as there would be if every day were like the days that are known:
a day without a record is neither good nor bad, and how many are known is said. Burning at rate 1 uses it up exactly at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runbooks.checks.judgement import claim, judge
from runbooks.estate import Day, Served
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import Objective, Settings

NEAR = 3  # days
LOW = 0.25  # of the budget
MINUTES = 1440  # of a day


@dataclass(frozen=True, slots=True)
class Budget:
    """How an objective was met; shares from 0 to 1, burn rates as multiples of what the budget allows, None without data."""

    today: float | None
    period: float | None
    left: float
    minutes: float
    burn: dict[str, float | None]
    known: int

    @property
    def lasts(self) -> float | None:
        """Return for how many days it lasts at today's rate; None where it is not being used up."""
        rate = self.burn["24 h"]
        return None if not rate or rate <= 1 or self.left <= 0 else self.left / rate


def budgets_left(days: Sequence[Day], settings: Settings) -> CheckResult:
    """Every service level objective has error budget left, and is not about to use it up."""
    objectives = settings.environment.day.objectives
    if not objectives:
        summary = "the environment file sets no objective"
        return CheckResult(name=budgets_left.__name__, claim=claim(budgets_left), status=Status.SKIP, summary=summary)
    rows = [_row(day, objective, settings, alone=len(days) == 1) for day in days for objective in objectives]
    return judge(
        budgets_left, days, rows, settings, good="", expected="more than a quarter of each error budget left",
        next_step="incident/performance-degradation",
    )  # fmt: skip


def _row(day: Day, objective: Objective, settings: Settings, *, alone: bool) -> Evidence:
    period = settings.environment.day.back_days
    name = objective.name if alone else f"{day.title}: {objective.name}"
    found = budget([each for each in day.served if each.name == objective.name], objective.share, period)
    facts: dict[str, Fact] = {"environment": day.environment, "objective": f"{100 * objective.share:g} %"}
    if found.today is None or found.period is None:
        summary = "no record of today holds a number of it"
        return Evidence(resource=name, status=Status.UNKNOWN, summary=summary, facts=facts)
    facts |= {
        "24 h": _percent(found.today), f"{found.known} of {period} days": _percent(found.period),
        "left": f"{100 * found.left:.0f} %", "left minutes": f"{found.minutes:,.0f}",
        **{f"burn {over}": _rate(rate) for over, rate in found.burn.items()},
        "lasts days": None if found.lasts is None else f"{found.lasts * period:.1f}",
    }  # fmt: skip
    summary = f"{_percent(found.today)} today, objective {100 * objective.share:g} %; {100 * found.left:.0f} % of budget left"
    return Evidence(resource=name, status=_status(found, period), summary=summary, facts=facts)


def _status(found: Budget, period: int) -> Status:
    if found.left <= 0:
        return Status.FAIL
    near = found.lasts is not None and found.lasts * period < NEAR
    return Status.WARN if found.left < LOW or near else Status.PASS


def budget(served: Iterable[Served], share: float, period: int) -> Budget:
    """Return how an objective of `share` was met over `period` days, from the days that are known."""
    by_day = {each.days_back: each for each in served if each.total and each.days_back < period}
    today, near = by_day.get(0), [each for number, each in by_day.items() if number < NEAR]
    bad, total = _sums(by_day.values())
    allowed = (1 - share) * total * period / len(by_day) if by_day else 0.0
    left = 1 - bad / allowed if allowed else 0.0
    recent = {f"{hours} h": _burn(whole - good, whole, share) for hours, whole, good in (today.recent if today else ())}
    return Budget(
        today=today.good / today.total if today else None,
        period=1 - bad / total if total else None,
        left=left,
        minutes=max(0.0, left) * (1 - share) * period * MINUTES,
        burn={**recent, "24 h": _burn(*_sums([today] if today else []), share), f"{NEAR} d": _burn(*_sums(near), share)},
        known=len(by_day),
    )


def _sums(served: Iterable[Served]) -> tuple[float, float]:
    days = list(served)
    return sum(each.total - each.good for each in days), sum(each.total for each in days)


def _burn(bad: float, total: float, share: float) -> float | None:
    return bad / total / (1 - share) if total else None


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _rate(value: float | None) -> str | None:
    return None if value is None else f"{value:.1f}"
