"""One executed notebook as one page."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runbooks.errors import RecordError
from runbooks.model import Verdict
from runbooks.render import html, line, moment, page_style, verdict_html
from runbooks.render.findings import shown_status
from runbooks.report.files import save
from runbooks.report.record import verdict_of

if TYPE_CHECKING:
    from nbformat import NotebookNode

FORMAT = 4
LARGEST = 64 * 1024 * 1024  # bytes of a notebook that is read at all


def build(notebook: NotebookNode) -> str:
    """Return the page of an executed notebook: the verdict first, then its steps in order.

    Everything a page needs is in it; it asks for nothing, holds no script, and stays under 2 MB.
    """
    return _page(notebook, verdict_of(notebook))


def write(notebook: Path) -> Path:
    """Render `X.ipynb` to `X.html` and its verdict to `X.json`, both beside it, and return the path of the page.

    The files are readable by their owner only, and appear whole or not at all. Raises RecordError when the notebook cannot
    be read or a file cannot be written.
    """
    read = _read(notebook)
    verdict = verdict_of(read)
    data = json.dumps(verdict.model_dump(mode="json"), indent=1)
    save(notebook.with_suffix(".json"), data + "\n")
    return save(notebook.with_suffix(".html"), _page(read, verdict))


def _page(notebook: NotebookNode, verdict: Verdict) -> str:
    from runbooks.report.exporter import export  # noqa: PLC0415 - nbconvert takes half a second to import

    return export(notebook, _parts(verdict))


def _parts(verdict: Verdict) -> Mapping[str, Any]:
    status = shown_status(verdict)
    return {
        "title": line(f"{status}: {verdict.title}, {verdict.environment}, {moment(verdict.started)}", limit=200),
        "style": page_style(),
        "verdict": verdict_html(verdict, page=True),
        "foot": html(
            "Made from the record of run {run}. The notebook and the JSON beside it hold every value.", run=verdict.run_id
        ),
    }


def _read(path: Path) -> NotebookNode:
    """Return what the file holds, valid or not: a record that a kill cut short must still be rendered."""
    import nbformat  # noqa: PLC0415 - a tenth of a second, which the command line must not pay

    try:
        if (size := path.stat().st_size) > LARGEST:
            raise RecordError(f"{path} has {size} bytes: a notebook above {LARGEST} is not rendered")
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise RecordError(f"{path} cannot be read as a notebook: {error}") from None
    if not isinstance(data, dict) or data.get("nbformat") != FORMAT:
        raise RecordError(f"{path} cannot be read as a notebook: it is not of nbformat {FORMAT}, which is what a run writes")
    notebook: NotebookNode = nbformat.from_dict(data)  # type: ignore[no-untyped-call]
    return notebook
