"""The doctor says what would work, by permission, and its policy is what the runbooks really call."""

from __future__ import annotations

from collections.abc import Sequence

from runbooks import doctor
from runbooks.gateway.access import iam_action
from runbooks.model import Status
from tests.conftest import Control
from tests.system.test_blindness import OPERATIONS


def by_name(findings: Sequence[doctor.Finding]) -> dict[str, doctor.Finding]:
    return {finding.name: finding for finding in findings}


def test_the_policy_names_what_the_runbooks_call_and_nothing_else() -> None:
    called = {iam_action(*call.split(":")) for call in OPERATIONS}
    assert set(doctor.ACTIONS) == called
    assert doctor.policy()["Statement"][0]["Action"] == list(doctor.ACTIONS)


def test_a_good_machine_and_environment_pass(control: Control) -> None:
    assert [finding.summary for finding in doctor.machine() if finding.status is not Status.PASS] == []
    found = list(doctor.environment("sandbox"))
    assert {finding.status for finding in found} == {Status.PASS}
    assert {"sandbox: identity", "sandbox: dynamodb:DescribeTable", "sandbox: apigateway:GET"} <= set(by_name(found))


def test_a_missing_permission_is_named_with_the_statement_that_allows_it(control: Control) -> None:
    control("rules", {"service": "dynamodb", "operation": "DescribeTable", "deny": True})
    found = by_name(list(doctor.environment("sandbox")))
    assert found["sandbox: dynamodb:DescribeTable"].status is Status.UNKNOWN
    assert "dynamodb:DescribeTable" in found["sandbox: dynamodb:DescribeTable"].summary
    assert found["sandbox: lambda:GetFunctionConfiguration"].status is Status.PASS


def test_an_identity_that_cannot_be_proven_ends_the_examination(control: Control) -> None:
    control("rules", {"service": "sts", "operation": ".*", "code": "ExpiredToken", "status": 403})
    (found,) = doctor.environment("sandbox")
    assert found.status is Status.UNKNOWN
    assert "expired credentials" in found.summary
