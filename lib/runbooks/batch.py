"""Many runs: each runbook on each environment, reports beside the records, one worst exit code."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbooks import execute, report, settings
from runbooks.catalogue import Runbook
from runbooks.errors import CallError
from runbooks.gateway.endpoint import VARIABLE, running_sandbox
from runbooks.model import Fact

# of all exit codes the one that matters most: a refusal tells least, then FAIL, then what could not be seen
_WORST = (4, 1, 3, 2, 0)

OnEntry = Callable[[execute.Request, dict[str, Any]], None]
OnDone = Callable[[execute.Record], None]


@dataclass(frozen=True, slots=True)
class About:
    """What all runs of a batch have in common."""

    reports: Path
    incident: str = ""
    reason: str = ""
    approve: str = ""


def plan(
    runbooks: Sequence[Runbook], environments: Sequence[str], parameters: Sequence[tuple[str, str]], about: About
) -> list[execute.Request]:
    """Return one request for each runbook on each environment; raises CallError before anything runs if one of them cannot."""
    loaded = [settings.load(name) for name in dict.fromkeys(environments)]
    sandbox = {VARIABLE: str(running_sandbox())} if any(environment.sandbox for environment in loaded) else {}
    return [
        execute.request(
            runbook,
            environment.name,
            parameters=[*parameters, ("environment", environment.name)],
            out=about.reports,
            incident=about.incident,
            reason=about.reason,
            approve=about.approve,
            deadline=environment.deadlines.run,
            variables=sandbox if environment.sandbox else {},
        )
        for environment in loaded
        for runbook in runbooks
    ]


def run(requests: Sequence[execute.Request], *, jobs: int, on_entry: OnEntry, on_done: OnDone) -> list[execute.Record]:
    """Run all requests, at most `jobs` at a time, and return their records in order; each is rendered as soon as it is done."""

    def one(request: execute.Request) -> execute.Record:
        record = execute.run(request, on_entry=lambda entry: on_entry(request, entry))
        if record.notebook is not None:
            report.write(record.notebook)
        on_done(record)
        return record

    with ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        return list(pool.map(one, requests))


def worst_exit(codes: Iterable[int]) -> int:
    """Return the exit code of a batch: the worst of its runs."""
    found = set(codes)
    return next((code for code in _WORST if code in found), 0)


def parameters_of(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return the parameters given on the command line; `environment` is none of them, because -e says it."""
    given = list(pairs)
    if any(name == "environment" for name, _ in given):
        raise CallError("the environment is not a parameter here: say it with -e")
    return given


def facts(pairs: Iterable[tuple[str, str]]) -> dict[str, Fact]:
    """Return parameters as plain facts for a record."""
    return dict(pairs)
