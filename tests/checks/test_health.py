"""Stack, functions, tables and the API stage: plain rows in, a result out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runbooks.checks import health
from runbooks.estate import ABSENT, FunctionState, IndexState, StackState, StageState, TableState
from runbooks.model import Status
from runbooks.settings import Settings
from tests.checks.conftest import NOW

FUNCTION = FunctionState(
    name="BoatListingStack-prod-AdminFunction09BA95C5-1A2B3C4D5E6F", logical="AdminFunction09BA95C5", state="Active", state_reason="",
    state_reason_code="", update="Successful", update_reason="", modified=NOW - timedelta(days=9), runtime="nodejs22.x", memory=512, timeout=30,
    variables=frozenset({"LISTINGS_TABLE", "USERS_TABLE", "AUDIT_LOGS_TABLE", "ADMIN_SESSIONS_TABLE", "LOGIN_ATTEMPTS_TABLE", "JWT_SECRET_ARN", "ENVIRONMENT"}),
)  # fmt: skip
TABLE = TableState("boat-users", "ACTIVE", "PAY_PER_REQUEST", (IndexState("email-index", "ACTIVE", backfilling=False),))
STACK = StackState("BoatListingStack-prod", "UPDATE_COMPLETE", "", NOW - timedelta(days=3))
STAGE = StageState("a1b2c3", "prod", "d2", "d2", NOW - timedelta(days=3))


@pytest.mark.parametrize(
    ("status", "minutes", "expected"),
    [
        ("CREATE_COMPLETE", 1, Status.PASS), ("UPDATE_COMPLETE", 1, Status.PASS),
        ("UPDATE_IN_PROGRESS", 5, Status.WARN), ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", 5, Status.WARN), ("UPDATE_IN_PROGRESS", 90, Status.FAIL),
        ("UPDATE_ROLLBACK_COMPLETE", 5, Status.WARN),
        ("UPDATE_ROLLBACK_IN_PROGRESS", 5, Status.FAIL), ("UPDATE_ROLLBACK_FAILED", 5, Status.FAIL), ("ROLLBACK_COMPLETE", 5, Status.FAIL),
        ("UPDATE_FAILED", 5, Status.FAIL), ("DELETE_IN_PROGRESS", 5, Status.WARN),
    ],
)  # fmt: skip
def test_stack_settled(scope: Settings, status: str, minutes: int, expected: Status) -> None:
    stack = replace(STACK, status=status, changed=NOW - timedelta(minutes=minutes))
    assert health.stack_settled([stack], scope).status is expected


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({}, Status.PASS, "1 functions are active"),
        ({"state": "Failed", "state_reason": "the image is gone"}, Status.FAIL, "is Failed: the image is gone"),
        ({"state": "Inactive"}, Status.WARN, "long idleness"),
        ({"state": "ActiveNonInvocable"}, Status.FAIL, "is ActiveNonInvocable"),
        ({"state": "Deleting"}, Status.FAIL, "is Deleting"),
        ({"state": "Pending", "modified": NOW - timedelta(minutes=3)}, Status.WARN, "for 3 minutes, limit 60"),
        ({"state": "Pending", "modified": NOW - timedelta(minutes=61)}, Status.FAIL, "for 61 minutes, limit 60"),
        ({"update": "InProgress", "modified": NOW - timedelta(minutes=3)}, Status.WARN, "is being updated"),
        ({"update": "Failed", "update_reason": "no room"}, Status.FAIL, "its last update failed: no room"),
    ],
)
def test_functions_active(scope: Settings, changes: dict[str, object], expected: Status, words: str) -> None:
    function = replace(FUNCTION, **changes)  # type: ignore[arg-type]
    result = health.functions_active([function], scope)
    assert result.status is expected
    assert words in result.summary
    assert [row.resource for row in result.evidence] == ([] if expected is Status.PASS else [FUNCTION.name])


def only_admin(scope: Settings) -> Settings:
    """Return settings that want nothing but the admin function, so that a test can show one function alone."""
    functions = {"AdminFunction": scope.environment.functions["AdminFunction"]}
    return replace(scope, environment=scope.environment.model_copy(update={"functions": functions}))


@pytest.mark.parametrize(
    ("changes", "expected", "words"),
    [
        ({}, Status.PASS, "are there"),
        ({"variables": frozenset({"RESTART_TIMESTAMP"})}, Status.FAIL, "lacks 7 of 7 variables it needs: LISTINGS_TABLE"),
        ({"variables": None}, Status.UNKNOWN, "kms:Decrypt"),
        ({"memory": 256}, Status.FAIL, "has 256 MB, needs 512 MB"),
        ({"timeout": 3}, Status.FAIL, "has 3 s, needs 30 s"),
        ({"memory": 1024, "timeout": 60}, Status.PASS, "are there"),
    ],
)
def test_functions_configured(scope: Settings, changes: dict[str, object], expected: Status, words: str) -> None:
    result = health.functions_configured([replace(FUNCTION, **changes)], only_admin(scope))  # type: ignore[arg-type]
    assert result.status is expected
    assert words in result.summary


def test_a_function_that_the_stack_lost_is_named(scope: Settings) -> None:
    result = health.functions_configured([FUNCTION], scope)
    assert result.status is Status.FAIL
    assert {row.resource for row in result.evidence} == {
        "AuthFunction",
        "ListingFunction",
        "SearchFunction",
        "MediaFunction",
        "StatsFunction",
    }


@pytest.mark.parametrize(
    ("runtime", "expected"),
    [("nodejs22.x", Status.PASS), ("nodejs18.x", Status.WARN), ("nodejs16.x", Status.FAIL), ("", Status.PASS)],
)
def test_runtimes_supported(bare: Settings, runtime: str, expected: Status) -> None:
    assert health.runtimes_supported([replace(FUNCTION, runtime=runtime)], bare).status is expected


@pytest.mark.parametrize(
    ("status", "index", "backfilling", "expected"),
    [
        ("ACTIVE", "ACTIVE", False, Status.PASS), ("UPDATING", "ACTIVE", False, Status.WARN), ("CREATING", "ACTIVE", False, Status.FAIL),
        ("DELETING", "ACTIVE", False, Status.FAIL), ("INACCESSIBLE_ENCRYPTION_CREDENTIALS", "ACTIVE", False, Status.FAIL),
        ("ARCHIVED", "ACTIVE", False, Status.FAIL), (ABSENT, "ACTIVE", False, Status.FAIL), ("ACTIVE", "CREATING", False, Status.FAIL),
        ("ACTIVE", "ACTIVE", True, Status.WARN), ("ACTIVE", "DELETING", False, Status.FAIL), ("ACTIVE", "UPDATING", False, Status.WARN),
    ],
)  # fmt: skip
def test_tables_active(scope: Settings, status: str, index: str, backfilling: bool, expected: Status) -> None:  # noqa: FBT001 - a table of cases
    table = replace(TABLE, status=status, indexes=(IndexState("email-index", index, backfilling=backfilling),))
    assert health.tables_active([table], scope).status is expected


def test_an_index_that_is_missing_is_named(scope: Settings) -> None:
    result = health.tables_active([replace(TABLE, indexes=())], scope)
    assert result.status is Status.FAIL
    assert result.evidence[0].resource == "boat-users / email-index"


def test_a_stage_behind_the_newest_deployment_is_a_warning_because_a_roll_back_looks_the_same(scope: Settings) -> None:
    assert health.api_deployed([STAGE], scope).status is Status.PASS
    behind = health.api_deployed([replace(STAGE, deployment="d1")], scope)
    assert behind.status is Status.WARN
    assert "serves deployment d1; d2 was made" in behind.summary


@pytest.mark.parametrize(
    "check",
    [
        health.stack_settled,
        health.functions_active,
        health.functions_configured,
        health.runtimes_supported,
        health.tables_active,
        health.api_deployed,
    ],
)
def test_nothing_to_judge_is_unknown(scope: Settings, check: object) -> None:
    assert check([], scope).status is Status.UNKNOWN  # type: ignore[operator]
