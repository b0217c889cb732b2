"""The estate through boto3: the reads that the runbooks begin with answer as AWS would."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbooks import settings
from runbooks.sandbox import estate, faults, server
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.listener import Listener
from tests.sandbox.loopback import NOW, TOKEN, Aws

if TYPE_CHECKING:
    from collections.abc import Iterator

API = [{"Name": "ApiName", "Value": "Boat Listing API"}]


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    """Serve the account that plays production, seeded by its first request."""
    account = Account(settings.load("sandbox"), Clock(NOW))
    account.reset()
    app = server.build([account], ensure_ready=estate.build, token=TOKEN)
    listening = Listener(app)
    listening.start()
    yield Aws(f"http://127.0.0.1:{listening.port}", app, account)
    listening.shutdown()
    listening.server_close()
    account.reset()


@pytest.fixture
def mended(aws: Aws) -> Iterator[Aws]:
    """Let a test break things, and put all of them right afterwards."""
    aws.client("sts").get_caller_identity()
    yield aws
    faults.mend(aws.account)


def stack(aws: Aws) -> str:
    """Return the stack's name."""
    return str(aws.account.environment.stack)


def test_the_stack_is_complete_and_tells_its_outputs(aws: Aws) -> None:
    (found,) = aws.client("cloudformation").describe_stacks(StackName=stack(aws))["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}
    assert found["StackStatus"] == "UPDATE_COMPLETE"
    assert found["LastUpdatedTime"] < NOW
    assert outputs["AdminFunctionName"] == aws.account.names["AdminFunction"]
    assert outputs["ApiUrl"] == "https://api.harborlist.com"


def test_listing_stacks_and_their_resources_names_everything(aws: Aws) -> None:
    client = aws.client("cloudformation")
    assert [each["StackName"] for each in client.list_stacks()["StackSummaries"]] == [stack(aws)]
    pages = client.get_paginator("list_stack_resources").paginate(StackName=stack(aws))
    kinds = {row["ResourceType"] for page in pages for row in page["StackResourceSummaries"] if row["PhysicalResourceId"]}
    assert kinds >= {
        "AWS::CloudWatch::Alarm", "AWS::CloudWatch::Dashboard", "AWS::SecretsManager::Secret", "AWS::Lambda::Function",
        "AWS::DynamoDB::Table", "AWS::ApiGateway::RestApi", "AWS::ApiGateway::Stage", "AWS::ApiGateway::Deployment",
        "AWS::SNS::Topic", "AWS::EC2::Instance", "AWS::S3::Bucket",
    }  # fmt: skip
    detail = client.describe_stack_resource(StackName=stack(aws), LogicalResourceId="AdminFunction09BA95C5")["StackResourceDetail"]
    assert detail["PhysicalResourceId"] == aws.account.names["AdminFunction"]


def test_a_stack_of_this_size_has_more_than_one_page_of_resources(aws: Aws) -> None:
    """AWS returns at most 100 resources a page: whoever reads one page has read a part of the stack."""
    pages = list(aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack(aws)))
    assert len(pages[0]["StackResourceSummaries"]) == 100
    assert len(pages) > 1


def test_functions_are_active_with_the_time_of_the_last_deployment(aws: Aws) -> None:
    found = aws.client("lambda").get_function_configuration(FunctionName=aws.account.names["AdminFunction"])
    assert (found["State"], found["LastUpdateStatus"], found["MemorySize"], found["Timeout"]) == ("Active", "Successful", 512, 30)
    assert found["LastModified"] == "2026-02-18T09:00:00.000+0000"


def test_tables_answer_scans_and_queries_of_their_indexes(aws: Aws) -> None:
    client = aws.client("dynamodb")
    described = client.describe_table(TableName="boat-audit-logs")["Table"]
    assert {each["IndexName"] for each in described["GlobalSecondaryIndexes"]} == {"user-index", "action-index", "resource-index"}
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert (
        "PointInTimeRecoveryDescription"
        in client.describe_continuous_backups(TableName="boat-users")["ContinuousBackupsDescription"]
    )
    found = client.query(
        TableName="boat-audit-logs", IndexName="action-index", KeyConditionExpression="#a = :a", Select="COUNT",
        ExpressionAttributeNames={"#a": "action"}, ExpressionAttributeValues={":a": {"S": "FAILED_LOGIN_ATTEMPT"}},
    )  # fmt: skip
    assert found["Count"] > 20
    assert client.scan(TableName="boat-listings", Select="COUNT")["Count"] == 200


