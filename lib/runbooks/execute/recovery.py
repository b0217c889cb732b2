"""Runs whose runner is gone (killed, or the machine went down): find them, and make a record of what they left."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from runbooks.errors import CallError, RecordError
from runbooks.execute.ending import Ending
from runbooks.execute.folder import NAME, RunFolder

if TYPE_CHECKING:
    from runbooks.execute.record import Record


def unfinished(out: Path) -> list[Path]:
    """Return the run folders below the reports folder `out` that nobody drives any more, the oldest first."""
    found = (path for path in out.glob("*/*/.*") if NAME.fullmatch(path.name) and path.is_dir())
    return sorted((path for path in found if not RunFolder(path).is_alive()), key=_run_id)


def recover(folder: Path) -> Record:
    """Turn what a run left into its record, with outcome interrupted; what of it cannot be read is said there.

    Raises:
        CallError: `folder` is not the folder of a run.
        LockedError: The run is still going on.
    """
    from runbooks.execute import record  # noqa: PLC0415 - pydantic takes its time

    if not NAME.fullmatch(folder.name) or not folder.is_dir():
        raise CallError(f"{folder} is not the folder of an unfinished run: choose one that `unfinished` names")
    run = RunFolder(folder)
    held = run.hold()
    try:
        try:
            saved = record.read(run.final(".ipynb"))
        except RecordError:
            return record.close(run, Ending(stopped="interrupted"))
        run.retire()  # it was killed between saving the record and this
        return saved
    finally:
        os.close(held)


def _run_id(path: Path) -> str:
    named = NAME.fullmatch(path.name)
    return named["run_id"] if named else ""
