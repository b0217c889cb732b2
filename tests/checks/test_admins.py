"""What administrators seldom do is named by person and number, and what they do every day is not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from runbooks.checks import admins
from runbooks.estate import AdminAct, AdminTrail, Reading
from runbooks.model import CheckResult, Status
from runbooks.settings import Settings
from tests.checks.conftest import NOW

READ = Reading("Query of a table by an index, 9 keys", 9, 40, 40, 4.5)
PERSON = "fcc27e57-29a5-45b6-9e45-a16d94305d17"
OTHER = "b02dd262-efde-42cd-b454-2808f4c2ab65"
DAY, NIGHT = NOW.replace(hour=15), NOW.replace(hour=4)
Check = Callable[[Sequence[AdminTrail], Settings], CheckResult]


def act(
    action: str, at: datetime = DAY, minutes: float = 0, *, person: str = PERSON, status: int = 200, path: str = "/admin/users"
) -> AdminAct:
    """Return one act, so many minutes after `at`."""
    moment = at + timedelta(minutes=minutes)
    return AdminAct(moment, person, "ada.kemp@staff.example.com", action, path, "PUT", status, "104.22.11.203", "Firefox/130.0")


def several(count: int, action: str, at: datetime = DAY, apart: float = 1, *, person: str = PERSON) -> list[AdminAct]:
    return [act(action, at, number * apart, person=person) for number in range(count)]


def trail(*acts: AdminAct) -> list[AdminTrail]:
    return [AdminTrail("boat-audit-logs", tuple(sorted(acts, key=lambda each: each.at)), READ)]


@pytest.mark.parametrize(
    ("check", "acts", "status", "words"),
    [
        (admins.trail_not_cleaned, several(9, "ADMIN_ACCESS"), Status.PASS, "9 acts of 1 people, 9 requests for 4 read units"),
        (admins.trail_not_cleaned, [act("CLEANUP_AUDIT_LOGS")], Status.FAIL, f"{PERSON}: cleaned the audit log once"),
        (admins.exports_few, several(3, "EXPORT_AUDIT_LOGS"), Status.PASS, ""),
        (admins.exports_few, several(4, "EXPORT_AUDIT_LOGS"), Status.FAIL, "exported the audit log 4 times, limit 3"),
        (admins.exports_few, several(3, "EXPORT_AUDIT_LOGS") + several(3, "EXPORT_AUDIT_LOGS", person=OTHER), Status.PASS, ""),
        (admins.changes_unhurried, several(8, "UPDATE_USER_STATUS"), Status.PASS, ""),
        (admins.changes_unhurried, several(9, "UPDATE_USER_STATUS"), Status.FAIL, "9 changes within 15 minutes, limit 8"),
        (admins.changes_unhurried, several(30, "UPDATE_USER_STATUS", apart=3), Status.PASS, ""),
        (admins.changes_unhurried, several(30, "VIEW_USERS"), Status.PASS, ""),
        (admins.nights_quiet, several(3, "UPDATE_USER_STATUS", NIGHT), Status.PASS, ""),
        (admins.nights_quiet, several(4, "UPDATE_USER_STATUS", NIGHT, 40), Status.FAIL, "did 4 things that are seldom done, at night"),
        (admins.nights_quiet, several(4, "UPDATE_USER_STATUS", DAY), Status.PASS, ""),
        (admins.nights_quiet, [act("EXPORT_AUDIT_LOGS", NIGHT)], Status.FAIL, "EXPORT_AUDIT_LOGS (1)"),
        (admins.nights_quiet, several(50, "ADMIN_ACCESS", NIGHT), Status.PASS, ""),
        (admins.denials_few, several(5, "ADMIN_ACCESS_DENIED"), Status.PASS, ""),
        (admins.denials_few, several(6, "ADMIN_ACCESS_DENIED"), Status.FAIL, "was denied 6 times, limit 5: /admin/users (6)"),
        (admins.denials_few, [act("ADMIN_ACCESS", minutes=m, status=403) for m in range(6)], Status.FAIL, "denied 6 times"),
    ],
)  # fmt: skip
def test_by_person(scope: Settings, check: Check, acts: list[AdminAct], status: Status, words: str) -> None:
    result = check(trail(*acts), scope)
    assert result.status is status
    assert words in result.summary


def test_a_window_in_which_nobody_did_anything_is_quiet_as_the_index_was_proven(scope: Settings) -> None:
    assert admins.trail_not_cleaned(trail(), scope).status is Status.PASS
    assert admins.trail_not_cleaned([], scope).status is Status.UNKNOWN


def test_quiet_hours_may_pass_midnight(scope: Settings) -> None:
    security = scope.environment.security
    admin = security.admin.model_copy(update={"quiet": (22, 5)})
    for hour, night in ((21, False), (22, True), (23, True), (0, True), (4, True), (5, False)):
        assert admins._at_night(act("EXPORT_AUDIT_LOGS", NOW.replace(hour=hour)), admin) is night


def test_a_person_is_an_id_and_never_a_name(scope: Settings) -> None:
    hostile = act("CLEANUP_AUDIT_LOGS", person="<script>alert(1)</script>", path="/admin/users/8f3a-secret?token=abc")
    (row,) = admins.trail_not_cleaned(trail(hostile), scope).evidence
    assert row.resource == "nobody's id"
    assert row.facts["account"] == "a***@staff.example.com #" + str(row.facts["account"])[-6:]
    assert row.facts["networks"] == "the edge (1)"
    (row,) = admins.denials_few(
        trail(*[act("ADMIN_ACCESS_DENIED", path=f"/admin/users/{n}8f3a?token=abc") for n in range(6)]), scope
    ).evidence
    assert "token" not in row.summary
    assert "/admin/users/… (6)" in row.summary
