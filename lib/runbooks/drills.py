"""Drills: break something known in the sandbox, run the runbook, and see whether the finding comes out.

A drill steps through the notebook's own cells in this process, without a kernel: what is proven is what the notebook asks.
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from runbooks import catalogue, execute
from runbooks.gateway import local
from runbooks.model import CheckResult, Status, Verdict

if TYPE_CHECKING:
    from runbooks.catalogue import Runbook
    from runbooks.runbook import Run
    from runbooks.sandbox.faults import Fault, Finding

NO_WORSE = (Status.PASS, Status.WARN)


@dataclass(frozen=True, slots=True)
class Drill:
    """What became of one fault: what had to come out and did not, and the verdict of the broken and of the mended platform."""

    fault: str
    runbook: str
    broken: Verdict
    mended: Verdict
    missed: tuple[str, ...]
    false_alarms: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Say whether everything came out that had to, and nothing else."""
        return not self.missed and not self.false_alarms


def step_through(runbook: Runbook, **parameters: object) -> Verdict:
    """Run the cells of a notebook in this process, with these parameters, and return the verdict; raises what a cell raises."""
    notebook = json.loads(runbook.path.read_bytes())
    declared = {parameter.name: parameter.default for parameter in execute.declared(notebook)}
    space: dict[str, Any] = {**declared, **parameters}
    with redirect_stdout(io.StringIO()):
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", []):
                code = compile("".join(cell["source"]), str(runbook.path), "exec")
                exec(code, space)  # noqa: S102 - the cells of our own notebook, as a kernel would
    run: Run = space["run"]
    return run.verdict()


def drill(faults: Sequence[Fault], environment: str, *, on_done: Callable[[Drill], None]) -> list[Drill]:
    """Break, run and mend for each fault and each runbook that ought to see it; a benign one must raise nothing above WARN."""
    done = []
    with _own_sandbox() as state:
        for fault in faults:
            for name in _runbooks(fault):
                result = _one(fault, catalogue.find(name), environment, state)
                on_done(result)
                done.append(result)
    return done


def score(drills: Sequence[Drill]) -> str:
    """Say in one sentence how many faults were caught, and how many false alarms there were."""
    missed = [d.fault for d in drills if d.missed]
    alarms = [d.fault for d in drills if d.false_alarms]
    return (
        f"caught {len(drills) - len(missed)} of {len(drills)}, {len(alarms)} false alarms"
        + (f"; missed {', '.join(missed)}" if missed else "")
        + (f"; false alarm in {', '.join(alarms)}" if alarms else "")
    )


def unmet(expected: Iterable[Finding], runbook: str, verdict: Verdict) -> tuple[str, ...]:
    """Return in words the findings that had to come out of this runbook and did not."""
    results = {result.name: result for result in verdict.results}
    return tuple(
        f"{finding.check} should say {finding.status} of {finding.resource}"
        for finding in expected
        if finding.runbook == runbook and not _met(finding, results.get(finding.check))
    )


def _met(finding: Finding, result: CheckResult | None) -> bool:
    if result is None:
        return False
    if finding.status == Status.UNKNOWN:
        seen = any(fnmatchcase(blind.resource, finding.resource) for blind in result.blind)
        return seen and result.status in (Status.UNKNOWN, Status.FAIL)
    return any(
        row.status == finding.status and row.accepted is None and fnmatchcase(row.resource, finding.resource)
        for row in result.evidence
    )


def _one(fault: Fault, runbook: Runbook, environment: str, state: dict[str, Any]) -> Drill:
    local.ask(state, "break", {"environment": environment, "fault": fault.name})
    broken = step_through(runbook, environment=environment)
    local.ask(state, "mend", {"environment": environment})
    mended = step_through(runbook, environment=environment)
    alarmed = [mended] if not fault.benign else [mended, broken]
    return Drill(
        fault.name,
        runbook.name,
        broken,
        mended,
        missed=unmet(fault.expected, runbook.name, broken),
        false_alarms=tuple(
            f"{result.name} says {result.status}: {result.summary}"
            for verdict in alarmed
            for result in verdict.results
            if result.status not in NO_WORSE
        ),
    )


def _runbooks(fault: Fault) -> list[str]:
    """Return the runbooks that a fault concerns: those that ought to see it, all there are for a benign one."""
    known = [runbook.name for runbook in catalogue.all_runbooks() if not runbook.tells]
    concerned = {finding.runbook for finding in fault.expected}
    return [name for name in known if fault.benign or name in concerned]


@contextmanager
def _own_sandbox() -> Iterator[dict[str, Any]]:
    """Give the drill a sandbox of its own, so that it breaks nobody else's."""
    before = os.environ.get(local.VARIABLE)
    path = local.start()
    os.environ[local.VARIABLE] = str(path)
    try:
        yield local.read_state(path) or {}
    finally:
        os.environ.pop(local.VARIABLE)
        if before is not None:
            os.environ[local.VARIABLE] = before
