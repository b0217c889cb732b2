"""What the sandbox answered, by what it was asked: an unknown question is put to it once, and known from then on."""

from __future__ import annotations

import http.client
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import unquote_plus

_CREDENTIAL = re.compile(r"Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/")
_TIME = re.compile(r"\b(?:1[5-9]|2[0-9])\d{8}(?:\.\d+)?\b|\b\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?")
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}
_PATIENCE = 60.0


class Asked(NamedTuple):
    """One request as far as it decides the answer: whose, of which service, what; times only to the minute and as distances."""

    whose: str
    what: str
    body: str


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in; header names are lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Tape:
    """The answers of one sandbox, whose clock stands still at `now`; each is kept as the bytes that go out."""

    state: Mapping[str, Any]
    now: datetime
    answers: dict[Asked, bytes] = field(default_factory=dict)

    def aws(self, request: Request) -> Asked:
        """Return what a signed request asks for: account, region, service, operation or path, and the parameters."""
        found = _CREDENTIAL.search(request.headers.get("authorization", ""))
        whose = "/".join(found.groups()) if found else "unsigned"
        operation = request.headers.get("x-amz-target", "")
        what = f"{request.method} {self._steady(request.target)} {operation}"
        return Asked(whose, what, self._steady(request.body.decode("utf-8", errors="backslashreplace")))

    def web(self, request: Request) -> Asked:
        """Return what a visitor asks for: host, address, and the origin of the page that asks."""
        what = f"{request.method} {request.target} {request.headers.get('accept', '')}"
        return Asked(request.headers.get("host", ""), what, request.headers.get("origin", ""))

    def ask_aws(self, request: Request) -> bytes:
        """Return the sandbox's own answer to a request for AWS; blocks."""
        address = self.state["aws"].removeprefix("http://")
        return _answer(http.client.HTTPConnection(address, timeout=_PATIENCE), request)

    def ask_web(self, request: Request) -> bytes:
        """Return the sandbox's own answer to a visitor of the web; blocks."""
        host = request.headers.get("host", "")
        context = ssl.create_default_context(cafile=self.state["ca"])
        return _answer(_Redirected(host, self.state["edge"], context), request)

    def _steady(self, text: str) -> str:
        """Return the text with each time in it as minutes from now: a run never asks twice for the same microsecond."""
        return _TIME.sub(self._distance, unquote_plus(text))

    def _distance(self, found: re.Match[str]) -> str:
        text = found[0]
        moment = float(text) if text.replace(".", "").isdigit() else datetime.fromisoformat(text).timestamp()
        return f"now{(moment - self.now.timestamp()) / 60:+.0f}min"


class _Redirected(http.client.HTTPSConnection):
    """A connection to the sandbox's edge under the name of the host that it plays."""

    def __init__(self, host: str, edge: str, context: ssl.SSLContext) -> None:
        super().__init__(edge, timeout=_PATIENCE)
        self._name, self._trust = host, context

    def connect(self) -> None:
        http.client.HTTPConnection.connect(self)
        self.sock = self._trust.wrap_socket(self.sock, server_hostname=self._name)


def _answer(connection: http.client.HTTPConnection, request: Request) -> bytes:
    """Return the whole answer as bytes, with a length instead of chunks, so that it can be sent as it is."""
    headers = {name: value for name, value in request.headers.items() if name not in _HOP}
    try:
        connection.request(request.method, request.target, body=request.body or None, headers=headers)
        response = connection.getresponse()
        body = response.read()
    finally:
        connection.close()
    given = [(name, value) for name, value in response.getheaders() if name.lower() not in _HOP]
    length = response.getheader("content-length", "0") if request.method == "HEAD" else str(len(body))
    head = [f"HTTP/1.1 {response.status} {response.reason}", *(f"{name}: {value}" for name, value in given)]
    return "\r\n".join([*head, f"Content-Length: {length}", "", ""]).encode("latin-1") + body
