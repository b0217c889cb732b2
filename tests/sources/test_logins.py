"""An attempt is what its rows say by the platform's rule, and nothing of an account is read that the count does not need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from runbooks.errors import Unreadable
from runbooks.estate import LoginTrail, Result
from runbooks.gateway import Reader
from runbooks.model import Reason, Window
from runbooks.settings import Logins, Settings
from runbooks.sources import attempts, logins
from runbooks.sources.attempts import Accounts, Attempts, Audited
from tests.gateway import stub

START = datetime(2026, 11, 24, tzinfo=UTC)
SCOPE = Settings(stub.environment(), START + timedelta(days=1), Window(start=START, end=START + timedelta(days=1)))
LIMITS = Logins()
ADA, BEN = "ada@example.com", "ben@example.com"
HERE, THERE = "172.68.34.9", "162.158.78.1"
NOON = START.timestamp() + 12 * 3600
END = START.timestamp() + 24 * 3600


def told(*rows: tuple[float, str, str, bool], audited: tuple[Audited, ...] = (), accounts: Accounts | None = None) -> list[Result]:
    """Return the results of rows (seconds after noon, e-mail, address, success), in order."""
    table = Attempts()
    for seconds, email, address, success in rows:
        table.add(NOON + seconds, email, address, "Firefox/130.0", success=success)
    found, _ = attempts.logins(table, audited, accounts or Accounts(), LIMITS, until=END)
    return [login.result for login in found]


def rejection(seconds: float, address: str = HERE, *, locked: bool = False) -> Audited:
    return Audited(NOON + seconds, logins.FAILED, address, "Firefox/130.0", locked)


def test_a_success_takes_the_failure_before_it() -> None:
    assert told((0, ADA, HERE, False), (0.6, ADA, HERE, True)) == [Result.SUCCESS]


def test_a_wrong_password_before_it_stays_a_failure() -> None:
    rows = ((0, ADA, HERE, False), (9, ADA, HERE, False), (9.6, ADA, HERE, True))
    assert told(*rows, audited=(rejection(0.4),)) == [Result.WRONG_PASSWORD, Result.SUCCESS]


def test_it_takes_none_of_another_e_mail_address_or_client() -> None:
    assert told((0, BEN, HERE, False), (0.6, ADA, HERE, True)) == [Result.UNKNOWN_EMAIL, Result.SUCCESS]
    assert told((0, ADA, THERE, False), (0.6, ADA, HERE, True)) == [Result.UNKNOWN_EMAIL, Result.SUCCESS]


def test_two_requests_at_once_take_one_each() -> None:
    rows = ((0, ADA, HERE, False), (0.1, ADA, HERE, False), (0.5, ADA, HERE, True), (0.6, ADA, HERE, True))
    assert told(*rows) == [Result.SUCCESS, Result.SUCCESS]


def test_a_success_long_after_takes_nothing() -> None:
    assert told((0, ADA, HERE, False), (31, ADA, HERE, True)) == [Result.UNKNOWN_EMAIL, Result.SUCCESS]


def test_rows_of_one_time_are_a_pair_whatever_their_order() -> None:
    assert told((0, ADA, HERE, True), (0, ADA, HERE, False)) == [Result.SUCCESS]


def test_without_an_audit_row_the_account_says_what_it_was() -> None:
    accounts = Accounts(second_factor={ADA}, inactive={BEN})
    rows = ((0, ADA, HERE, False), (1, BEN, HERE, False), (2, "nobody@example.com", HERE, False), (3, " ", HERE, False))
    assert told(*rows, accounts=accounts) == [Result.SECOND_FACTOR, Result.INACTIVE, Result.UNKNOWN_EMAIL, Result.NO_EMAIL]


def test_a_wrong_password_on_an_account_with_a_second_factor_is_one() -> None:
    assert told((0, ADA, HERE, False), audited=(rejection(0.7),), accounts=Accounts(second_factor={ADA})) == [Result.WRONG_PASSWORD]


def test_after_the_fifth_failure_the_account_is_locked_for_half_an_hour() -> None:
    rows = tuple((float(minute * 60), ADA, HERE, False) for minute in (0, 10, 29, 31))
    assert told(*rows, audited=(rejection(0.5, locked=True),), accounts=Accounts(second_factor={ADA})) == [
        Result.WRONG_PASSWORD, Result.LOCKED, Result.LOCKED, Result.SECOND_FACTOR
    ]  # fmt: skip


def test_what_began_just_before_the_end_may_still_be_under_way() -> None:
    table = Attempts()
    table.add(END - 1, ADA, HERE, "Firefox/130.0", success=False)
    found, _ = attempts.logins(table, (), Accounts(), LIMITS, until=END)
    assert [login.result for login in found] == [Result.UNDER_WAY]


def test_a_success_without_a_first_row_is_counted() -> None:
    table = Attempts()
    table.add(NOON, ADA, HERE, "Firefox/130.0", success=True)
    assert attempts.logins(table, (), Accounts(), LIMITS, until=END)[1] == 1


def test_an_account_is_the_same_however_it_was_typed() -> None:
    table = Attempts()
    table.add(NOON, " Ada@Example.com", HERE, "Firefox/130.0", success=False)
    found, _ = attempts.logins(table, (), Accounts(), LIMITS, until=END)
    assert found[0].email == ADA


@pytest.mark.parametrize(
    "row",
    [
        {"timestamp": {"S": "2026-11-24T12:00:00.000Z"}, "success": {"S": "false"}, "ipAddress": {"S": HERE}, "userAgent": {"S": "a"}},
        {"timestamp": {"S": "1796000000000"}, "success": {"BOOL": False}, "ipAddress": {"S": HERE}, "userAgent": {"S": "a"}},
        {"timestamp": {"S": "2026-11-24T12:00:00"}, "success": {"BOOL": False}, "ipAddress": {"S": HERE}, "userAgent": {"S": "a"}},
        {"timestamp": {"S": "2026-11-24T12:00:00.000Z"}, "success": {"BOOL": False}},
    ],
)  # fmt: skip
def test_a_row_of_another_shape_is_counted_apart(row: Mapping[str, Any]) -> None:
    table = Attempts()
    table.take(row)
    assert (table.strange, len(table.packed)) == (1, 0)


class Platform:
    """The tables by name; it remembers what it was asked."""

    def __init__(self, attempts_: list[dict[str, Any]], audit: list[dict[str, Any]], users: list[dict[str, Any]]) -> None:
        self.asked: list[tuple[str, Mapping[str, Any]]] = []
        self.tables = {"boat-login-attempts": attempts_, "boat-audit-logs": audit, "boat-users": users}

    def __call__(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "DescribeTable":
            return {"Table": {"TableSizeBytes": 0, "KeySchema": [{"AttributeName": "id"}]}}
        self.asked.append((operation, given))
        rows = self.tables[given["TableName"]]
        if operation == "Query":
            rows = [row for row in rows if row["action"] == given["ExpressionAttributeValues"][":key"]]
        return {"Items": rows, "Count": len(rows), "ScannedCount": len(rows) and 50, "ConsumedCapacity": {"CapacityUnits": 3.5}}


def row(second: int, *, success: bool) -> dict[str, Any]:
    at = f"2026-11-24T12:00:{second:02d}.000Z"
    return {"timestamp": {"S": at}, "email": {"S": ADA}, "ipAddress": {"S": HERE}, "userAgent": {"S": "a"}, "success": {"BOOL": success}}  # fmt: skip


ENTERED = {"timestamp": {"S": "2026-11-24T12:00:01.200Z"}, "action": {"S": "USER_LOGIN"}, "ipAddress": {"S": HERE}, "userAgent": {"S": "a"}}  # fmt: skip
USER = {"email": {"S": BEN}, "status": {"S": "active"}, "mfaEnabled": {"BOOL": True}}


def read(address: str) -> Reader:
    return stub.reader(address).scoped(seconds=20)


def test_the_tables_are_asked_for_no_more_than_the_count_needs() -> None:
    platform = Platform([row(0, success=False), row(1, success=True)], [ENTERED], [USER])
    with stub.server(platform) as address:
        (trail,) = logins.tried(read(address), SCOPE)
    assert (len(trail.logins), trail.plain, trail.strange, trail.reading.looked_at) == (1, 1, 0, 50)
    projected = {given["TableName"]: set(given["ExpressionAttributeNames"].values()) for _, given in platform.asked}
    assert projected["boat-users"] == {"email", "mfaEnabled", "status"}
    assert {operation for operation, given in platform.asked if given["TableName"] == "boat-audit-logs"} == {"Query"}


def test_several_checks_ask_once_and_each_is_told_what_could_not_be_read() -> None:
    platform = Platform([row(0, success=False), row(1, success=True)], [], [USER])
    with stub.server(platform) as address:
        whole = stub.reader(address)
        readers = [whole.scoped(seconds=20) for _ in range(3)]
        trails: list[list[LoginTrail]] = []
        for reader in readers:
            with pytest.raises(Unreadable, match="no row of 'USER_LOGIN' at any time"):
                trails.append(logins.tried(reader, SCOPE))
    asked = len(platform.asked)
    assert asked <= 4 + 2 + 1
    assert all(reader.used for reader in readers)


def test_an_empty_table_is_no_sign_that_nobody_tried() -> None:
    platform = Platform([], [ENTERED], [USER])
    with stub.server(platform) as address:
        reader = read(address)
        assert logins.tried(reader, SCOPE) == []
    assert [(blind.reason, blind.resource) for blind in reader.blind] == [(Reason.NO_DATA, "boat-login-attempts")]


def test_an_answer_that_counts_more_rows_than_it_holds_is_none() -> None:
    class Cut(Platform):
        def __call__(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
            return {**super().__call__(operation, given), "Items": []}

    with (
        stub.server(Cut([row(0, success=False)], [ENTERED], [USER])) as address,
        pytest.raises(Unreadable, match="the answer counts 1 rows and holds 0"),
    ):
        logins.tried(read(address), SCOPE)


def test_the_first_row_may_lie_before_the_window() -> None:
    early = replace(SCOPE, window=Window(start=START + timedelta(hours=12, milliseconds=500), end=SCOPE.window.end))
    platform = Platform([row(0, success=False), row(1, success=True)], [ENTERED], [USER])
    with stub.server(platform) as address:
        (trail,) = logins.tried(read(address), early)
    assert [login.result for login in trail.logins] == [Result.SUCCESS]
    assert (trail.plain, trail.unpaired) == (0, 0)
    scan = next(given for operation, given in platform.asked if operation == "Scan")
    assert scan["ExpressionAttributeValues"][":from"] == {"S": "2026-11-24T11:59:30.500Z"}
