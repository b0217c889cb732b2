"""Pages made again from the records, also of runs that never came to one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runbooks import execute, report
from runbooks.batch import result
from runbooks.batch.result import Result
from runbooks.errors import CallError
from runbooks.execute import Record

OnDone = Callable[[Result], None]


def render(reports: Path, run_id: str, *, on_done: OnDone) -> list[int]:
    """Render a run again; without an id, all runs that did not finish or have no page yet. Return their exit codes.

    A run that did not finish is recovered first, so that its record says so. Raises CallError for an id that is not there.
    """
    unfinished = [folder for folder in execute.unfinished(reports) if run_id in folder.name]
    codes = [_rendered(execute.recover(folder), on_done) for folder in unfinished]
    if not run_id:
        codes += [_rendered(execute.read(path), on_done) for path in _without_page(reports)]
    elif not codes:
        found = sorted(reports.glob(f"*/*/*-{run_id}.ipynb"))
        if len(found) != 1:
            raise CallError(f"there is no run '{run_id}' in {reports}: its id stands at the end of each file name")
        codes = [_rendered(execute.read(found[0]), on_done)]
    return codes


def _without_page(reports: Path) -> list[Path]:
    """Return the records whose page was never written, because the batch was killed between the two."""
    return [path for path in sorted(reports.glob("*/*/*Z-??????.ipynb")) if not path.with_suffix(".html").exists()]


def _rendered(record: Record, on_done: OnDone) -> int:
    if record.notebook is not None and not record.notebook.name.startswith("partial"):  # it could be saved
        report.write(record.notebook)
    on_done(result.of(record, whole=False))
    return record.exit_code
