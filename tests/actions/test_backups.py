"""The immediate backup: planned for the right tables, shown with its digest, and never made here."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from runbooks import catalogue, settings
from runbooks.actions.backups import immediate_backup
from runbooks.drills import step_through
from runbooks.gateway.access import require_read
from runbooks.model import Plan, Verdict
from runbooks.render import bundle
from runbooks.settings import Settings
from tests.checks.conftest import NOW
from tests.checks.test_backups import LISTINGS, SESSIONS, WINDOW, alone, backup
from tests.conftest import Control

NAME = "daily/backup-verification"


@pytest.fixture
def scope() -> Settings:
    return Settings(settings.load("production"), NOW, settings.window(NOW, hours=24))


def tables(plan: Plan) -> list[str]:
    return [change.params["TableName"] for change in plan.changes]


def test_tables_with_good_backups_need_none(scope: Settings) -> None:
    plan = immediate_backup([LISTINGS, WINDOW, SESSIONS], scope)
    assert (plan.changes, plan.summary) == ((), "None of 2 tables needs a backup now")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([alone(SESSIONS)], "it has no available backup of its own"),
        ([replace(SESSIONS, id="two")], "it has no available backup of its own"),
        ([alone(SESSIONS, backup(30))], "its newest available backup is too old"),
        ([alone(SESSIONS, backup(2, status="CREATING"), backup(30))], "its newest available backup is too old"),
        ([alone(SESSIONS, backup(3, size=10))], "its newest backup does not hold all of it"),
        ([LISTINGS, replace(WINDOW, on=False, latest=None)], "what was written lately would be lost"),
    ],
)
def test_a_table_without_a_good_one_is_in_the_plan_with_the_reason(scope: Settings, rows: list[Any], why: str) -> None:
    (change,) = immediate_backup(rows, scope).changes
    assert change.params["TableName"] == rows[0].table
    assert why in change.summary


def test_a_window_that_was_not_read_is_no_reason_by_itself(scope: Settings) -> None:
    assert immediate_backup([LISTINGS], scope).changes == ()


def test_a_table_that_is_gone_is_named_and_not_backed_up(scope: Settings) -> None:
    plan = immediate_backup([replace(SESSIONS, id="", created=None, backups=())], scope)
    assert plan.changes == ()
    assert "boat-admin-sessions: there is no table to back up, restore it instead" in plan.summary


def test_a_change_says_what_was_before_what_must_still_hold_and_the_way_back(scope: Settings) -> None:
    (change,) = immediate_backup([alone(SESSIONS, backup(30))], scope).changes
    assert change.before == {"newest available backup": (NOW - timedelta(hours=30)).isoformat()}
    assert change.precondition == {"TableId": "one", "TableStatus": "ACTIVE"}
    assert change.undo is not None
    assert change.undo.operation == "DeleteBackup"
    assert change.undo.params == {"BackupArn": "{answer.BackupDetails.BackupArn}"}


def test_the_same_need_gives_the_same_digest_a_quarter_of_an_hour_later(scope: Settings) -> None:
    later = replace(scope, now=NOW + timedelta(minutes=14))
    rows = [alone(SESSIONS, backup(30))]
    assert immediate_backup(rows, scope).digest == immediate_backup(rows, later).digest
    assert immediate_backup(rows, scope).digest != immediate_backup([alone(SESSIONS, backup(31))], scope).digest


@pytest.mark.parametrize(
    ("fault", "planned"),
    [
        ("backup-missing", ["boat-audit-logs"]),
        ("table-made-anew", ["boat-users"]),
        ("recovery-turned-off", ["boat-listings", "boat-users"]),
        ("backup-too-small", ["boat-listings"]),
        ("exports-gone", []),
    ],
)
def test_the_runbook_shows_the_plan_for_the_tables_that_the_fault_hit(control: Control, fault: str, planned: list[str]) -> None:
    verdict = broken(control, fault)
    assert [table for plan in verdict.plans for table in tables(plan)] == planned
    for plan in verdict.plans:
        shown = bundle(plan)
        assert plan.digest in shown["text/plain"]
        assert plan.digest in shown["text/html"]
        assert plan.digest in bundle(verdict)["text/html"]


def test_nothing_is_written_by_showing_a_plan(control: Control) -> None:
    control("requests", method="DELETE")
    verdict = broken(control, "backups-stale")
    assert len(verdict.plans[0].changes) == 5
    asked = [call for call, count in control("status")["requests"].items() if count]
    assert asked
    for call in asked:
        require_read(*call.split(":"))
    assert verdict.changes == ()


def test_a_plan_that_could_not_see_everything_says_so(control: Control) -> None:
    control("rules", {"service": "dynamodb", "operation": "DescribeContinuousBackups", "deny": True})
    verdict = broken(control, "backup-missing")
    assert [table for plan in verdict.plans for table in tables(plan)] == ["boat-audit-logs"]
    (result,) = [result for result in verdict.results if result.name == "plan_immediate_backup"]
    assert result.status == "UNKNOWN"
    assert "DescribeContinuousBackups" in result.summary


def broken(control: Control, fault: str) -> Verdict:
    control("break", {"environment": "sandbox", "fault": fault})
    return step_through(catalogue.find(NAME), environment="sandbox")
