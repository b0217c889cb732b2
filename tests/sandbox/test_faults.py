"""The catalogue of faults: each changes something that can be seen, and all of them can be mended."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from runbooks import settings
from runbooks.errors import CallError
from runbooks.sandbox import estate, faults
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.estate import backends, dump
from runbooks.sandbox.faults.fault import HEALTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
CHECKS = {
    "identity_matches", "stack_settled", "functions_active", "functions_configured", "runtimes_supported", "endpoints_answer",
    "certificates_valid", "origin_certificates_valid", "alarms_quiet", "alarms_complete", "alarms_notify", "alarms_can_fire",
    "alarms_steady", "dashboards_alive", "tables_active", "api_deployed",
}  # fmt: skip


@pytest.fixture
def account() -> Iterator[Account]:
    """Return the smallest environment, seeded and whole."""
    made = Account(settings.load("sandbox-dev"), Clock(NOW))
    made.reset()
    estate.build(made)
    yield made
    made.reset()


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    """Return the dump of the environment with nothing broken."""
    made = Account(settings.load("sandbox-dev"), Clock(NOW))
    made.reset()
    estate.build(made)
    dumped = dump.canonical(made)
    made.reset()
    return dumped


@pytest.mark.parametrize("name", faults.CATALOGUE)
def test_a_fault_changes_something_that_can_be_seen(name: str, account: Account, whole: dict[str, Any]) -> None:
    faults.break_(account, name)
    assert account.broken == {name: faults.CATALOGUE[name].title}
    account.broken.clear()
    assert dump.canonical(account) != whole


def test_mending_restores_everything(account: Account, whole: dict[str, Any]) -> None:
    for name in (
        "table-missing",
        "instance-stopped",
        "stack-rollback-failed",
        "origin-certificate-expired",
        "media-bucket-public",
        "load-test",
    ):
        faults.break_(account, name)
    faults.mend(account)
    assert dump.canonical(account) == whole
    assert account.broken == {}


def test_an_unknown_fault_is_refused_with_the_names_there_are(account: Account) -> None:
    with pytest.raises(CallError, match=r"unknown fault 'flood': choose one of .*tunnel-down") as refused:
        faults.break_(account, "flood")
    assert "\n" not in str(refused.value)


def test_names_are_kebab_case_and_titles_one_sentence() -> None:
    for name, fault in faults.CATALOGUE.items():
        assert name == fault.name
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", name)
        assert fault.title
        assert not fault.title.endswith(".")
        assert fault.platform == "" or re.fullmatch(r"F(0[1-9]|[123]\d|4[01])", fault.platform)


def test_the_catalogue_is_as_wide_as_the_platform_breaks() -> None:
    seen = [fault for fault in faults.CATALOGUE.values() if any(each.runbook == HEALTH for each in fault.expected)]
    assert len(faults.CATALOGUE) >= 45
    assert len(seen) >= 30
    assert {each.check for fault in seen for each in fault.expected if each.runbook == HEALTH} >= CHECKS - {
        "identity_matches",
        "runtimes_supported",
    }
    rows = {
        f"F{number:02}"
        for number in (1, 2, 3, 6, 7, 8, 11, 12, 13, 14, 15, 16, 19, 20, 21, 22, 23, 24, 25, 27, 28, 29, 30, 31, 32, 33, 34, 35, 38)
    }
    assert rows <= {fault.platform for fault in faults.CATALOGUE.values()}


def test_benign_look_alikes_expect_nothing() -> None:
    benign = {name for name, fault in faults.CATALOGUE.items() if fault.benign}
    assert benign >= {"maintenance-window", "new-alarm-without-data", "load-test", "crawler", "idle-function"}
    assert all(not faults.CATALOGUE[name].expected for name in benign)


def test_expected_findings_use_the_names_of_the_health_checks() -> None:
    for fault in faults.CATALOGUE.values():
        for each in fault.expected:
            assert each.check in CHECKS or each.runbook != HEALTH
            assert each.status in {"FAIL", "WARN", "UNKNOWN"}


def test_a_fault_of_one_environment_leaves_the_others_alone(account: Account) -> None:
    other = Account(settings.load("sandbox-staging"), Clock(NOW))
    estate.build(other)
    try:
        before = dump.canonical(other)
        for name in ("table-missing", "instance-stopped", "alarm-deleted", "grant-lost"):
            faults.break_(account, name)
        assert dump.canonical(other) == before
    finally:
        other.reset()


def test_a_throttled_function_writes_no_logs_and_has_throttles_instead_of_invocations(account: Account) -> None:
    """With a reserved concurrency of 0 Lambda refuses before any code runs: only the metric tells."""
    faults.break_(account, "admin-throttled")
    series = backends.of(account, "cloudwatch").series
    since = NOW.replace(minute=10)
    points = {
        name.metric: list(series.samples(name, since, NOW))
        for name in series.kept
        if ("FunctionName", account.names["AdminFunction"]) in name.dimensions
    }
    assert points["Invocations"] == []
    assert all(pairs == ((1.0, 3.0),) for _, pairs in points["Throttles"])
    assert len(points["Throttles"]) == 4


def test_a_fault_of_metrics_begins_when_it_says_and_not_before(account: Account) -> None:
    series = backends.of(account, "cloudwatch").series
    name = next(each for each in series.kept if each.metric == "5XXError")
    before = list(series.samples(name, NOW.replace(hour=4), NOW.replace(hour=9)))
    faults.break_(account, "table-missing")
    assert list(series.samples(name, NOW.replace(hour=4), NOW.replace(hour=9))) == before
    after = [pairs for _, pairs in series.samples(name, NOW.replace(minute=10), NOW)]
    assert any(value == 1.0 for pairs in after for value, _ in pairs)
