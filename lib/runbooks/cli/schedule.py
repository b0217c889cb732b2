"""`runbooks schedule` and `tidy`: what cron or systemd is to run, and which old records may go."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from runbooks import catalogue
from runbooks.cli.options import environments
from runbooks.errors import CallError

FOLDER = click.Path(file_okay=False, path_type=Path)
KEPT = ("RUNBOOKS_ENVIRONMENTS", "RUNBOOKS_NOTEBOOKS", "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")


@click.command()
@environments
@click.option("--cron/--systemd", "as_cron", default=True, help="lines of a crontab (without either), or units of systemd")
@click.option("--hour", type=click.IntRange(0, 23), default=5, show_default=True, help="when the daily runs begin, UTC")
@click.option("--keep", "days", type=click.IntRange(7), default=90, show_default=True, metavar="DAYS", help="of records")
@click.option("--logs", type=FOLDER, default=None, metavar="DIR", help="where the logs go; without it, to the reports")
@click.option("--secrets", type=click.Path(dir_okay=False, path_type=Path), default=None, metavar="FILE",
              help="VARIABLE=value lines with the addresses of channels, readable by their owner only")  # fmt: skip
@click.option("--prometheus", type=FOLDER, default=None, metavar="DIR", help="the folder of the textfile collector")
@click.option("--mail", default=None, metavar="ADDRESS", help="whom cron writes to; without it, the on-call list")
@click.option("--quiet", is_flag=True, help="tell nobody: only run, and keep the records")
@click.option("--to", type=FOLDER, default=None, metavar="DIR", help="write the units there as files instead of printing them")
def schedule(chosen: Sequence[str], *, mail: str | None, to: Path | None, as_cron: bool, quiet: bool, **how: Any) -> int:
    """Print what runs the environments every day (without -e, all that are not of the sandbox); nothing is installed."""
    from runbooks import schedule as schedules
    from runbooks import settings

    names = list(dict.fromkeys(chosen)) or [name for name in settings.names() if settings.load(name).sandbox is None]
    loaded = [settings.load(name) for name in names]
    if to is not None and as_cron:
        raise CallError("--to is for the units: add --systemd, or leave it out")
    reports = catalogue.reports_folder().resolve()
    places = {name: how[name].resolve() if how[name] else None for name in ("logs", "secrets", "prometheus")}
    plan = schedules.Schedule(
        environments=names, command=_command(), reports=reports, logs=places["logs"] or reports, secrets=places["secrets"],
        prometheus=places["prometheus"], variables={name: value for name in KEPT if (value := os.environ.get(name))},
        hour=how["hour"], days=how["days"], mail=loaded[0].mail.on_call if mail is None else mail, notify=not quiet,
    )  # fmt: skip
    if as_cron:
        click.echo(schedules.crontab(plan), nl=False)
        return 0
    for name, text in schedules.units(plan).items():
        if to is None:
            click.echo(f"# --- /etc/systemd/system/{name}\n{text}")
        else:
            to.mkdir(parents=True, exist_ok=True)
            (to / name).write_text(text, encoding="utf-8")
            click.echo(str(to / name))
    return 0


def _command() -> Path:
    """Return the whole path of `runbooks` in this installation, links of the interpreter unresolved."""
    beside = Path(sys.executable).parent / "runbooks"
    if not beside.exists():
        raise CallError(f"there is no {beside}: install the package with the Python that runs this")
    return beside.absolute()


@click.command()
@environments
@click.option(
    "--keep", "days", type=click.IntRange(7), required=True, metavar="DAYS", help="how many of the newest days stay, at least 7"
)
@click.option("--remove", is_flag=True, help="remove them; without it they are only listed")
@click.option("--out", type=FOLDER, default=None, metavar="DIR", help="where the records are")
def tidy(chosen: Sequence[str], days: int, out: Path | None, *, remove: bool) -> int:
    """List the records (without -e of all environments) that are older than the newest days, and with --remove remove them.

    What belongs to an incident, changed something, is not finished or cannot be read stays.
    """
    from runbooks import report, retention

    reports = out or catalogue.reports_folder()
    names = dict.fromkeys(chosen) if chosen else retention.environments(reports)
    found = [record for name in names for record in retention.old(reports, name, days)]
    going = [record for record in found if not record.kept]
    for record in found:
        if record.kept:
            click.echo(f"stays   {record.name}: {record.kept}")
    for record in retention.remove(going) if remove else going:
        click.echo(f"{'removed' if remove else 'may go '} {record.name}")
    size = sum(record.size for record in going) / 2**20
    click.echo(f"{len(going)} records, {size:.1f} MB{'' if remove or not going else '; add --remove to remove them'}")
    if remove and going:
        report.index(reports)
    return 0
