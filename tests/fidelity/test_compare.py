"""The comparer reports what differs, where it differs, and nothing that differs in every run."""

from __future__ import annotations

import base64
import copy
import io
from collections.abc import Callable
from typing import Any

import pytest

from tests.fidelity import torture
from tests.fidelity.compare import Difference, differences, named


def png(*, pixel: int = 0, comment: str = "") -> str:
    """Return a picture of four pixels, one of which may be chosen; a comment changes the file and not the picture."""
    from PIL import Image, PngImagePlugin

    image, about, file = Image.new("L", (2, 2)), PngImagePlugin.PngInfo(), io.BytesIO()
    image.putpixel((1, 1), pixel)
    about.add_text("Comment", comment)
    image.save(file, "png", pnginfo=about)
    return base64.b64encode(file.getvalue()).decode()


def executed(*outputs: dict[str, Any], count: int | None = 1, source: str = "source", **about: Any) -> dict[str, Any]:
    """Return a notebook of one executed cell."""
    times = {"start_time": "2026-11-24T03:00:00", "end_time": "2026-11-24T03:00:01", "duration": 1.0}
    papermill = times | {"exception": False, "status": "completed"} | about
    execution = {"iopub.status.busy": "2026-11-24T03:00:00", "shell.execute_reply": "2026-11-24T03:00:01"}
    metadata = {"name": "the cell", "tags": [], "papermill": papermill, "execution": execution}
    cell = {
        "cell_type": "code",
        "id": "a",
        "execution_count": count,
        "metadata": metadata,
        "source": source,
        "outputs": list(outputs),
    }
    notebook = {"papermill": times | {"output_path": "/a/out.ipynb"}, "kernelspec": {"name": "python3"}}
    return {"cells": [cell], "metadata": notebook, "nbformat": 4, "nbformat_minor": 5}


def said(text: str, name: str = "stdout") -> dict[str, Any]:
    return {"output_type": "stream", "name": name, "text": text}


