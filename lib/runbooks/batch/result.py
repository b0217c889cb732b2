"""What became of one request: small enough to travel back from a worker, whatever the record holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbooks.errors import CallError, RefusedError, RunbooksError
from runbooks.execute import folder

if TYPE_CHECKING:
    from runbooks.batch.task import Task
    from runbooks.execute import Record

_WORST_FIRST = (1, 4, 3, 2, 0)
_QUIET = ("PASS", "SKIP")
NOT_BEGUN = "the batch was interrupted before it began"


@dataclass(frozen=True, slots=True)
class Result:
    """How one request ended, and where its record is.

    Attributes:
        notebook: The record on this machine (or in a folder that is shared), None when it is elsewhere or there is none.
        place: Where the record is for people: a path or an s3:// address, without an ending when all its files are there.
        error: One sentence, empty when the run completed and its record is where it should be.
        findings: Status, name and summary of each check that somebody may have to act on.
        calls: Requests made, by "service:Operation".
        began: False for a run that was not started because the batch was interrupted.
        verdict: All that the run concluded, as JSON data, where the whole of it was asked for.
    """

    run_id: str
    runbook: str
    environment: str
    status: str
    outcome: str
    summary: str
    error: str
    exit_code: int
    notebook: Path | None = None
    place: str = ""
    findings: tuple[tuple[str, str, str], ...] = ()
    calls: tuple[tuple[str, int], ...] = ()
    began: bool = True
    verdict: dict[str, Any] | None = None


def worst_exit(codes: Iterable[int]) -> int:
    """Return the exit code of a batch: FAIL before refusal before UNKNOWN, because it is what somebody must act on."""
    found = set(codes)
    return next((code for code in _WORST_FIRST if code in found), 0)


def of(record: Record, *, whole: bool) -> Result:
    """Return the result of a run from its record; `whole` keeps the verdict."""
    verdict = record.verdict
    return Result(
        run_id=record.run_id,
        runbook=record.runbook,
        environment=record.environment,
        status=str(verdict.status),
        outcome=str(record.outcome),
        summary=verdict.summary,
        error=record.error,
        exit_code=record.exit_code,
        notebook=record.notebook,
        place=_place(record.notebook),
        findings=tuple((str(r.status), r.name, r.summary) for r in verdict.results if r.status not in _QUIET),
        calls=tuple(verdict.calls.items()),
        verdict=verdict.model_dump(mode="json") if whole else None,
    )


def without_run(task: Task, error: Exception | str, *, began: bool = True) -> Result:
    """Return the result of a task that came to no record, with what ended it as its sentence."""
    from runbooks.execute import record  # noqa: PLC0415 - brings pydantic, which the command line must not pay for
    from runbooks.model import Outcome  # noqa: PLC0415

    asked, started = task.request, datetime.now(UTC)
    about = record.About(
        folder.new_run_id(started), asked.runbook, asked.environment, started,
        asked.operator, asked.reason, asked.incident, asked.deadline,
    )  # fmt: skip
    unsaved = record.unsaved(about, _sentence(error))
    outcome = Outcome.FAILED if began else Outcome.INTERRUPTED
    ended = record.record(None, unsaved.verdict.model_copy(update={"outcome": outcome}), unsaved.error)
    code = _exit_of(error) if isinstance(error, Exception) else ended.exit_code
    return replace(of(ended, whole=task.whole), began=began, exit_code=code)


def unsaved(result: Result, sentence: str, place: Path) -> Result:
    """Return the result of a run whose record could not be brought to where it should be: it is never health (exit 3)."""
    from runbooks.model import Outcome, Status, exit_code, worst  # noqa: PLC0415

    status, outcome = worst([Status(result.status), Status.UNKNOWN]), Outcome.CANNOT_SAVE
    said = {"status": str(status), "outcome": str(outcome), "summary": f"its record is not where it should be: {sentence}"}
    return replace(
        result,
        status=str(status),
        outcome=str(outcome),
        error=sentence,
        exit_code=exit_code(outcome, status),
        notebook=None,
        place=str(place),
        verdict=result.verdict and result.verdict | said,
    )


def _place(notebook: Path | None) -> str:
    if notebook is None:
        return ""
    whole = not notebook.name.startswith("partial")
    return str(notebook.with_suffix("") if whole else notebook)


def _sentence(error: Exception | str) -> str:
    if isinstance(error, str | RunbooksError):
        return " ".join(str(error).split())
    return " ".join(f"{type(error).__name__}: {error}".split())[:1000]


def _exit_of(error: Exception) -> int:
    return 2 if isinstance(error, CallError) else 4 if isinstance(error, RefusedError) else 3
