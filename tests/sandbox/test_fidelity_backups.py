"""Backups, recovery windows, exports and the vault: what AWS does and moto does not, or not so."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbooks.sandbox import estate
from runbooks.sandbox.estate import recovery
from tests.sandbox.loopback import NOW

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.sandbox.loopback import Aws


@pytest.fixture
def seeded(aws: Aws) -> Iterator[Aws]:
    estate.build(aws.account)
    yield aws
    aws.account.reset()


def window(tables: Any, name: str) -> dict[str, Any]:
    described: dict[str, Any] = tables.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    found: dict[str, Any] = described["PointInTimeRecoveryDescription"]
    return found


def test_a_backup_bears_the_id_of_its_table_and_a_table_made_anew_has_another(seeded: Aws) -> None:
    tables = seeded.client("dynamodb")
    first = tables.describe_table(TableName="boat-users")["Table"]["TableId"]
    listed = tables.list_backups(TableName="boat-users", BackupType="ALL")["BackupSummaries"]
    assert {each["TableId"] for each in listed} == {first}
    described = tables.describe_backup(BackupArn=listed[-1]["BackupArn"])["BackupDescription"]
    assert described["SourceTableDetails"]["TableId"] == first
    keys = tables.describe_table(TableName="boat-users")["Table"]
    tables.delete_table(TableName="boat-users")
    tables.create_table(
        TableName="boat-users", KeySchema=keys["KeySchema"], BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )  # fmt: skip
    assert tables.describe_table(TableName="boat-users")["Table"]["TableId"] != first


def test_a_table_and_the_backup_of_it_have_the_same_size(seeded: Aws) -> None:
    tables = seeded.client("dynamodb")
    size = tables.describe_table(TableName="boat-listings")["Table"]["TableSizeBytes"]
    made = tables.create_backup(TableName="boat-listings", BackupName="now")["BackupDetails"]["BackupArn"]
    listed = tables.list_backups(TableName="boat-listings")["BackupSummaries"]
    assert next(each for each in listed if each["BackupArn"] == made)["BackupSizeBytes"] == size > 10_000


def test_a_recovery_window_ends_five_minutes_ago_and_is_as_long_as_it_was_set(seeded: Aws) -> None:
    tables = seeded.client("dynamodb")
    found = window(tables, "boat-users")
    assert found["LatestRestorableDateTime"] == NOW - timedelta(minutes=5)
    assert found["EarliestRestorableDateTime"] == NOW - timedelta(days=35)
    assert window(tables, "boat-audit-logs") == {"PointInTimeRecoveryStatus": "DISABLED"}
    recovery.turn_on(seeded.account, "boat-audit-logs", NOW - timedelta(hours=2))
    assert window(tables, "boat-audit-logs")["EarliestRestorableDateTime"] == NOW - timedelta(hours=2)


def test_a_vault_lists_the_points_of_one_resource_newest_first_and_pages(seeded: Aws) -> None:
    vault = seeded.client("backup")
    arn = seeded.client("dynamodb").describe_table(TableName="boat-listings")["Table"]["TableArn"]
    pages = vault.get_paginator("list_recovery_points_by_resource").paginate(ResourceArn=arn, PaginationConfig={"PageSize": 5})
    found = [each for page in pages for each in page["RecoveryPoints"]]
    assert len(found) == recovery.VAULT_DAYS
    assert [each["CreationDate"] for each in found] == sorted((each["CreationDate"] for each in found), reverse=True)
    assert {each["Status"] for each in found} == {"COMPLETED"}
    assert vault.list_recovery_points_by_resource(ResourceArn=f"{arn}-other")["RecoveryPoints"] == []


def test_exports_are_listed_without_their_times(seeded: Aws) -> None:
    tables = seeded.client("dynamodb")
    arn = tables.describe_table(TableName="boat-listings")["Table"]["TableArn"]
    listed = tables.list_exports(TableArn=arn, MaxResults=3)
    assert [set(each) for each in listed["ExportSummaries"]] == [{"ExportArn", "ExportStatus", "ExportType"}] * 3
    rest = tables.list_exports(TableArn=arn, NextToken=listed["NextToken"])["ExportSummaries"]
    assert len(rest) == 1
    about = tables.describe_export(ExportArn=rest[0]["ExportArn"])["ExportDescription"]
    assert about["ExportTime"] == NOW.replace(hour=4)
    assert about["ItemCount"] == 200


def test_the_jobs_of_a_fortnight_make_what_is_due_and_remove_what_is_old() -> None:
    """Whoever advances the clock by two weeks finds a healthy platform, not one whose backups stopped or pile up."""
    from runbooks import settings
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.clock import Clock
    from runbooks.sandbox.estate import backends

    account = Account(settings.load("sandbox-dev"), Clock(NOW))
    account.reset()
    estate.build(account)
    try:
        for _ in range(14):
            since = account.clock.now()
            account.clock.advance(timedelta(days=1))
            estate.roll(account, since)
        now = account.clock.now()
        mine = [each for each in backends.of(account, "dynamodb").backups.values() if each.type == "USER"]
        assert backends.naive(now - timedelta(days=31)) < min(each.creation_date_time for each in mine)
        assert {each.table.name for each in mine if each.creation_date_time > backends.naive(now - timedelta(days=1))} == set(
            estate.tables.BY_NAME
        )
        assert max(each["CreationDate"] for each in account.recovery_points) > now - timedelta(days=1)
        assert min(each["CreationDate"] for each in account.recovery_points) > now - timedelta(days=16)
        assert max(each["ExportTime"] for each in account.exports) > now - timedelta(days=7)
    finally:
        account.reset()
