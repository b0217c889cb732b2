"""Strings from outside are harmless before anybody sees them."""

from __future__ import annotations

import sys
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runbooks.model import Fact, Window
from runbooks.render import UNRECORDED, line, moment, plain
from runbooks.render.text import fact, period


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]8;;https://evil.example\x07text\x1b]8;;\x07", "text"),
        ("\x1b]8;;https://evil.example\x1b\\text\x1b]8;;\x1b\\", "text"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1bP1;2q#0\x1b\\x", "x"),
        ("\x1b]52;c;aGk=\x07x", "x"),
        ("\x1b[2J\x1b[Hx\x1bc", "x"),
        ("a\x1b]0;never ends and hides the rest", "a0;never ends and hides the rest"),
        ("a\x07b\x08c", "a⟨U+0007⟩b⟨U+0008⟩c"),
        ("a\u202eb\u2066c", "a⟨U+202E⟩b⟨U+2066⟩c"),
        ("a\u200bb\ufeffc\u00add", "a⟨U+200B⟩b⟨U+FEFF⟩c⟨U+00AD⟩d"),
        ("a\ud800b\udfff", "a\ufffdb\ufffd"),
        ("a\x00b\u2028c", "a⟨U+0000⟩b⟨U+2028⟩c"),
        ("tab\tline\nnext\r\nlast\rover", "tab\tline\nnext\nlast⟨U+000D⟩over"),
        ("Zürich, 東京, ⛵", "Zürich, 東京, ⛵"),
        (b"bytes", "b'bytes'"),
        (None, "None"),
    ],
)
def test_plain_text_has_nothing_hidden(said: object, shown: str) -> None:
    """Terminal sequences go; what is invisible or turns the text around is shown as a mark; the rest stays."""
    assert plain(said) == shown


def test_every_control_and_format_character_of_unicode_is_marked() -> None:
    """No character of the categories Cc, Cf, Cs, Zl or Zp gets through but tab and newline."""
    hidden = [
        c
        for n in range(sys.maxunicode + 1)
        if unicodedata.category(c := chr(n)) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in "\t\n"
    ]
    assert [c for c in hidden if c in plain(f"a{c}b")] == []


@given(st.text(st.characters(), max_size=400), st.integers(1, 300))
def test_plain_text_is_bounded_and_can_be_written(said: str, limit: int) -> None:
    """Whatever comes in, the text is UTF-8, has no escape, is at most a note longer than its limit, and is stable."""
    shown = plain(said, limit=limit)
    shown.encode()
    assert "\x1b" not in shown
    assert len(shown) <= limit + len("… (1234 more characters)")
    assert plain(plain(said)) == plain(said)


def test_what_is_cut_is_counted() -> None:
    """The end of a long text says how much is missing, also for a megabyte."""
    assert plain("x" * 2010) == "x" * 2000 + "… (10 more characters)"
    assert plain("x" * 1_000_000, limit=10) == "x" * 10 + "… (999990 more characters)"
    assert plain("x" * 10, limit=10) == "x" * 10


def test_a_cut_never_leaves_half_a_mark() -> None:
    """The limit falls into a mark: the whole mark goes."""
    assert plain("abc\u202edef", limit=6).startswith("abc… (")


def test_one_line_cannot_forge_another() -> None:
    """A newline in a value is shown, so that no value can look like a line of a report."""
    assert line("ok\nFAIL   everything\t!") == "ok ⏎ FAIL   everything !"


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, "none"), (True, "yes"), (False, "no"), (0, "0"), (0.1 + 0.2, "0.3"), (512.0, "512"), ("a\nb", "a ⏎ b")],
)
def test_facts_read_like_words(value: Fact, said: str) -> None:
    """Python's spelling does not reach the reader."""
    assert fact(value) == said


def test_times_are_in_utc_and_say_so() -> None:
    """A time of another zone is turned into UTC; a time that nobody wrote down is not invented."""
    at = datetime(2026, 8, 2, 5, 0, tzinfo=timezone(timedelta(hours=2)))
    assert moment(at) == "2026-08-02 03:00 UTC"
    assert moment(UNRECORDED) == "not recorded"
    assert period(Window(start=at - timedelta(hours=24), end=at)) == "2026-08-01 03:00 to 2026-08-02 03:00 UTC (24 h)"
    assert period(Window(start=UNRECORDED, end=datetime(2026, 1, 1, tzinfo=UTC))) == "window not recorded"
