"""No false green: with any single read denied, throttled, slow, truncated or empty, nothing that it fed reports PASS."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbooks import catalogue
from runbooks.drills import step_through
from runbooks.gateway.access import iam_action
from runbooks.model import CheckResult, Status, Verdict
from tests.conftest import Control

RUNBOOKS = [runbook.name for runbook in catalogue.all_runbooks() if not runbook.tells]
# what each runbook calls; that the lists are whole is itself a test
CALLS: dict[str, tuple[str, ...]] = {
    "daily/system-health": (
        "acm:DescribeCertificate", "acm:ListCertificates", "apigateway:GetDeployments", "apigateway:GetStages",
        "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:DescribeAlarmHistory",
        "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData", "dynamodb:DescribeTable",
        "lambda:GetFunctionConfiguration", "sns:GetTopicAttributes", "sts:GetCallerIdentity",
    ),
    "daily/performance-monitoring": (
        "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:GetMetricData", "dynamodb:DescribeLimits",
        "dynamodb:DescribeTable", "lambda:GetAccountSettings", "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration",
        "logs:FilterLogEvents", "sts:GetCallerIdentity",
    ),
    "daily/backup-verification": (
        "backup:ListRecoveryPointsByResource", "cloudformation:DescribeStacks", "cloudformation:ListStackResources",
        "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeExport", "dynamodb:DescribeTable", "dynamodb:ListBackups",
        "dynamodb:ListExports", "dynamodb:ListTagsOfResource", "s3:ListObjectsV2", "sts:GetCallerIdentity",
    ),
    "daily/security-monitoring": (
        "acm:DescribeCertificate", "acm:ListCertificates", "cloudformation:DescribeStacks", "cloudformation:ListStackResources",
        "cloudwatch:GetMetricData", "dynamodb:DescribeTable", "dynamodb:Query", "dynamodb:Scan", "ec2:DescribeSecurityGroups",
        "lambda:GetFunctionConfiguration", "logs:DescribeLogGroups", "logs:FilterLogEvents", "s3:GetBucketAcl",
        "s3:GetBucketPolicyStatus", "s3:GetPublicAccessBlock", "secretsmanager:DescribeSecret", "sts:GetCallerIdentity",
    ),
}  # fmt: skip
OPERATIONS = tuple(sorted({call for calls in CALLS.values() for call in calls}))
CASES = [(call, name) for name, calls in CALLS.items() for call in calls]
WAYS: dict[str, dict[str, Any]] = {
    "denied": {"deny": True}, "throttled": {"throttle": True}, "timed out": {"delay": 60}, "truncated": {"truncate": True},
    "empty": {"empty": True}, "blank": {"blank": True}, "a web page": {"html": True}, "dropped": {"drop": True}, "dripping": {"drip": True},
    "failing": {"code": "InternalError", "status": 500},
}  # fmt: skip
NAMED = ("denied", "throttled", "timed out", "truncated", "empty")  # the others take the same code paths
# an answer without any list says the same when every list in it is emptied
WITHOUT_LISTS = {
    "sts:GetCallerIdentity", "sns:GetTopicAttributes", "cloudwatch:GetDashboard", "lambda:GetFunctionConfiguration",
    "dynamodb:DescribeContinuousBackups", "dynamodb:DescribeExport", "s3:GetBucketPolicyStatus", "s3:GetPublicAccessBlock",
    "secretsmanager:DescribeSecret",
    "dynamodb:DescribeLimits", "lambda:GetAccountSettings", "lambda:GetFunctionConcurrency",
}  # fmt: skip
BLANK = {"lambda:GetFunctionConcurrency"}  # AWS itself answers {} for a function without a reservation

PROOF = ("sts:GetCallerIdentity", "cloudformation:DescribeStacks")

HURRIED = """
extends = "production"
account = "111122223333"
[sandbox]
seed = 1
[deadlines]
connect = 1.0
call = 1.0
check = 3.0
run = 60.0
attempts = 2
"""


@pytest.fixture
def hurried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Make the environment `sandbox` wait less, so that sixty timeouts do not take an hour."""
    (tmp_path / "sandbox.toml").write_text(HURRIED, encoding="utf-8")
    monkeypatch.setenv("RUNBOOKS_ENVIRONMENTS", str(tmp_path))
    return iter(())


def fed_by(verdict: Verdict, call: str) -> list[CheckResult]:
    """Return the results that used this call, or were not read because of it."""
    return [result for result in verdict.results if call in result.calls or any(call in blind.detail for blind in result.blind)]


def run_until_proven(name: str, call: str) -> Verdict:
    """Run it; again when a busy machine made the hurried proof of identity late, because then nothing else is read at all."""
    for _ in range(4):
        verdict = step_through(catalogue.find(name), environment="sandbox")
        if call in PROOF or verdict.results[0].status is Status.PASS:
            break
    return verdict


@pytest.mark.parametrize("name", RUNBOOKS)
@pytest.mark.usefixtures("control")
def test_the_list_of_operations_is_whole(name: str, control: Control) -> None:
    control("break", {"environment": "sandbox", "fault": "alarm-flapping"})  # the one state in which the history is asked
    verdict = step_through(catalogue.find(name), environment="sandbox")
    assert set(verdict.calls) - {"https"} == set(CALLS[name])


def quick(number: int, way: str) -> bool:
    """Say whether a case is among the quick ones: of each call one way, in turn; make test-all runs the others too."""
    return way == NAMED[number % len(NAMED)]


MATRIX = [
    pytest.param(way, call, name, marks=() if quick(number, way) else pytest.mark.slow)
    for number, (call, name) in enumerate(CASES)
    for way in WAYS
]


@pytest.mark.parametrize(("way", "call", "name"), MATRIX)
@pytest.mark.usefixtures("hurried")
def test_what_cannot_be_read_is_never_green(way: str, call: str, name: str, control: Control, record_property: Any) -> None:
    service, _, operation = call.partition(":")
    if call == "cloudwatch:DescribeAlarmHistory":
        control("break", {"environment": "sandbox", "fault": "alarm-flapping"})
    control("rules", {"service": service, "operation": operation, **WAYS[way]})
    began = time.monotonic()
    verdict = run_until_proven(name, call)
    record_property("seconds", round(time.monotonic() - began, 2))
    fed = fed_by(verdict, call)
    assert fed, f"nothing used {call}"
    if (way == "empty" and call in WITHOUT_LISTS) or (way == "blank" and call in BLANK):
        return
    assert [result.name for result in fed if result.status is Status.PASS] == []
    assert verdict.exit_code in (1, 3)
    told = [blind for result in verdict.results for blind in result.blind if call in (blind.call, *blind.detail.split())]
    assert told or any(call in result.calls and result.status is Status.FAIL for result in fed)
    if way == "denied":
        assert any(blind.statement and iam_action(service, operation) in blind.statement["Action"] for blind in told)


def test_the_size_of_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    size = len(CASES) * len(WAYS)
    words = f"{len(CASES)} calls of {len(CALLS)} runbooks x {len(WAYS)} ways = {size} cases"
    with capsys.disabled():
        sys.stdout.write(f"\nblindness matrix: {words}\n")
    assert size >= 60 * len(RUNBOOKS)
