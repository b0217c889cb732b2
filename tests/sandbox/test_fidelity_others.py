"""DynamoDB, API Gateway, Logs, EC2 and Secrets Manager: what AWS does and moto does not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from moto.backends import get_backend

from runbooks.sandbox.fidelity import logs
from runbooks.sandbox.fidelity.patterns import PatternError, compiled
from tests.sandbox.loopback import NOW

if TYPE_CHECKING:
    from tests.sandbox.loopback import Aws

TABLE = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}


@pytest.fixture
def tables(aws: Aws) -> Any:
    client = aws.client("dynamodb")
    client.create_table(TableName="boats", **TABLE)
    return client


def backup(aws: Aws, tables: Any, name: str, days: int, kind: str = "USER") -> str:
    arn: str = tables.create_backup(TableName="boats", BackupName=name)["BackupDetails"]["BackupArn"]
    held: Any = get_backend("dynamodb")[aws.account.environment.account]["us-east-1"].backups[arn]
    held.creation_date_time, held.type = (NOW - timedelta(days=days)).replace(tzinfo=None), kind
    return arn


def test_list_backups_honours_its_bounds(aws: Aws, tables: Any) -> None:
    """AWS: the lower bound is inclusive, the upper one exclusive."""
    for days in (3, 2, 1):
        backup(aws, tables, f"day-{days}", days)
    found = tables.list_backups(TimeRangeLowerBound=NOW - timedelta(days=2), TimeRangeUpperBound=NOW - timedelta(days=1))
    assert [each["BackupName"] for each in found["BackupSummaries"]] == ["day-2"]


def test_list_backups_shows_user_backups_unless_told_otherwise(aws: Aws, tables: Any) -> None:
    backup(aws, tables, "mine", 2)
    backup(aws, tables, "system", 1, "SYSTEM")

    def named(**more: str) -> list[str]:
        return [each["BackupName"] for each in tables.list_backups(TableName="boats", **more)["BackupSummaries"]]

    assert named() == ["mine"]
    assert named(BackupType="SYSTEM") == ["system"]
    assert named(BackupType="ALL") == ["mine", "system"]


def test_list_backups_pages(aws: Aws, tables: Any) -> None:
    arns = [backup(aws, tables, f"day-{days}", days) for days in (5, 4, 3, 2, 1)]
    first = tables.list_backups(Limit=2)
    assert first["LastEvaluatedBackupArn"] == arns[1]
    pages = tables.get_paginator("list_backups").paginate(PaginationConfig={"PageSize": 2})
    assert [each["BackupArn"] for page in pages for each in page["BackupSummaries"]] == arns


def test_a_restored_table_is_creating_for_a_while(aws: Aws, tables: Any) -> None:
    """AWS: TableStatus CREATING and RestoreSummary.RestoreInProgress until the restore is done."""
    arn = backup(aws, tables, "yesterday", 1)
    answer = tables.restore_table_from_backup(TargetTableName="boats-restored", BackupArn=arn)["TableDescription"]
    assert (answer["TableStatus"], answer["RestoreSummary"]["RestoreInProgress"]) == ("CREATING", True)
    seen = [tables.describe_table(TableName="boats-restored")["Table"] for _ in range(4)]
    assert [each["TableStatus"] for each in seen] == ["CREATING", "CREATING", "CREATING", "ACTIVE"]
    assert [each["RestoreSummary"]["RestoreInProgress"] for each in seen] == [True, True, True, False]
    assert seen[-1]["RestoreSummary"]["SourceBackupArn"] == arn


def test_a_restore_to_a_point_in_time_needs_that_recovery(tables: Any) -> None:
    with pytest.raises(ClientError) as refused:
        tables.restore_table_to_point_in_time(SourceTableName="boats", TargetTableName="boats-2", UseLatestRestorableTime=True)
    assert refused.value.response["Error"]["Code"] == "PointInTimeRecoveryUnavailableException"
    tables.update_continuous_backups(TableName="boats", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    tables.restore_table_to_point_in_time(SourceTableName="boats", TargetTableName="boats-2", UseLatestRestorableTime=True)
    assert tables.describe_table(TableName="boats-2")["Table"]["TableStatus"] == "CREATING"


@pytest.mark.parametrize("comparison", ["<", "<=", ">", ">="])
def test_an_ordering_comparison_of_other_types_matches_nothing(tables: Any, comparison: str) -> None:
    """AWS: no match and no error, which is why a filter of the wrong type finds nothing without a word."""
    tables.put_item(TableName="boats", Item={"id": {"S": "a"}, "made": {"S": "2026-03-02"}})
    found = tables.scan(TableName="boats", FilterExpression=f"made {comparison} :x", ExpressionAttributeValues={":x": {"N": "5"}})
    assert (found["Count"], found["ScannedCount"]) == (0, 1)
    between = {":a": {"N": "1"}, ":b": {"N": "5"}}
    assert (
        tables.scan(TableName="boats", FilterExpression="made BETWEEN :a AND :b", ExpressionAttributeValues=between)["Count"] == 0
    )
    same = tables.scan(TableName="boats", FilterExpression="made >= :x", ExpressionAttributeValues={":x": {"S": "2026"}})
    assert same["Count"] == 1


def test_an_accounts_fields_lie_over_a_table_and_its_indexes_by_name(aws: Aws, tables: Any) -> None:
    index = {"IndexName": "by-id", "KeySchema": TABLE["KeySchema"], "Projection": {"ProjectionType": "ALL"}}
    tables.create_table(TableName="users", GlobalSecondaryIndexes=[index], **TABLE)
    aws.account.overrides["dynamodb", "users"] = {
        "TableStatus": "UPDATING",
        "GlobalSecondaryIndexes": [{"IndexName": "by-id", "IndexStatus": "CREATING", "Backfilling": True}],
    }
    table = tables.describe_table(TableName="users")["Table"]
    assert table["TableStatus"] == "UPDATING"
    assert table["TableName"] == "users"
    shown = table["GlobalSecondaryIndexes"]
    assert [(each["IndexStatus"], each["Projection"]["ProjectionType"]) for each in shown] == [("CREATING", "ALL")]
    assert tables.describe_table(TableName="boats")["Table"]["TableStatus"] == "ACTIVE"


def test_get_rest_apis_pages_at_25(aws: Aws) -> None:
    gateway = aws.client("apigateway")
    for number in range(27):
        gateway.create_rest_api(name=f"api-{number}")
    first = gateway.get_rest_apis()
    assert len(first["items"]) == 25
    assert len(gateway.get_rest_apis(position=first["position"])["items"]) == 2
    assert len(gateway.get_rest_apis(limit=3)["items"]) == 3
    assert "position" not in gateway.get_rest_apis(limit=500)


MESSAGES = (
    "2026-03-02T11:00:00Z ERROR cannot reach the table",
    "2026-03-02T11:00:01Z INFO all is well",
    "2026-03-02T11:00:02Z Task timed out after 30.03 seconds",
    '{"level": "ERROR", "status": 502, "user": {"id": "u-1"}, "slow": true}',
    '{"level": "INFO", "status": 200, "user": {"id": "u-2"}, "slow": false, "code": null}',
)


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("ERROR", [0, 3]),
        ("error", []),
        ("ERROR table", [0]),
        ('"timed out"', [2]),
        ('?ERROR ?"Task timed out"', [0, 2, 3]),
        ("-ERROR", [1, 2, 4]),
        ("INFO -level", [1]),
        ("INFO ?ERROR", [1, 4]),
        ('{ $.level = "ERROR" }', [3]),
        ('{ $.level != "ERROR" }', [4]),
        ('{ $.level = "E*" }', [3]),
        ("{ $.status >= 500 }", [3]),
        ("{ $.status = 200 }", [4]),
        ('{ $.status > 100 && $.level = "INFO" }', [4]),
        ('{ ($.status = 502) || ($.user.id = "u-2") }', [3, 4]),
        ("{ $.slow IS TRUE }", [3]),
        ("{ $.code IS NULL }", [4]),
        ("{ $.code NOT EXISTS }", [3]),
    ],
)
def test_a_filter_pattern_matches_as_documented(pattern: str, expected: list[int]) -> None:
    match = compiled(pattern)
    assert [number for number, message in enumerate(MESSAGES) if match(message)] == expected


@pytest.mark.parametrize("pattern", ["{ $.level = ", "{ level = 1 }", '{ $.a = "b" ', "[ip, user]", "%re%", "{ $.a > x }", '"open'])
def test_a_pattern_that_is_not_understood_is_refused_not_ignored(pattern: str) -> None:
    with pytest.raises(PatternError):
        compiled(pattern)


@pytest.fixture
def written_logs(aws: Aws) -> Any:
    client = aws.client("logs")
    client.create_log_group(logGroupName="/aws/lambda/f")
    client.create_log_stream(logGroupName="/aws/lambda/f", logStreamName="s")
    return client


def write(aws: Aws, messages: list[str]) -> None:
    """Put events in past logs' age limit, which counts from the real time."""
    group: Any = get_backend("logs")[aws.account.environment.account]["us-east-1"].groups["/aws/lambda/f"]
    at = int(NOW.timestamp() * 1000)
    group.streams["s"].put_log_events([{"timestamp": at + n, "message": text} for n, text in enumerate(messages)])


