"""The cells of a notebook as steps of a page: prose, results and charts made anew, everything else as text."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from runbooks.model import CHART_MIME, RESULT_MIME, VERDICT_MIME, Chart, CheckResult
from runbooks.render import anchor, badge, chart_svg, html, line, plain, result_html
from runbooks.render.markup import NOTHING, folded, joined, text
from runbooks.render.prose import prose_html
from runbooks.report.record import Reading, listed, mapping, read
from runbooks.report.sheet import Sheets

TEXT = 10_000  # characters of one output or one cell's code
OUTPUTS = 40  # of one cell
IMAGE = 400_000  # characters of one base64 image
ROOM = 1_400_000  # characters of all steps; a page under 2 MB opens on a phone
SHORTEST = 0.05  # seconds
TITLES = {"parameters": "Parameters as the notebook has them", "injected-parameters": "Parameters of this run", "setup": "Setup"}
PNG = b"\x89PNG\r\n\x1a\n"


class Steps:
    """Turns cells into markup, one after the other; knows which anchors are taken and how much room is left."""

    def __init__(self, run: Reading, sheets: Sheets) -> None:
        """Begin with the run, all results of which the page must show, and the files for the rows that it cannot."""
        self._run = run
        self._due = {_known_by(result): result for result in run.verdict.results}
        self._sheets = sheets
        self._anchors: set[str] = set()
        self._room = ROOM

    def __call__(self, cell: Mapping[str, Any]) -> Markup:
        """Return one cell."""
        return self._fitted(self._cell(cell), "A step is left out: the page is full. The notebook has it.")

    def unshown(self) -> Markup:
        """Return the results that no step showed: a record leaves very large outputs out, but its verdict keeps all results."""
        due = list(self._due.values())
        made = [self._fitted(self._result(result), "A result is left out: the page is full.") for result in due]
        title = html('<div class="prose"><h3>Results that no step shows</h3></div>') if made else NOTHING
        return joined([title, *made])

    def _fitted(self, made: Markup, otherwise: str) -> Markup:
        if len(made) > self._room:
            return html('<p class="rb-more">{otherwise}</p>', otherwise=otherwise)
        self._room -= len(made)
        return made

    def _cell(self, cell: Mapping[str, Any]) -> Markup:
        match cell.get("cell_type"):
            case "markdown":
                return html('<div class="prose">{prose}</div>', prose=prose_html(words(cell.get("source"))))
            case "code":
                return self._code(cell)
            case _:
                return block("Raw cell", words(cell.get("source")))

    def _code(self, cell: Mapping[str, Any]) -> Markup:
        outputs = _merged(listed(cell.get("outputs")))
        shown = [self._output(output) for output in outputs[:OUTPUTS]]
        if len(outputs) > OUTPUTS:
            shown.append(html('<p class="rb-more">{n} more outputs are in the notebook</p>', n=len(outputs) - OUTPUTS))
        code = text(plain(words(cell.get("source")), limit=TEXT))
        fold = folded(_title(cell), html("<pre>{code}</pre>", code=code))
        source = html('<div class="code">{fold}</div>', fold=fold) if code else NOTHING
        return html('<div class="cell">{shown}{source}</div>', shown=joined(shown), source=source)

    def _output(self, output: Mapping[str, Any]) -> Markup:
        match output.get("output_type"):
            case "stream":
                return block("Standard error" if output.get("name") == "stderr" else "Printed", words(output.get("text")))
            case "error":
                return _error(output)
            case _:
                return self._data(mapping(output.get("data")))

    def _data(self, data: Mapping[str, Any]) -> Markup:
        if result := self._run.as_result(data.get(RESULT_MIME)):
            return self._result(result)
        if chart := read(Chart, data.get(CHART_MIME)):
            return _figure(_svg_uri(chart), chart.words, chart.words)
        if verdict := self._run.as_verdict(data.get(VERDICT_MIME)):
            return html("<p>{badge} The verdict is at the top of this page.</p>", badge=badge(verdict.status))
        if (png := _png(data.get("image/png"))) is not None:
            return _figure(png, words(data.get("text/plain")) or "An image without a description")
        if "text/plain" in data:
            return block("Output", words(data["text/plain"]))
        return html('<p class="rb-more">An output is not shown: {kinds}</p>', kinds=", ".join(map(str, data)) or "it is empty")

    def _result(self, result: CheckResult) -> Markup:
        self._due.pop(_known_by(result), None)
        return result_html(result, anchor=self._once(anchor(result.name)), rest=self._sheets.rest(result))

    def _once(self, name: str) -> str:
        if name in self._anchors:
            return ""
        self._anchors.add(name)
        return name


def _known_by(result: CheckResult) -> tuple[object, ...]:
    """Return what tells a result from others without comparing thousands of rows."""
    return result.name, result.status, result.summary, len(result.evidence), result.seconds


def block(title: str, content: str) -> Markup:
    """Return text as it is, under a title; nothing for no text."""
    if not content.strip():
        return NOTHING
    said = text(plain(content.strip("\n"), limit=TEXT))
    return html('<div class="said"><span class="rb-key">{title}</span><pre>{said}</pre></div>', title=title, said=said)


def words(value: object) -> str:
    """Return what a notebook file holds as text: a string, a list of strings, or anything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return "".join(value)
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def _merged(outputs: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Join what one stream printed in several pieces."""
    merged: list[Mapping[str, Any]] = []
    for output in outputs:
        last = merged[-1] if merged else {}
        if output.get("output_type") == "stream" == last.get("output_type") and output.get("name") == last.get("name"):
            merged[-1] = {**last, "text": words(last.get("text")) + words(output.get("text"))}
        else:
            merged.append(output)
    return merged


def _error(output: Mapping[str, Any]) -> Markup:
    trace = "\n".join(words(row) for row in rows) if isinstance(rows := output.get("traceback"), list) else ""
    how = folded("Traceback", html("<pre>{trace}</pre>", trace=text(plain(trace, limit=TEXT)))) if trace else NOTHING
    name, value = output.get("ename", ""), text(plain(words(output.get("evalue"))))
    return html('<div class="broke"><p><b>This step broke.</b> {name}: {value}</p>{how}</div>', name=name, value=value, how=how)


def _figure(uri: Markup, alt: str, caption: str = "") -> Markup:
    below = html("<figcaption>{caption}</figcaption>", caption=caption) if caption else NOTHING
    return html('<figure><img src="{uri}" alt="{alt}">{below}</figure>', uri=uri, alt=line(alt, limit=300), below=below)


def _svg_uri(chart: Chart) -> Markup:
    return html("data:image/svg+xml;base64,{data}", data=text(base64.b64encode(chart_svg(chart).encode()).decode()))


def _png(value: object) -> Markup | None:
    """Return a PNG as a data address; None when it is none, or too large."""
    encoded = "".join(words(value).split())
    if not encoded or len(encoded) > IMAGE:
        return None
    try:
        raw = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return None
    return html("data:image/png;base64,{data}", data=text(encoded)) if raw.startswith(PNG) else None


def _title(cell: Mapping[str, Any]) -> str:
    """Return what the folded code is, and how long it ran where that is worth a word."""
    metadata = mapping(cell.get("metadata"))
    tags, seconds = metadata.get("tags"), mapping(metadata.get("papermill")).get("duration")
    named = [title for tag, title in TITLES.items() if isinstance(tags, list) and tag in tags]
    took = [f"ran {seconds:.2g} s"] if isinstance(seconds, int | float) and seconds >= SHORTEST else []
    return ", ".join([named[0] if named else "Code", *took])
