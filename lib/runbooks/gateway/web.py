"""How runbooks look at the public web: GET over TLS to known hosts, bounded in time and size, and nothing is followed.

Own connections, so that no proxy variable, redirect or cookie of the surroundings decides where a request goes.
"""

from __future__ import annotations

import http.client
import io
import json
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock

from runbooks.errors import CallError, Unreadable
from runbooks.gateway import line, threads
from runbooks.gateway.certificate import HostCertificate, described
from runbooks.model import Blind, Reason

__all__ = ["HostCertificate", "Web", "WebAnswer"]

MAX_BODY = 64 * 1024
MAX_HEAD = 32 * 1024
ERRORS_FROM = 400

_URL = re.compile(
    r"https://([a-z0-9.-]{1,253})((?:/[\w.~!$&'()*+,;=:@%/-]{0,2000})?(?:\?[\w.~!$&'()*+,;=:@%/?-]{0,2000})?)", re.ASCII
)
_ORIGIN = re.compile(r"https://[a-z0-9.-]{1,253}", re.ASCII)
_ADDRESS = re.compile(r"127\.0\.0\.1:([0-9]{1,5})", re.ASCII)
_EDGE_STATUS = frozenset({*range(520, 528), 530})  # Cloudflare's own; no origin and no gateway uses them
_EDGE_BODY = re.compile(r"\A\s*error code: \d{3,4}\s*\Z|cf-error-details|\"cloudflare_error\":\s*true")
_REASONS = {"timeout": Reason.TIMED_OUT, "protocol": Reason.NOT_AN_ANSWER}


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """What a GET gave. Header names are lower case; the body is text of at most 64 KiB; `seconds` is the whole of it.

    `status` is None where no answer began. `problem` is one sentence, empty if the answer is whole, and `problem_kind` its
    word: dns, refused, timeout, tls, reset, protocol or too large. `answered_by` is edge, gateway, application, origin or
    empty: the evidence does not say.
    """

    url: str
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    seconds: float = 0.0
    problem: str = ""
    problem_kind: str = ""
    answered_by: str = ""


class Web:
    """The public web, read only; safe to use from many threads.

    `allowed_hosts` are exact names. With `connect_to` ("127.0.0.1:PORT") every connection goes there, while the name in TLS
    and in the request stays. `ca` replaces the system's trust store. A request lasts at most `connect_seconds` plus
    `read_seconds`. Raises CallError for settings that make no sense.
    """

    def __init__(
        self,
        *,
        allowed_hosts: frozenset[str],
        connect_to: str = "",
        ca: Path | None = None,
        connect_seconds: float,
        read_seconds: float,
    ) -> None:
        self._allowed = allowed_hosts
        self._connect_to = _address(connect_to)
        self._strict = ssl.create_default_context(cafile=str(ca) if ca else None)
        self._lenient = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._lenient.check_hostname = False
        self._lenient.verify_mode = ssl.CERT_NONE  # only to read a certificate that the strict context refused
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._lock = Lock()
        self.requests = 0  # connections asked for, GETs and looks at certificates alike

    def get(self, url: str, *, origin: str = "") -> WebAnswer:
        """Return what GET `url` gives, as a page of `origin` would ask; raises CallError for a URL or origin that is not allowed.

        Whatever the network does is in the answer and raises nothing.
        """
        host, target = self._parsed(url)
        if origin and not _ORIGIN.fullmatch(origin):
            raise CallError(f"origin {origin!r} is not an origin: give one such as https://{host}")
        begun = time.monotonic()
        answer = WebAnswer(url=url)
        try:
            with self._line(host, self._strict) as (connection, until):
                line.send(connection, _request(host, target, origin), until=until)
                response = _response(connection, until)
                answer = replace(answer, status=response.status, headers=_headers(response))
                answer = _complete(answer, response)
        except (OSError, ValueError, http.client.HTTPException, Unreadable) as error:
            kind, sentence = line.trouble(error, host)
            answer = replace(answer, problem=sentence, problem_kind=kind)
        return replace(answer, seconds=time.monotonic() - begun, answered_by=_answered_by(answer))

    def certificate(self, host: str) -> HostCertificate:
        """Return the certificate `host` presents, and what a client thinks of it.

        Raises CallError for a host that is not allowed, Unreadable where there is no TLS to look at.
        """
        if host not in self._allowed:
            raise self._not_allowed(host)
        try:
            try:
                return described(host, self._presented(host, self._strict), None)
            except ssl.SSLCertVerificationError as refusal:
                return described(host, self._presented(host, self._lenient), refusal)
        except (OSError, ValueError, Unreadable) as error:
            kind, sentence = line.trouble(error, host)
            reason = _REASONS.get(kind, Reason.ENDPOINT_DOWN)
            raise Unreadable(Blind(call=f"TLS {host}", reason=reason, resource=host, detail=sentence)) from error

    def _presented(self, host: str, context: ssl.SSLContext) -> bytes:
        with self._line(host, context) as (connection, _):
            return connection.getpeercert(binary_form=True) or b""

    @contextmanager
    def _line(self, host: str, context: ssl.SSLContext) -> Iterator[tuple[ssl.SSLSocket, float]]:
        """Open a line to `host`, with the moment at which it is over: its own, or that of the check it is for."""
        with self._lock:
            self.requests += 1
        begun = time.monotonic()
        until = min(begun + self._connect_seconds + self._read_seconds, threads.deadline())
        connect_until = min(begun + self._connect_seconds, until)
        with line.tls(host, context, connect_to=self._connect_to, connect_until=connect_until, until=until) as connection:
            yield connection, until

    def _parsed(self, url: str) -> tuple[str, str]:
        """Return host and request target; one strict grammar, so that no two parsers can disagree about the host."""
        found = _URL.fullmatch(url)
        if found is None:
            raise CallError(f"{url!r} is not a plain https address: give https://HOST/PATH, with no user, port, fragment or space")
        if found[1] not in self._allowed:
            raise self._not_allowed(found[1])
        return found[1], found[2] if found[2].startswith("/") else f"/{found[2]}"

    def _not_allowed(self, host: str) -> CallError:
        return CallError(f"host {host!r} is not one of this environment's: choose one of {', '.join(sorted(self._allowed))}")


