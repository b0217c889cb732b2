"""The seeded platform: the same each time, in the formats that the platform writes, as busy as a day is."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbooks import settings
from runbooks.sandbox import estate
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.estate import alarms, backends, dump, functions, stack, tables
from runbooks.sandbox.estate.series import Name

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 3, 4, 10, 30, tzinfo=UTC)
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
def built() -> Iterator[Account]:
    """Return the account that plays production, seeded at NOW; nobody changes it."""
    account = Account(settings.load("sandbox"), Clock(NOW))
    account.reset()
    estate.build(account)
    yield account
    account.reset()


def rows(account: Account, table: str) -> list[dict[str, Any]]:
    """Return a table's rows in DynamoDB's notation."""
    return [item.to_json()["Attributes"] for item in backends.of(account, "dynamodb").tables[table].all_items()]


def test_the_same_seed_and_clock_build_the_same_estate(built: Account) -> None:
    before = dump.canonical(built)
    built.reset()
    estate.build(built)
    assert dump.canonical(built) == before


def test_two_environments_live_side_by_side_with_names_of_their_own(built: Account) -> None:
    other = Account(settings.load("sandbox-dev"), Clock(NOW))
    estate.build(other)
    try:
        assert other.names["AdminFunction"].startswith("BoatListingStack-dev-AdminFunction09BA95C5-")
        assert other.names["AdminFunction"] not in built.names.values()
        assert other.names["instance_id"] != built.names["instance_id"]
    finally:
        other.reset()


def test_an_environment_without_a_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="no \\[sandbox\\] table"):
        estate.build(Account(settings.load("production"), Clock(NOW)))


def test_the_stack_lists_every_function_table_alarm_and_dashboard(built: Account) -> None:
    listed: dict[str, set[str]] = {}
    for row in stack.of(built).resources:
        listed.setdefault(row.cf_resource_type, set()).add(row.physical_resource_id)
    assert listed["AWS::Lambda::Function"] == {built.names[each.name] for each in functions.FUNCTIONS}
    assert len(listed["AWS::Lambda::Function"]) == 9
    assert listed["AWS::DynamoDB::Table"] == set(tables.BY_NAME) == set(built.environment.expected.tables)
    assert listed["AWS::CloudWatch::Alarm"] == set(built.environment.expected.alarms)
    assert listed["AWS::CloudWatch::Dashboard"] == set(built.environment.expected.dashboards)
    logical = [row.logical_resource_id for row in stack.of(built).resources]
    assert len(logical) == len(set(logical)) > 100, "AWS pages at 100 rows, and a stack of one page would hide who does not page"


def test_outputs_of_nested_constructs_carry_a_suffix_of_eight_hex_digits(built: Account) -> None:
    keys = {each["OutputKey"] for each in stack.of(built).outputs}
    assert {"ApiUrl", "AdminFunctionName", "AdminJwtSecretArn"} <= keys
    assert [key for key in keys if re.fullmatch(r"CloudflareTunnelTunnelInstanceId[0-9A-F]{8}", key)]
    assert "CloudflareTunnelTunnelInstanceId" not in keys


def test_physical_function_names_fit_into_64_characters(built: Account) -> None:
    assert all(len(built.names[each.name]) <= 64 for each in functions.FUNCTIONS)


def test_functions_have_what_the_environment_file_asks_for(built: Account) -> None:
    found = {each.function_name: each for each in backends.of(built, "lambda").list_functions(None)}
    for name, needs in built.environment.functions.items():
        function = found[built.names[name]]
        assert set(needs.variables) <= set(function.environment_vars)
        assert function.memory_size >= needs.memory
        assert function.timeout >= needs.timeout


def test_alarms_are_the_expected_ones_ok_and_two_of_them_blind(built: Account) -> None:
    backend = backends.of(built, "cloudwatch")
    assert set(backend.alarms) == set(built.environment.expected.alarms)
    assert {each.state_value for each in backend.alarms.values()} == {"OK"}
    blind = [
        name
        for name, each in backend.alarms.items()
        if not list(backend.series.samples(watched(each), NOW - timedelta(days=1), NOW))
    ]
    assert sorted(blind) == [alarms.name_of(built, "admin-sessions-throttles"), alarms.name_of(built, "audit-logs-throttles")]


def watched(alarm: Any) -> Name:
    """Return the metric an alarm watches."""
    return Name.of(alarm.namespace, alarm.metric_name, **{each.name: each.value for each in alarm.dimensions})


def test_login_rows_have_the_formats_the_platform_writes(built: Account) -> None:
    found = rows(built, "boat-login-attempts")
    assert 350 < len(found) < 900
    for row in found:
        assert UUID4.fullmatch(row["id"]["S"])
        assert STAMP.fullmatch(row["timestamp"]["S"])
        assert set(row) == {"id", "timestamp", "email", "ipAddress", "userAgent", "success"} | (
            set() if row["success"]["BOOL"] else {"failureReason"}
        )
        assert row.get("failureReason", {"S": "Invalid credentials"})["S"] == "Invalid credentials"


def test_every_successful_login_was_first_written_as_a_failure(built: Account) -> None:
    """The platform writes success false before it looks at the password, and adds a row when the password was right."""
    found = sorted(rows(built, "boat-login-attempts"), key=lambda row: row["timestamp"]["S"])
    last: dict[tuple[str, str, str], bool] = {}
    successes = 0
    for row in found:
        who = (row["email"]["S"], row["ipAddress"]["S"], row["userAgent"]["S"])
        if row["success"]["BOOL"]:
            successes += 1
            assert last[who] is False
        last[who] = row["success"]["BOOL"]
    assert successes > 80


def test_login_rows_name_mfa_users_unknown_addresses_and_people_who_mistype(built: Account) -> None:
    known = {row["email"]["S"]: row for row in rows(built, "boat-users")}
    found = rows(built, "boat-login-attempts")
    succeeded = {row["email"]["S"] for row in found if row["success"]["BOOL"]}
    assert {row["email"]["S"] for row in found} - set(known), "addresses that nobody has"
    with_factor = {email for email, row in known.items() if row["mfaEnabled"]["BOOL"]}
    assert with_factor & {row["email"]["S"] for row in found}
    assert not with_factor & succeeded, "a login with a second factor never leaves a row with success true"


def test_audit_rows_have_the_formats_the_platform_writes(built: Account) -> None:
    found = rows(built, "boat-audit-logs")
    assert 900 < len(found) < 2200
    keys = {"id", "timestamp", "userId", "userEmail", "action", "resource", "details", "ipAddress", "userAgent", "sessionId"}
    for row in found:
        assert set(row) == keys
        assert STAMP.fullmatch(row["timestamp"]["S"])
        assert list(row["details"]) == ["M"]
    actions = Counter(row["action"]["S"] for row in found)
    assert actions["FAILED_LOGIN_ATTEMPT"] > 20
    operations = sum(n for action, n in actions.items() if action.startswith(("VIEW_", "UPDATE_", "MODERATE_")))
    assert abs(actions["ADMIN_ACCESS"] - operations) <= 1, "an admin request leaves two rows"


def test_users_and_listings_have_the_types_their_indexes_demand(built: Account) -> None:
    for user in rows(built, "boat-users"):
        assert re.fullmatch(r"\$2a\$12\$[./A-Za-z0-9]{53}", user["password"]["S"])
        assert user["loginAttempts"] == {"N": "0"}
        assert set(user["status"]["S"].split()) <= {"active", "pending_verification", "suspended", "banned"}
    for listing in rows(built, "boat-listings"):
        assert re.fullmatch(r"\d{13}-[0-9a-z]{9}", listing["id"]["S"])
        assert STAMP.fullmatch(listing["createdAt"]["S"])
        assert re.fullmatch(r"[A-Z]{2}", listing["location"]["S"])
        assert listing["updatedAt"]["N"].isdigit()


def test_nothing_lies_in_the_future(built: Account) -> None:
    now = backends.stamp(NOW)
    for table in ("boat-login-attempts", "boat-audit-logs"):
        assert max(row["timestamp"]["S"] for row in rows(built, table)) <= now
    assert max(each["Timestamp"] for each in built.alarm_history) <= NOW
    assert max(each["EventTime"] for each in built.trail) <= NOW
    assert max(each["Timestamp"] for each in built.stack_events) <= NOW
    assert all(each.creation_date_time <= backends.naive(NOW) for each in backends.of(built, "dynamodb").backups.values())


def totals(account: Account, metric: str, start: datetime, hours: int) -> float:
    """Return how many requests the API had."""
    name = Name.of("AWS/ApiGateway", metric, ApiName="Boat Listing API")
    found = backends.of(account, "cloudwatch").series.samples(name, start, start + timedelta(hours=hours))
    return float(sum(value * n for _, pairs in found for value, n in pairs))


def test_metrics_have_the_rhythm_of_a_day(built: Account) -> None:
    yesterday = NOW.replace(hour=0, minute=0) - timedelta(days=1)
    evening, night = (totals(built, "Count", yesterday + timedelta(hours=hour), 3) for hour in (18, 6))
    assert evening > 3 * night > 0


def test_metrics_agree_with_each_other(built: Account) -> None:
    start = NOW - timedelta(hours=24)
    series = backends.of(built, "cloudwatch").series
    calls = 0.0
    for function in functions.SERVICES:
        name = Name.of("AWS/Lambda", "Invocations", FunctionName=built.names[function.name])
        calls += sum(value * n for _, pairs in series.samples(name, start, NOW) for value, n in pairs)
    assert 0 <= totals(built, "Count", start, 24) - calls < 0.1 * calls, "the gateway answers few requests by itself"
    assert totals(built, "5XXError", start, 24) < 0.01 * totals(built, "Count", start, 24)


def test_response_times_are_single_values_so_that_percentiles_exist(built: Account) -> None:
    name = Name.of("AWS/Lambda", "Duration", FunctionName=built.names["ListingFunction"])
    values = [datum.value for datum in backends.of(built, "cloudwatch").data([name], NOW - timedelta(hours=6), NOW)]
    assert len(values) > 50
    assert 40 < sorted(values)[len(values) // 2] < 150
    assert max(values) > 1.5 * min(values)


def test_throttle_events_have_no_points_and_are_not_listed_while_nothing_throttles(built: Account) -> None:
    """AWS publishes ReadThrottleEvents and WriteThrottleEvents only where they are not zero."""
    listed = backends.of(built, "cloudwatch").get_filtered_metrics("", "AWS/DynamoDB", [])
    names = {each.name for each in listed}
    assert "ConsumedReadCapacityUnits" in names
    assert not names & {"ReadThrottleEvents", "WriteThrottleEvents", "ThrottledRequests", "ItemCount"}


LINES = (
    re.compile(
        r"INIT_START Runtime Version: nodejs:18\.v\d+\tRuntime Version ARN: arn:aws:lambda:[a-z0-9-]+::runtime:[0-9a-f]{64}\n"
    ),
    re.compile(r"START RequestId: [0-9a-f-]{36} Version: \$LATEST\n"),
    re.compile(r"END RequestId: [0-9a-f-]{36}\n"),
    re.compile(
        r"REPORT RequestId: [0-9a-f-]{36}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\tMemory Size: \d+ MB\tMax Memory Used: \d+ MB\t(Init Duration: [\d.]+ ms\t)?\n"
    ),
    re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z\t[0-9a-f-]{36}\t(INFO|WARN|ERROR)\t.+\n"),
)


def test_log_lines_are_those_of_the_node_runtime(built: Account) -> None:
    groups = backends.of(built, "logs").groups
    assert len(groups) == 8, "seven services and the tunnel; the CDK's own functions were never invoked of late"
    events = [event for group in groups.values() for stream in group.streams.values() for event in stream.events]
    assert len(events) > 500
    assert [event.message for event in events if not any(line.fullmatch(event.message) for line in LINES)] == []
    assert min(event.timestamp for event in events) > backends.millis(NOW - timedelta(days=14))


def test_lambda_log_groups_never_expire(built: Account) -> None:
    retentions = {name: group.retention_in_days for name, group in backends.of(built, "logs").groups.items()}
    assert {name for name, days in retentions.items() if days} == {built.names["tunnel_log_group"]}


def test_every_table_has_a_backup_of_the_last_day_and_one_is_of_aws_itself(built: Account) -> None:
    found = backends.of(built, "dynamodb").backups.values()
    fresh = {each.table.name for each in found if each.creation_date_time > backends.naive(NOW - timedelta(days=1))}
    assert fresh == set(tables.BY_NAME)
    assert [each.name for each in found if each.type == "SYSTEM"] == ["boat-listings$DeletedTableBackup"]


def test_a_backup_holds_the_rows_of_its_time_also_after_they_were_deleted() -> None:
    account = Account(settings.load("sandbox-dev"), Clock(NOW))
    estate.build(account)
    try:
        backend = backends.of(account, "dynamodb")
        backend.tables["boat-listings"].items.clear()
        mine = sorted(
            (each for each in backend.backups.values() if each.table.name == "boat-listings"),
            key=lambda each: each.creation_date_time,
        )
        sizes = [
            len(backend.restore_table_from_backup(f"restored-{n}", each.arn).items) for n, each in enumerate((mine[1], mine[-1]))
        ]
        assert 0 < sizes[0] < sizes[1] <= 200
    finally:
        account.reset()


def test_a_second_day_looks_like_a_second_day() -> None:
    account = Account(settings.load("sandbox-dev"), Clock(NOW))
    estate.build(account)
    try:
        before = {table: len(rows(account, table)) for table in ("boat-login-attempts", "boat-audit-logs")}
        backups = len(backends.of(account, "dynamodb").backups)
        account.clock.advance(timedelta(days=1))
        estate.roll(account, NOW)
        assert all(len(rows(account, table)) > count for table, count in before.items())
        assert len(backends.of(account, "dynamodb").backups) == backups + 5
        assert totals(account, "Count", NOW, 24) > 0
        newest = max(
            event.timestamp
            for group in backends.of(account, "logs").groups.values()
            for stream in group.streams.values()
            for event in stream.events
        )
        assert newest > backends.millis(NOW + timedelta(hours=20))
    finally:
        account.reset()


def test_rolling_writes_what_building_later_would_have_written() -> None:
    """The same hours give the same rows, whether they were built at once or lived through."""
    account = Account(settings.load("sandbox-dev"), Clock(NOW))
    estate.build(account)
    try:
        account.clock.advance(timedelta(hours=5))
        estate.roll(account, NOW)
        lived = {row["id"]["S"] for row in rows(account, "boat-audit-logs") if row["timestamp"]["S"] >= backends.stamp(NOW)}
        account.reset()
        estate.build(account)
        built = {row["id"]["S"] for row in rows(account, "boat-audit-logs") if row["timestamp"]["S"] >= backends.stamp(NOW)}
        assert lived == built != set()
    finally:
        account.reset()
