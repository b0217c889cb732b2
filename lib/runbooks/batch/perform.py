"""One task, done in this process: on the machine of the batch by a thread, or on a worker of a fleet."""

from __future__ import annotations

import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from runbooks import execute, report
from runbooks.batch import result, storage
from runbooks.batch.result import Result
from runbooks.batch.task import Task
from runbooks.errors import RecordError
from runbooks.execute import Record, Request

OnEntry = Callable[[Request, dict[str, Any]], None]


def perform(task: Task, on_entry: OnEntry | None = None, variables: Mapping[str, str] | None = None) -> Result:
    """Run a task and return its result, whatever happens: nothing that one task does ends a batch.

    Args:
        task: What to run, and where its record goes.
        on_entry: Called with the request and each line of its journal.
        variables: Environment variables for the run that only this machine knows.
    """
    inputs = Path(tempfile.mkdtemp(prefix="runbooks-task-"))
    try:
        request = task.unpack(inputs)
        request = replace(request, variables={**request.variables, **(variables or {})})
        if storage.is_address(task.out):
            return _uploaded(task, request, on_entry)
        return result.of(_run(request, on_entry), whole=task.whole)
    except Exception as error:  # noqa: BLE001 - it becomes the result
        return result.without_run(task, error)
    finally:
        shutil.rmtree(inputs, ignore_errors=True)


def _run(request: Request, on_entry: OnEntry | None) -> Record:
    tell = (lambda entry: on_entry(request, entry)) if on_entry else None
    return execute.run(request, on_entry=tell, finish=report.write)


def _uploaded(task: Task, request: Request, on_entry: OnEntry | None) -> Result:
    """Run with a private folder for the record, and upload that once; what cannot be uploaded stays there."""
    private = Path(tempfile.mkdtemp(prefix="runbooks-records-"))
    try:
        record = _run(replace(request, out=private), on_entry)
        done = result.of(record, whole=task.whole)
        if record.notebook is None or record.outcome.value == "cannot-save":
            return done
        try:
            storage.upload(private, task.out)
        except RecordError as error:
            sentence = f"{error}; the record is kept on {platform.node()} in {record.notebook.parent}"
            return result.unsaved(done, sentence, record.notebook)
        name = record.notebook.relative_to(private).with_suffix("").as_posix()
        shutil.rmtree(private, ignore_errors=True)
        return replace(done, notebook=None, place=f"{task.out}/{name}")
    finally:
        with suppress(OSError):
            private.rmdir()  # only when nothing is in it
