"""Compares two executed notebooks, cell by cell, after masking what no two runs have in common.

Masked, never removed: a duration or an address must stand in both, at the same place.
"""

from __future__ import annotations

import base64
import io
import itertools
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Json = Any
Notebook = Mapping[str, Any]

_PART = r"\d+(?:\.\d+)?(?:e[+-]?\d+)?\s?(?:ns|[uµμ]s|ms|s|min|h|d)\b"
_DURATION = rf"{_PART}(?: {_PART})*"
_MASKS = [
    (re.compile(pattern, re.MULTILINE), mask)
    for pattern, mask in (
        (r"\bipykernel_\d+\b", "ipykernel_<pid>"),
        (r"(?<=\bat )0x[0-9a-f]{6,}|\b0x[0-9a-f]{8,}", "<address>"),
        (r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", "<uuid>"),
        (rf"(?<=user ){_DURATION}|(?<=sys: ){_DURATION}|(?<=total: ){_DURATION}|(?<=Wall time: ){_DURATION}", "<duration>"),
        (rf"^{_DURATION} ± {_DURATION}(?= per loop)", "<duration> ± <duration>"),
    )
]
_SVG_MASKS = [
    (re.compile(r"<dc:date>[^<]+</dc:date>"), "<dc:date><time></dc:date>"),
    (re.compile(r'(?<=id=")[a-z][0-9a-f]{10}(?=")|(?<=#)[a-z][0-9a-f]{10}\b'), "<id>"),  # salted by a random uuid (svg.hashsalt)
]
_TIMES = ("start_time", "end_time", "duration")  # what papermill notes of notebook and cells
_PATHS = ("input_path", "output_path")
_SHOWN = 200  # characters of each side that a difference shows


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two notebooks differ: the cell's name, where in it, and both sides."""

    cell: str
    where: str
    left: Json
    right: Json

    def __str__(self) -> str:
        """Show it in one paragraph, from the first sign that differs."""
        left, right = (side if isinstance(side, str) else json.dumps(side, ensure_ascii=False) for side in (self.left, self.right))
        same = next((at for at, (a, b) in enumerate(zip(left, right, strict=False)) if a != b), min(len(left), len(right)))
        begin = max(0, same - 40)
        return f"{self.cell}: {self.where}\n  - {left[begin : begin + _SHOWN]!r}\n  + {right[begin : begin + _SHOWN]!r}"


def differences(left: Notebook, right: Notebook, *, masks: Iterable[tuple[str, str]] = ()) -> list[Difference]:
    """Return where two executed notebooks differ.

    Args:
        left: An executed notebook (nbformat 4).
        right: Another of the same source.
        masks: Further patterns and what stands in their place, as the folders of the two runs.
    """
    more = [(re.compile(pattern), mask) for pattern, mask in masks]
    found = list(_compare("notebook", "metadata", _notebook_metadata(left, more), _notebook_metadata(right, more)))
    cells, others = left["cells"], right["cells"]
    if [_name(cell) for cell in cells] != [_name(cell) for cell in others]:
        found.append(Difference("notebook", "cells", [_name(cell) for cell in cells], [_name(cell) for cell in others]))
    for number, (cell, other) in enumerate(zip(cells, others, strict=False)):
        name = _name(cell) or f"cell {number}"
        found += _compare(name, "", normal(cell, more), normal(other, more))
    return found


def named(found: Iterable[Difference]) -> list[str]:
    """Return the names of the cells that differ, each once, in order."""
    return list(dict.fromkeys(each.cell for each in found))


def normal(cell: Mapping[str, Any], masks: Sequence[tuple[re.Pattern[str], str]] = ()) -> dict[str, Json]:
    """Return what of a cell must be the same in every run."""
    metadata = dict(cell["metadata"])
    if "execution" in metadata:  # when each message came; which ones came must be the same
        metadata["execution"] = sorted(metadata["execution"])
    if "papermill" in metadata:
        metadata["papermill"] = _masked_about(metadata["papermill"])
    source = _masked("".join(cell["source"]), masks)
    kept = {"cell_type": cell["cell_type"], "source": source, "metadata": metadata}
    if cell["cell_type"] == "code":
        outputs = [_output(output, masks) for output in _coalesced(cell["outputs"])]
        kept |= {"execution_count": cell["execution_count"], "outputs": outputs}
    return kept


def _name(cell: Mapping[str, Any]) -> str:
    about = cell["metadata"]
    return str(about.get("name") or " ".join(about.get("tags") or ()) or "")


def _notebook_metadata(notebook: Notebook, masks: Sequence[tuple[re.Pattern[str], str]]) -> Json:
    metadata = dict(notebook["metadata"])
    if "papermill" in metadata:
        metadata["papermill"] = _masked_about(metadata["papermill"])
    return _masked_json(metadata, masks)


def _masked_about(about: Mapping[str, Any]) -> dict[str, Json]:
    """Return papermill's notes: of a time whether there is one, of a path no more than its last part."""
    paths = {word: str(about[word]).rsplit("/", 1)[-1] for word in _PATHS if about.get(word)}
    return dict(about) | {word: "<time>" for word in _TIMES if about.get(word) is not None} | paths


def _coalesced(outputs: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """Join what one stream said between two other outputs.

    A kernel sends what was written in the last fifth of a second at once, one stream after the other: the parts, and the order of
    the two streams, are accidents.
    """
    for is_stream, group in itertools.groupby(outputs, lambda output: output["output_type"] == "stream"):
        if not is_stream:
            yield from group
            continue
        texts: dict[str, str] = {}
        for output in group:
            texts[output["name"]] = texts.get(output["name"], "") + "".join(output["text"])
        yield from ({"output_type": "stream", "name": name, "text": texts[name]} for name in sorted(texts))


def _output(output: Mapping[str, Any], masks: Sequence[tuple[re.Pattern[str], str]]) -> dict[str, Json]:
    kept = dict(output)
    if "data" in kept:
        kept["data"] = {mime: _datum(mime, datum, masks) for mime, datum in kept["data"].items()}
    for word in ("text", "evalue"):
        if word in kept:
            kept[word] = _masked("".join(kept[word]), masks)
    if "traceback" in kept:
        kept["traceback"] = [_masked(line, masks) for line in kept["traceback"]]
    return kept


def _datum(mime: str, datum: Json, masks: Sequence[tuple[re.Pattern[str], str]]) -> Json:
    if mime.startswith("image/") and mime != "image/svg+xml":
        return Picture.of("".join(datum))
    if isinstance(datum, list) and all(isinstance(line, str) for line in datum):
        datum = "".join(datum)
    if isinstance(datum, str):
        return _masked(datum, [*masks, *(_SVG_MASKS if "svg" in datum else ())])
    return _masked_json(datum, masks)


def _masked_json(value: Json, masks: Sequence[tuple[re.Pattern[str], str]]) -> Json:
    return json.loads(_masked(json.dumps(value, ensure_ascii=False, sort_keys=True), masks))


def _masked(text: str, masks: Sequence[tuple[re.Pattern[str], str]]) -> str:
    for pattern, mask in [*masks, *_MASKS]:
        text = pattern.sub(mask, text)
    return text


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture by what is seen: two files with the same pixels are the same."""

    size: tuple[int, int]
    mode: str
    pixels: bytes

    @classmethod
    def of(cls, text: str) -> Picture:
        """Decode a picture in base64; raises PIL.UnidentifiedImageError when it is none."""
        from PIL import Image

        with Image.open(io.BytesIO(base64.b64decode(text))) as image:
            return cls(image.size, image.mode, image.tobytes())

    def unlike(self, other: Picture) -> str:
        """Say in how many pixels of the same place two pictures differ."""
        width = len(self.mode)
        places = range(0, min(len(self.pixels), len(other.pixels)), width)
        unlike = sum(self.pixels[at : at + width] != other.pixels[at : at + width] for at in places)
        return f"{self.size}, {self.mode}, {unlike} other pixels"


def _compare(cell: str, where: str, left: Json, right: Json) -> Iterator[Difference]:
    """Yield the differences of two values, as deep down as they lie."""
    if isinstance(left, Picture) and isinstance(right, Picture):
        if left != right:
            yield Difference(cell, where, left.unlike(right), right.unlike(left))
    elif isinstance(left, dict) and isinstance(right, dict):
        for key in sorted({*left, *right}):
            place = f"{where}.{key}" if where else key
            yield from _compare(cell, place, left.get(key, "<nothing>"), right.get(key, "<nothing>"))
    elif isinstance(left, list) and isinstance(right, list):
        pairs = itertools.zip_longest(left, right, fillvalue="<nothing>")
        for number, (one, other) in enumerate(pairs):
            yield from _compare(cell, f"{where}[{number}]", one, other)
    elif type(left) is not type(right) or left != right:
        yield Difference(cell, where, left, right)


def main() -> None:
    """Print where two executed notebooks differ; ids and times of a run are masked."""
    from tests.fidelity.runs import RUN_MASKS

    left, right = (json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3])
    for each in differences(left, right, masks=RUN_MASKS):
        sys.stdout.write(f"{each}\n")


if __name__ == "__main__":
    main()
