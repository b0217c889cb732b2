"""The API that the edge plays: the routes, who refuses what, and listings that are rows of the account's own table."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Protocol

import pytest

from runbooks.sandbox import edge
from runbooks.sandbox.accounts import Account

API = "api.harborlist.com"


class Aws(Protocol):
    """What these tests use of the running sandbox."""

    account: Account

    def client(self, service: str) -> Any:
        """Return a boto3 client of the account."""


class Api:
    """A visitor of the API."""

    def __init__(self, running: edge.Edge) -> None:
        self._port = int(running.address.rsplit(":", 1)[1])
        self._context = ssl.create_default_context(cafile=str(running.ca))

    def __call__(self, line: str, body: object = None, **headers: str) -> tuple[int, Any, http.client.HTTPMessage]:
        """Return status, body and headers of a request such as "GET /health"."""
        method, path = line.split(" ")
        raw = socket.create_connection(("127.0.0.1", self._port), timeout=5)
        with closing(self._context.wrap_socket(raw, server_hostname=API)) as secured:
            visitor = http.client.HTTPConnection(API)
            visitor.sock = secured
            visitor.request(method, path, body=None if body is None else json.dumps(body), headers=headers)
            answer = visitor.getresponse()
            text = answer.read()
            return answer.status, json.loads(text) if text else None, answer.headers


def row(number: int) -> dict[str, dict[str, str]]:
    """Return a row as DynamoDB has it; every fifth is sold."""
    status = "sold" if number % 5 == 0 else "active"
    return {"id": {"S": f"boat-{number}"}, "title": {"S": f"Sloop {number}"}, "status": {"S": status}, "price": {"N": "12.5"}}


@pytest.fixture
def api(aws: Aws) -> Iterator[Api]:
    """Return a visitor of an account with 25 listings, every fifth sold, and three users."""
    dynamodb = aws.client("dynamodb")
    for table, rows in (("boat-listings", 25), ("boat-users", 3)):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        requests = [{"PutRequest": {"Item": row(number)}} for number in range(rows)]
        dynamodb.batch_write_item(RequestItems={table: requests})
    running = edge.serve([aws.account])
    yield Api(running)
    running.close()


def test_a_page_is_cut_before_sold_boats_are_dropped(api: Api) -> None:
    """DynamoDB's Scan applies Limit before the filter, so five rows give four listings, and the first page of one none."""
    status, body, _ = api("GET /listings?limit=5")
    assert status == 200
    assert (len(body["listings"]), body["total"]) == (4, 4)
    assert api("GET /listings?limit=1")[1]["listings"] == []
    assert api("GET /listings?limit=1")[1]["nextToken"]


def test_the_tokens_lead_through_all_pages(api: Api) -> None:
    """Twenty of the twenty-five are active, and the last page has no token."""
    seen, token = [], ""
    while True:
        _, body, _ = api(f"GET /listings?limit=10&nextToken={token}")
        seen += [each["id"] for each in body["listings"]]
        token = body.get("nextToken", "")
        if not token:
            break
    assert len(seen) == len(set(seen)) == 20


def test_listings_are_the_rows_that_aws_holds(api: Api, aws: Aws) -> None:
    """What a runbook deletes through DynamoDB is gone from the site."""
    requests = [{"DeleteRequest": {"Key": {"id": {"S": f"boat-{number}"}}}} for number in range(25)]
    aws.client("dynamodb").batch_write_item(RequestItems={"boat-listings": requests})
    assert api("GET /listings")[1] == {"listings": [], "total": 0}


def test_looking_at_a_listing_counts_a_view(api: Api, aws: Aws) -> None:
    """The function writes on GET: a probe of this route changes data."""
    for _ in range(2):
        status, body, _ = api("GET /listings/boat-1")
    assert (status, body["listing"]["views"], body["listing"]["price"]) == (200, 2, 12.5)
    held = aws.client("dynamodb").get_item(TableName="boat-listings", Key={"id": {"S": "boat-1"}})["Item"]
    assert held["views"] == {"N": "2"}


