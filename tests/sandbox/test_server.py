"""The AWS side as a boto3 client meets it: accounts, protocols, gaps, the counter and the control API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from runbooks import settings
from runbooks.sandbox import server
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.listener import Listener
from tests.sandbox.loopback import NOW, TOKEN, Aws


def control(aws: Aws, method: str, path: str, body: Any = None, token: str = TOKEN) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{aws.url}/_sandbox/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"X-Sandbox-Token": token},
    )
    try:
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - loopback
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_access_key_chooses_the_account(aws: Aws) -> None:
    """AWS knows the account by the key; the caller is a session of a role."""
    identity = aws.client("sts").get_caller_identity()
    assert identity["Account"] == "111122223333"
    assert identity["Arn"] == "arn:aws:sts::111122223333:assumed-role/MarineMarketObserver/runbooks"


def test_accounts_do_not_see_each_other() -> None:
    accounts = [Account(settings.load(name), Clock(NOW)) for name in ("sandbox", "sandbox-dev")]
    listening = Listener(server.build(accounts))
    listening.start()
    clients = [
        boto3.client(
            "sns",
            endpoint_url=f"http://127.0.0.1:{listening.port}",
            region_name="us-east-1",
            aws_access_key_id=f"sandbox-{each.environment.account}",
            aws_secret_access_key="any",
        )
        for each in accounts
    ]
    clients[0].create_topic(Name="alerts")
    accounts[1].reset()
    assert len(clients[0].list_topics()["Topics"]) == 1
    assert clients[1].list_topics()["Topics"] == []
    accounts[0].reset()
    assert clients[0].list_topics()["Topics"] == []
    listening.shutdown()
    listening.server_close()


@pytest.mark.parametrize(
    ("service", "operation", "code", "status"),
    [
        ("dynamodb", "list_tables", "UnrecognizedClientException", 403),
        ("lambda", "list_functions", "UnrecognizedClientException", 403),
        ("sts", "get_caller_identity", "InvalidClientTokenId", 403),
        ("s3", "list_buckets", "InvalidAccessKeyId", 403),
        ("ec2", "describe_instances", "AuthFailure", 401),
    ],
)
def test_an_unknown_access_key_is_refused_as_the_service_does_it(
    aws: Aws, service: str, operation: str, code: str, status: int
) -> None:
    client = boto3.client(
        service,
        endpoint_url=aws.url,
        region_name="us-east-1",
        aws_access_key_id="sandbox-999999999999",
        aws_secret_access_key="any",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClientError) as refused:
        getattr(client, operation)()
    assert refused.value.response["Error"]["Code"] == code
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_an_unsigned_request_is_refused_also_of_motos_own_api(aws: Aws) -> None:
    for path in ("/", "/moto-api/reset", "/moto-api/data.json"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(aws.url + path, data=b"")  # noqa: S310 - loopback
        assert refused.value.code == 403


@pytest.mark.parametrize(
    ("service", "operation", "arguments", "status"),
    [
        ("cloudwatch", "describe_anomaly_detectors", {}, 500),
        ("lambda", "get_function_recursion_config", {"FunctionName": "f"}, 404),
    ],
)
def test_what_moto_lacks_is_recognisable(aws: Aws, service: str, operation: str, arguments: dict[str, str], status: int) -> None:
    """Moto says 500 or 404 with a web page; AWS would not, so the answer says that it is a gap."""
    with pytest.raises(ClientError) as gap:
        getattr(aws.client(service), operation)(**arguments)
    metadata = gap.value.response["ResponseMetadata"]
    assert metadata["HTTPHeaders"]["x-sandbox-gap"] == "1"
    assert metadata["HTTPStatusCode"] == status


def test_an_error_of_awss_is_no_gap(aws: Aws) -> None:
    with pytest.raises(ClientError) as missing:
        aws.client("lambda").get_function_configuration(FunctionName="nowhere")
    assert missing.value.response["Error"]["Code"] == "ResourceNotFoundException"
    assert "x-sandbox-gap" not in missing.value.response["ResponseMetadata"]["HTTPHeaders"]


@pytest.mark.parametrize(
    ("service", "operation", "content_type"),
    [
        ("dynamodb", "list_tables", "application/x-amz-json-1.0"),
        ("logs", "describe_log_groups", "application/x-amz-json-1.1"),
        ("cloudwatch", "describe_alarms", "application/x-amz-json-1.0"),
        ("cloudwatch", "list_metrics", "application/x-amz-json-1.0"),
        ("lambda", "list_functions", "application/json"),
        ("apigateway", "get_rest_apis", "application/json"),
        ("sns", "list_topics", "text/xml"),
        ("ec2", "describe_instances", "text/xml"),
    ],
)
def test_an_answer_has_the_content_type_of_its_protocol(aws: Aws, service: str, operation: str, content_type: str) -> None:
    answer = getattr(aws.client(service), operation)()
    assert answer["ResponseMetadata"]["HTTPHeaders"]["content-type"].startswith(content_type)


def test_requests_are_counted_by_service_and_operation(aws: Aws) -> None:
    aws.client("apigateway").get_rest_apis()
    aws.client("cloudwatch").describe_alarms()
    aws.client("cloudwatch").describe_alarms()
    counted = control(aws, "GET", "status")[1]["requests"]
    assert counted == {"apigateway:GetRestApis": 1, "cloudwatch:DescribeAlarms": 2}
    assert control(aws, "DELETE", "requests")[1] == {"requests": {}}
    assert control(aws, "GET", "status")[1]["requests"] == {}


def test_status_tells_the_time_and_each_environment(aws: Aws) -> None:
    aws.account.broken["tables-throttled"] = "the listings table throttles"
    status = control(aws, "GET", "status")[1]
    assert status["now"] == NOW.isoformat()
    assert status["environments"]["sandbox"]["account"] == "111122223333"
    assert status["environments"]["sandbox"]["broken"] == {"tables-throttled": "the listings table throttles"}


def test_the_control_api_is_shut_without_the_token(aws: Aws) -> None:
    assert control(aws, "GET", "status", token="guess")[0] == 403
    assert control(aws, "POST", "rules", {"drop": True}, token="")[0] == 403
    assert aws.app.rules.listed() == []


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("rules", {"throttle": True, "deny": True}, "exactly one kind"),
        ("rules", {"operation": "Scan"}, "exactly one kind"),
        ("rules", {"operation": "(", "deny": True}, "regular expression"),
        ("rules", {"deny": True, "servise": "dynamodb"}, "service"),
        ("clock", {"advance": "soon"}, "number of seconds"),
    ],
)
def test_a_wrong_control_call_says_the_way_out(aws: Aws, path: str, body: dict[str, Any], word: str) -> None:
    status, answer = control(aws, "POST", path, body)
    assert status == 400
    assert word in answer["error"]


def test_an_unknown_environment_is_404_with_the_valid_ones(aws: Aws) -> None:
    status, answer = control(aws, "POST", "mend", {"environment": "nowhere"})
    assert status == 404
    assert "choose one of sandbox" in answer["error"]


def test_the_clock_can_be_advanced_and_seeded_accounts_live_through_it() -> None:
    account = Account(settings.load("sandbox"), Clock(NOW))
    lived: list[Any] = []
    app = server.build([account], pass_time=lambda each, since: lived.append((each, since)), token=TOKEN)
    listening = Listener(app)
    listening.start()
    there = Aws(f"http://127.0.0.1:{listening.port}", app, account)
    assert control(there, "POST", "clock", {"advance": 3600})[1]["now"] == "2026-03-02T13:00:00+00:00"
    assert lived == []
    app.readiness.ensure(account)
    assert control(there, "POST", "clock", {"advance": -1800})[1]["now"] == "2026-03-02T12:30:00+00:00"
    assert lived == [(account, NOW + timedelta(hours=1))]
    listening.shutdown()
    listening.server_close()


def test_an_account_is_seeded_once_however_many_ask_first() -> None:
    seeded: list[str] = []
    account = Account(settings.load("sandbox"), Clock(NOW))
    app = server.build([account], ensure_ready=lambda each: seeded.append(each.environment.name))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: app.readiness.ensure(account), range(32)))
    assert seeded == ["sandbox"]
    assert app.readiness.is_ready(account)


def test_many_threads_get_whole_answers(aws: Aws) -> None:
    table = aws.client("dynamodb", max_pool_connections=8)
    table.create_table(
        TableName="boats",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )

    def write_and_read(number: int) -> bool:
        item = {"id": {"S": str(number)}, "text": {"S": "x" * number}}
        table.put_item(TableName="boats", Item=item)
        return bool(table.get_item(TableName="boats", Key={"id": {"S": str(number)}})["Item"] == item)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(write_and_read, range(100)))
    assert aws.app.requests["dynamodb:PutItem"] == 100


def test_faults_are_broken_and_mended_by_name(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalogue stands beside the server: here a small one takes its place."""

    def break_(account: Account, name: str) -> None:
        account.broken[name] = "a function is gone"

    catalogue = SimpleNamespace(CATALOGUE={"function-gone": None}, break_=break_, mend=Account.reset)
    monkeypatch.setattr("runbooks.sandbox.faults", catalogue, raising=False)
    status, answer = control(aws, "POST", "break", {"environment": "sandbox", "fault": "function-gone"})
    assert (status, answer["broken"]) == (200, {"function-gone": "a function is gone"})
    assert control(aws, "GET", "status")[1]["environments"]["sandbox"]["broken"]
    status, answer = control(aws, "POST", "break", {"environment": "sandbox", "fault": "function-lost"})
    assert (status, answer["error"]) == (404, "unknown fault 'function-lost': choose one of function-gone")
    assert control(aws, "POST", "mend")[1] == {"mended": ["sandbox"]}
    assert aws.account.broken == {}
