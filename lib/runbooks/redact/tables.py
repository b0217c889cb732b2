"""Secrets that show by the head of their column or by the map they stand in: CSV, pandas, Lambda's `Variables`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from runbooks.redact.names import is_empty, telling
from runbooks.redact.views import Find, mask

_SEPARATORS = (",", "\t", "|", ";")
_FIELD = {
    each: re.compile(
        rf"(?P<value>\s*\"(?:[^\"]|\"\")*+\"[^{re.escape(each)}]*+|[^{re.escape(each)}]*+)(?P<separator>{re.escape(each)}|$)"
    )
    for each in _SEPARATORS
}
_PADDING = " \"'"
_HEAD = re.compile(r"[\w .-]{0,64}")
_WORD = re.compile(r"\S+")
_LONGEST = 4096
_WIDTHS = range(2, 65)  # fields of a line that may be a head
_HINT = re.compile(r"pass|pwd|secret|token|key|cookie|authorization|session|code|otp|mfa|jwt|dsn|string", re.IGNORECASE)
_VARIABLES = re.compile(r"variables(?:\\*[\"']|&quot;)?\s{0,4}[:=]\s{0,8}\{", re.IGNORECASE)
_ENTRY = re.compile(r"\s{0,64}(?P<open>\\*[\"']|&quot;)[\w.-]{1,256}(?P=open)\s{0,4}:\s{0,16}(?P<quote>\\*[\"']|&quot;)")
_BETWEEN = re.compile(r"[\s,]{0,64}")
_YAML_MAP = re.compile(r"^(?P<indent>[ \t]{0,80})Variables:[ \t]*\n(?P<body>(?:(?P=indent)[ \t]+[^\n]*\n?)++)", re.MULTILINE)
_YAML_ENTRY = re.compile(r"^[ \t]+[\w.-]{1,256}:[ \t]+(?P<value>[^\n]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Column:
    """A telling head: its separator, the number of fields in its line and which it is; without separator, where it ends."""

    separator: str
    width: int
    place: int
    words: str

    def cell(self, line: str) -> Find | None:
        """Return what stands under the head in a line of the same table."""
        if self.separator:
            fields = _fields(line, self.separator)
            start, end = fields[self.place] if len(fields) == self.width else (0, 0)
        else:
            start, end = self._aligned(line)
        value = line[start:end]
        start += len(value) - len(value.lstrip(_PADDING))
        end -= len(value) - len(value.rstrip(_PADDING))
        return Find(start, end, self.words) if start < end and not is_empty(line[start:end]) else None

    def _aligned(self, line: str) -> tuple[int, int]:
        """Return the span of what ends below the head's end: pandas aligns right, and leaves a space behind what it cut."""
        end = self.place - line[self.place - 1 : self.place].isspace()
        if end > len(line) or line[end - 1 : end].isspace() or line[end : end + 1].strip():
            return 0, 0
        gap = line.rfind("  ", 0, end)
        return (gap + 2 if gap >= 0 else line.rfind(" ", 0, end) + 1), end


def columns(text: str) -> Iterator[Find]:
    """Yield what stands under a telling head in the lines that follow it."""
    if "\n" not in text or not _HINT.search(text):
        return
    place, heads, before = 0, list[_Column](), ""
    for line in text.splitlines(keepends=True):
        body = line.rstrip("\r\n")
        finds = [find for head in heads if (find := head.cell(body)) is not None]
        for find in finds:
            yield Find(place + find.start, place + find.end, find.mask)
        if not finds:
            heads = (_heads(body, before) or heads) if body.strip() else []
        place, before = place + len(line), body


def _heads(line: str, before: str) -> list[_Column]:
    """Return the telling heads of a line; one that continues a table, by its number of fields, has none."""
    if len(line) > _LONGEST or not _HINT.search(line):
        return []
    for separator in _SEPARATORS:
        names = [line[start:end].strip(_PADDING) for start, end in _fields(line, separator)]
        if len(names) in _WIDTHS and all(_HEAD.fullmatch(name) for name in names):
            continued = before.count(separator) == len(names) - 1
            return [] if continued else [_Column(separator, len(names), i, words) for i, words in _telling(names)]
    spans = [match.span() for match in _WORD.finditer(line)]
    names = [line[start:end] for start, end in spans]
    if not line[:1].isspace() or len(names) >= _WIDTHS.stop or not all(_HEAD.fullmatch(name) for name in names):
        return []
    return [_Column("", len(names), spans[i][1], words) for i, words in _telling(names)]


def _telling(names: list[str]) -> Iterator[tuple[int, str]]:
    for place, name in enumerate(names):
        if (said := telling(name)) is not None and said.sure:
            yield place, mask(said.what)


def _fields(line: str, separator: str) -> list[tuple[int, int]]:
    """Return the spans of the fields; in quotes a separator is none (RFC 4180)."""
    spans, place = [], 0
    for match in _FIELD[separator].finditer(line):
        if match.start() == place:
            spans.append(match.span("value"))
            place = match.end()
            if not match["separator"]:
                break
    return spans


def variables(text: str) -> Iterator[Find]:
    """Yield every value of a `Variables` map, whatever it is: the names stay."""
    words = mask("variable")
    place = 0
    while match := _VARIABLES.search(text, place):
        place = match.end()
        while entry := _ENTRY.match(text, place):
            end = text.find(entry["quote"], entry.end())
            while end > 0 and not entry["quote"].startswith("\\") and text[end - 1] == "\\":
                end = text.find(entry["quote"], end + 1)
            stop = end if end >= 0 else len(text)
            yield Find(entry.end(), stop, words)
            between = _BETWEEN.match(text, stop + len(entry["quote"]))
            place = between.end() if between else len(text)
    for match in _YAML_MAP.finditer(text):
        for entry in _YAML_ENTRY.finditer(text, match.start("body"), match.end("body")):
            yield Find(entry.start("value"), entry.end("value"), words)