@pytest.mark.parametrize("line", ["GET /listings", "GET /listings/boat-1", "POST /search", "GET /stats/platform"])
def test_a_missing_table_is_a_database_error_of_the_application(api: Api, aws: Aws, line: str) -> None:
    """The function catches the error of DynamoDB, so Lambda counts none, and /health stays green."""
    aws.client("dynamodb").delete_table(TableName="boat-listings")
    status, body, headers = api(line, {} if line.startswith("POST") else None)
    assert (status, body["error"]["code"]) == (500, "DATABASE_ERROR")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert api("GET /health")[0] == 200


@pytest.mark.parametrize(("table_status", "status"), [("DELETING", 500), ("CREATING", 500), ("UPDATING", 200), ("ACTIVE", 200)])
def test_a_table_serves_while_it_is_updated_and_not_while_it_comes_or_goes(
    api: Api, aws: Aws, table_status: str, status: int
) -> None:
    """As the DynamoDB API reference says of TableStatus."""
    aws.account.overrides["dynamodb", "boat-listings"] = {"TableStatus": table_status}
    assert api("GET /listings")[0] == status


@pytest.mark.parametrize(
    ("line", "body", "status", "code"),
    [
        ("GET /listings?limit=0", None, 400, "INVALID_LIMIT"),
        ("GET /listings?limit=x", None, 400, "INVALID_LIMIT"),
        ("GET /listings?nextToken=rubbish", None, 400, "INVALID_TOKEN"),
        ("GET /listings/no-such-boat", None, 404, "NOT_FOUND"),
        ("POST /search", [], 400, "VALIDATION_ERROR"),
        ("POST /auth/login", {"email": "skipper@example.com"}, 400, "MISSING_FIELDS"),
        ("POST /auth/login", {"email": "skipper@example.com", "password": "wrong"}, 401, "INVALID_CREDENTIALS"),
        ("POST /auth/register", {}, 400, "MISSING_FIELDS"),
        ("GET /admin", None, 401, "UNAUTHORIZED"),
        ("GET /admin/system/health", None, 401, "UNAUTHORIZED"),
        ("POST /listings", {}, 401, "UNAUTHORIZED"),
    ],
)
def test_the_application_refuses_in_its_own_form(api: Api, line: str, body: object, status: int, code: str) -> None:
    """{"error": {"code": ...}}, with CORS headers: a function ran."""
    got, answer, headers = api(line, body)
    assert (got, answer["error"]["code"]) == (status, code)
    assert headers["Access-Control-Allow-Origin"] == "*"


def test_an_invented_token_opens_nothing(api: Api) -> None:
    """No token is valid in the sandbox."""
    assert api("GET /admin/dashboard", Authorization="Bearer invented")[1]["error"]["code"] == "INVALID_TOKEN"


@pytest.mark.parametrize(
    "line", ["GET /", "GET /api/health", "POST /health", "PATCH /listings", "GET /listings/a/b", "OPTIONS /nowhere"]
)
def test_the_gateway_refuses_what_is_no_route(api: Api, line: str) -> None:
    """API Gateway answers 403 for an unknown path or method, in words that sound like a missing login."""
    status, body, headers = api(line)
    assert (status, body) == (403, {"message": "Missing Authentication Token"})
    assert headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"
    assert headers["Access-Control-Allow-Origin"] is None


def test_head_is_no_route_although_the_api_is_well(api: Api) -> None:
    """`curl -I` gets 403 from a healthy API: HEAD is a method like any other, and nobody defined it."""
    status, body, _ = api("HEAD /health")
    assert (status, body) == (403, None)


@pytest.mark.parametrize("path", ["/health", "/listings", "/listings/boat-1", "/admin/users/7"])
def test_a_preflight_is_answered_by_the_gateway_alone(api: Api, aws: Aws, path: str) -> None:
    """A mock integration: it stays green while the function behind it crashes."""
    aws.account.edge.routes[f"GET {path}"] = "crash"
    status, _, headers = api(f"OPTIONS {path}", Origin="https://harborlist.com")
    assert status == 204
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Access-Control-Allow-Methods"] == "GET,POST,PUT,DELETE,OPTIONS"
    assert headers["Access-Control-Max-Age"] == "86400"
    assert headers["Content-Length"] is None


def test_search_and_statistics_count_what_is_for_sale(api: Api) -> None:
    """Both leave out what is sold."""
    assert api("POST /search", {"query": "sloop 1"})[1]["total"] == 9  # 1, 11-14, 16-19: 10 and 15 are sold
    assert api("GET /stats/platform")[1] == {"activeListings": 20, "totalUsers": 3}
