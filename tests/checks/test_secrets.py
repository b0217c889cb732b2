"""Secrets are judged by age, last read and deletion; what lies open is judged against what is accepted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runbooks.checks import exposure, secrets
from runbooks.estate import BucketState, FunctionSecrets, GroupState, LogGroupState, Opening, SecretState
from runbooks.model import Status
from runbooks.settings import Settings
from tests.checks.conftest import NOW

GOOD = SecretState("some-secret", NOW - timedelta(days=44), NOW - timedelta(days=1), None, rotates=False, consumers=("Admin",))
BUCKET = BucketState("media", policy_public=False, grants_public=False, blocked=True)


@pytest.mark.parametrize(
    ("secret", "kept", "young", "consumed", "arrived"),
    [
        (GOOD, "PASS", "PASS", "PASS", "PASS"),
        (replace(GOOD, deletion=NOW + timedelta(days=20)), "FAIL", "PASS", "PASS", "PASS"),
        (replace(GOOD, changed=NOW - timedelta(days=180)), "PASS", "WARN", "PASS", "PASS"),
        (replace(GOOD, changed=NOW - timedelta(days=365)), "PASS", "FAIL", "PASS", "PASS"),
        (replace(GOOD, read=None), "PASS", "PASS", "FAIL", "PASS"),
        (replace(GOOD, consumers=()), "PASS", "PASS", "FAIL", "PASS"),
        (replace(GOOD, changed=NOW - timedelta(hours=30), read=NOW - timedelta(days=3)), "PASS", "PASS", "PASS", "FAIL"),
        (replace(GOOD, changed=NOW - timedelta(hours=30), read=NOW - timedelta(hours=3)), "PASS", "PASS", "PASS", "PASS"),
        (replace(GOOD, changed=NOW - timedelta(hours=1), read=None), "PASS", "PASS", "FAIL", "FAIL"),
    ],
)  # fmt: skip
def test_secrets(scope: Settings, secret: SecretState, kept: str, young: str, consumed: str, arrived: str) -> None:
    checks = (secrets.secrets_kept, secrets.secrets_young, secrets.secrets_consumed, secrets.rotations_arrive)
    assert [check([secret], scope).status.value for check in checks] == [kept, young, consumed, arrived]
    assert all(check([], scope).status is Status.UNKNOWN for check in checks)


def test_a_secret_in_plain_sight_is_named_by_function_and_variable(bare: Settings) -> None:
    found = secrets.no_literal_secrets([FunctionSecrets("a-b-c", "AuthFunctionA1", ("JWT_SECRET",))], bare)
    assert (found.status, found.evidence[0].resource) == (Status.FAIL, "AuthFunctionA1/JWT_SECRET")


@pytest.mark.parametrize(
    ("bucket", "status"),
    [
        (BUCKET, Status.PASS), (replace(BUCKET, blocked=False), Status.WARN), (replace(BUCKET, policy_public=True), Status.FAIL),
        (replace(BUCKET, grants_public=True), Status.FAIL),
    ],
)  # fmt: skip
def test_buckets(scope: Settings, bucket: BucketState, status: Status) -> None:
    assert exposure.buckets_closed([BUCKET, bucket], scope).status is status


def test_ports_that_are_accepted_and_one_that_is_not(scope: Settings) -> None:
    group = "BoatListingStack-prod-TunnelSecurityGroup"
    known = [Opening(group, "sg-1", "tcp", port, "0.0.0.0/0") for port in ("22", "80")]
    assert exposure.ports_closed([GroupState(group, "sg-1", tuple(known))], scope).status is Status.PASS
    opened = [*known, Opening(group, "sg-1", "tcp", "3389", "::/0")]
    result = exposure.ports_closed([GroupState(group, "sg-1", tuple(opened))], scope)
    assert result.summary == f"{group} tcp/3389: open to ::/0"


def test_logs_that_are_kept_for_ever_are_a_warning(bare: Settings) -> None:
    groups = [LogGroupState("/aws/lambda/a", None, 10), LogGroupState("/aws/lambda/b", 30, 10)]
    assert exposure.logs_expire(groups, bare).status is Status.WARN
