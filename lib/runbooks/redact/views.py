"""Ways to look at a text: with what hides a secret taken out, and the way back to the places in the text itself."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import NamedTuple

# Terminal colours and links (ECMA-48), also as repr and JSON spell them; then characters without width.
HIDING = re.compile(
    r"(?:\x1b|\\x1b|\\033|\\u001b|\\e(?=\[))(?:\[[0-?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b\n]{0,512}(?:\x07|\x1b\\))"
    r"|[\u200b-\u200f\u2060\ufeff\u00ad\u202a-\u202e]"
)
WRAPPING = re.compile(r"(?:\s|\\[nrt])+")
MASK = re.compile(r"\[redacted: [A-Za-z0-9][A-Za-z0-9 ./_-]{0,47}\]")


class Find(NamedTuple):
    """A stretch of text that must go, and what stands in its place."""

    start: int
    end: int
    mask: str


def mask(what: str) -> str:
    """Return the words that stand in the place of a secret."""
    return f"[redacted: {what}]"


@dataclass(frozen=True, slots=True)
class View:
    """A text without some of its parts: from place `shown[i]` on, the source is `shifts[i]` characters ahead of the view."""

    text: str
    shown: tuple[int, ...]
    shifts: tuple[int, ...]

    def at(self, place: int) -> int:
        """Return where a place of the view lies in the source."""
        return place + self.shifts[bisect_right(self.shown, place) - 1]

    def back(self, find: Find) -> Find:
        """Return the find in terms of the source; what was taken out within it goes with it."""
        return Find(self.at(find.start), self.at(find.end - 1) + 1, find.mask)


def without(pattern: re.Pattern[str], source: str, by: str = "") -> View:
    """Return the view of a source that shows nothing, or one character, for every match of the pattern."""
    parts, shown, shifts, length, last = [], [0], [0], 0, 0
    for match in pattern.finditer(source):
        parts += [source[last : match.start()], by]
        length += match.start() - last
        last = match.end()
        if by:
            shown.append(length)
            shifts.append(match.start() - length)
            length += 1
        shown.append(length)
        shifts.append(last - length)
    parts.append(source[last:])
    return View("".join(parts), tuple(shown), tuple(shifts))