def statistics(aws: Aws, metric: str, stat: str, period: int = 300, hours: int = 24) -> list[Any]:
    """Return the values of an API metric."""
    described = {"Namespace": "AWS/ApiGateway", "MetricName": metric, "Dimensions": API}
    query = {"Id": "m", "MetricStat": {"Metric": described, "Period": period, "Stat": stat}}
    answer = aws.client("cloudwatch").get_metric_data(
        MetricDataQueries=[query], StartTime=NOW - timedelta(hours=hours), EndTime=NOW
    )
    return list(answer["MetricDataResults"][0]["Values"])


def test_metrics_answer_sums_rates_and_percentiles(aws: Aws) -> None:
    assert len(statistics(aws, "Count", "Sum")) == 288
    (slow,), (middle,) = (statistics(aws, "Latency", stat, period=86400) for stat in ("p95", "p50"))
    assert 50 < middle < slow < 500
    (rate,) = statistics(aws, "4XXError", "Average", period=86400)
    assert 0.005 < rate < 0.1


def test_the_other_reads_answer(aws: Aws) -> None:
    names = aws.account.names
    certificate = aws.client("acm").describe_certificate(CertificateArn=names["certificate_arn"])["Certificate"]
    assert (certificate["Type"], certificate["DomainName"]) == ("IMPORTED", "*.harborlist.com")
    stage = aws.client("apigateway").get_stage(restApiId=names["rest_api_id"], stageName="prod")
    assert stage["deploymentId"] == names["deployment_id"]
    attributes = aws.client("sns").get_topic_attributes(TopicArn=names["admin_topic"])["Attributes"]
    assert (attributes["SubscriptionsConfirmed"], attributes["SubscriptionsPending"]) == ("0", "0")
    assert aws.client("secretsmanager").describe_secret(SecretId=names["secret_name"])["ARN"] == names["secret_arn"]
    (reservation,) = aws.client("ec2").describe_instances()["Reservations"]
    assert reservation["Instances"][0]["State"]["Name"] == "running"
    assert len(aws.client("ec2").describe_snapshots(OwnerIds=["self"])["Snapshots"]) == 5
    assert aws.client("s3").get_bucket_policy_status(Bucket=names["frontend_bucket"])["PolicyStatus"]["IsPublic"] is True
    (machine,) = aws.client("ssm").describe_instance_information()["InstanceInformationList"]
    assert machine["PingStatus"] == "Online"


@pytest.mark.parametrize(
    ("fault", "service", "operation", "given", "path", "shown"),
    [
        ("function-failed", "lambda", "get_function_configuration", {"FunctionName": "EmailFunction"}, ("State",), "Failed"),
        ("table-deleting", "dynamodb", "describe_table", {"TableName": "boat-login-attempts"}, ("Table", "TableStatus"), "DELETING"),
        ("stack-rollback-failed", "cloudformation", "describe_stacks", {}, ("Stacks", 0, "StackStatus"), "UPDATE_ROLLBACK_FAILED"),
        ("instance-stopped", "ec2", "describe_instances", {}, ("Reservations", 0, "Instances", 0, "State", "Name"), "stopped"),
        ("composite-alarm", "cloudwatch", "describe_alarms", {"AlarmTypes": ["CompositeAlarm"]}, ("CompositeAlarms", 0, "StateValue"), "ALARM"),
        ("origin-certificate-expired", "acm", "list_certificates", {}, ("CertificateSummaryList", 0, "Status"), "EXPIRED"),
        ("alarm-flapping", "cloudwatch", "describe_alarm_history", {"MaxRecords": 1}, ("AlarmHistoryItems", 0, "AlarmName"), "cloudflare-tunnel-high-cpu-prod"),
    ],
)  # fmt: skip
def test_a_fault_shows_in_the_answers_of_aws(
    mended: Aws, fault: str, service: str, operation: str, given: dict[str, Any], path: tuple[str | int, ...], shown: str
) -> None:
    faults.break_(mended.account, fault)
    physical = {key: mended.account.names.get(value, value) if isinstance(value, str) else value for key, value in given.items()}
    answer = getattr(mended.client(service), operation)(**physical)
    for step in path:
        answer = answer[step]
    assert answer == shown
