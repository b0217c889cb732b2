"""`runbooks tell`, and what `run` and `daily` tell others: people, Prometheus, and what reads JUnit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runbooks import catalogue
from runbooks.cli.options import environments
from runbooks.errors import CallError, RecordError

if TYPE_CHECKING:
    from runbooks.batch import Result
    from runbooks.model import Verdict
    from runbooks.notify import Told

FILE = click.Path(dir_okay=False, path_type=Path)

_OPTIONS = (
    click.option("--notify", is_flag=True, help="tell people what has changed, as [telling] of the environment says"),
    click.option("--prometheus", type=FILE, default=None, metavar="FILE", help="write a textfile for Prometheus"),
    click.option("--junit", type=FILE, default=None, metavar="FILE", help="write a JUnit file"),
)


@dataclass(frozen=True, slots=True)
class Outward:
    """Who else is told of a batch; `missed` are the daily runs that were not, as a sentence by environment."""

    notify: bool = False
    prometheus: Path | None = None
    junit: Path | None = None
    missed: Mapping[str, str] | None = None

    @property
    def whole(self) -> bool:
        """Say whether the verdicts are needed for it."""
        return bool(self.notify or self.prometheus or self.junit)


def outward(command: Callable[..., int]) -> Callable[..., int]:
    """Add the options that say who else is told, and give them to the command as `told`, an `Outward`."""

    @wraps(command)
    def with_told(*args: Any, notify: bool, prometheus: Path | None, junit: Path | None, **rest: Any) -> int:
        return command(*args, told=Outward(notify, prometheus, junit), **rest)

    told = with_told
    for option in reversed(_OPTIONS):
        told = option(told)
    return told


def missed(chosen: Sequence[str], reports: Path, now: datetime) -> dict[str, str]:
    """Return for which environments there was no daily run for too long, and since when."""
    from runbooks import schedule, settings

    names = [runbook.name.removeprefix("daily/") for runbook in catalogue.all_runbooks() if runbook.name.startswith("daily/")]
    found = {}
    for name in dict.fromkeys(chosen):
        limit = settings.load(name).telling.daily_hours
        found[name] = schedule.overdue(schedule.last_daily(reports, name, names), now, limit)
    return {name: sentence for name, sentence in found.items() if sentence}


def publish(told: Outward, results: Sequence[Result], reports: Path) -> Iterator[tuple[str, int]]:
    """Tell all who are to be told, and yield each sentence about it with the exit code that it deserves at least.

    People who could not be told change nothing about what was found, so that costs no exit code; a file that was asked for and
    is not there does.
    """
    if not told.whole:
        return
    from runbooks import monitors
    from runbooks.model import Verdict

    verdicts = {id(result): Verdict.model_validate(result.verdict) for result in results if result.verdict and result.began}
    for path, write in ((told.prometheus, monitors.prometheus), (told.junit, monitors.junit)):
        if path is not None:
            try:
                monitors.save(path, write(verdicts.values()))
            except RecordError as error:
                yield f"runbooks: {error}", 3
    if told.notify:
        for one in _notified(told, [result for result in results if id(result) in verdicts], verdicts, reports):
            yield f"  {one.environment}  {'WARN   ' if one.problem else 'told   '} {one.sentence}", 0


def _notified(told: Outward, results: Sequence[Result], verdicts: Mapping[int, Verdict], reports: Path) -> list[Told]:
    from runbooks import notify, settings

    now, severities = datetime.now(UTC), {runbook.name: runbook.severity for runbook in catalogue.all_runbooks()}
    looks = []
    for name in dict.fromkeys(result.environment for result in results):
        own = [result for result in results if result.environment == name]
        places = {result.runbook: result.place for result in reversed(own)}  # the report over all comes after that of this one
        look = notify.look([verdicts[id(result)] for result in own], places, severities, now)
        if told.missed is not None:
            look = notify.with_daily(look, told.missed.get(name, ""))
        looks.append((settings.load(name), look))
    return notify.after(looks, reports, now)


@click.command()
@environments
@click.option("--taken", default="", metavar="ROLE", help="say that this role has taken over all that is open: no more reminders")
@click.option("--show", is_flag=True, help="print what would be told now, and tell nobody")
@click.option("--try", "only_try", is_flag=True, help="send a message to every channel that is set up, to see whether it arrives")
def tell(chosen: Sequence[str], taken: str, *, show: bool, only_try: bool) -> int:
    """Tell what is due without a run, of ENV or of all that runs have told of.

    That is what did not arrive, what had to wait, and who is due next by the escalation matrix. Whoever could not be told is told
    the next time, and costs no exit code but with --try (3).
    """
    from runbooks import notify, settings

    if bool(taken) + show + only_try > 1:
        raise CallError("--taken, --show and --try do not go together: choose one")
    reports, now = catalogue.reports_folder(), datetime.now(UTC)
    loaded = [settings.load(name) for name in (dict.fromkeys(chosen) or notify.known(reports))]
    for environment in loaded:
        _require_role(taken, environment.severities)
    if show:
        return _shown([each for environment in loaded for each in notify.shown(environment, reports, now)])
    if only_try:
        done = [each for environment in loaded for each in notify.tried(environment)]
    else:
        done = notify.due(loaded, reports, now, role=taken)
    for one in done:
        click.echo(f"{one.environment}  {one.sentence}")
    return 3 if only_try and any(one.problem for one in done) else 0


def _require_role(role: str, severities: Mapping[str, Any]) -> None:
    from runbooks.settings.telling import named

    roles = list(dict.fromkeys(named(each) for severity in severities.values() for each in severity.escalation))
    if role and role not in roles:
        raise CallError(f"'{role}' is not a role of the escalation matrix: choose one of {', '.join(roles)}")


def _shown(told: Sequence[Told]) -> int:
    for one in told:
        where = f"{one.channel}, which cannot be told: {one.problem}" if one.problem else one.channel
        click.echo(f"{one.environment}, to {where}\n{one.letter.title}\n{one.letter.body}\n" if one.letter else where)
    if not told:
        click.echo("nothing is due")
    return 0
