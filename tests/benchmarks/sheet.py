"""What a benchmark prints: figures in columns, and each target with what was measured, the limit, and PASS or MISS."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Target:
    """One promise: what is measured must be at most `limit`; NaN was not measured, `why` says why."""

    what: str
    measured: float
    limit: float
    unit: str = ""
    why: str = ""

    @property
    def verdict(self) -> str:
        """PASS, MISS, or skipped with the reason; what was not measured has not passed."""
        if math.isnan(self.measured):
            return f"skipped: {self.why or 'this kernel does not count the processor time of a process tree'}"
        return "PASS" if self.measured <= self.limit else "MISS"


@dataclass(slots=True)
class Sheet:
    """The results of one part: rows of figures, targets, and sentences on how it was measured."""

    title: str
    heads: Sequence[str] = ()
    rows: list[Sequence[str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def show(*sheets: Sheet) -> None:
    """Print the sheets, and then all their targets in one table."""
    for sheet in sheets:
        _say(f"\n{sheet.title}")
        _say(*_columns([sheet.heads, *sheet.rows] if sheet.heads else sheet.rows))
        _say(*(f"  {note}" for note in sheet.notes))
    targets = [target for sheet in sheets for target in sheet.targets]
    if targets:
        rows = [(t.what, _number(t.measured, t.unit), f"<= {_number(t.limit, t.unit)}", t.verdict) for t in targets]
        _say("\ntargets", *_columns([("", "measured", "target", ""), *rows]))


def tell(sentence: str) -> None:
    """Say on standard error how far it is."""
    sys.stderr.write(f"{sentence}\n")
    sys.stderr.flush()


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def _number(value: float, unit: str) -> str:
    if math.isnan(value):
        return "-"
    shown = f"{value:,.0f}" if unit and value >= 10 else f"{value:.2f}"
    fraction = f" (1/{1 / value:.1f})" if not unit and 0 < value < 0.5 else ""
    return f"{shown} {unit}".strip() + fraction


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the rows as lines: the first column to the left, the others to the right but the last one."""
    if not rows:
        return []
    widths = [max(len(row[i]) for row in rows if i < len(row)) for i in range(max(map(len, rows)))]
    return ["  " + "  ".join(cell.ljust(w) if i in (0, len(widths) - 1) else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=False))).rstrip() for row in rows]  # fmt: skip
