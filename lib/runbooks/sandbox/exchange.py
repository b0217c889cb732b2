"""A request as the edge has read it, a reply as it will be sent, and the forms in which each party on the way answers."""

from __future__ import annotations

import json
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Headers = tuple[tuple[str, str], ...]
Manner = Literal["whole", "slow", "cut", "never"]

JSON = "application/json"
HTML = "text/html; charset=utf-8"
METHODS = "GET,POST,PUT,DELETE,OPTIONS"
CORS: Headers = (
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Allow-Headers", "Content-Type,Authorization,X-Amz-Date,X-Api-Key,X-Amz-Security-Token"),
    ("Access-Control-Allow-Methods", METHODS),
)
CLOUDFLARE_ERRORS = {
    520: "Web server is returning an unknown error",
    521: "Web server is down",
    522: "Connection timed out",
    523: "Origin is unreachable",
    524: "A timeout occurred",
    525: "SSL handshake failed",
    526: "Invalid SSL certificate",
    530: "Cloudflare Tunnel error",
}
TUNNEL_ERROR = 1033  # what a 530 is about when no connector of the tunnel is connected


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names are lower case, `query` holds the first value of each name."""

    method: str
    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, and how it is sent: whole, after some seconds, cut in the middle, or never."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    manner: Manner = "whole"


def page(html: str, status: int = 200, headers: Headers = ()) -> Reply:
    """Return a web page."""
    return Reply(status, html.encode(), (("Content-Type", HTML), *headers))


def application(value: object, status: int = 200) -> Reply:
    """Return what a function of the platform sends through the gateway: JSON, with its own CORS headers."""
    trace = ("X-Amzn-Trace-Id", f"Root=1-{secrets.token_hex(4)}-{secrets.token_hex(12)};Sampled=0")
    return Reply(status, json.dumps(value, default=_plain).encode(), (("Content-Type", JSON), *gateway_ids(), trace, *CORS))


def application_error(status: int, code: str, message: str) -> Reply:
    """Return a function's own error; the body's form tells it from the gateway's."""
    return application({"error": {"code": code, "message": message, "requestId": str(uuid.uuid4())}}, status)


def gateway(status: int, message: str, error_type: str) -> Reply:
    """Return an answer of API Gateway itself: no function ran, so there are no CORS headers and a browser blames CORS."""
    return Reply(
        status,
        json.dumps({"message": message}, separators=(",", ":")).encode(),
        (("Content-Type", JSON), *gateway_ids(), ("x-amzn-ErrorType", error_type)),
    )


def gateway_ids() -> Headers:
    """Return the headers that everything carries which came through API Gateway."""
    return (("x-amzn-RequestId", str(uuid.uuid4())), ("x-amz-apigw-id", f"{secrets.token_urlsafe(11)[:15]}="))


def cloudflare_error(status: int, request: Request) -> Reply:
    """Return Cloudflare's own error: a page for those who ask for pages, one line of text for all others."""
    code, title = TUNNEL_ERROR if status == 530 else status, CLOUDFLARE_ERRORS[status]  # noqa: PLR2004 - the tunnel's status
    if "text/html" not in request.headers.get("accept", ""):
        return Reply(status, f"error code: {code}".encode(), (("Content-Type", "text/plain; charset=UTF-8"),))
    return page(
        f"""<!DOCTYPE html>
<html lang="en-US">
<head><title>{request.host} | {code}: {title}</title></head>
<body><div id="cf-wrapper"><div id="cf-error-details">
<h1>{title} <span>Error code {code}</span></h1>
<p>Cloudflare could not get an answer from behind {request.host}.</p>
</div></div></body>
</html>
""",
        status,
    )


def _plain(value: object) -> int | float:
    """Return DynamoDB's number as JSON has it."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{value!r} is a {type(value).__name__}, which JSON does not have")
