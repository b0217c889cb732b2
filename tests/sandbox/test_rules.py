"""Each kind of fault rule, and what botocore makes of it: that is what the reading side has to stand."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError

from runbooks.sandbox.rules import emptied, rule

if TYPE_CHECKING:
    from tests.sandbox.loopback import Aws

WHO = "User: arn:aws:sts::111122223333:assumed-role/MarineMarketObserver/runbooks is not authorized to perform: "

DENIALS = [
    ("dynamodb", "scan", {"TableName": "boats"}, "AccessDeniedException", 400, "dynamodb:Scan", ":table/boats"),
    ("logs", "describe_log_groups", {}, "AccessDeniedException", 400, "logs:DescribeLogGroups", "*"),
    ("lambda", "list_functions", {}, "AccessDeniedException", 403, "lambda:ListFunctions", "*"),
    ("lambda", "invoke", {"FunctionName": "f"}, "AccessDeniedException", 403, "lambda:InvokeFunction", ":function:f"),
    ("apigateway", "get_rest_apis", {}, "AccessDeniedException", 403, "apigateway:GET", "::/restapis"),
    ("cloudwatch", "describe_alarms", {}, "AccessDenied", 403, "cloudwatch:DescribeAlarms", "*"),
    ("cloudformation", "describe_stacks", {}, "AccessDenied", 403, "cloudformation:DescribeStacks", "*"),
    ("iam", "list_users", {}, "AccessDenied", 403, "iam:ListUsers", "*"),
    ("sns", "list_topics", {}, "AuthorizationError", 403, "SNS:ListTopics", "*"),
    ("s3", "list_objects_v2", {"Bucket": "site"}, "AccessDenied", 403, "s3:ListBucket", "arn:aws:s3:::site"),
]


@pytest.mark.parametrize(("service", "operation", "arguments", "code", "status", "action", "resource"), DENIALS)
def test_a_denial_is_worded_as_the_service_words_it(
    aws: Aws, service: str, operation: str, arguments: dict[str, str], code: str, status: int, action: str, resource: str
) -> None:
    aws.app.rules.add(rule({"service": service, "deny": True}))
    with pytest.raises(ClientError) as denied:
        getattr(aws.client(service), operation)(**arguments)
    error = denied.value.response["Error"]
    assert error["Code"] == code
    assert error["Message"].startswith(f"{WHO}{action} on resource: ")
    assert f"{resource} because no identity-based policy allows the {action} action" in error["Message"]
    assert denied.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_ec2_denies_in_words_of_its_own(aws: Aws) -> None:
    aws.app.rules.add(rule({"service": "ec2", "deny": True}))
    with pytest.raises(ClientError) as denied:
        aws.client("ec2").describe_instances()
    error = denied.value.response["Error"]
    assert error["Code"] == "UnauthorizedOperation"
    assert error["Message"].startswith(f"You are not authorized to perform this operation. {WHO}ec2:DescribeInstances because")


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("dynamodb", "list_tables", "ThrottlingException", 400),
        ("logs", "describe_log_groups", "ThrottlingException", 400),
        ("cloudwatch", "describe_alarms", "Throttling", 400),
        ("cloudformation", "describe_stacks", "Throttling", 400),
        ("lambda", "list_functions", "TooManyRequestsException", 429),
        ("apigateway", "get_rest_apis", "TooManyRequestsException", 429),
        ("ec2", "describe_instances", "RequestLimitExceeded", 503),
        ("s3", "list_buckets", "SlowDown", 503),
    ],
)
def test_a_throttle_has_the_services_own_code(aws: Aws, service: str, operation: str, code: str, status: int) -> None:
    aws.app.rules.add(rule({"service": service, "throttle": True}))
    with pytest.raises(ClientError) as throttled:
        getattr(aws.client(service), operation)()
    assert throttled.value.response["Error"]["Code"] == code
    assert throttled.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_rule_wears_off_after_its_times(aws: Aws) -> None:
    """A client with retries never notices two throttled attempts."""
    aws.app.rules.add(rule({"service": "dynamodb", "operation": "List.*", "throttle": True, "times": 2}))
    client = aws.client("dynamodb")
    for _ in range(2):
        with pytest.raises(ClientError):
            client.list_tables()
    assert client.list_tables()["TableNames"] == []
    assert aws.app.rules.listed()[0]["hits"] == 2


def test_a_rule_is_about_its_account_service_and_whole_operation_only(aws: Aws) -> None:
    aws.app.rules.add(rule({"account": "999999999999", "deny": True}))
    aws.app.rules.add(rule({"service": "dynamodb", "operation": "List", "deny": True}))
    assert aws.client("dynamodb").list_tables()["TableNames"] == []
    assert [each["hits"] for each in aws.app.rules.listed()] == [0, 0]


def test_a_code_is_answered_with_its_status(aws: Aws) -> None:
    aws.app.rules.add(rule({"service": "secretsmanager", "code": "InternalServiceError", "status": 500}))
    with pytest.raises(ClientError) as failed:
        aws.client("secretsmanager").list_secrets()
    assert failed.value.response["Error"]["Code"] == "InternalServiceError"
    assert failed.value.response["ResponseMetadata"]["HTTPStatusCode"] == 500


def test_a_delay_beyond_the_read_timeout_is_a_timeout(aws: Aws) -> None:
    aws.app.rules.add(rule({"service": "sts", "delay": 1.5}))
    with pytest.raises(ReadTimeoutError):
        aws.client("sts", read_timeout=0.3).get_caller_identity()


def test_a_short_delay_is_answered(aws: Aws) -> None:
    aws.app.rules.add(rule({"service": "sts", "delay": 0.1}))
    before = time.monotonic()
    assert aws.client("sts").get_caller_identity()["Account"] == "111122223333"
    assert time.monotonic() - before >= 0.1


def test_a_dropped_connection_is_a_closed_one(aws: Aws) -> None:
    aws.app.rules.add(rule({"service": "sns", "drop": True, "times": 1}))
    with pytest.raises(ConnectionClosedError):
        aws.client("sns").list_topics()
    assert aws.client("sns").list_topics()["Topics"] == []


def test_dripping_never_times_out_by_itself(aws: Aws) -> None:
    """Botocore's read timeout is per byte: two seconds of patience hold through an answer of any length."""
    aws.app.rules.add(rule({"service": "lambda", "operation": "GetFunctionConcurrency", "drip": True}))
    aws.app.rules.add(rule({"service": "lambda", "operation": "DeleteProvisionedConcurrencyConfig", "drip": True}))
    before = time.monotonic()
    with pytest.raises(ReadTimeoutError):
        aws.client("lambda", read_timeout=0.5).get_function_concurrency(FunctionName="f")
    assert time.monotonic() - before >= 0.5