def _address(text: str) -> line.Address | None:
    if not text:
        return None
    found = _ADDRESS.fullmatch(text)
    if found is None:
        raise CallError(f"connect_to is {text!r}: give 127.0.0.1:PORT, requests are only ever redirected to this machine")
    return "127.0.0.1", int(found[1])


def _request(host: str, target: str, origin: str) -> bytes:
    """Return the request; all three parts have passed a pattern without spaces and line ends."""
    lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "User-Agent: runbooks", "Accept: */*", "Accept-Encoding: identity"]
    lines += [f"Origin: {origin}"] if origin else []
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("ascii")


def _response(connection: ssl.SSLSocket, until: float) -> http.client.HTTPResponse:
    response = http.client.HTTPResponse(connection, method="GET")
    response.fp.close()
    response.fp = io.BufferedReader(line.Bounded(connection, until=until, budget=MAX_HEAD + MAX_BODY))
    response.begin()
    return response


def _headers(response: http.client.HTTPResponse) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.getheaders():
        flat = " ".join(value.split())
        headers[name.lower()] = f"{headers[name.lower()]}, {flat}" if name.lower() in headers else flat
    return headers


def _complete(answer: WebAnswer, response: http.client.HTTPResponse) -> WebAnswer:
    """Return the answer with its body, and what is wrong with that; a body that ends early is not taken for a whole one."""
    body = response.read(MAX_BODY + 1)
    answer = replace(answer, body=body[:MAX_BODY].decode("utf-8", errors="replace"))
    if len(body) > MAX_BODY:
        return replace(answer, problem_kind="too large", problem=f"the body is larger than {MAX_BODY // 1024} KiB")
    if response.length:
        return replace(answer, problem_kind="protocol", problem=f"the body ends {response.length} bytes early")
    if answer.headers.get("content-encoding", "identity") != "identity":
        return replace(answer, body="", problem_kind="protocol", problem="the body is compressed although that was not asked for")
    return answer


def _answered_by(answer: WebAnswer) -> str:
    """Return who answered, by what only they send."""
    status, headers, body = answer.status, answer.headers, answer.body
    if status is None:
        return ""
    if status in _EDGE_STATUS or "cf-mitigated" in headers or (status >= ERRORS_FROM and _EDGE_BODY.search(body)):
        return "edge"
    value = _json(body)
    if isinstance(value, dict) and status >= ERRORS_FROM and {key.lower() for key in value} == {"message"}:
        return "gateway"
    if isinstance(value, dict | list):
        return "application"
    is_page = headers.get("content-type", "").startswith("text/html")
    if is_page and "x-amz-apigw-id" in headers:
        return "application"
    return "origin" if is_page or "x-amz-id-2" in headers else ""


def _json(body: str) -> object:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # 64 KiB of brackets are deeper than the parser goes
        return None
