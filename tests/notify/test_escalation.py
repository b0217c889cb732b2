"""Who is due, and when the next role is: by the escalation matrix of the document."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runbooks import notify, settings
from runbooks.errors import CallError
from runbooks.settings import Address, Environment
from tests.notify.days import MORNING, environment, letters, result, tell, verdict

MATRIX = settings.load("production").severities
BROKEN = verdict(result("functions_active", "AdminFunction"))
FRIDAY = datetime(2026, 11, 27, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("severity", "minutes", "role"),
    [
        ("P1", 0, "primary on-call"), ("P1", 14, "primary on-call"), ("P1", 15, "secondary on-call"), ("P1", 30, "team lead"),
        ("P1", 45, "management"), ("P1", 5000, "management"), ("P2", 59, "primary on-call"), ("P2", 60, "team lead"),
        ("P2", 5000, "team lead"), ("P3", 239, "primary on-call"), ("P3", 4 * 60, "primary on-call"),
        ("P3", 52 * 60, "team lead"), ("P4", 9999, "standard ticket process"),
    ],
)  # fmt: skip
def test_the_role_that_is_due(severity: str, minutes: int, role: str) -> None:
    """P3 goes to the team lead on the next business day: from a Friday at 20:00 that is Monday, 52 hours later."""
    due = MATRIX[severity]
    assert due.role(due.level(FRIDAY, FRIDAY + timedelta(minutes=minutes))) == role


@pytest.mark.parametrize(
    ("severity", "level", "until"),
    [
        ("P1", 0, "2026-11-27 20:15"), ("P1", 3, "2026-11-27 21:00"), ("P2", 1, "2026-11-27 22:00"), ("P3", 0, "2026-11-28 00:00"),
        ("P3", 1, "2026-11-30 04:00"), ("P4", 0, "2026-12-01 00:00"),
    ],
)  # fmt: skip
def test_until_when_a_role_has_to_respond(severity: str, level: int, until: str) -> None:
    assert f"{MATRIX[severity].until(level, FRIDAY):%Y-%m-%d %H:%M}" == until


def remind(where: Environment, folder: Path, minutes: float, role: str = "") -> list[notify.Told]:
    return notify.due([where], folder / "reports", MORNING + timedelta(minutes=minutes), role=role)


def test_each_next_role_is_asked_for_once_when_its_time_has_come(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    counts = [(remind(where, tmp_path, minutes), len(letters(tmp_path)))[1] for minutes in (5, 14, 16, 20, 31, 46, 50, 500)]
    assert counts == [1, 1, 2, 2, 3, 4, 4, 4]
    reminder = letters(tmp_path)[1]
    assert "not recovered" in reminder["title"]
    assert "Due: secondary on-call until 2026-11-24 05:47 UTC" in reminder["body"]


def test_a_daily_run_reminds_nobody(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    assert tell(where, tmp_path, BROKEN, day=1) == []


def test_nobody_further_is_asked_for_what_somebody_has_taken(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    remind(where, tmp_path, 5, role="primary on-call")
    assert remind(where, tmp_path, 500) == []
    tell(where, tmp_path, verdict(result("functions_active", "AdminFunction", "AuthFunction")), day=1)
    assert "Due: primary on-call" in letters(tmp_path)[1]["body"]
    assert remind(where, tmp_path, 24 * 60 + 16)[0].problem == ""
    assert "New: FAIL" not in letters(tmp_path)[2]["body"]
    assert "AdminFunction" not in letters(tmp_path)[2]["body"]


def test_a_role_with_an_address_of_its_own_hears_from_when_it_is_due_until_the_end(tmp_path: Path) -> None:
    kept = tmp_path / "secondary.address"
    kept.write_text(f"file://{tmp_path}/secondary.jsonl", encoding="utf-8")
    where = environment(tmp_path, roles={"secondary on-call": Address(file=str(kept))})
    tell(where, tmp_path, BROKEN)
    assert letters(tmp_path, "secondary") == []
    remind(where, tmp_path, 16)
    tell(where, tmp_path, verdict(result("functions_active")), day=1)
    first, last = letters(tmp_path, "secondary")
    assert "Due: secondary on-call" in first["body"]
    assert last["title"].endswith("1 recovered")


def test_a_recovery_ends_the_reminders(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    tell(where, tmp_path, verdict(result("functions_active")), now=MORNING + timedelta(minutes=10))
    assert remind(where, tmp_path, 60) == []


def test_what_would_be_told_can_be_looked_at_without_telling(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    (shown,) = notify.shown(where, tmp_path / "reports", MORNING + timedelta(minutes=16))
    assert shown.letter is not None
    assert "secondary on-call" in shown.letter.body
    assert len(letters(tmp_path)) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[telling.channels]\n"#nowhere" = { variable = "X" }', "channels.#nowhere is not of the escalation matrix"),
        ('[telling.roles]\n"janitor" = { variable = "X" }', "roles.janitor is not of the escalation matrix"),
        ('[telling.channels]\n"#alerts" = { variable = "slack://a/b/c" }', "telling.channels.#alerts.variable"),
        ('[telling.channels]\n"#alerts" = { url = "slack://a/b/c" }', "unknown key 'telling.channels.#alerts.url'"),
        ('[telling]\nlink = "http://reports"', "telling.link"),
        ('[severities.P1]\nresponse = "soon"', "severities.P1.response"),
    ],
)
def test_a_section_that_would_tell_nobody_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    (tmp_path / "mine.toml").write_text(f'extends = "production"\n{text}\n', encoding="utf-8")
    monkeypatch.setenv("RUNBOOKS_ENVIRONMENTS", str(tmp_path))
    with pytest.raises(CallError, match=re.escape(words)):
        settings.load("mine")