def test_filter_log_events_filters_by_pattern_and_time(aws: Aws, written_logs: Any) -> None:
    write(aws, list(MESSAGES))
    at = int(NOW.timestamp() * 1000)
    found = written_logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern='?ERROR ?"timed out"')["events"]
    assert [each["message"] for each in found] == [MESSAGES[0], MESSAGES[2], MESSAGES[3]]
    found = written_logs.filter_log_events(logGroupName="/aws/lambda/f", startTime=at + 1, endTime=at + 2)["events"]
    assert [each["timestamp"] for each in found] == [at + 1, at + 2]
    assert found[0]["logStreamName"] == "s"


def test_a_page_of_filter_log_events_may_be_empty_and_have_a_next_one(
    aws: Aws, written_logs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS: it stops after looking at so much data, whatever it found."""
    monkeypatch.setattr(logs, "LOOKED_AT", 10)
    write(aws, ["INFO"] * 25 + ["ERROR here"])
    first = written_logs.filter_log_events(logGroupName="/aws/lambda/f", filterPattern="ERROR")
    assert first["events"] == []
    assert first["nextToken"]
    pages = list(written_logs.get_paginator("filter_log_events").paginate(logGroupName="/aws/lambda/f", filterPattern="ERROR"))
    assert [len(page["events"]) for page in pages] == [0, 0, 1]
    limited = written_logs.filter_log_events(logGroupName="/aws/lambda/f", limit=4)
    assert len(limited["events"]) == 4


def test_filter_log_events_refuses_what_aws_refuses(written_logs: Any) -> None:
    for arguments, code in (
        ({"logGroupName": "/nowhere"}, "ResourceNotFoundException"),
        ({"logGroupName": "/aws/lambda/f", "filterPattern": "{ $.x }"}, "InvalidParameterException"),
    ):
        with pytest.raises(ClientError) as refused:
            written_logs.filter_log_events(**arguments)
        assert refused.value.response["Error"]["Code"] == code


def test_snapshots_are_those_of_the_named_owner(aws: Aws) -> None:
    """AWS: `self` is the caller; without owners the public ones would be there too."""
    ec2 = aws.client("ec2")
    assert ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] == []
    volume = ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    mine = [ec2.create_snapshot(VolumeId=volume)["SnapshotId"] for _ in range(7)]
    assert {each["SnapshotId"] for each in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]} == set(mine)
    assert ec2.describe_snapshots(OwnerIds=["999999999999"])["Snapshots"] == []
    first = ec2.describe_snapshots(OwnerIds=["self"], MaxResults=5)
    assert len(first["Snapshots"]) == 5
    assert len(ec2.describe_snapshots(OwnerIds=["self"], MaxResults=5, NextToken=first["NextToken"])["Snapshots"]) == 2


def test_a_secret_without_a_function_cannot_be_rotated_and_stays_readable(aws: Aws) -> None:
    secrets = aws.client("secretsmanager")
    secrets.create_secret(Name="signing-key", SecretString="value")
    with pytest.raises(ClientError) as refused:
        secrets.rotate_secret(SecretId="signing-key")
    assert refused.value.response["Error"]["Code"] == "InvalidRequestException"
    assert secrets.get_secret_value(SecretId="signing-key")["SecretString"] == "value"
