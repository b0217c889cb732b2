"""The records of the day: what each daily runbook said last, what it said before, and the charts it drew. AWS is not asked.

A day back is looked for around the same time of day: yesterday's record is between 12 and 36 hours older than today's.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from runbooks import settings as environments
from runbooks.errors import CallError, RecordError
from runbooks.estate import Day, Served, Told
from runbooks.gateway import Reader
from runbooks.history import Archive, Index, Record, as_of, files
from runbooks.model import Chart, Outcome, Series, Verdict
from runbooks.settings import Environment, Objective, Settings, utc

REPORT = "reports/daily-report"
KIND = "daily/"  # what the names of the runbooks of a day begin with
DAY = timedelta(days=1)
HALF = timedelta(hours=12)
RECENT = (1, 6)  # hours of which the use of the error budget is told, besides a day and more
NEAR = 7  # days whose findings are compared; more are only counted
SIGNALS = 12  # charts on the page
MARGIN = 1.0  # seconds before the deadline at which older days are no longer read


def days(reader: Reader, settings: Settings) -> list[Day]:
    """Return today and the days before of this environment, and of the others that the parameter `others` names."""
    archive = _archive(reader)
    names = [settings.environment.name, *str(settings.parameters.get("others", "")).split()]
    return archive.remembered("records", lambda: [_day(archive, _environment(name), settings) for name in dict.fromkeys(names)])


def signals(reader: Reader, settings: Settings) -> list[Chart]:
    """Return the charts of today's records; of several environments those that objectives are read from, with the name of each."""
    found = days(reader, settings)
    charts = [(day, chart) for day in found for told in day.told for chart in told.charts]
    if len(found) > 1:
        patterns = [objective.chart for objective in settings.environment.day.objectives]
        charts = [(day, chart) for day, chart in charts if any(fnmatchcase(chart.title, pattern) for pattern in patterns)]
    return [_named(chart, day if len(found) > 1 else None) for day, chart in charts[:SIGNALS]]


def _named(chart: Chart, day: Day | None) -> Chart:
    return chart if day is None else chart.model_copy(update={"title": f"{day.environment}: {chart.title}"})


def _archive(reader: Reader) -> Archive:
    if not isinstance(reader, Archive):
        raise CallError("records are read by a report: open it with open_report")
    return reader


def _environment(name: str) -> Environment:
    return environments.load(name)


def _day(archive: Archive, environment: Environment, settings: Settings) -> Day:
    with Index(archive.reports) as index:
        runs = [run for run in index.runs(environment.name) if run.at <= settings.now + files.AHEAD]
        seen = {run.runbook for run in runs if run.runbook.startswith(KIND) and run.at > settings.now - NEAR * DAY}
        named = sorted({*environment.day.runbooks, *seen}, key=lambda name: _place(name, environment))
        told = tuple(_told(archive, index, [run for run in runs if _is(run, name)], name, environment, settings) for name in named)
        back = [_back(runs, each.runbook, _time(each, settings), environment.day.back_days) for each in told]
        earlier = [tuple(v for each in back if (v := _verdict(index, each.get(n)))) for n in range(1, NEAR + 1)]
        reported = [run for run in runs if run.runbook == REPORT and settings.now - run.at > HALF]
        return Day(
            environment=environment.name, title=environment.title, at=settings.now, told=told, before=earlier[0],
            earlier=tuple(earlier[1:]), served=tuple(_served(archive, index, told, back, environment.day.objectives)),
            page=_page(index.filed(reported[0])) if reported else "",
        )  # fmt: skip


def _is(run: Record, name: str) -> bool:
    return name in {run.runbook, f"{KIND}{run.runbook}"}  # of a damaged record only the last part of the name is known


def _place(name: str, environment: Environment) -> tuple[int, str]:
    wanted = environment.day.runbooks
    return (wanted.index(name) if name in wanted else len(wanted), name)


