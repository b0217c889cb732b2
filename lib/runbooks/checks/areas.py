"""The day by area, one row each: alarms, edge, security, backups and what else the environment file groups."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from runbooks.checks.judgement import claim
from runbooks.estate import Day
from runbooks.model import CheckResult, Evidence, Outcome, Status, worst
from runbooks.settings import Settings

_TOLD = 4  # checks of one area
_WORDS = {Status.FAIL: "failed", Status.UNKNOWN: "not seen", Status.WARN: "warned"}
_ORDER = {Status.FAIL: 0, Status.UNKNOWN: 1, Status.WARN: 2}


def areas_told(days: Sequence[Day], settings: Settings) -> CheckResult:
    """Each area of the day is told in one line, all environments together."""
    areas: dict[str, list[_Said]] = {area.title: [] for area in settings.environment.day.areas}
    for said in (each for day in days for each in _all(day, alone=len(days) == 1)):
        areas.setdefault(_area(said, settings), []).append(said)
    rows = [_row(title, said) for title, said in areas.items() if said]
    bad = [row.resource for row in rows if row.status in _ORDER]
    summary = f"{len(bad)} of {len(rows)} areas are not well: {', '.join(bad)}" if bad else f"{len(rows)} areas are well"
    return CheckResult(name=areas_told.__name__, claim=claim(areas_told), status=Status.PASS, summary=summary, evidence=tuple(rows))


@dataclass(frozen=True, slots=True)
class _Said:
    """What one check says; without a name, that a runbook has no record of today."""

    runbook: str
    check: str
    status: Status
    where: str

    @property
    def key(self) -> str:
        """What the patterns of areas match."""
        return f"{self.runbook}:{self.check}"

    @property
    def name(self) -> str:
        """How it is called in a line."""
        return f"{self.check or f'no record of {self.runbook}'}{self.where}"


def _all(day: Day, *, alone: bool) -> list[_Said]:
    found = []
    for told in day.told:
        where = "" if alone else f" ({day.environment})"
        if told.trouble:
            found.append(_Said(told.runbook, "", Status.UNKNOWN, where))
        if told.verdict is None or (told.trouble and told.verdict.outcome is Outcome.COMPLETED):
            continue
        for result in told.verdict.results:
            status = Status.WARN if result.status is Status.UNKNOWN and not result.required else result.status
            found.append(_Said(told.runbook, result.name, status, where))
    return found


def _area(said: _Said, settings: Settings) -> str:
    areas = settings.environment.day.areas
    matching = (area.title for area in areas if any(fnmatchcase(said.key, pattern) for pattern in area.checks))
    return next(matching, said.runbook.rpartition("/")[2].replace("-", " ").capitalize())


def _row(title: str, said: Sequence[_Said]) -> Evidence:
    status = worst(each.status for each in said)
    bad = sorted((each for each in said if each.status in _ORDER), key=lambda each: _ORDER[each.status])
    passed = sum(each.status is Status.PASS for each in said)
    counted = ", ".join(f"{n} {word}" for status, word in _WORDS.items() if (n := sum(each.status is status for each in bad)))
    names = list(dict.fromkeys(each.name for each in bad))
    named = ", ".join(names[:_TOLD]) + (f" and {len(names) - _TOLD} more" if len(names) > _TOLD else "")
    summary = f"{counted} of {len(said)}: {named}" if bad else f"{passed} {'check' if passed == 1 else 'checks'} passed"
    facts = {"checks": len(said), "passed": passed, "not well": len(bad)}
    return Evidence(resource=title, status=status, summary=summary, facts=facts)
