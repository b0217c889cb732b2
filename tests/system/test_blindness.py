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

RUNBOOKS = [runbook.name for runbook in catalogue.all_runbooks()]
# what the daily runbooks call; that the list is whole is itself a test
OPERATIONS = (
    "acm:DescribeCertificate", "acm:ListCertificates", "apigateway:GetDeployments", "apigateway:GetStages",
    "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData", "dynamodb:DescribeTable",
    "lambda:GetFunctionConfiguration", "sns:GetTopicAttributes", "sts:GetCallerIdentity",
)  # fmt: skip
WAYS: dict[str, dict[str, Any]] = {
    "denied": {"deny": True}, "throttled": {"throttle": True}, "timed out": {"delay": 60}, "truncated": {"truncate": True},
    "empty": {"empty": True}, "blank": {"blank": True}, "a web page": {"html": True}, "dropped": {"drop": True}, "dripping": {"drip": True},
    "failing": {"code": "InternalError", "status": 500},
}  # fmt: skip
NAMED = ("denied", "throttled", "timed out", "truncated", "empty")  # the others take the same code paths, and more time
# an answer without any list says the same when every list in it is emptied
WITHOUT_LISTS = {"sts:GetCallerIdentity", "sns:GetTopicAttributes", "cloudwatch:GetDashboard", "lambda:GetFunctionConfiguration"}

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
    assert set(verdict.calls) - {"https"} <= set(OPERATIONS)
    if name == "daily/system-health":
        assert set(verdict.calls) - {"https"} == set(OPERATIONS)


@pytest.mark.parametrize("name", RUNBOOKS)
@pytest.mark.parametrize("call", OPERATIONS)
@pytest.mark.parametrize("way", [way if way in NAMED else pytest.param(way, marks=pytest.mark.slow) for way in WAYS])
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
    if way == "empty" and call in WITHOUT_LISTS:
        return
    assert [result.name for result in fed if result.status is Status.PASS] == []
    assert verdict.exit_code in (1, 3)
    told = [blind for result in verdict.results for blind in result.blind if call in (blind.call, *blind.detail.split())]
    assert told or any(call in result.calls and result.status is Status.FAIL for result in fed)
    if way == "denied":
        assert any(blind.statement and iam_action(service, operation) in blind.statement["Action"] for blind in told)


def test_the_size_of_the_matrix(capsys: pytest.CaptureFixture[str]) -> None:
    size = len(OPERATIONS) * len(WAYS) * len(RUNBOOKS)
    words = f"{len(OPERATIONS)} operations x {len(WAYS)} ways x {len(RUNBOOKS)} runbooks = {size} cases"
    with capsys.disabled():
        sys.stdout.write(f"\nblindness matrix: {words}\n")
    assert size >= 60 * len(RUNBOOKS)
