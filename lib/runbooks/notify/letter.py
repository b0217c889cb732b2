"""News as a message: verdict, findings, what to do, who is due until when, where the report is, what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import PurePosixPath
from urllib.parse import quote

from runbooks.model import Status, worst
from runbooks.notify.finding import ACT, REPORTS, Finding
from runbooks.notify.memory import Flips, Memory
from runbooks.notify.news import News
from runbooks.notify.plain import plain
from runbooks.render.text import moment
from runbooks.settings import Environment
from runbooks.settings.telling import named

NAMED = 3  # findings of a kind that are told; the others are counted
LONGEST = 3000  # characters of a message
_RUN_ID = 23  # characters, at the end of a place


@dataclass(frozen=True, slots=True)
class Letter:
    """A message; `kind` is failure, warning, success or info, for services that show or route it by that."""

    environment: str
    kind: str
    title: str
    body: str

    def as_data(self) -> dict[str, str]:
        """Return it as JSON data."""
        return asdict(self)


def letter(environment: Environment, memory: Memory, told: News, now: datetime) -> Letter:
    """Return what a channel is told of an environment."""
    status = worst([*(each.status for each in memory.present), *(run[0] for run in memory.runs.values())])
    body = "\n".join(text for text in _lines(environment, memory, told, status, now) if text)
    return Letter(environment.name, _kind(told, status), _title(environment, told, status), cut(body))


def trial(environment: Environment, channel: str) -> Letter:
    """Return a message that only tries whether a channel works."""
    words = f"This is a trial of {plain(channel)}: nothing has happened. Findings of {environment.name} will come here."
    return Letter(environment.name, "info", f"{plain(environment.title, limit=60)}: trial", words)


def cut(text: str) -> str:
    """Return at most LONGEST characters, cut between lines."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 40].rpartition(chr(10))[0]}\n(cut; the report has it all)"


def _kind(told: News, status: Status) -> str:
    if told.bad:
        return "failure" if told.bad[0].status is Status.FAIL else "warning"
    return "success" if status in (Status.PASS, Status.WARN) else "info"


def _title(environment: Environment, told: News, status: Status) -> str:
    who = plain(environment.title, limit=60)
    if told.bad:
        first, more = told.bad[0], f" and {len(told.bad) - 1} more" if len(told.bad) > 1 else ""
        what = "not recovered" if told.escalated and not told.new else "flapping" if not told.new else "new"
        return f"{plain(first.severity, limit=10)} {who} {status}: {what}: {plain(_name(first), limit=100)}{more}"
    return f"{who} {status}: {len(told.recovered)} recovered"


def _lines(environment: Environment, memory: Memory, told: News, status: Status, now: datetime) -> Iterator[str]:
    yield f"{plain(environment.title, limit=60)} ({environment.name}) is {status}, {_runs(memory)}; {moment(now)}."
    yield from _listed("New", told.new)
    yield from _listed("Not recovered", told.escalated)
    yield from _listed("Recovered", told.recovered)
    yield from (_flapping(each) for each in told.flapping[:NAMED])
    if told.still:
        yield f"Still open: {len(told.still)}."
    yield _unseen(memory)
    if told.bad:
        yield f"What to do: {_what_to_do(told.bad[0])}."
        yield _due(environment, told.bad)
    yield f"Report: {_report(environment, memory, told)}"


def _runs(memory: Memory) -> str:
    looked = {name: status for name, (status, _, _) in memory.runs.items() if not name.startswith(REPORTS)}
    bad = sorted(name for name, status in looked.items() if status in ACT)
    if not bad:
        return f"{len(looked)} runbooks passed"
    return f"{len(bad)} of {len(looked)} runbooks say so ({', '.join(plain(name, limit=60) for name in bad[:NAMED])})"


def _listed(heading: str, findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings[:NAMED]:
        name, was = plain(_name(finding), limit=160), f", since {moment(finding.since)}" if heading != "New" else ""
        if heading == "Recovered":
            yield f"{heading}: {name}, was {finding.status}{was}"
        else:
            yield f"{heading}: {finding.status} {name}: {plain(finding.summary, limit=240)}{was}"
    if len(findings) > NAMED:
        yield f"{heading}: and {len(findings) - NAMED} more"


def _flapping(flips: Flips) -> str:
    name = plain(_name(flips.finding), limit=160)
    return f"Flapping: {name} came and went {len(flips.at)} times since {moment(flips.at[0])}; told again when it has settled"


def _unseen(memory: Memory) -> str:
    blind = [each for each in memory.present if each.status is Status.UNKNOWN]
    if not blind:
        return ""
    names = "; ".join(plain(_name(each), limit=100) for each in blind[:NAMED])
    return f"Could not be seen: {len(blind)}: {names}{f' and {len(blind) - NAMED} more' if len(blind) > NAMED else ''}"


def _name(finding: Finding) -> str:
    check = finding.check or f"the run of {finding.runbook}"
    return f"{finding.resource} ({check})" if finding.resource else check


def _what_to_do(finding: Finding) -> str:
    follow = finding.next_step or finding.runbook
    return f"follow {plain(follow, limit=120)}"


def _due(environment: Environment, bad: Sequence[Finding]) -> str:
    first = min(bad, key=lambda each: each.severity)
    severity = environment.severities.get(first.severity)
    if severity is None:
        return ""
    if first.taken:
        return f"Taken over by: {plain(first.taken, limit=60)} ({first.severity})"
    until = severity.until(first.level, first.since)
    after = [named(role) for role in severity.escalation[first.level + 1 :]]
    then = f", then {', '.join(after)}" if after else ""
    return f"Due: {severity.role(first.level)} until {moment(until)} ({first.severity}, {severity.response}){then}"


def _report(environment: Environment, memory: Memory, told: News) -> str:
    """Return where the report is: that of all, or of the run that the first finding is from."""
    first = next((each.runbook for each in (*told.bad, *told.recovered)), "")
    places = [place for name, (_, _, place) in memory.runs.items() if place and (name == first or name.startswith(REPORTS))]
    place = max(places, key=lambda each: each[-_RUN_ID:], default="")  # a report comes after what it reads, or it is an old one
    if not place:
        return "none was written"
    page = place if place.endswith(".ipynb") else f"{place}.html"
    below = "/".join(PurePosixPath(page).parts[-3:])  # environment, date, file
    return f"{environment.telling.link.rstrip('/')}/{quote(below)}" if environment.telling.link else page
