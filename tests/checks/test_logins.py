"""Logins are counted by what happened and attacks told from mishaps: a truth table of constructed days, and the limits one by one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from runbooks.checks import logins, names
from runbooks.estate import LoginTrail, Reading
from runbooks.model import CheckResult, Window
from runbooks.settings import Settings
from runbooks.sources import attempts, events
from runbooks.sources.attempts import Accounts, Attempts, Audited
from tests.data import login_days
from tests.data.login_days import Day

READ = Reading("Scan of a table in 4 segments", 4, 900, 90, 12.0)
KINDS: dict[str, Callable[[Sequence[LoginTrail], Settings], CheckResult]] = {
    "brute force": logins.no_brute_force, "stuffing": logins.no_credential_stuffing, "spray": logins.no_slow_spray,
    "takeover": logins.no_takeover,
}  # fmt: skip
LEAST = 0.95
SEEDS = (7, 8, 9)


@dataclass
class Score:
    """What was rightly found, wrongly found and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    def add(self, found: set[tuple[object, ...]], true: set[tuple[object, ...]]) -> None:
        self.right += len(found & true)
        self.wrong += len(found - true)
        self.missed += len(true - found)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.wrong)

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed)


def trail(day: Day, scope: Settings) -> LoginTrail:
    """Count a day's rows as the source does, in whatever order they come."""
    rows = Attempts()
    for row in day.dice.sample(day.attempts, len(day.attempts)):
        rows.take(row)
    rejected = [
        Audited(
            events.moment(row["timestamp"]["S"]).timestamp(), row["action"]["S"], row["ipAddress"]["S"],
            row["userAgent"]["S"], row["details"]["M"].get("locked", {}).get("BOOL", False),
        )
        for row in day.audit
        if row["action"]["S"] == "FAILED_LOGIN_ATTEMPT"
    ]  # fmt: skip
    accounts = Accounts(
        {person.email for person in day.people.values() if person.second_factor},
        {person.email for person in day.people.values() if not person.active},
    )
    limits, until = scope.environment.security.logins, scope.window.end.timestamp()
    plain = rows.failures(0)
    found, unpaired = attempts.logins(rows, rejected, accounts, limits, until=until)
    return LoginTrail("boat-login-attempts", tuple(found), plain, unpaired, rows.strange, READ)


@pytest.fixture
def scope_of_a_day(scope: Settings) -> Settings:
    start, end = login_days.window()
    return replace(scope, now=end, window=Window(start=start, end=end))


def attacks(found: LoginTrail, scope: Settings) -> set[tuple[object, ...]]:
    """Return what the checks report: the kind, and the account where it is about one."""
    reported: set[tuple[object, ...]] = set()
    for kind, check in KINDS.items():
        for row in check([found], scope).evidence:
            reported.add((kind, row.resource if "#" in row.resource else ""))
    return reported


def test_the_truth_table(scope_of_a_day: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """At least thirty days: failures row by row, attacks by kind and account, each with precision and recall."""
    rows, plain, findings, lines = Score(), Score(), Score(), []
    for name in login_days.PLAYS:
        for seed in SEEDS:
            day = login_days.day(name, seed)
            counted = trail(day, scope_of_a_day)
            true_rows: set[tuple[object, ...]] = {(at, attempts.plain(email)) for at, email in day.failed}
            found_rows: set[tuple[object, ...]] = {(login.at, login.email) for login in counted.logins if login.result.failed}
            rows.add(found_rows, true_rows)
            plain.add(
                {
                    (events.moment(row["timestamp"]["S"]).timestamp(), row["email"]["S"])
                    for row in day.attempts
                    if not row["success"]["BOOL"]
                },
                true_rows,
            )
            true: set[tuple[object, ...]] = {(kind, names.account(email) if email else "") for kind, email in day.attacks}
            found = attacks(counted, scope_of_a_day)
            findings.add(found, true)
            if seed == SEEDS[0]:
                said = ", ".join(sorted({str(kind) for kind, _ in found})) or "nothing"
                mark = "" if found == true else f"   missed {true - found}, wrong {found - true}"
                lines.append(
                    f"  {name:<36} {len(true_rows):>5} failed, {len(found_rows):>5} counted, {counted.plain:>5} by success=false"
                    f"   {said}{mark}"
                )
    with capsys.disabled():
        sys.stdout.write(f"\n{len(login_days.PLAYS)} constructed days, of {len(SEEDS)} seeds each; shown: the first seed\n")
        sys.stdout.write("\n".join(lines) + "\n")
        for what, score in (("failed logins", rows), ("a plain count of success=false", plain), ("attacks", findings)):
            sys.stdout.write(
                f"{what}: precision {score.precision:.3f}, recall {score.recall:.3f} "
                f"({score.right} right, {score.wrong} wrong, {score.missed} missed)\n"
            )
    assert len(login_days.PLAYS) >= 30
    assert min(rows.precision, rows.recall, findings.precision, findings.recall) >= LEAST
    assert plain.precision < rows.precision
