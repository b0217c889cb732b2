"""Strings from outside, made harmless: for a terminal, for a page, for one line."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from runbooks.model import Fact, Window
from runbooks.settings import utc

FIELD = 2000  # characters shown of one text
LINE = 500  # characters shown of one line
UNRECORDED = datetime(1970, 1, 1, tzinfo=UTC)  # stands for a time that nobody wrote down

# ECMA-48: OSC, DCS, SOS, PM and APC strings with their end; CSI sequences; two-character escapes. A string that never ends
# loses its opening only, so that it cannot hide what follows.
_SEQUENCES = re.compile(
    r"(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\x9d\x90\x98\x9e\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]",
)
# Every control and format character of Unicode but tab and newline, the line and paragraph separators, lone surrogates, and
# letters that are drawn as nothing.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5"
    "\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]",
)

_NEWLINE = re.compile(r"[ \t]*\n\s*")


def plain(value: object, *, limit: int = FIELD) -> str:
    """Return any value as harmless text: no terminal sequences, nothing invisible or reversing, at most `limit` characters.

    Tab and newline stay. What is taken away from the end is counted in the text.
    """
    text = value if type(value) is str else str(value)  # never a subclass: markup would go on as markup
    if len(text) <= limit and text.isascii() and text.isprintable():  # most are; one look instead of three searches
        return text
    window = text[: 8 * limit + 64]  # sequences are dropped below, so look further than the limit, but not at a gigabyte
    cleaned = _SEQUENCES.sub("", window.replace("\r\n", "\n"))
    marked = _INVISIBLE.sub(_mark, cleaned[: limit + 1])
    hidden = max(0, len(cleaned) - limit) + len(text) - len(window)
    if hidden == 0 and len(marked) <= limit:
        return marked
    shown = re.sub("⟨[^⟩]{0,8}$", "", marked[:limit])  # never half a mark
    return f"{shown}… ({max(hidden, 1)} more characters)"


def line(value: object, *, limit: int = LINE) -> str:
    """Return harmless text in one line: a newline is shown as ⏎, so that no value can forge a line of its own."""
    text = plain(value, limit=limit).strip()
    return _NEWLINE.sub(" ⏎ ", text).replace("\t", " ") if "\n" in text or "\t" in text else text


def fact(value: Fact) -> str:
    """Return a fact as people write it: yes, no, none, numbers without noise, text in one line."""
    match value:
        case None:
            return "none"
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.10g}"
        case _:
            return line(value, limit=300)


def moment(when: datetime) -> str:
    """Return a time in UTC to the minute, and say so."""
    return "not recorded" if when == UNRECORDED else f"{_clock(when)} UTC"


def day(when: datetime) -> str:
    """Return the day of a time in UTC."""
    return utc(when).strftime("%Y-%m-%d")


def period(window: Window) -> str:
    """Return a window in UTC with its length."""
    if UNRECORDED in {window.start, window.end}:
        return "window not recorded"
    hours = (window.end - window.start).total_seconds() / 3600
    return f"{_clock(window.start)} to {_clock(window.end)} UTC ({hours:.3g} h)"


def _clock(when: datetime) -> str:
    return utc(when).strftime("%Y-%m-%d %H:%M")


def _mark(match: re.Match[str]) -> str:
    return "\ufffd" if "\ud800" <= match[0] <= "\udfff" else f"⟨U+{ord(match[0]):04X}⟩"