def _told(
    archive: Archive, index: Index, runs: Sequence[Record], name: str, environment: Environment, settings: Settings
) -> Told:  # fmt: skip
    newest = runs[0] if runs else None
    if newest is None:
        return Told(environment.name, name, None, f"{_never(archive, name, environment.name)}: run it, or look why it did not run")
    verdict = _verdict(index, newest)
    trouble = newest.trouble if verdict is None else _stale(verdict, environment, settings)
    try:
        shown = files.shown(index.filed(newest))
    except RecordError as error:
        shown, trouble = files.Shown(), trouble or f"its charts cannot be shown: {error}"
    charts = () if trouble else shown.charts
    return Told(environment.name, name, verdict, trouble, _page(index.filed(newest)), charts, shown.owner, shown.reviewed)


def _never(archive: Archive, name: str, environment: str) -> str:
    begun = files.unended(archive.reports, environment, name.rpartition("/")[2])
    return f"a run began at {begun[-1]:%Y-%m-%d %H:%M} UTC and left no record" if begun else "there is no record"


def _stale(verdict: Verdict, environment: Environment, settings: Settings) -> str:
    age = (settings.now - as_of(verdict)) / timedelta(hours=1)
    if verdict.outcome is not Outcome.COMPLETED:
        return f"the run did not complete: {verdict.outcome.value}; {verdict.summary}"
    if age > environment.day.fresh_hours:
        return f"the newest record is {age:.0f} h old, limit {environment.day.fresh_hours} h"
    return ""


def _time(told: Told, settings: Settings) -> datetime:
    return as_of(told.verdict) if told.verdict else settings.now


def _back(runs: Sequence[Record], name: str, at: datetime, most: int) -> dict[int, Record]:
    """Return the record of each day before `at`, by how many days: the newest of those that can be believed."""
    found: dict[int, Record] = {}
    for run in runs:
        number = int((at - run.at + HALF) / DAY)
        if run.runbook == name and not run.trouble and 1 <= number <= most:
            found.setdefault(number, run)
    return found


def _verdict(index: Index, run: Record | None) -> Verdict | None:
    if run is None or run.trouble:
        return None
    try:
        return files.load(index.filed(run))
    except RecordError:  # it went between two looks
        return None


def _page(record: files.Filed) -> str:
    page = record.verdict.with_suffix(".html")
    return "/".join(page.parts[-3:]) if page.exists() else ""


def _served(
    archive: Archive, index: Index, told: Sequence[Told], back: Sequence[dict[int, Record]], objectives: Sequence[Objective]
) -> Iterator[Served]:
    """Yield how each objective was met today and on each day before, as far as its records are there and time allows."""
    for today, past in zip(told, back, strict=True):
        wanted = [(o, chart) for o in objectives for chart in today.charts if fnmatchcase(chart.title, o.chart)]
        for objective, chart in wanted:
            yield _of(objective, chart, 0)
        for number, run in past.items() if wanted or not today.charts else ():
            if time.monotonic() > archive.until - MARGIN:
                return
            for chart in _charts(index, run):
                for objective in objectives:
                    if fnmatchcase(chart.title, objective.chart):
                        yield _of(objective, chart, number)


def _charts(index: Index, run: Record) -> tuple[Chart, ...]:
    try:
        return files.shown(index.filed(run)).charts
    except RecordError:
        return ()


def _of(objective: Objective, chart: Chart, number: int) -> Served:
    ends = [utc(when) for series in chart.series for when, _ in series.points]
    end = max(ends) if ends else None
    recent = [(hours, *_counted(objective, chart, end - timedelta(hours=hours))) for hours in RECENT] if end else []
    return Served(objective.name, number, *_counted(objective, chart, None), recent=tuple(recent) if number == 0 else ())


def _counted(objective: Objective, chart: Chart, after: datetime | None) -> tuple[float, float]:
    """Return how many there were and how many of them were good, of the points after a time; None is no point, never zero."""
    lines = {series.label: series for series in chart.series}

    def values(label: str) -> list[float]:
        series = lines.get(label, Series(label=label, points=()))
        return [value for when, value in series.points if value is not None and (after is None or utc(when) > after)]

    if objective.total:
        total = sum(values(objective.total))
        return total, max(0.0, total - sum(values(objective.failed)))
    points = values(objective.within)
    return float(len(points)), float(sum(chart.limit is None or value <= chart.limit for value in points))
