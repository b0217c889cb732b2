"""The rows that a page has no room for, as a CSV file beside it: a row of evidence in each line, its facts in columns."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Sequence
from urllib.parse import quote

from markupsafe import Markup

from runbooks.model import CheckResult, Evidence, Fact
from runbooks.render import html, line
from runbooks.render.findings import sorted_rows
from runbooks.render.result import REST, ROWS
from runbooks.render.text import day, fact

HEADER = ("Status", "Resource", "What was seen", "Accepted because", "Accepted by", "Accepted until")
FACTS = 100  # columns; further facts share one, so that a file grows with its rows alone
OTHERS = "Other facts"
CELL = 10_000  # characters; a spreadsheet takes 32,767
NAME = 80  # characters of a check's name in that of a file
# What a spreadsheet takes for a formula (OWASP, CSV Injection), wide forms too, and after a semicolon: where that parts cells,
# a cell may begin in the midst of one of ours
FORMULA = re.compile(r"(^|;)(?=\s*[=+\-@\uff1d\uff0b\uff0d\uff20])")

HARMLESS = re.compile("[A-Za-z0-9](?:[ -:<-~]*[!-:<-~])?")  # most texts: printed ASCII from a letter or digit on, no semicolon


class Sheets:
    """The files of one page: knows which results need one, and how each is called."""

    def __init__(self, stem: str) -> None:
        """Begin without files; `stem` is what their names begin with, empty for a page that has no place of its own."""
        self._stem = stem
        self._results: dict[str, CheckResult] = {}

    def rest(self, result: CheckResult) -> Markup:
        """Say where all rows of a result are: a link to its file, which is made if the page does not show them all."""
        if len(result.evidence) <= ROWS or not self._stem:
            return REST
        name = self._name(result)
        self._results[name] = result
        # with ./ a colon in the name makes no scheme of what is before it
        return html('All of them are in <a href="./{address}">{name}</a>.', address=quote(os.fsencode(name)), name=name)

    def files(self) -> dict[str, str]:
        """Return the files by their names."""
        return {name: sheet(result) for name, result in self._results.items()}

    def _name(self, result: CheckResult) -> str:
        """Return a name that only this result has."""
        safe = re.sub(r"[^A-Za-z0-9_-]", "-", result.name)[:NAME]
        names = (f"{self._stem}.{safe}{number}.csv" for number in ("", *(f"-{n}" for n in range(2, len(self._results) + 2))))
        return next(name for name in names if self._results.get(name, result) == result)


def sheet(result: CheckResult) -> str:
    """Return all rows of a result as CSV (RFC 4180, lines ended by a newline alone), worst first as on the page.

    Every cell is quoted and has one line. Texts that a spreadsheet would compute have an apostrophe before them; numbers have none.
    """
    rows = sorted_rows(result)
    facts = list(dict.fromkeys(key for row in rows for key in row.facts))
    columns, others = facts[:FACTS], frozenset(facts[FACTS:])
    out = io.StringIO()
    write = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerow
    write([*HEADER, *(_text(_heading(key)) for key in columns), *([OTHERS] if others else [])])
    for row in rows:
        write([*_seen(row), *_facts(row, columns), *([_rest(row, others)] if others else [])])
    return out.getvalue()


def _heading(key: str) -> str:
    return f"{key} (fact)" if key in (*HEADER, OTHERS) else key


def _seen(row: Evidence) -> list[str]:
    known = row.accepted
    accepted = [_text(known.reason), _text(known.owner), day(known.expires)] if known else ["", "", ""]
    return [row.status.value, _text(row.resource), _text(row.summary), *accepted]


def _facts(row: Evidence, columns: Sequence[str]) -> list[str]:
    """Return the fact of each column; a row that has no such fact has an empty cell, a fact that is none says so."""
    return [_cell(row.facts[key]) if key in row.facts else "" for key in columns]


def _rest(row: Evidence, others: frozenset[str]) -> str:
    return _text("; ".join(f"{key}: {fact(value)}" for key, value in row.facts.items() if key in others))


def _cell(value: Fact) -> str:
    if isinstance(value, str):
        return _text(value)
    exact = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return repr(value) if exact else _text(fact(value))


def _text(value: str) -> str:
    if len(value) <= CELL and HARMLESS.fullmatch(value):
        return value
    return FORMULA.sub(r"\1'", line(value, limit=CELL))
