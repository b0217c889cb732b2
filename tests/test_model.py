"""Statuses, outcomes, exit codes and digests."""

from __future__ import annotations

import itertools

import pytest
from pydantic import ValidationError

from runbooks.model import Change, CheckResult, Evidence, Outcome, Plan, Status, exit_code, run_status, worst


def result(status: Status, *, required: bool = True) -> CheckResult:
    return CheckResult(name=f"a_{status}", claim="It holds.", status=status, summary="said", required=required)


def test_the_worst_is_fail_then_unknown_then_warn_then_pass() -> None:
    order = [Status.FAIL, Status.UNKNOWN, Status.WARN, Status.PASS]
    for left, right in itertools.combinations(order, 2):
        assert worst([left, right]) is left
        assert worst([right, left]) is left


@pytest.mark.parametrize("statuses", [[], [Status.SKIP], [Status.SKIP, Status.SKIP]])
def test_nothing_proven_is_unknown(statuses: list[Status]) -> None:
    assert worst(statuses) is Status.UNKNOWN


def test_a_run_with_a_blind_required_check_is_never_green() -> None:
    assert run_status([result(Status.PASS), result(Status.UNKNOWN)]) is Status.UNKNOWN


def test_a_blind_optional_check_is_a_warning() -> None:
    assert run_status([result(Status.PASS), result(Status.UNKNOWN, required=False)]) is Status.WARN


@pytest.mark.parametrize(
    ("outcome", "status", "code"),
    [
        (Outcome.COMPLETED, Status.PASS, 0), (Outcome.COMPLETED, Status.WARN, 0), (Outcome.COMPLETED, Status.FAIL, 1),
        (Outcome.COMPLETED, Status.UNKNOWN, 3),
        *((outcome, Status.PASS, 3) for outcome in (Outcome.FAILED, Outcome.DEADLINE, Outcome.INTERRUPTED, Outcome.KERNEL_DIED, Outcome.CANNOT_SAVE)),
        *((outcome, Status.FAIL, 4) for outcome in (Outcome.LOCKED, Outcome.REFUSED)),
    ],
)  # fmt: skip
def test_a_crash_never_looks_like_health(outcome: Outcome, status: Status, code: int) -> None:
    assert exit_code(outcome, status) == code


def test_values_are_frozen_and_strict() -> None:
    row = Evidence(resource="a", status=Status.FAIL, summary="broken")
    with pytest.raises(ValidationError):
        row.resource = "b"  # type: ignore[misc]
    with pytest.raises(ValidationError):
        Evidence(resource="a", status=Status.FAIL, summary="broken", colour="red")  # type: ignore[call-arg]


def test_a_digest_names_the_environment_the_account_and_every_change() -> None:
    change = Change(
        summary="more memory",
        service="lambda",
        operation="UpdateFunctionConfiguration",
        params={"MemorySize": 512},
        before={"MemorySize": 128},
        after={"MemorySize": 512},
    )
    plan = Plan(environment="dev", account="777788889999", summary="raise memory", changes=(change,))
    others = [
        plan.model_copy(update={"environment": "production"}),
        plan.model_copy(update={"account": "111122223333"}),
        plan.model_copy(update={"changes": ()}),
        plan.model_copy(update={"changes": (change.model_copy(update={"before": {"MemorySize": 256}}),)}),
    ]
    assert plan.digest == Plan.model_validate(plan.model_dump()).digest
    assert plan.digest not in {other.digest for other in others}
