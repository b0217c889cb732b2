"""`runbooks history` and `diff`: since when, and what is different, from the records alone."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runbooks import catalogue
from runbooks.cli.options import environments
from runbooks.errors import CallError

if TYPE_CHECKING:
    from runbooks.history import Index, Record
    from runbooks.history.difference import Difference
    from runbooks.model import Verdict

OUT = click.option("--out", type=click.Path(path_type=Path), default=None, metavar="DIR", help="where the records are")
JSON = click.option("--json", "as_json", is_flag=True, help="as JSON")
TELLS = "reports/"


@click.command()
@environments
@click.option("--runbook", default="", metavar="NAME", help="only this runbook")
@click.option("--check", default="", metavar="PATTERN", help="since when a check, as alarms_* in the shell, says what it says")
@click.option("--resource", default="", metavar="PATTERN", help="only of these resources")
@click.option("--latest", type=click.IntRange(1), default=40, show_default=True, metavar="N", help="how many runs to list")
@click.option("--rebuild", is_flag=True, help="make the index of records anew first")
@OUT
@JSON
def history(
    chosen: Sequence[str], runbook: str, check: str, resource: str, latest: int, out: Path | None, *, rebuild: bool, as_json: bool
) -> int:
    """List the runs so far, the newest first; with --check or --resource say since when each finding is there."""
    from runbooks.history import Index

    with Index(_folder(out), anew=rebuild) as index:
        if check or resource:
            return _since(index, chosen or ("",), runbook, check or "*", resource, as_json=as_json)
        runs = [run for name in chosen or ("",) for run in index.runs(name, runbook, latest=latest)]
    rows = [{**asdict(run), "at": run.at.isoformat()} for run in runs]
    _say(rows, [_run(run) for run in runs], as_json=as_json, nothing="there is no record")
    return 0


def _since(index: Index, chosen: Sequence[str], runbook: str, check: str, resource: str, *, as_json: bool) -> int:
    from runbooks.history.since import since
    from runbooks.render import line

    found = [course for name in chosen for course in since(index, check, resource, environment=name, runbook=runbook)]
    rows = [
        asdict(course) | {"since": str(course.since), "before": str(course.before or ""), "at": str(course.at)} for course in found
    ]
    said = [
        f"{c.environment}  {c.runbook}  {line(c.check) or 'the run'}  {line(c.resource)}\n  {c.sentence}: {line(c.summary)}"
        for c in found
    ]
    _say(rows, said, as_json=as_json, nothing="no record found that wrong")
    return 0


@click.command()
@click.argument("one", metavar="RUN|ENV")
@click.argument("other", metavar="RUN|ENV")
@click.option("--runbook", default="", metavar="NAME", help="which runbook, between environments; without it all daily ones")
@click.option("--figures", is_flag=True, help="also where only numbers differ and both sides are as they should be")
@OUT
@JSON
def diff(one: str, other: str, runbook: str, out: Path | None, *, figures: bool, as_json: bool) -> int:
    """Say what is different between two runs, or between the newest runs of two environments.

    RUN is the id at the end of a record's name. Exit code 0, whatever is found.
    """
    from runbooks.history import Index
    from runbooks.history.difference import differences

    with Index(_folder(out)) as index:
        pairs = _pairs(index, one, other, runbook)
    found = [(left, each) for left, right in pairs for each in differences(left, right, **_plain(left, right))]
    shown = [(verdict, each) for verdict, each in found if figures or not each.figure]
    rows = [{"runbook": verdict.runbook, **asdict(each)} for verdict, each in shown]
    said = [_difference(verdict, each, one, other) for verdict, each in shown] or [_same(pairs)]
    if hidden := len(found) - len(shown):
        said.append(f"{hidden} figures differ, and are as they should be on both sides: --figures shows them")
    _say(rows, said, as_json=as_json, nothing="")
    return 0


def _pairs(index: Index, one: str, other: str, runbook: str) -> list[tuple[Verdict, Verdict]]:
    """Return the verdicts to compare; raises CallError for a word that is neither a run nor an environment with records."""
    left, right = _chosen(index, one, runbook), _chosen(index, other, runbook)
    if len(left) == 1 == len(right):
        return [(next(iter(left.values())), next(iter(right.values())))]
    common = [name for name in left if name in right]
    if not common:
        raise CallError(f"'{one}' and '{other}' have no record of the same runbook: run it on both")
    return [(left[name], right[name]) for name in common]


def _chosen(index: Index, word: str, runbook: str) -> dict[str, Verdict]:
    from runbooks.history import files

    runs = [run for run in index.runs() if run.run_id == word] or _newest(index.runs(word, runbook), runbook)
    if not runs:
        raise CallError(f"'{word}' is neither the id of a run nor an environment with records: `runbooks history` lists them")
    return {run.runbook: files.load(index.filed(run)) for run in runs if not run.trouble}


def _newest(runs: Sequence[Record], runbook: str) -> list[Record]:
    newest: dict[str, Record] = {}
    for run in runs:
        if runbook or not run.runbook.startswith(TELLS):
            newest.setdefault(run.runbook, run)
    return list(newest.values())


def _plain(left: Verdict, right: Verdict) -> dict[str, Callable[[str], str]]:
    """Return how names of the two sides are made comparable; within one environment they are as they are."""
    from runbooks import settings
    from runbooks.history.difference import plain

    if left.environment == right.environment:
        return {}
    return {"plain_one": plain(settings.load(left.environment)), "plain_other": plain(settings.load(right.environment))}


def _difference(verdict: Verdict, each: Difference, one: str, other: str) -> str:
    from runbooks.render import line

    where = "  ".join(line(word) for word in (verdict.runbook, each.check, each.resource) if word)
    return f"{where}: {each.what}\n  {one}: {line(each.one) or '-'}\n  {other}: {line(each.other) or '-'}"


def _same(pairs: Sequence[tuple[Verdict, Verdict]]) -> str:
    return f"no difference that matters in {', '.join(left.runbook for left, _ in pairs)}"


def _run(run: Record) -> str:
    from runbooks.render import line

    did = f", {run.outcome}" if run.outcome not in ("completed", "") else ""
    head = f"{run.at:%Y-%m-%d %H:%M}  {run.environment}  {run.status}{did}  {line(run.runbook)}  {run.run_id}"
    return f"{head}\n  {line(run.trouble or run.summary)}"


def _folder(out: Path | None) -> Path:
    return out or catalogue.reports_folder()


def _say(rows: Sequence[dict[str, Any]], said: Sequence[str], *, as_json: bool, nothing: str) -> None:
    click.echo(json.dumps(rows, indent=1) if as_json else "\n".join(said) or nothing)
