"""The notebook of a run as plain JSON: read what is left of it, see what it shows, and make it fit to be kept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NOWHERE = "before the first cell"
LARGEST = 1_000_000  # characters of one output, and ten times that of all outputs of a cell
_BANNER = "papermill-error-cell-tag"
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")

Notebook = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error that a cell shows: class, text, and where, in words."""

    name: str
    text: str
    where: str


def load(path: Path, title: str) -> tuple[Notebook, str]:
    """Return the notebook, and what is wrong with it in one sentence: then it is an empty one that says so."""
    try:
        notebook = json.loads(path.read_bytes())
        for cell in notebook["cells"]:
            _ = (cell["cell_type"], cell["source"], cell["metadata"].get("tags"))
        notebook["metadata"].get("papermill")
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        damage = f"the notebook of this run could not be read ({type(error).__name__})"
        return empty(f"# {title}\n\n{damage[0].upper()}{damage[1:]}."), damage
    return dict(notebook), ""


def empty(text: str) -> Notebook:
    """Return a notebook of one Markdown cell."""
    cell = {"cell_type": "markdown", "id": "note", "metadata": {}, "source": text}
    return {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def bare(notebook: Notebook) -> Notebook:
    """Return the notebook's text and code without anything that a kernel produced."""
    cells = []
    for number, cell in enumerate(notebook["cells"]):
        kept = {"cell_type": "markdown", "id": f"cell-{number}", "metadata": {}, "source": "".join(cell["source"])}
        code: Notebook = {"cell_type": "code", "outputs": [], "execution_count": None} if cell["cell_type"] == "code" else {}
        cells.append(kept | code)
    return empty("") | {"cells": cells}


def whole_text(text: str) -> str:
    """Return text that has a UTF-8 form: a lone half of a surrogate pair becomes U+FFFD, whole pairs become their sign."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def text(notebook: Notebook) -> str:
    """Return a notebook as JSON, one cell a line: indented as usual it takes three times as long to write."""
    parts = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in notebook.items() if name != "cells"]
    cells = ",\n".join(json.dumps(cell, ensure_ascii=False) for cell in notebook["cells"])
    return "{" + f'"cells": [\n{cells}\n],\n' + ",\n".join(parts) + "}\n"


def code_cells(notebook: Notebook) -> list[dict[str, Any]]:
    """Return the cells with code in them."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "".join(cell["source"]).strip()]


def published(cells: list[dict[str, Any]], mime: str) -> Iterator[Any]:
    """Yield what outputs hold under `mime`, in order."""
    for cell in cells:
        for output in _outputs(cell):
            data = output.get("data")
            if isinstance(data, dict) and mime in data:
                yield data[mime]


def tagged(notebook: Notebook, tag: str) -> list[dict[str, Any]]:
    """Return the code cells with this tag."""
    return [cell for cell in code_cells(notebook) if tag in (cell["metadata"].get("tags") or ())]


def trouble(notebook: Notebook) -> Trouble | None:
    """Return the first error that a cell shows."""
    for cell in code_cells(notebook):
        for output in _outputs(cell):
            if output.get("output_type") == "error":
                text = " ".join(_ANSI.sub("", str(output.get("evalue", ""))).split())
                return Trouble(str(output.get("ename", "")), text[:LARGEST], where(notebook, cell))
    return None


def reached(notebook: Notebook) -> str:
    """Say where the run got to: the last cell that began."""
    begun = [cell for cell in code_cells(notebook) if _begun(cell)]
    return where(notebook, begun[-1]) if begun else NOWHERE


def unexecuted(notebook: Notebook) -> int:
    """Count the code cells that never ran."""
    return sum(cell.get("execution_count") is None for cell in code_cells(notebook))


def where(notebook: Notebook, cell: dict[str, Any]) -> str:
    """Say which cell it is: its number among the code cells, and the heading above it."""
    number, heading = 0, ""
    for other in notebook["cells"]:
        number += other["cell_type"] == "code"
        if other["cell_type"] == "markdown":
            headings = re.findall(r"^##+ +(.+?) *$", "".join(other["source"]), re.MULTILINE)
            heading = f' ("{headings[-1]}")' if headings else heading
        if other is cell:
            break
    return f"in code cell {number}{heading}"


def make_keepable(notebook: Notebook, *, completed: bool) -> None:
    """Take out papermill's banners and this machine's paths, set each cell's status to what is true, and cut what is too large."""
    notebook["cells"] = [cell for cell in notebook["cells"] if _BANNER not in (cell["metadata"].get("tags") or ())]
    about = notebook["metadata"].get("papermill")
    if isinstance(about, dict):
        for word in ("input_path", "output_path"):
            about[word] = Path(str(about.get(word) or "")).name.removeprefix("atomic:")
        about["exception"] = None if completed else True
    last = [cell for cell in code_cells(notebook) if _begun(cell)][-1:]
    for cell in notebook["cells"]:
        _set_status(cell, ended_here=not completed and cell in last)
        if cell["cell_type"] == "code":
            cell["outputs"] = list(_cut(_outputs(cell)))


def _outputs(cell: dict[str, Any]) -> list[dict[str, Any]]:
    return [output for output in cell.get("outputs") or () if isinstance(output, dict)]


def _begun(cell: dict[str, Any]) -> bool:
    timing = cell["metadata"].get("papermill") or {}
    return cell.get("execution_count") is not None or timing.get("start_time") is not None


def _set_status(cell: dict[str, Any], *, ended_here: bool) -> None:
    timing = cell["metadata"].get("papermill")
    if not isinstance(timing, dict) or cell["cell_type"] != "code":
        return
    if ended_here or any(output.get("output_type") == "error" for output in _outputs(cell)):
        timing.update(status="failed", exception=True)
    elif not _begun(cell):
        timing.update(status="pending", exception=None)


def _cut(outputs: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the outputs with their large parts cut, until together they are too large as well."""
    left = 10 * LARGEST
    for number, output in enumerate(outputs):
        _cut_output(output)
        left -= len(json.dumps(output))
        if left < 0:
            yield _note(f"{len(outputs) - number} more outputs of this cell were left out: together they were too large.")
            return
        yield output


def _cut_output(output: dict[str, Any]) -> None:
    for word in ("text", "evalue"):
        if word in output:
            output[word] = _short("".join(output[word]))
    if "traceback" in output:
        output["traceback"] = _short("\n".join(output["traceback"])).split("\n")
    data = output.get("data")
    if isinstance(data, dict):
        large = [mime for mime, value in data.items() if not mime.startswith("text/") and len(json.dumps(value)) > LARGEST]
        for mime in large:
            del data[mime]
            data.setdefault("text/plain", f"({mime} was left out: it was too large)")
        output["data"] = {mime: _short("".join(value)) if mime.startswith("text/") else value for mime, value in data.items()}


def _short(text: str) -> str:
    return text if len(text) <= LARGEST else f"{text[:LARGEST]}\n… cut here: {len(text) - LARGEST} more characters"


def _note(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stderr", "text": text}
