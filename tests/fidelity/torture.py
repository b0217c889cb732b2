"""A notebook of awkward cells: whatever depends on the kernel that runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import nbformat

from tests.fidelity import displays, errors, language, plots, processes, shell, streams

_QUICK = {
    "numpy.options",
    "pandas.options",
    "pandas.wide",
    "plots.backend-before",
    "plots.first",
    "plots.settings",
    "plots.svg-figure",
}
_FOLDER = 'import os\nos.chdir(os.environ.get("TORTURE", "."))'
KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3"}
_MARK = re.compile(r"^# %% (?P<name>[a-z0-9.-]+)(?P<tags>(?: [a-z-]+)*)\n", re.MULTILINE)
_PARTS = (streams, displays, shell, language, processes, plots, errors)

v4: Any = nbformat.v4  # nbformat is not typed
writes: Any = nbformat.writes

Cells = Mapping[str, tuple[str, list[str]]]  # source and tags by name


def parts() -> dict[str, dict[str, tuple[str, list[str]]]]:
    """Return the cells by subject; each subject stands by itself."""
    return {part.__name__.rpartition(".")[2]: dict(_cells(part.CELLS)) for part in _PARTS}


def cells() -> dict[str, tuple[str, list[str]]]:
    """Return all cells; raises ValueError when two have the same name."""
    listed = [item for part in parts().values() for item in part.items()]
    if len(dict(listed)) < len(listed):
        raise ValueError(f"two cells have the same name: rename one of {sorted(name for name, _ in listed)}")
    return dict(listed)


def quick_cells() -> dict[str, tuple[str, list[str]]]:
    """Return the cells without those that start processes or draw, but for one of each kind of table and figure."""
    left_out = parts()["processes"].keys() | parts()["plots"].keys() - _QUICK
    return {name: cell for name, cell in cells().items() if name not in left_out}


def notebook(chosen: Cells, *, parameters: str = "") -> Any:
    """Return these cells as a notebook, each with its name in its metadata; in a folder of its own, if the variable TORTURE names one."""
    first = {"parameters": (parameters, ["parameters"])} if parameters else {}
    listed = {**first, "folder": (_FOLDER, []), **chosen}
    made = [v4.new_code_cell(source, metadata={"name": name, "tags": tags}) for name, (source, tags) in listed.items()]
    title = v4.new_markdown_cell("# Torture", metadata={"name": "title"})
    return v4.new_notebook(cells=[title, *made, v4.new_raw_cell("raw", metadata={"name": "raw"})], metadata={"kernelspec": KERNEL})


def _cells(text: str) -> Iterator[tuple[str, tuple[str, list[str]]]]:
    marks = list(_MARK.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        yield mark["name"], (text[mark.end() : end].strip("\n"), mark["tags"].split())
