"""Errors of AWS and of the way there, as reasons: why something could not be read, and what would allow it."""

from __future__ import annotations

import re
from typing import Any

from botocore import exceptions as aws

from runbooks.errors import Unreadable
from runbooks.gateway.access import iam_action, statement
from runbooks.model import Blind, Reason

_CODES: tuple[tuple[Reason, tuple[str, ...]], ...] = (
    (Reason.EXPIRED_CREDENTIALS, (r"ExpiredToken(Exception)?", "RequestExpired", "TokenRefreshRequired")),
    (Reason.CLOCK_SKEW, ("RequestTimeTooSkewed", "RequestInTheFuture")),
    (
        Reason.NO_CREDENTIALS,
        ("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure", "MissingAuthenticationToken"),
    ),
    (
        Reason.DENIED,
        (r"(AccessDenied|NotAuthorized|AuthorizationError)(Exception)?", "UnauthorizedOperation", "Forbidden", "OptInRequired"),
    ),
    (
        Reason.THROTTLED,
        (
            r"(Request)?Throttl.*", r"TooManyRequests(Exception)?", r"(Request)?LimitExceeded(Exception)?", "SlowDown",
            r"ProvisionedThroughputExceeded.*", "PriorRequestNotComplete",
        ),
    ),
    (
        Reason.NO_SUCH_NAME,
        (r"(Resource|Function|Topic|Dashboard|Table|Backup|Export)?NotFound.*", r"NoSuch.*", r"Invalid\w+ID\.NotFound"),
    ),
)  # fmt: skip
_SKEW = re.compile(r"Signature (expired|not yet current)|clock", re.IGNORECASE)
_ACTION = re.compile(r"not authorized to perform: ([a-z0-9-]+:\w+)(?: on resource: (\S+))?")
_TIMEOUTS = (aws.ConnectTimeoutError, aws.ReadTimeoutError)
_DOWN = (aws.EndpointConnectionError, aws.ConnectionClosedError, aws.ProxyConnectionError, aws.SSLError, aws.HTTPClientError)
_ABSENT = (
    aws.NoCredentialsError,
    aws.PartialCredentialsError,
    aws.ProfileNotFound,
    aws.CredentialRetrievalError,
    aws.NoAuthTokenError,
)
_STALE = (aws.TokenRetrievalError, aws.UnauthorizedSSOTokenError, aws.SSOTokenLoadError)
_RUBBISH = (aws.ResponseStreamingError, aws.IncompleteReadError)
_MAX_DETAIL = 400


def blind(service: str, operation: str, error: BaseException, *, resource: str = "", local: bool = False) -> Blind:
    """Return why `service:operation` could not be read; `local` says that the endpoint is the sandbox."""
    if isinstance(error, Unreadable):
        return error.blind
    call = f"{service}:{operation}"
    if isinstance(error, aws.ClientError):
        return _answered(service, operation, error, resource=resource, local=local)
    reason = next((reason for kinds, reason in _KINDS if isinstance(error, kinds)), Reason.DEFECT)
    if reason is Reason.DEFECT and type(error).__name__ == "ResponseParserError":
        reason = Reason.NOT_AN_ANSWER
    return Blind(call=call, reason=reason, resource=resource, detail=_cut(f"{type(error).__name__}: {error}"))


_KINDS: tuple[tuple[tuple[type[BaseException], ...], Reason], ...] = (
    (_TIMEOUTS, Reason.TIMED_OUT), (_RUBBISH, Reason.NOT_AN_ANSWER), (_DOWN, Reason.ENDPOINT_DOWN),
    (_ABSENT, Reason.NO_CREDENTIALS), (_STALE, Reason.EXPIRED_CREDENTIALS),
)  # fmt: skip


def _answered(service: str, operation: str, error: Any, *, resource: str, local: bool) -> Blind:
    """Read the error that the service itself sent."""
    call = f"{service}:{operation}"
    code = str(error.response.get("Error", {}).get("Code", ""))
    message = str(error.response.get("Error", {}).get("Message", ""))
    status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    if local and ("x-sandbox-gap" in headers or code.isdigit()):
        return Blind(call=call, reason=Reason.EMULATOR_GAP, resource=resource, detail="the sandbox does not play this call")
    reason = _reason(code, message, status)
    if reason is not Reason.DENIED:
        return Blind(call=call, reason=reason, resource=resource, detail=_cut(f"{code}: {message}"))
    named = _ACTION.search(message)
    action = named.group(1) if named else iam_action(service, operation)
    target = (named.group(2) if named else "") or "*"
    return Blind(
        call=call, reason=reason, resource=resource, detail=f"the permission {action} is missing ({code})",
        statement=statement(action, target if target.startswith("arn:") else "*"),
    )  # fmt: skip


def _reason(code: str, message: str, status: int) -> Reason:
    if code in {"SignatureDoesNotMatch", "InvalidSignatureException"}:
        return Reason.CLOCK_SKEW if _SKEW.search(message) else Reason.NO_CREDENTIALS
    for reason, patterns in _CODES:
        if any(re.fullmatch(pattern, code) for pattern in patterns):
            return reason
    if code == "ValidationError" and "does not exist" in message:  # CloudFormation's way to say "no such stack"
        return Reason.NO_SUCH_NAME
    return Reason.SERVICE_ERROR if status >= 500 else Reason.DEFECT  # noqa: PLR2004 - HTTP's own border


def _cut(text: str) -> str:
    return text if len(text) <= _MAX_DETAIL else text[:_MAX_DETAIL] + "…"
