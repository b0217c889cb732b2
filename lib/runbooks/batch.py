"""Many runs: each runbook on each environment, a report beside each record, one exit code, the worst."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Any

from runbooks import execute, report, settings
from runbooks.catalogue import Runbook
from runbooks.errors import CallError
from runbooks.execute import Record, Request
from runbooks.gateway import local

_WORST_FIRST = (1, 4, 3, 2, 0)
_RENDERING = Lock()  # matplotlib's settings are those of the process: one page at a time

OnEntry = Callable[[Request, dict[str, Any]], None]
OnDone = Callable[[Record], None]


@dataclass(frozen=True, slots=True)
class About:
    """What all runs of a batch have in common."""

    reports: Path
    incident: str = ""
    reason: str = ""
    approve: str = ""


def plan(
    runbooks: Sequence[Runbook], environments: Sequence[str], parameters: Sequence[tuple[str, str]], about: About
) -> list[Request]:
    """Return one request for each runbook on each environment; raises CallError, before anything runs, if one of them cannot."""
    if any(name == "environment" for name, _ in parameters):
        raise CallError("the environment is not a parameter here: say it with -e")
    return [
        execute.request(
            runbook, environment.name, parameters=parameters, out=about.reports, incident=about.incident, reason=about.reason,
            approve=about.approve, deadline=environment.deadlines.run,
        )
        for environment in [settings.load(name) for name in dict.fromkeys(environments)]
        for runbook in runbooks
    ]  # fmt: skip


def run(requests: Sequence[Request], *, jobs: int, on_entry: OnEntry, on_done: OnDone) -> list[Record]:
    """Run all requests, at most `jobs` at a time, and return their records in order; each is rendered as soon as it is done."""

    def one(request: Request) -> Record:
        record = execute.run(request, on_entry=lambda entry: on_entry(request, entry))
        return _rendered(record, on_done)

    with execute.listening(), execute.warmed():
        ready = _with_sandbox(requests)
        if jobs == 1 or len(ready) == 1:
            return [one(request) for request in ready]
        with ThreadPoolExecutor(max_workers=jobs) as pool:
            return list(pool.map(one, ready))


def _with_sandbox(requests: Sequence[Request]) -> list[Request]:
    """Give those that run on the sandbox one to share, started here when none is up."""
    sandboxed = {request.environment for request in requests if settings.load(request.environment).sandbox}
    if not sandboxed:
        return list(requests)
    shared = {local.VARIABLE: str(local.running())}
    return [replace(r, variables=shared) if r.environment in sandboxed else r for r in requests]


def render(reports: Path, run_id: str, *, on_done: OnDone) -> list[int]:
    """Render a run again; without an id, all runs that did not finish or have no page yet. Return their exit codes.

    A run that did not finish is recovered first, so that its record says so. Raises CallError for an id that is not there.
    """
    unfinished = [folder for folder in execute.unfinished(reports) if run_id in folder.name]
    records = [_rendered(execute.recover(folder), on_done) for folder in unfinished]
    if not run_id:
        records += [_rendered(execute.read(path), on_done) for path in _without_page(reports)]
    elif not records:
        found = sorted(reports.glob(f"*/*/*-{run_id}.ipynb"))
        if len(found) != 1:
            raise CallError(f"there is no run '{run_id}' in {reports}: its id stands at the end of each file name")
        records = [_rendered(execute.read(found[0]), on_done)]
    return [record.exit_code for record in records]


def _without_page(reports: Path) -> list[Path]:
    """Return the records whose page was never written, because the batch was killed between the two."""
    return [path for path in sorted(reports.glob("*/*/*Z-??????.ipynb")) if not path.with_suffix(".html").exists()]


def _rendered(record: Record, on_done: OnDone) -> Record:
    with _RENDERING:
        if record.notebook is not None and not record.notebook.name.startswith("partial"):
            report.write(record.notebook)
        on_done(record)
    return record


def worst_exit(codes: Iterable[int]) -> int:
    """Return the exit code of a batch: FAIL before refusal before UNKNOWN, because it is what somebody must act on."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), 0)
