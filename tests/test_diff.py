"""What is different between two runs, or two environments."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from runbooks import settings
from runbooks.cli.main import cli
from runbooks.errors import CallError
from runbooks.history.difference import differences, plain
from runbooks.model import Status
from tests.test_history import BLIND, GOOD, check, keep, row, verdict


def test_runs_that_say_the_same_have_no_difference() -> None:
    assert differences(verdict(GOOD, day=1), verdict(GOOD)) == []


def test_status_rows_and_what_was_not_seen_are_told_with_both_sides() -> None:
    one, other = verdict(check(row("x"), row("y"))), verdict(check(row("x", Status.WARN), blind=(BLIND,)))
    found = {(each.what, each.resource): (each.one, each.other) for each in differences(one, other)}
    assert found["status", ""] == ("FAIL c says FAIL", "UNKNOWN c says UNKNOWN")
    assert found["row", "x"] == ("FAIL x is FAIL", "WARN x is WARN")
    assert found["row", "y"] == ("FAIL y is FAIL", "")
    assert found["not seen", ""] == ("", BLIND.sentence)


def test_a_check_that_only_one_of_them_has_and_other_parameters_are_told() -> None:
    one, other = verdict(GOOD, parameters={"hours": 24}), verdict(GOOD, check(name="d"), parameters={"hours": 48})
    assert [(each.check, each.what, each.one, each.other) for each in differences(one, other)] == [
        ("d", "check", "", "PASS d says PASS"), ("", "parameter", "24", "48"),
    ]  # fmt: skip


def test_numbers_of_what_is_fine_on_both_sides_are_figures() -> None:
    one, other = check(), check().model_copy(update={"summary": "3 in 2 s"})
    (found,) = differences(verdict(one), verdict(other))
    assert (found.what, found.figure) == ("sentence", True)


def test_names_that_differ_by_the_environment_alone_are_the_same() -> None:
    production, staging = (settings.load(name) for name in ("sandbox", "sandbox-staging"))
    names = {
        plain(production): ("admin-errors-prod", "BoatListingStack-prod-AuthFunctionA1CD5E0F-CZ9KWJDZGPMY", f"a-{production.account}"),
        plain(staging): ("admin-errors-staging", "BoatListingStack-staging-AuthFunctionA1CD5E0F-1KWJDZGPMYXX", f"a-{staging.account}"),
    }  # fmt: skip
    one, other = ([taken_out(name) for name in given] for taken_out, given in names.items())
    assert one == other == ["admin-errors-{suffix}", "BoatListingStack-{suffix}-AuthFunctionA1CD5E0F", "a-{account}"]


def test_runs_of_two_runbooks_are_not_compared() -> None:
    with pytest.raises(CallError, match="compare two of one runbook"):
        differences(verdict(GOOD), verdict(GOOD, runbook="daily/b"))


def test_the_command_compares_two_runs_and_two_environments(tmp_path: Path) -> None:
    suffixes = {"sandbox": "prod", "sandbox-staging": "staging"}
    for name, suffix in suffixes.items():
        rows = [row(f"alarm-{suffix}")] + ([row("only here")] if suffix == "staging" else [])
        keep(tmp_path, verdict(check(*rows), environment=name, run_id=f"20261124T050000Z-{len(name):06x}"))
    told = CliRunner().invoke(cli, ["diff", "sandbox", "sandbox-staging", "--out", str(tmp_path)], standalone_mode=False)
    assert "only here: row\n  sandbox: -\n  sandbox-staging: FAIL only here is FAIL" in told.output
    assert "alarm" not in told.output.replace("says", "")
    same = CliRunner().invoke(cli, ["diff", "20261124T050000Z-000007", "sandbox", "--out", str(tmp_path)], standalone_mode=False)
    assert "no difference that matters in daily/a" in same.output
    unknown = CliRunner().invoke(cli, ["diff", "nowhere", "sandbox", "--out", str(tmp_path)], standalone_mode=False)
    assert "'nowhere' is neither" in str(unknown.exception)


def test_history_lists_runs_and_says_since_when(tmp_path: Path) -> None:
    keep(tmp_path, verdict(GOOD, day=2))
    keep(tmp_path, verdict(check(row("x\x1b[31m<b>")), day=1))
    listed = CliRunner().invoke(cli, ["history", "--out", str(tmp_path)], standalone_mode=False)
    assert listed.output.count("daily/a") == 2
    since = CliRunner().invoke(cli, ["history", "--check", "c*", "--out", str(tmp_path)], standalone_mode=False)
    assert "FAIL since 2026-11-23 05:00 UTC, last seen 2026-11-23 05:00 UTC" in since.output
    assert "\x1b" not in since.output
