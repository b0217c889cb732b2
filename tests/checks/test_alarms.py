"""Alarms and dashboards: plain rows in, a result out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from runbooks.checks import alarms
from runbooks.checks.published import never_published
from runbooks.estate import AlarmHistory, AlarmState, Metric, Topic, Widget
from runbooks.model import Status
from runbooks.settings import Settings
from tests.checks.conftest import NOW

ERRORS = Metric("AWS/Lambda", "Errors", (("FunctionName", "f"),))
BLIND = Metric("AWS/DynamoDB", "ThrottledRequests", (("TableName", "boat-audit-logs"),))
ALARM = AlarmState(
    "admin-function-errors-prod",
    "metric",
    "OK",
    "",
    NOW - timedelta(days=30),
    NOW - timedelta(days=30),
    True,
    ("arn:aws:sns:us-east-1:1:t",),
    ERRORS,
    has_data=True,
)


@pytest.mark.parametrize("kind", ["metric", "composite", "log"])
def test_an_alarm_of_any_type_in_alarm_is_a_finding(scope: Settings, kind: str) -> None:
    """DescribeAlarms leaves composite and log alarms out unless asked: whoever lists metric alarms only would not see them."""
    ringing = replace(ALARM, kind=kind, state="ALARM", reason="threshold crossed")
    result = alarms.alarms_quiet([ALARM, ringing], scope)
    assert result.status is Status.FAIL
    assert "threshold crossed" in result.summary
    assert alarms.alarms_quiet([ALARM], scope).status is Status.PASS


def test_an_alarm_that_is_missing_is_named(scope: Settings) -> None:
    result = alarms.alarms_complete([ALARM], scope)
    assert result.status is Status.FAIL
    assert {row.resource for row in result.evidence} == set(scope.environment.expected.alarms) - {ALARM.name}


@pytest.mark.parametrize(
    ("row", "status"),
    [
        (ALARM, Status.PASS), (replace(ALARM, actions_enabled=False), Status.FAIL), (replace(ALARM, actions=()), Status.FAIL),
        (replace(ALARM, kind="composite", actions=()), Status.PASS), (Topic("t", confirmed=0, pending=0), Status.PASS),
        (Topic("t", confirmed=0, pending=0, exists=False), Status.FAIL),
    ],
)  # fmt: skip
def test_alarms_notify(scope: Settings, row: AlarmState | Topic, status: Status) -> None:
    assert alarms.alarms_notify([row], scope).status is status


@pytest.mark.parametrize(
    ("topic", "status"),
    [
        (Topic("t", confirmed=1, pending=0), Status.PASS), (Topic("t", confirmed=0, pending=0), Status.FAIL),
        (Topic("t", confirmed=0, pending=2), Status.FAIL), (Topic("t", confirmed=0, pending=0, exists=False), Status.PASS),
    ],
)  # fmt: skip
def test_alarms_heard(scope: Settings, topic: Topic, status: Status) -> None:
    """A topic that does not exist is the finding of alarms_notify, and is not accepted with the ones nobody listens to."""
    assert alarms.alarms_heard([topic], scope).status is status


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({}, Status.PASS, "can see"), ({"metric": BLIND}, Status.FAIL, "can never ring"),
        ({"state": "INSUFFICIENT_DATA"}, Status.WARN, "sees nothing"), ({"has_data": False}, Status.WARN, "no data in the window for f"),
        ({"metric": None, "has_data": None}, Status.PASS, "can see"),
    ],
)  # fmt: skip
def test_alarms_can_fire(bare: Settings, changes: dict[str, object], status: Status, words: str) -> None:
    result = alarms.alarms_can_fire([replace(ALARM, **changes)], bare)  # type: ignore[arg-type]
    assert result.status is status
    assert words in result.summary


@pytest.mark.parametrize(
    ("metric", "never"),
    [
        (BLIND, True), (Metric("AWS/DynamoDB", "ThrottledRequests", (("Operation", "Query"), ("TableName", "t"))), False),
        (Metric("AWS/DynamoDB", "ItemCount", (("TableName", "t"),)), True), (Metric("AWS/DynamoDB", "WriteThrottleEvents", (("TableName", "t"),)), False),
        (ERRORS, False), (Metric("AWS/Lambda", "Errors", (("Function", "f"),)), True), (Metric("HarborList/Own", "Anything", ()), False),
    ],
)  # fmt: skip
def test_what_aws_never_publishes_is_known(metric: Metric, never: bool) -> None:  # noqa: FBT001 - a table of cases
    assert never_published(metric) is never


@pytest.mark.parametrize(("changes", "status"), [(0, Status.PASS), (5, Status.PASS), (6, Status.WARN), (40, Status.WARN)])
def test_alarms_steady(scope: Settings, changes: int, status: Status) -> None:
    assert alarms.alarms_steady([AlarmHistory("a", changes, NOW)], scope).status is status


@pytest.mark.parametrize(
    ("widget", "status"),
    [
        (Widget("d", "w", metrics=3, alive=3), Status.PASS), (Widget("d", "w", metrics=3, alive=1), Status.PASS),
        (Widget("d", "w", metrics=2, alive=0), Status.WARN), (Widget("d", "", metrics=0, alive=0), Status.FAIL),
    ],
)  # fmt: skip
def test_dashboards_alive(scope: Settings, widget: Widget, status: Status) -> None:
    assert alarms.dashboards_alive([widget], scope).status is status


def at(scope: Settings, moment: datetime) -> Settings:
    return replace(scope, now=moment)


def test_an_accepted_weakness_is_shown_and_does_not_count(scope: Settings) -> None:
    blind = replace(ALARM, name="audit-logs-throttles-prod", metric=BLIND)
    result = alarms.alarms_can_fire([ALARM, blind], scope)
    assert result.status is Status.PASS
    assert result.summary.endswith("1 accepted")
    assert result.evidence[0].accepted is not None
    assert result.evidence[0].accepted.owner == "team lead"


def test_an_accepted_weakness_comes_back_when_its_date_has_passed(scope: Settings) -> None:
    blind = replace(ALARM, name="audit-logs-throttles-prod", metric=BLIND)
    result = alarms.alarms_can_fire([blind], at(scope, datetime(2027, 4, 1, tzinfo=NOW.tzinfo)))
    assert result.status is Status.FAIL
    assert result.evidence[0].accepted is None
    assert "accepted by the team lead only until 2027-03-31" in result.summary


def test_an_acceptance_covers_its_own_check_only(scope: Settings) -> None:
    silent = replace(ALARM, name="audit-logs-throttles-prod", actions_enabled=False)
    assert alarms.alarms_notify([silent], scope).status is Status.FAIL
