"""Telling people of environments: what their channels have not heard yet is sent, and remembered once it has arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from runbooks.errors import LockedError, RecordError
from runbooks.notify import memory as remembered
from runbooks.notify.delivery import Parcel, address, deliver
from runbooks.notify.finding import Look
from runbooks.notify.letter import Letter, letter, trial
from runbooks.notify.memory import Memory
from runbooks.notify.news import News, escalate, keep, news, taken
from runbooks.settings import Environment

AT_ONCE = 8
Learn = Callable[[Memory], Memory]


@dataclass(frozen=True, slots=True)
class Told:
    """What became of one message: `problem` is empty when it arrived, else one sentence that names the channel."""

    environment: str
    channel: str
    letter: Letter | None
    problem: str

    @property
    def sentence(self) -> str:
        """Say it in one sentence."""
        if not self.channel:
            return f"what people were told cannot be kept: {self.problem}"
        if self.problem:
            return f"{self.channel} was not told: {self.problem}{'; it is told with the next run' if self.letter else ''}"
        return f"{self.channel} was told: {self.letter.title if self.letter else ''}"


@dataclass(frozen=True, slots=True)
class _Due:
    """News for a channel; without an address, why."""

    channel: str
    news: News
    letter: Letter
    to: str
    problem: str


def after(environments: Iterable[tuple[Environment, Look]], reports: Path, now: datetime) -> list[Told]:
    """Tell what the runs of a batch changed; nothing is told twice, and what did not arrive is told the next time."""
    return _all_told([(environment, _seen(environment, look)) for environment, look in environments], reports, now)


def due(environments: Iterable[Environment], reports: Path, now: datetime, *, role: str = "") -> list[Told]:
    """Tell what is due without a run: what did not arrive, what had to wait, and reminders to the next role of the matrix.

    With `role`, that role takes over all that is open, so that nobody further is reminded of it.
    """
    return _all_told([(environment, _later(environment, now, role)) for environment in environments], reports, now)


def shown(environment: Environment, reports: Path, now: datetime) -> list[Told]:
    """Return what `due` would tell now; nothing is sent and nothing remembered."""
    memory = escalate(remembered.read(reports / environment.name), environment, now)
    return [Told(environment.name, each.channel, each.letter, each.problem) for each in _all_due(memory, environment, now)]


def tried(environment: Environment) -> list[Told]:
    """Send a message to every channel and role that has an address, to see whether it arrives."""
    found = {channel: address(environment, channel) for channel in _channels(environment)}
    parcels = [Parcel(environment, channel, trial(environment, channel), to) for channel, (to, _) in found.items() if to]
    problems = dict(zip((parcel.channel for parcel in parcels), deliver(parcels), strict=True))
    return [Told(environment.name, channel, None, problems.get(channel, why)) for channel, (_, why) in found.items()]


def _seen(environment: Environment, look: Look) -> Learn:
    return lambda memory: memory.seeing(look, keep=keep(environment))


def _later(environment: Environment, now: datetime, role: str) -> Learn:
    return (lambda memory: taken(memory, role)) if role else (lambda memory: escalate(memory, environment, now))


def _all_told(learning: Sequence[tuple[Environment, Learn]], reports: Path, now: datetime) -> list[Told]:
    """Tell of all environments, some at a time: a channel that hangs must not hold up the others."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="telling") as tellers:
        done = tellers.map(lambda each: _told(each[0], reports, now, each[1]), learning)
        return [told for each in done for told in each]


def _told(environment: Environment, reports: Path, now: datetime, learn: Learn) -> Sequence[Told]:
    """Learn what is new, tell it, and remember who has heard it; what goes wrong is said and raises nothing."""
    folder = reports / environment.name
    try:
        with remembered.held(folder):
            before = remembered.read(folder)
            memory = learn(before)
            if memory != before:  # what was seen is kept, whether or not it can be told
                remembered.write(folder, memory)
            waiting = _all_due(memory, environment, now)
            problems = _delivered(environment, waiting)
            for each in waiting:
                if not problems[each.channel]:
                    memory = memory.hearing(each.channel, each.news.then)
            if not all(problems.values()):
                remembered.write(folder, memory)
            return [Told(environment.name, each.channel, each.letter, problems[each.channel]) for each in waiting]
    except (RecordError, LockedError) as error:
        return [Told(environment.name, "", None, str(error))]


def _delivered(environment: Environment, waiting: Sequence[_Due]) -> Mapping[str, str]:
    parcels = [Parcel(environment, each.channel, each.letter, each.to) for each in waiting if each.to]
    sent = zip((parcel.channel for parcel in parcels), deliver(parcels), strict=True)
    return {each.channel: each.problem for each in waiting} | dict(sent)


def _all_due(memory: Memory, environment: Environment, now: datetime) -> list[_Due]:
    due_now = []
    for channel in _channels(environment):
        told = news(memory, channel, environment, now)
        if told:
            to, problem = address(environment, channel)
            due_now.append(_Due(channel, told, letter(environment, memory, told, now), to, problem))
    return due_now


def _channels(environment: Environment) -> list[str]:
    """Return the channels of the severities, whether or not they have an address, and the roles that have one."""
    channels = dict.fromkeys(severity.channel for severity in environment.severities.values())
    return [*channels, *environment.telling.roles]
