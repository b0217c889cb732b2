"""How a run ended, in one word: from what its processes say and what its notebook shows, never from papermill's status."""

from __future__ import annotations

import os
import signal

from pydantic import ValidationError

from runbooks.execute import notebook as shown
from runbooks.execute.ending import Ending
from runbooks.execute.notebook import Notebook
from runbooks.model import RESULT_MIME, VERDICT_MIME, CheckResult, Outcome, Verdict

LONGEST = 1000  # characters of an error's sentence
_OURS = {"RefusedError": Outcome.REFUSED, "LockedError": Outcome.LOCKED, "CallError": Outcome.FAILED}


def results(notebook: Notebook) -> tuple[CheckResult, ...]:
    """Return the check results that the notebook shows; of each check the last one."""
    found: dict[str, CheckResult] = {}
    for data in shown.published(shown.code_cells(notebook), RESULT_MIME):
        try:
            result = CheckResult.model_validate(data)
        except ValidationError:
            continue
        found[result.name] = result
    return tuple(found.values())


def verdict(notebook: Notebook, run_id: str) -> Verdict | None:
    """Return the verdict that the cell tagged `verdict` shows, if this run produced it."""
    for data in shown.published(shown.tagged(notebook, "verdict"), VERDICT_MIME):
        try:
            found = Verdict.model_validate(data)
        except ValidationError:
            continue
        if found.run_id == run_id:
            return found
    return None


def judge(ending: Ending, notebook: Notebook, concluded: Verdict | None, deadline: float) -> tuple[Outcome, str]:
    """Return the outcome, and the error in one sentence; only a whole run with its own verdict is completed."""
    outcome, error = _stopped(ending, notebook, deadline) or _broken(ending, notebook) or _incomplete(notebook, concluded)
    return outcome, shown.whole_text(" ".join(error.split()))[:LONGEST]


def _stopped(ending: Ending, notebook: Notebook, deadline: float) -> tuple[Outcome, str] | None:
    match ending.stopped:
        case "":
            return None
        case "locked":
            return Outcome.LOCKED, ending.error
        case "deadline":
            return Outcome.DEADLINE, f"stopped at its deadline of {deadline:g} s, {shown.reached(notebook)}"
        case _:
            return Outcome.INTERRUPTED, f"interrupted {shown.reached(notebook)}"


def _broken(ending: Ending, notebook: Notebook) -> tuple[Outcome, str] | None:
    if ending.worker == "cannot-save":
        return Outcome.CANNOT_SAVE, ending.error
    if ending.worker == "kernel-died":
        return Outcome.KERNEL_DIED, f"the kernel died {shown.reached(notebook)}"
    if (trouble := shown.trouble(notebook)) is not None:
        return _troubled(trouble)
    if ending.background:
        return Outcome.FAILED, f"{ending.background}, which failed no cell"
    return None if ending.worker == "ran" else (Outcome.FAILED, ending.error or _unsaid(ending.status))


def _incomplete(notebook: Notebook, concluded: Verdict | None) -> tuple[Outcome, str]:
    if left := shown.unexecuted(notebook):
        return Outcome.FAILED, f"{left} code cells did not run"
    if concluded is None:
        return Outcome.FAILED, "the cell tagged 'verdict' shows no verdict of this run"
    said = "" if concluded.outcome is Outcome.COMPLETED else concluded.summary
    return concluded.outcome, said


def _troubled(trouble: shown.Trouble) -> tuple[Outcome, str]:
    if trouble.name in _OURS:
        return _OURS[trouble.name], trouble.text
    what = f"{trouble.name}: {trouble.text}" if trouble.text else trouble.name
    return Outcome.FAILED, f"{what}, {trouble.where}"


def _unsaid(status: int | None) -> str:
    if status is None:
        return "the process that drives the kernel ended without a word"
    code = os.waitstatus_to_exitcode(status)
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"the process that drives the kernel {how}"
