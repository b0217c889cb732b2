"""The day is judged by what its records say, and by those that say nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from runbooks import settings
from runbooks.checks import areas, budgets, day
from runbooks.estate import Day, Served, Told
from runbooks.model import Evidence, Outcome, Status, Verdict
from runbooks.settings import Settings
from tests.test_history import BLIND, GOOD, KNOWN, NOW, WRONG, check, row, verdict

SCOPE = Settings(settings.load("sandbox"), NOW, settings.window(NOW, hours=24))


def told(said: Verdict | None, trouble: str = "", **other: object) -> Told:
    """What daily/a says."""
    return replace(Told("sandbox", "daily/a", said, trouble), **other)  # type: ignore[arg-type]


def today(*each: Told, **other: object) -> Day:
    """One day of the sandbox."""
    return replace(Day("sandbox", "Sandbox", NOW, each), **other)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("each", "status"),
    [
        (told(verdict(GOOD)), Status.PASS),
        (told(verdict(WRONG)), Status.FAIL),
        (told(verdict(check(blind=(BLIND,)))), Status.UNKNOWN),
        (told(None, "there is no record"), Status.UNKNOWN),
        (told(verdict(GOOD), "the newest record is 40 h old"), Status.UNKNOWN),
        (told(verdict(WRONG), "the newest record is 40 h old"), Status.UNKNOWN),
        (told(verdict(WRONG, outcome=Outcome.DEADLINE), "the run did not complete"), Status.FAIL),
        (told(verdict(GOOD, outcome=Outcome.DEADLINE), "the run did not complete"), Status.UNKNOWN),
    ],
)
def test_a_day_is_no_better_than_its_records(each: Told, status: Status) -> None:
    assert day.environments_well([today(each)], SCOPE).status is status
    records = day.records_told([today(each)], SCOPE)
    assert (records.status is Status.UNKNOWN) is bool(each.trouble)


def test_an_old_record_tells_no_finding_and_no_recovery_of_today() -> None:
    stale = today(told(verdict(WRONG), "the newest record is 40 h old"), before=(verdict(WRONG, day=1),))
    assert day.findings_told([stale], SCOPE).evidence == ()
    assert [row.facts["kind"] for row in day.changes_told([stale], SCOPE).evidence] == ["unseen"]


def test_findings_are_told_the_worst_and_newest_first() -> None:
    now = verdict(check(row("old"), row("new"), row("soft", Status.WARN)))
    before = verdict(check(row("old"), row("gone")), day=1)
    found = day.findings_told([today(told(now), before=(before,))], SCOPE)
    assert [(r.resource, r.facts["kind"]) for r in found.evidence] == [("new", "new"), ("old", "still"), ("soft", "new")]
    changed = day.changes_told([today(told(now), before=(before,))], SCOPE)
    assert changed.status is Status.PASS
    assert {(r.resource, r.facts["kind"]) for r in changed.evidence} == {
        ("old", "still"), ("gone", "recovered"), ("new", "new"), ("soft", "new"),
    }  # fmt: skip


def test_what_could_not_be_seen_carries_its_call() -> None:
    (found,) = day.findings_told([today(told(verdict(check(blind=(BLIND,)))))], SCOPE).evidence
    assert (found.status, found.facts["call"], found.facts["reason"]) == (Status.UNKNOWN, "a:B", "denied")


def test_acceptances_that_run_out_and_old_reviews_are_work() -> None:
    soon = KNOWN.model_copy(update={"expires": NOW + timedelta(days=10)})
    said = told(verdict(check(row("x", accepted=soon), row("y", accepted=KNOWN))), reviewed=date(2026, 1, 1), owner="team lead")
    accepted = day.acceptances_current([today(said)], SCOPE)
    assert (accepted.status, [r.resource for r in accepted.evidence]) == (Status.WARN, ["c"])
    assert "10 more days" in accepted.evidence[0].summary
    reviewed = day.runbooks_reviewed([today(said)], SCOPE)
    assert (reviewed.status, [r.resource for r in reviewed.evidence]) == (Status.WARN, ["daily/a"])


def test_deployments_are_those_that_rows_carry() -> None:
    deployed = Evidence(resource="stack", status=Status.PASS, summary="changed", facts={"deployed": "2026-11-24T01:00:00+00:00"})
    assert [r.resource for r in day.deployments_told([today(told(verdict(check(deployed))))], SCOPE).evidence] == ["stack"]
    assert "nothing was deployed" in day.deployments_told([today(told(verdict(GOOD)))], SCOPE).summary


def test_a_day_costs_what_its_calls_cost() -> None:
    said = verdict(GOOD, calls={"cloudwatch:GetMetricData": 10, "sts:GetCallerIdentity": 5})
    assert day.cost_told([today(told(said))], SCOPE).summary == "15 requests, at most $0.05 by list prices"


def test_an_area_without_a_record_is_not_well() -> None:
    backups = replace(told(None, "there is no record"), runbook="daily/backup-verification")
    health = replace(told(verdict(check(row(), name="alarms_quiet"), check(name="stack_settled"))), runbook="daily/system-health")
    health = replace(health, verdict=health.verdict and health.verdict.model_copy(update={"runbook": "daily/system-health"}))
    found = {r.resource: (r.status, r.summary) for r in areas.areas_told([today(backups, health)], SCOPE).evidence}
    assert found["Backups"] == (Status.UNKNOWN, "1 not seen of 1: no record of daily/backup-verification")
    assert found["Alarms"] == (Status.FAIL, "1 failed of 1: alarms_quiet")
    assert found["Platform"] == (Status.PASS, "1 check passed")


def test_without_any_day_nothing_is_well() -> None:
    assert day.environments_well([], SCOPE).status is Status.UNKNOWN
    assert day.environments_well([today()], SCOPE).status is Status.UNKNOWN


def served(days_back: int, total: float, bad: float) -> Served:
    return Served("x", days_back, total, total - bad, ((1, total / 24, bad), (6, total / 4, bad)) if days_back == 0 else ())


def test_an_error_budget_is_counted_over_the_days_that_are_known() -> None:
    """Ten days of 1000 requests, 5 of which may fail each day; 20 failed in all: of 140 in 28 days, the share of ten days is 50."""
    found = budgets.budget([served(n, 1000, 10 if n < 2 else 0) for n in range(10)], 0.995, 28)
    assert (found.today, found.period, found.known) == (0.99, 0.998, 10)
    assert found.left == pytest.approx(1 - 20 / 140)
    assert found.burn["24 h"] == pytest.approx(2.0)
    assert found.burn["3 d"] == pytest.approx(20 / 3000 / 0.005)
    assert found.lasts == pytest.approx(found.left / 2)


def test_a_spent_budget_fails_and_no_number_is_unknown() -> None:
    name = SCOPE.environment.day.objectives[0].name
    spent = today(told(verdict(GOOD)), served=(replace(served(0, 1000, 200), name=name),))
    rows = {r.resource: r.status for r in budgets.budgets_left([spent], SCOPE).evidence}
    assert rows[name] is Status.FAIL
    assert rows[SCOPE.environment.day.objectives[1].name] is Status.UNKNOWN


def test_no_requests_at_all_is_unknown_and_not_a_hundred_percent() -> None:
    found = budgets.budget([served(0, 0, 0)], 0.995, 28)
    assert (found.today, found.period) == (None, None)
