"""One executed notebook as one page."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import Any

from pydantic_core import PydanticSerializationError

from runbooks.errors import RecordError
from runbooks.model import Chart, Verdict
from runbooks.render import REPORT, day_html, html, line, moment, page_style, verdict_html
from runbooks.render.findings import shown_status
from runbooks.report.files import save_all
from runbooks.report.record import Reading, charts, reading
from runbooks.report.sheet import Sheets
from runbooks.report.steps import Steps

FORMAT = 4
LARGEST = 64 * 1024 * 1024  # bytes of a notebook that is read at all


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the garbage collector rest: while thousands of rows are read it would look at all of them again and again, in vain."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@_uncollected()
def build(notebook: Mapping[str, Any]) -> str:
    """Return the page of an executed notebook: the verdict first, then its steps in order.

    Everything a page needs is in it; it asks for nothing, holds no script, and stays under 2 MB.
    """
    return _page(notebook, reading(notebook), Sheets(""))


@_uncollected()
def write(notebook: Path) -> Path:
    """Render `X.ipynb` to `X.html` and its verdict to `X.json`, both beside it, and return the path of the page.

    Where a result has more rows than the page shows, all of them are in `X.CHECK.csv`, to which the page links. The files are
    readable by their owner only, and appear whole or not at all. Processes and threads may write pages at once. Raises
    RecordError when the notebook cannot be read or a file cannot be written.
    """
    read = _read(notebook)
    run, sheets = reading(read), Sheets(notebook.stem)
    page = _page(read, run, sheets)
    beside = {notebook.with_name(name): text for name, text in sheets.files().items()}
    files = beside | {notebook.with_suffix(".json"): _data(run.verdict), notebook.with_suffix(".html"): page}
    save_all(files)
    for old in set(notebook.parent.glob(f"{escape(notebook.stem)}.*.csv")) - set(files):
        old.unlink(missing_ok=True)  # of an earlier rendering; no link leads there now
    return notebook.with_suffix(".html")


def _page(notebook: Mapping[str, Any], run: Reading, sheets: Sheets) -> str:
    from runbooks.execute.preload import GRAMMARS, without  # noqa: PLC0415 - a list of runs needs neither

    with without(GRAMMARS):
        from runbooks.report.exporter import export  # noqa: PLC0415 - nbconvert takes half a second to import
    shown = charts(notebook) if run.verdict.runbook == REPORT else ()
    return export(notebook, {**_parts(run.verdict, shown), "steps": Steps(run, sheets)})


def _data(verdict: Verdict) -> str:
    """Return a verdict as JSON in lines; half a surrogate pair, which has no UTF-8 form, is escaped."""
    try:
        return verdict.model_dump_json(indent=1) + "\n"
    except PydanticSerializationError:
        return json.dumps(verdict.model_dump(mode="json"), indent=1) + "\n"


def _parts(verdict: Verdict, shown: Sequence[Chart]) -> Mapping[str, Any]:
    status = shown_status(verdict)
    return {
        "title": line(f"{status}: {verdict.title}, {verdict.environment}, {moment(verdict.started)}", limit=200),
        "style": page_style(),
        "verdict": day_html(verdict, shown, page=True) if verdict.runbook == REPORT else verdict_html(verdict, page=True),
        "foot": html(
            "Made from the record of run {run}. The notebook and the JSON beside it hold every value.", run=verdict.run_id
        ),
    }


def _read(path: Path) -> Mapping[str, Any]:
    """Return what the file holds, valid or not: a record that a kill cut short must still be rendered."""
    try:
        if (size := path.stat().st_size) > LARGEST:
            raise RecordError(f"{path} has {size} bytes: a notebook above {LARGEST} is not rendered")
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path} cannot be read as a notebook: {error}") from None
    if not isinstance(data, dict) or data.get("nbformat") != FORMAT:
        raise RecordError(f"{path} cannot be read as a notebook: it is not of nbformat {FORMAT}, which is what a run writes")
    return data
