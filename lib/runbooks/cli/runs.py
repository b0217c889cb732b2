"""`runbooks run`, `daily` and `report`: run, tell while it goes on, and say where the reports are."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runbooks import catalogue
from runbooks.cli import progress
from runbooks.cli.options import SANDBOXES, How, batched, environments
from runbooks.cli.telling import Outward, missed, outward, publish
from runbooks.errors import CallError, RecordError

if TYPE_CHECKING:
    from runbooks.batch import About, Result
    from runbooks.execute import Request

REPORT = "reports/daily-report"


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@environments
@click.option(
    "-p", "--parameter", "parameters", nargs=2, multiple=True, metavar="NAME VALUE", help="a parameter the notebook declares"
)
@click.option("--incident", default="", metavar="ID", help="the incident this run belongs to")
@click.option("--reason", default="", metavar="TEXT", help="why it is run")
@click.option("--approve", default="", metavar="DIGEST", help="the plan to apply, by its digest")
@batched
@outward
def run(
    names: Sequence[str],
    chosen: Sequence[str],
    parameters: Sequence[tuple[str, str]],
    incident: str,
    reason: str,
    approve: str,
    told: Outward,
    **how: Any,
) -> int:
    """Run runbooks on environments (without -e on the sandbox), and write a record and a report of each."""
    about = {"incident": incident, "reason": reason, "approve": approve}
    return _run(names, chosen or SANDBOXES[:1], parameters, about, How(**how), told=told)


@click.command()
@environments
@batched
@outward
def daily(chosen: Sequence[str], told: Outward, **how: Any) -> int:
    """Run the daily runbooks (without -e on the three sandboxed environments), and the daily report on what they said.

    There is a report of each environment, and one over all where there are several. Reports read records from a folder: with
    --out s3://... there is none.
    """
    names = [runbook.name for runbook in catalogue.all_runbooks() if runbook.name.startswith("daily/")]
    asked, asked_for = How(**how), chosen or SANDBOXES
    late = missed(asked_for, asked.folder, datetime.now(UTC))
    for name, sentence in late.items():
        click.echo(f"  {name}  UNKNOWN daily_runs_in_time: {sentence}", err=asked.as_json)
    return _run(names, asked_for, (), {}, asked, told=replace(told, missed=late), report_on=True)


def _run(
    names: Sequence[str],
    chosen: Sequence[str],
    parameters: Sequence[tuple[str, str]],
    about: Mapping[str, str],
    how: How,
    *,
    told: Outward,
    report_on: bool = False,
) -> int:
    began, fleet = time.monotonic(), how.fleet()
    runbooks = [catalogue.find(name) for name in dict.fromkeys(names)]
    from runbooks import execute

    many = len(runbooks) * len(chosen) > 1
    with nullcontext() if fleet else execute.warmed(("runbooks.report",), eager=many):  # it loads while the plan is made
        from runbooks import batch

        engine = "" if how.engine == "warm" else how.engine
        asked = batch.About(how.folder, engine=engine, **about)
        rounds = [batch.plan(runbooks, chosen, parameters, asked)]
        if report_on and not how.address and (fleet is None or fleet.shared_folder):
            rounds.append(_reports(chosen, asked))
        results: list[Result] = []
        with progress.telling(sum(map(len, rounds)), as_json=how.as_json) as tell:
            for requests in rounds:  # a report reads what the runs before it left
                results += batch.run(
                    requests, on_entry=tell.entry, on_done=tell.done, on_look=tell.look, jobs=how.jobs or 0, to=how.address,
                    fleet=fleet, whole=how.as_json or told.whole,
                )  # fmt: skip
    listed, codes = _list(how, results), [result.exit_code for result in results]
    codes += [] if listed is not None else [3]
    for sentence, least in publish(told, results, how.folder):
        click.echo(sentence, err=how.as_json or bool(least))
        codes.append(least)
    code = batch.worst_exit(codes)
    if how.as_json:
        click.echo(json.dumps([result.verdict for result in results], indent=1))
        return code
    if len(results) > 1:
        click.echo(progress.summary(results, time.monotonic() - began, code))
    if listed:
        click.echo(f"all reports: {listed}")
    return code


def _reports(chosen: Sequence[str], asked: About) -> list[Request]:
    """Return the requests for the daily report of each environment, and for one over all of them where there are several."""
    from runbooks import batch

    report, names = catalogue.find(REPORT), list(dict.fromkeys(chosen))
    each = batch.plan([report], names, (), asked)
    return each + batch.plan([report], names[:1], [("others", " ".join(names[1:]))], asked) if len(names) > 1 else each


def _list(how: How, results: Sequence[Result]) -> str | None:
    """Write the list of all reports and return where it is, empty when there is no place for one; None when that failed."""
    from runbooks import batch, report

    if how.address:
        if not all(result.began for result in results):
            return ""  # whoever interrupts does not wait for S3; the next batch writes it
        try:
            return batch.index(how.address.rstrip("/"))
        except RecordError as error:
            click.echo(f"runbooks: the list of all reports was not written: {error}", err=True)
            return None
    placed = any(result.notebook is not None for result in results)
    return str(report.index(how.folder)) if placed else ""


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
    codes = batch.render(folder, run_id or "", on_done=progress.Lines(everything=False).done)
    click.echo(f"all reports: {reports.index(folder)}")
    return batch.worst_exit(codes)
