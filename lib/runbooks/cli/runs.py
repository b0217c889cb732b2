"""`runbooks run`, `daily` and `report`: run, tell while it goes on, and say where the reports are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runbooks import catalogue
from runbooks.cli.options import SANDBOXES, environments
from runbooks.errors import CallError

if TYPE_CHECKING:
    from runbooks.execute import Record, Request

Tell = Callable[["Request", dict[str, Any]], None]


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@environments
@click.option(
    "-p", "--parameter", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="a parameter the notebook declares"
)
@click.option("--incident", default="", metavar="ID", help="the incident this run belongs to")
@click.option("--reason", default="", metavar="TEXT", help="why it is run")
@click.option("--approve", default="", metavar="DIGEST", help="the plan to apply, by its digest")
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="where the records go")
@click.option("--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="how many at a time")
@click.option("--json", "as_json", is_flag=True, help="print the verdicts as JSON")
def run(
    names: Sequence[str],
    chosen: Sequence[str],
    parameters: Sequence[tuple[str, str]],
    out: Path | None,
    jobs: int,
    *,
    as_json: bool,
    **about: str,
) -> int:
    """Run runbooks on environments (without -e on the sandbox), and write a record and a report of each."""
    return _run(names, chosen or SANDBOXES[:1], parameters, out, jobs, as_json=as_json, about=about)


@click.command()
@environments
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="where the records go")
@click.option("--jobs", type=click.IntRange(1, 64), default=3, show_default=True, help="how many at a time")
@click.option("--json", "as_json", is_flag=True, help="print the verdicts as JSON")
def daily(chosen: Sequence[str], out: Path | None, jobs: int, *, as_json: bool) -> int:
    """Run the daily runbooks (without -e on the three sandboxed environments)."""
    names = [runbook.name for runbook in catalogue.all_runbooks() if runbook.name.startswith("daily/")]
    return _run(names, chosen or SANDBOXES, [], out, jobs, as_json=as_json, tell=_tell_trouble)


def _run(
    names: Sequence[str],
    chosen: Sequence[str],
    parameters: Sequence[tuple[str, str]],
    out: Path | None,
    jobs: int,
    *,
    as_json: bool,
    tell: Tell | None = None,
    about: Mapping[str, str] | None = None,
) -> int:
    from runbooks import batch, report

    reports = out or catalogue.reports_folder()
    runbooks = [catalogue.find(name) for name in dict.fromkeys(names)]
    requests = batch.plan(runbooks, chosen, parameters, batch.About(reports=reports, **(about or {})))
    tell, conclude = (_silent, _silent) if as_json else (tell or _tell, _conclude)
    records = batch.run(requests, jobs=jobs, on_entry=tell, on_done=conclude)
    placed = any(record.notebook is not None for record in records)  # without, there is nothing to list, and no place for a list
    index = report.index(reports) if placed else None
    if as_json:
        click.echo(json.dumps([record.verdict.model_dump(mode="json") for record in records], indent=1))
    elif index is not None:
        click.echo(f"all reports: {index}")
    return batch.worst_exit(record.exit_code for record in records)


def _tell_trouble(request: Request, entry: dict[str, Any]) -> None:
    """Print a finding as soon as it is made, if somebody may have to act on it."""
    if entry.get("status") not in ("PASS", "SKIP"):
        _tell(request, entry)


def _silent(*_: object) -> None:
    """Say nothing while it runs: the result is printed as JSON."""


def _tell(request: Request, entry: dict[str, Any]) -> None:
    """Print a finding as soon as it is made."""
    if entry.get("kind") == "check":
        click.echo(f"  {request.environment}  {entry['status']:<7} {entry['name']}: {entry['summary']}")


def _conclude(record: Record) -> None:
    verdict = record.verdict
    did = "" if verdict.outcome == "completed" else f", {verdict.outcome}"
    click.echo(f"{verdict.environment}  {verdict.status}{did}  {verdict.runbook}: {record.error or verdict.summary}")
    if record.notebook is not None:
        click.echo(f"  report: {record.notebook.with_suffix('.html')}")


@click.command()
@click.argument("run_id", required=False, metavar="[RUN]")
@click.option("--index", "only_index", is_flag=True, help="recover unfinished runs and write the list of all reports anew")
@click.option("--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="where the records are")
def report(run_id: str | None, out: Path | None, *, only_index: bool) -> int:
    """Render a run's report again from its record; a run that did not finish is recovered and marked so (exit 3)."""
    from runbooks import batch
    from runbooks import report as reports

    if (run_id is None) is not only_index:
        raise CallError("say which run to render, or --index for the list of all")
    folder = out or catalogue.reports_folder()
    codes = batch.render(folder, run_id or "", on_done=_conclude)
    click.echo(f"all reports: {reports.index(folder)}")
    return batch.worst_exit(codes)