def shown(mime: str, datum: Any, **more: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": {mime: datum}, "metadata": {}} | more


def failed(*traceback: str) -> dict[str, Any]:
    return {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": list(traceback)}


SVG = '<svg><dc:date>2026-11-24T0{0}:00:00</dc:date><path id="m{0}23456789a"/><use href="#m{0}23456789a"/></svg>'
TIMED = "CPU times: user {0} ms, sys: 1.2{0} μs, total: 1min {0}s\nWall time: {0}.5 s\n"

SAME = {
    "parts of a stream": ((said("a"), said("b")), (said("ab"),)),
    "the order of two streams": ((said("a"), said("b", "stderr")), (said("b", "stderr"), said("a"))),
    "the process in a file name": ((failed("in ipykernel_123/4567.py:1"),), (failed("in ipykernel_99/4567.py:1"),)),
    "an address": ((said("<A at 0x7ff778e581d0>"),), (said("<A at 0x7ff779206510>"),)),
    "a uuid": ((said("5cba4d27-a397-4a97-8622-002a70ce15c9"),), (said("0cba4d27-a397-4a97-8622-002a70ce15c9"),)),
    "durations of %time": ((said(TIMED.format(1)),), (said(TIMED.format(2)),)),
    "durations of %timeit": (
        (said("360 ns ± 0 ns per loop (mean ± std. dev. of 1 run, 1 loop each)"),),
        (said("1.2 μs ± 3 ns per loop (mean ± std. dev. of 1 run, 1 loop each)"),),
    ),
    "ids and date of an SVG": ((shown("image/svg+xml", SVG.format(1)),), (shown("image/svg+xml", SVG.format(2)),)),
    "text in lines": ((shown("text/plain", ["a\n", "b"]),), (shown("text/plain", "a\nb"),)),
    "the bytes of a picture": ((shown("image/png", png(comment="a")),), (shown("image/png", png(comment="b")),)),
}


@pytest.mark.parametrize("name", SAME)
def test_what_no_two_runs_have_in_common_is_no_difference(name: str) -> None:
    left, right = SAME[name]
    assert differences(executed(*left), executed(*right)) == []


def test_times_and_ids_of_the_notebook_are_no_difference() -> None:
    left, right = executed(said("a")), executed(said("a"), start_time="2027-01-01T00:00:00", duration=9.9)
    right["cells"][0]["id"] = "b"
    right["cells"][0]["metadata"]["execution"]["iopub.status.busy"] = "2027-01-01T00:00:00"
    right["metadata"]["papermill"] |= {"duration": 2.0, "output_path": "/b/out.ipynb"}
    assert differences(left, right) == []


DIFFERENT: dict[str, tuple[tuple[dict[str, Any], ...], tuple[dict[str, Any], ...], str]] = {
    "other text": ((said("a"),), (said("b"),), "outputs[0].text"),
    "text that is missing": ((said("a"),), (), "outputs[0]"),
    "text on the other stream": ((said("a"),), (said("a", "stderr"),), "outputs[0].name"),
    "one sign in a long text": ((said("x" * 100_000 + "a"),), (said("x" * 100_000 + "b"),), "outputs[0].text"),
    "text on the other side of a display": (
        (said("a"), shown("text/plain", "1")), (shown("text/plain", "1"), said("a")), "outputs[0].output_type",
    ),
    "a result that is a display": (
        (shown("text/plain", "1"),), (shown("text/plain", "1", output_type="execute_result"),), "outputs[0].output_type",
    ),
    "a mime type less": ((shown("text/html", "1"),), (shown("text/plain", "1"),), "outputs[0].data.text/html"),
    "metadata of an output": ((shown("a/b", "1"),), (shown("a/b", "1", metadata={"width": 1}),), "outputs[0].metadata.width"),
    "a place in JSON": (
        (shown("application/json", {"a": [1, {"b": 2}]}),), (shown("application/json", {"a": [1, {"b": 3}]}),),
        "outputs[0].data.application/json.a[1].b",
    ),
    "a truth that is a number": (
        (shown("application/json", {"a": True}),), (shown("application/json", {"a": 1}),), "outputs[0].data.application/json.a",
    ),
    "one pixel": ((shown("image/png", png()),), (shown("image/png", png(pixel=1)),), "outputs[0].data.image/png"),
    "a line of a traceback": ((failed("line 1", "line 2"),), (failed("line 1", "line 3"),), "outputs[0].traceback[1]"),
    "the file of a traceback": (
        (failed("in ipykernel_1/4567.py"),), (failed("in ipykernel_1/9999.py"),), "outputs[0].traceback[0]",
    ),
    "colour": ((failed("\x1b[31mline"),), (failed("line"),), "outputs[0].traceback[0]"),
    "a duration that is missing": ((said(TIMED.format(1)),), (said(TIMED.format(1).replace("Wall time: 1.5 s\n", "")),), "outputs[0].text"),
    "an address where there was none": ((said("<A at 0x7ff778e581d0>"),), (said("<A>"),), "outputs[0].text"),
    "the path of an SVG": (
        (shown("image/svg+xml", SVG.format(1)),), (shown("image/svg+xml", SVG.format(1).replace("path", "line")),),
        "outputs[0].data.image/svg+xml",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_a_planted_difference_is_reported_with_its_place(name: str) -> None:
    left, right, where = DIFFERENT[name]
    found = differences(executed(*left), executed(*right))
    assert named(found) == ["the cell"]
    assert where in [each.where for each in found]


def _rename(cell: dict[str, Any]) -> None:
    cell["metadata"]["name"] = "another"


CHANGES: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "execution_count": (lambda cell: cell.update(execution_count=2), "execution_count"),
    "no execution_count": (lambda cell: cell.update(execution_count=None), "execution_count"),
    "source": (lambda cell: cell.update(source="other"), "source"),
    "kind": (lambda cell: cell.update(cell_type="markdown"), "cell_type"),
    "tags": (lambda cell: cell["metadata"].update(tags=["raises-exception"]), "metadata.tags[0]"),
    "status": (lambda cell: cell["metadata"]["papermill"].update(status="failed"), "metadata.papermill.status"),
    "exception": (lambda cell: cell["metadata"]["papermill"].update(exception=True), "metadata.papermill.exception"),
    "no end": (lambda cell: cell["metadata"]["papermill"].update(end_time=None), "metadata.papermill.end_time"),
    "a message less": (lambda cell: cell["metadata"]["execution"].pop("iopub.status.busy"), "metadata.execution[0]"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_cell_is_reported(name: str) -> None:
    change, where = CHANGES[name]
    right = executed(said("a"))
    change(right["cells"][0])
    assert where in [each.where for each in differences(executed(said("a")), right)]


def test_a_cell_more_and_other_metadata_of_the_notebook_are_reported() -> None:
    left, right = executed(said("a")), executed(said("a"))
    right["cells"].insert(0, copy.deepcopy(right["cells"][0]))
    right["metadata"]["kernelspec"]["name"] = "other"
    right["metadata"]["language_info"] = {"name": "python"}
    found = [each.where for each in differences(left, right)]
    assert found == ["metadata.kernelspec.name", "metadata.language_info", "cells"]


def test_a_mask_of_the_caller_is_applied_to_text_and_data() -> None:
    left, right = executed(said("in /a/x"), shown("text/plain", "/a/x")), executed(said("in /b/x"), shown("text/plain", "/b/x"))
    assert named(differences(left, right)) == ["the cell"]
    assert differences(left, right, masks=[("/[ab]/", "<folder>/")]) == []


def test_a_difference_shows_both_sides_from_where_they_part() -> None:
    assert str(Difference("cell", "outputs[0].text", "x" * 500 + "left", "x" * 500 + "right")).splitlines() == [
        "cell: outputs[0].text", f"  - {'x' * 40 + 'left'!r}", f"  + {'x' * 40 + 'right'!r}",
    ]  # fmt: skip


def test_every_cell_of_the_torture_notebook_has_a_name_of_its_own() -> None:
    cells = torture.cells()
    assert len(cells) >= 48
    assert all(source or name == "result.nothing-of-it" for name, (source, _) in cells.items())
