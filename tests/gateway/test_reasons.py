"""Each way a call can go wrong becomes the right reason, and a denied one the statement that would allow it."""

from __future__ import annotations

import pytest
from botocore import exceptions as aws

from runbooks.gateway.reasons import blind
from runbooks.model import Reason

MESSAGE = "User: arn:aws:sts::1:assumed-role/x is not authorized to perform: dynamodb:DescribeTable on resource: arn:aws:dynamodb:us-east-1:1:table/boat-users because no identity-based policy allows the dynamodb:DescribeTable action"


def answered(code: str, message: str = "", status: int = 400, headers: dict[str, str] | None = None) -> aws.ClientError:
    return aws.ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}}},
        "Op",
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        *((answered(code), Reason.DENIED) for code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError")),
        *((answered(code), Reason.THROTTLED) for code in ("Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "SlowDown", "ProvisionedThroughputExceededException", "LimitExceededException")),
        *((answered(code), Reason.EXPIRED_CREDENTIALS) for code in ("ExpiredToken", "ExpiredTokenException", "RequestExpired")),
        *((answered(code), Reason.NO_CREDENTIALS) for code in ("InvalidClientTokenId", "UnrecognizedClientException")),
        *((answered(code), Reason.NO_SUCH_NAME) for code in ("ResourceNotFoundException", "NotFoundException", "NotFound", "NoSuchEntity", "ResourceNotFound", "DashboardNotFoundError")),
        (answered("ValidationError", "Stack with id x does not exist"), Reason.NO_SUCH_NAME),
        (answered("SignatureDoesNotMatch", "Signature expired: 2026"), Reason.CLOCK_SKEW),
        (answered("InvalidSignatureException", "Signature not yet current"), Reason.CLOCK_SKEW),
        (answered("SignatureDoesNotMatch", "the key is wrong"), Reason.NO_CREDENTIALS),
        (answered("RequestTimeTooSkewed"), Reason.CLOCK_SKEW),
        (answered("InternalError", status=500), Reason.SERVICE_ERROR), (answered("502", status=502), Reason.SERVICE_ERROR),
        (answered("ValidationException", "bad parameter"), Reason.DEFECT),
        (aws.ReadTimeoutError(endpoint_url="u"), Reason.TIMED_OUT), (aws.ConnectTimeoutError(endpoint_url="u"), Reason.TIMED_OUT),
        (aws.EndpointConnectionError(endpoint_url="u"), Reason.ENDPOINT_DOWN), (aws.ConnectionClosedError(endpoint_url="u"), Reason.ENDPOINT_DOWN),
        (aws.SSLError(endpoint_url="u", error=OSError("e")), Reason.ENDPOINT_DOWN),
        (aws.NoCredentialsError(), Reason.NO_CREDENTIALS), (aws.ProfileNotFound(profile="p"), Reason.NO_CREDENTIALS),
        (aws.UnauthorizedSSOTokenError(), Reason.EXPIRED_CREDENTIALS),
        (KeyError("x"), Reason.DEFECT),
    ],
    ids=lambda value: str(value)[:60],
)  # fmt: skip
def test_an_error_has_a_reason(error: Exception, reason: Reason) -> None:
    assert blind("dynamodb", "DescribeTable", error).reason is reason


def test_a_denied_call_names_the_permission_and_the_statement_that_allows_it() -> None:
    found = blind("dynamodb", "DescribeTable", answered("AccessDeniedException", MESSAGE), resource="boat-users")
    assert "dynamodb:DescribeTable is missing" in found.detail
    assert found.statement == {
        "Effect": "Allow",
        "Action": ["dynamodb:DescribeTable"],
        "Resource": ["arn:aws:dynamodb:us-east-1:1:table/boat-users"],
    }


def test_a_denied_call_without_words_still_names_the_permission() -> None:
    found = blind("apigateway", "GetStages", answered("AccessDeniedException", "no"))
    assert found.statement == {"Effect": "Allow", "Action": ["apigateway:GET"], "Resource": ["*"]}


def test_what_the_sandbox_does_not_play_is_never_taken_for_an_answer_of_aws() -> None:
    for error in (
        answered("500", status=500),
        answered("404", status=404),
        answered("InternalError", headers={"x-sandbox-gap": "1"}),
    ):
        assert blind("lambda", "GetThing", error, local=True).reason is Reason.EMULATOR_GAP
    assert blind("lambda", "GetThing", answered("500", status=500), local=False).reason is Reason.SERVICE_ERROR


def test_the_detail_is_bounded() -> None:
    assert len(blind("x", "Y", answered("Weird", "a" * 100_000)).detail) < 500
