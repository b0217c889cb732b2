"""The command line: arguments in, sentences out. What the words mean is decided elsewhere, and imported only when needed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from runbooks import catalogue
from runbooks.errors import CallError, RefusedError, RunbooksError

if TYPE_CHECKING:
    from runbooks.drills import Drill
    from runbooks.execute import Record, Request

SANDBOXES = ("sandbox", "sandbox-staging", "sandbox-dev")
Tell = Callable[["Request", dict[str, Any]], None]
Command = TypeVar("Command", bound=Callable[..., Any])


def main() -> None:
    """Run the command line; exit 0 PASS or WARN, 1 FAIL, 2 wrong call, 3 UNKNOWN or not completed, 4 refused."""
    try:
        sys.exit(cli(standalone_mode=False) or 0)
    except click.UsageError as error:
        _stop(error.format_message() + f" (see '{_path(error)} --help')", 2)
    except (click.Abort, KeyboardInterrupt):
        _stop("interrupted", 3)
    except RunbooksError as error:
        _stop(str(error), _exit_of(error))
    except BrokenPipeError:
        sys.exit(3)


def _exit_of(error: RunbooksError) -> int:
    return 2 if isinstance(error, CallError) else 4 if isinstance(error, RefusedError) else 3


def _path(error: click.UsageError) -> str:
    return error.ctx.command_path if error.ctx else "runbooks"


def _stop(sentence: str, code: int) -> None:
    click.echo(f"runbooks: {' '.join(sentence.split())}", err=True)
    sys.exit(code)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="runbooks")
def cli() -> None:
    """Executable runbooks for MarineMarket: they check, say what they could not see, and act only on an approved plan.

    Exit codes: 0 PASS or WARN, 1 FAIL, 2 wrong call, 3 UNKNOWN or did not complete, 4 refused or locked.
    """


def environments(command: Command) -> Command:
    """Add the option that chooses environments."""
    option = click.option("-e", "--environment", "chosen", multiple=True, metavar="ENV", help="environment; may be given again")
    return option(command)


@cli.command("list")
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def list_(*, as_json: bool) -> int:
    """Say which runbooks there are: name, question, severity, what they write, owner, last review."""
    rows = [
        {
            "name": r.name,
            "question": r.question,
            "severity": r.severity,
            "writes": r.writes,
            "owner": r.owner,
            "reviewed": str(r.reviewed),
        }
        for r in catalogue.all_runbooks()
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=1))
        return 0
    for row in rows:
        click.echo(f"{row['name']}\n  {row['question']}")
        click.echo(f"  {row['severity']}, writes {row['writes']}, {row['owner']}, reviewed {row['reviewed']}")
    return 0


@cli.command()
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


@cli.command()
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
    index = report.index(reports)
    if as_json:
        click.echo(json.dumps([record.verdict.model_dump(mode="json") for record in records], indent=1))
    else:
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


@cli.command()
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


@cli.command()
@environments
@click.option("--policy", is_flag=True, help="print the read-only IAM policy that the runbooks need, and nothing else")
def doctor(chosen: Sequence[str], *, policy: bool) -> int:
    """Say what would work here: Python, packages, kernel, notebooks, credentials, identity, permissions, names."""
    from runbooks import doctor as examine

    if policy:
        click.echo(json.dumps(examine.policy(), indent=2))
        return 0
    findings = [*examine.machine(), *(finding for name in chosen or SANDBOXES[:1] for finding in examine.environment(name))]
    for finding in findings:
        click.echo(f"{finding.status:<7} {finding.name}: {finding.summary}")
    return batch_exit([finding.status for finding in findings])


def batch_exit(statuses: Sequence[str]) -> int:
    """Return the exit code of a list of findings."""
    from runbooks.model import EXIT_CODES, Status, worst

    return EXIT_CODES[worst(Status(status) for status in statuses)]


@cli.command()
@click.argument("faults", nargs=-1, metavar="[FAULT]...")
@click.option("-e", "--environment", default="sandbox", show_default=True, metavar="ENV")
def drill(faults: Sequence[str], environment: str) -> int:
    """Break the sandbox on purpose, run the runbooks, and score what they saw; without names, every known fault."""
    from runbooks import drills
    from runbooks.sandbox.faults import CATALOGUE

    unknown = [name for name in faults if name not in CATALOGUE]
    if unknown:
        raise CallError(f"unknown fault '{unknown[0]}': choose one of {', '.join(CATALOGUE)}")
    done = drills.drill([CATALOGUE[name] for name in faults or CATALOGUE], environment, on_done=_score)
    click.echo(drills.score(done))
    return 0 if done and all(one.passed for one in done) else 1


def _score(one: Drill) -> None:
    words = "; ".join([*one.missed, *one.false_alarms]) or f"{one.broken.status}, {one.broken.summary}"
    click.echo(f"{'caught' if one.passed else 'MISSED':<7} {one.fault}  {one.runbook}: {words}")


@cli.group()
def sandbox() -> None:
    """Start, break and mend the local platform."""


@sandbox.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="of the AWS side; 0 takes any free one")
@click.option("--edge-port", type=click.IntRange(0, 65535), default=0, help="of the web side; 0 takes any free one")
@click.option("--now", default="", metavar="TIME", help="pin the sandbox's clock to this time, as 2026-11-24T03:00:00Z")
def up(port: int, edge_port: int, now: str) -> int:
    """Start the sandbox and leave it running."""
    from runbooks.gateway import local

    path = local.up(port=port, edge_port=edge_port, now=now)
    click.echo(f"the sandbox is up, and says in {path} how to reach it; end it with `runbooks sandbox down`")
    return 0


@sandbox.command()
def down() -> int:
    """End the running sandbox."""
    from runbooks.gateway import local

    click.echo(f"the sandbox, process {local.down()}, has ended")
    return 0


@sandbox.command()
@click.option("--json", "as_json", is_flag=True, help="as JSON")
def status(*, as_json: bool) -> int:
    """Say whether the sandbox runs, where, and what is broken."""
    from runbooks.gateway import local

    state = local.required()
    found = local.ask(state, "status")
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return 0
    click.echo(f"up, process {state['pid']}, AWS at {state['aws']}, web at {state['edge']}, time {found['now']}")
    for name, about in found["environments"].items():
        broken = "; ".join(f"{fault}: {words}" for fault, words in about["broken"].items())
        click.echo(f"  {name}  account {about['account']}  {broken or 'whole'}")
    return 0


@sandbox.command("break")
@click.argument("fault", required=False, metavar="[FAULT]")
@click.option("-e", "--environment", default="sandbox", show_default=True, metavar="ENV")
def break_(fault: str | None, environment: str) -> int:
    """Break something on purpose; without a name, say what can be broken."""
    if fault is None:
        from runbooks.sandbox.faults import CATALOGUE

        for known in CATALOGUE.values():
            click.echo(f"{known.name}\n  {known.title}")
        return 0
    from runbooks.gateway import local

    local.ask(local.required(), "break", {"environment": environment, "fault": fault})
    click.echo(f"{environment}: {fault} is broken now; `runbooks sandbox mend` makes it whole")
    return 0


@sandbox.command()
@click.option("-e", "--environment", default="", metavar="ENV", help="only this environment")
def mend(environment: str) -> int:
    """Make everything whole again."""
    from runbooks.gateway import local

    local.ask(local.required(), "mend", {"environment": environment} if environment else {})
    click.echo(f"{environment or 'every environment'} is whole")
    return 0


if __name__ == "__main__":
    main()