@pytest.mark.parametrize("kind", ["blank", "html", "truncate"])
def test_a_garbled_json_answer_is_an_empty_dict_to_botocore(aws: Aws, kind: str) -> None:
    """Botocore turns these into {} without an error; an XML service raises ResponseParserError."""
    aws.app.rules.add(rule({kind: True}))
    answer = aws.client("lambda").list_functions()
    assert "Functions" not in answer
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    with pytest.raises(ResponseParserError):
        aws.client("sns").list_topics()


def seeded(aws: Aws) -> None:
    aws.client("sns").create_topic(Name="alerts")
    aws.client("logs").create_log_group(logGroupName="/aws/lambda/f")
    aws.client("apigateway").create_rest_api(name="boats")
    aws.client("s3").create_bucket(Bucket="site-of-boats")


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "key"),
    [
        ("sns", "list_topics", {}, "Topics"),
        ("logs", "describe_log_groups", {}, "logGroups"),
        ("apigateway", "get_rest_apis", {}, "items"),
        ("s3", "list_buckets", {}, "Buckets"),
        ("ec2", "describe_vpcs", {}, "Vpcs"),
    ],
)
def test_empty_is_a_valid_answer_with_empty_lists(
    aws: Aws, service: str, operation: str, arguments: dict[str, Any], key: str
) -> None:
    """The dangerous one: nothing is wrong with the answer but that nothing is in it."""
    seeded(aws)
    client = aws.client(service)
    assert getattr(client, operation)(**arguments)[key]
    aws.app.rules.add(rule({"service": service, "empty": True}))
    answer = getattr(client, operation)(**arguments)
    assert answer[key] == []
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_empty_leaves_an_error_as_it_is(aws: Aws) -> None:
    aws.app.rules.add(rule({"service": "lambda", "empty": True}))
    with pytest.raises(ClientError) as missing:
        aws.client("lambda").get_function_configuration(FunctionName="nowhere")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_emptying_drops_tokens_and_counts() -> None:
    answer = {"Items": [1], "Count": 1, "LastEvaluatedKey": {"id": {"S": "a"}}, "Table": {"Tags": ["a"], "TableName": "t"}}
    assert emptied(answer) == {"Items": [], "Count": 0, "Table": {"Tags": [], "TableName": "t"}}


@pytest.mark.parametrize(
    "raw", [{}, {"deny": True, "drop": True}, {"delay": -1}, {"deny": True, "times": -1}, {"deny": "yes"}, {"deny": True, "x": 1}]
)
def test_a_wrong_rule_is_refused_in_one_sentence(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+") as refused:
        rule(raw)
    assert "\n" not in str(refused.value)
