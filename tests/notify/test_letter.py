"""A message says what somebody needs, holds nothing that acts, and is not long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from runbooks.model import Status
from runbooks.notify.letter import LONGEST
from runbooks.notify.plain import plain
from tests.notify.days import environment, letters, result, tell, verdict

ACTIVE = re.compile(r"[@<>&`*~\[\]|\\{}\n\r\x00-\x1f\u202e]|://|(?<!\w)#\w|:\w+:|\bwww\.|(?<![A-Za-z0-9])_", re.IGNORECASE)
HOSTILE = [
    "@channel @here <!channel> <!subteam^S1|ops> <@U123>", "@everyone", "[click](https://evil.example/login)",
    "<https://evil.example|the report>", "*bold* _it_ ~strike~ `code` ```block```", "# heading", "> quote", "- list", "1. list",
    "|table|cell|", "![](http://evil.example/beacon.png)", "<img src=x onerror=alert(1)>", "&lt;!channel&gt;", "\u202egnissim",
    "line\nDue: nobody until tomorrow", "\x1b]8;;http://evil.example\x07report\x1b]8;;\x07", "www.evil.example", ":fire::fire:",
    "{{7*7}} ${HOME} {% include %}", "\\<!here\\>", "javascript://x%0aalert(1)", "#general", "__init__",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_text_from_outside_mentions_nobody_links_nowhere_and_formats_nothing(tmp_path: Path, text: str) -> None:
    check = result("functions_active", text)
    check = check.model_copy(update={"evidence": (check.evidence[0].model_copy(update={"summary": text}),), "next_step": text})
    tell(environment(tmp_path), tmp_path, verdict(check).model_copy(update={"summary": text}))
    (said,) = letters(tmp_path)
    ours = {"Due", "New", "What to do", "Report", "Could not be seen"}
    for line in [said["title"], *said["body"].split("\n")]:
        assert not ACTIVE.search(line)
    assert {line.partition(":")[0] for line in said["body"].split("\n")[1:]} <= ours
    assert sum(line.startswith("Due: ") for line in said["body"].split("\n")) == 1


@settings(deadline=None)
@given(some.text())
def test_no_text_at_all_is_active(text: str) -> None:
    assert not ACTIVE.search(plain(text))
    assert len(plain(text * 50)) < 400


@pytest.mark.parametrize(
    "name", ["functions_active", "BoatListingStack-prod-AdminFunction4F2B", "boat-users/email-index", "12.5 % of 40"]
)
def test_a_name_of_the_platform_stays_as_it_is(name: str) -> None:
    assert plain(name) == name


def test_a_message_says_verdict_findings_what_to_do_who_is_due_and_where_the_report_is(tmp_path: Path) -> None:
    where = environment(tmp_path, link="https://reports.harborlist.com/runbooks/")
    found = result("functions_active", "A", "B", "C", "D"), result("tables_active", blind=True)
    tell(where, tmp_path, verdict(*found), place="/srv/reports/sandbox/2026-11-24/system-health-20261124T051700Z-0a1b2c")
    assert letters(tmp_path)[0]["body"].splitlines() == [
        "Sandbox (plays production) (sandbox) is FAIL, 1 of 1 runbooks say so (daily/system-health); 2026-11-24 05:17 UTC.",
        "New: FAIL A (functions_active): A is broken",
        "New: FAIL B (functions_active): B is broken",
        "New: FAIL C (functions_active): C is broken",
        "New: and 2 more",
        "Could not be seen: 1: tables_active",
        "What to do: follow incident/service-outage.",
        "Due: primary on-call until 2026-11-24 05:32 UTC (P1, 15 minutes), then secondary on-call, team lead, management",
        "Report: https://reports.harborlist.com/runbooks/sandbox/2026-11-24/system-health-20261124T051700Z-0a1b2c.html",
    ]


def test_a_message_is_bounded_however_much_is_wrong(tmp_path: Path) -> None:
    names = [f"{number}-{'x' * 5000}" for number in range(3000)]
    tell(environment(tmp_path), tmp_path, verdict(result("functions_active", *names)))
    (said,) = letters(tmp_path)
    assert len(said["body"]) <= LONGEST
    assert len(said["title"]) < 300
    assert (tmp_path / "reports" / "sandbox" / "told.json").stat().st_size < 4_000_000


def test_findings_beyond_what_is_remembered_do_not_recover_by_being_left_out(tmp_path: Path) -> None:
    where, names = environment(tmp_path), [f"row-{number:04}" for number in range(1500)]
    tell(where, tmp_path, verdict(result("functions_active", *names[500:])))
    tell(where, tmp_path, verdict(result("functions_active", *names)), day=1)
    assert all("Recovered" not in said["body"] for said in letters(tmp_path))


def test_secrets_and_addresses_of_people_do_not_get_into_a_message(tmp_path: Path) -> None:
    text = "token xoxb-123456789012-abcdefghijkl of alice@example.com, AKIAIOSFODNN7EXAMPLE"
    check = result("functions_active", "AdminFunction")
    tell(
        environment(tmp_path),
        tmp_path,
        verdict(check.model_copy(update={"evidence": (check.evidence[0].model_copy(update={"summary": text}),)})),
    )
    said = str(letters(tmp_path)) + (tmp_path / "reports" / "sandbox" / "told.json").read_text(encoding="utf-8")
    for secret in ("abcdefghijkl", "alice", "AKIAIOSFODNN7EXAMPLE"):
        assert secret not in str(letters(tmp_path)), said


def test_unknown_alone_is_a_warning(tmp_path: Path) -> None:
    tell(environment(tmp_path), tmp_path, verdict(result("functions_active", "A", status=Status.UNKNOWN)))
    assert letters(tmp_path)[0]["kind"] == "warning"
