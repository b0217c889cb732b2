"""One run from request to record: its folder, its lock, its processes, its ending."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from runbooks.errors import LockedError, RecordError
from runbooks.execute import folder as folders
from runbooks.execute import requested, signals
from runbooks.execute.ending import Ending
from runbooks.execute.folder import RunFolder
from runbooks.execute.parent import Closed, OnEntry, supervise
from runbooks.execute.requested import Request

if TYPE_CHECKING:
    from runbooks.execute.parameters import Plain
    from runbooks.execute.record import Record

Finish = Callable[[Path], object]
Lock = Callable[[Request], AbstractContextManager[object]]


def run(request: Request, *, on_entry: OnEntry | None = None, lock: Lock | None = None, finish: Finish | None = None) -> Record:
    """Run a notebook and return its record, whatever happens to the notebook.

    Args:
        request: What to run.
        on_entry: Called with each line of the journal while the run goes on; an error of it ends the calls, not the run.
        finish: A function of a module, called with the path of the notebook when the record is there, in the child where possible.
        lock: Makes the lock to hold meanwhile; if it raises LockedError, the record says so and no cell runs.

    Raises:
        RecordError: The record is there, and could not be finished.
        CallError: The request names no notebook, or values that it does not take; nothing was begun.
    """
    notebook = requested.source(request.notebook)
    values = requested.values(request, notebook)
    started = datetime.now(UTC)
    run_id = folders.new_run_id(started)
    with signals.listening():
        try:
            folder, held = folders.start(request, values, notebook, run_id, started)
        except RecordError as error:
            return _without_place(request, values, run_id, started, str(error))
        try:
            return _closed(folder, _locked_run(request, folder, held, on_entry, lock, finish), finish)
        finally:
            os.close(held)


def _locked_run(
    request: Request, folder: RunFolder, held: int, on_entry: OnEntry | None, lock: Lock | None, finish: Finish | None
) -> Ending | Closed:
    named = f"{finish.__module__}:{finish.__qualname__}" if finish else ""
    try:
        with lock(request) if lock else nullcontext():
            return supervise(request, folder, held, on_entry, named)
    except LockedError as error:
        return Ending(stopped="locked", error=str(error))


def _closed(folder: RunFolder, ending: Ending | Closed, finish: Finish | None) -> Record:
    from runbooks.execute import record  # noqa: PLC0415 - loaded while the child started: pydantic takes its time

    if isinstance(ending, Closed):
        if ending.trouble:
            raise RecordError(ending.trouble)
        return record.closed(folder, ending.error)
    kept = folder.final(".ipynb")
    closed = record.read(kept) if kept.exists() else record.close(folder, ending)  # a child may die between closing and saying so
    if finish is not None and closed.notebook == kept:
        finish(closed.notebook)
    return closed


def _without_place(request: Request, values: dict[str, Plain], run_id: str, started: datetime, error: str) -> Record:
    from runbooks.execute import record  # noqa: PLC0415

    about = record.About(
        run_id, request.runbook, request.environment, started,
        request.operator, request.reason, request.incident, request.deadline, values,
    )  # fmt: skip
    return record.unsaved(about, error)
