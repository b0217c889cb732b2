"""The public web of the sandbox: one TLS listener on loopback that plays Cloudflare, the site and the API of each environment.

The host name in TLS chooses the certificate and the host name in the request chooses the environment, both anew each time,
so that a fault takes effect at once.
"""

from __future__ import annotations

import secrets
import shutil
import socket
import ssl
import struct
import tempfile
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from runbooks.sandbox import restapi, site
from runbooks.sandbox.certificates import Authority
from runbooks.sandbox.exchange import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbooks.sandbox.accounts import Account

SLOW_SECONDS = 3.0
HANDSHAKE_SECONDS = 10.0
IDLE_SECONDS = 30.0
FAREWELL_SECONDS = 1.0
MAX_BODY = 1024 * 1024
ABORT = struct.pack("ii", 1, 0)  # linger on, for no time: closing resets the connection


@dataclass(frozen=True, slots=True)
class Edge:
    """A running edge: where it listens, and the PEM of the authority that its visitors have to trust."""

    address: str
    ca: Path
    _listener: _Listener

    def close(self) -> None:
        """Stop, cutting every open connection."""
        self._listener.stop()
        shutil.rmtree(self.ca.parent, ignore_errors=True)


def serve(
    accounts: Sequence[Account],
    *,
    port: int = 0,
    ensure_ready: Callable[[Account], None] | None = None,
    slow_seconds: float = SLOW_SECONDS,
) -> Edge:
    """Start the edge on 127.0.0.1 in threads of its own; raises OSError for an occupied port.

    `ensure_ready` seeds an account before its first request; `slow_seconds` is what "slow" means.
    """
    listener = _Listener(accounts, port, ensure_ready, slow_seconds)
    Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-edge", daemon=True).start()
    return Edge(f"127.0.0.1:{listener.server_address[1]}", listener.authority.ca, listener)


class _Listener(ThreadingMixIn, TCPServer):
    """Accepts; everything that can wait for a visitor, the TLS handshake included, happens in the visitor's own thread."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self, accounts: Sequence[Account], port: int, ensure_ready: Callable[[Account], None] | None, slow_seconds: float
    ) -> None:
        super().__init__(("127.0.0.1", port), _Visit)
        self.accounts = {host: each for each in accounts for host in (each.environment.hosts.site, each.environment.hosts.api)}
        self.ensure_ready = ensure_ready
        self.slow_seconds = slow_seconds
        self.authority = Authority(Path(tempfile.mkdtemp(prefix="runbooks-edge-")))
        self.cached: defaultdict[str, set[str]] = defaultdict(set)
        self.closing = Event()
        self._open: set[socket.socket] = set()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.sni_callback = self._named

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Agree on TLS, then answer what the visitor asks until it leaves."""
        request.settimeout(HANDSHAKE_SECONDS)
        line = self._context.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        self._open.add(line)
        try:
            line.do_handshake()
            _Visit(line, client_address, self)
            line.settimeout(FAREWELL_SECONDS)
            line.unwrap()  # so that a visitor can tell an end from a cut
        finally:
            self._open.discard(line)
            line.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: visitors that hang up or speak no TLS are everyday life, and every other error is in a reply."""

    def stop(self) -> None:
        """Stop accepting, and cut what is open; threads that wait notice it at once."""
        self.closing.set()
        self.shutdown()
        self.server_close()
        for line in list(self._open):
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)

    def _named(self, line: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        """Choose the certificate by the name the visitor asks for, or turn the visitor away."""
        account = self.accounts.get(name or "")
        if account is None or name is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if _state(account, name) == "refused" and isinstance(line, ssl.SSLSocket):
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
            with suppress(OSError):
                socket.socket.shutdown(line, socket.SHUT_RDWR)
            return ssl.ALERT_DESCRIPTION_HANDSHAKE_FAILURE
        try:
            kind = account.edge.certificates.get(name, "good")
            line.context = self.authority.context(name, kind, account.clock.now())
        except ValueError:  # an unknown kind; an exception in here could only be printed
            return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
        return None


class _Visit(BaseHTTPRequestHandler):
    """One visitor's connection."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    server: _Listener

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Answer every method alike: which ones exist is for the site and the API to say."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class named it
        """Say nothing on the terminal."""

    def _answer(self) -> None:
        request = self._read()
        account = self.server.accounts.get(request.host)
        if account is None:
            self._send(Reply(403, b"error code: 1003", (("Content-Type", "text/plain; charset=UTF-8"),)), request)
            return
        if _state(account, request.host) == "refused":  # also on a line that was open before
            self.close_connection = True
            return
        try:
            if self.server.ensure_ready is not None:
                self.server.ensure_ready(account)
            reply = self._reply(account, request)
        except Exception as error:  # noqa: BLE001 - recorded: the visitor gets it, and nobody takes it for the platform's answer
            text = f"the sandbox cannot play this: {type(error).__name__}: {error}"
            reply = Reply(500, text.encode(), (("Content-Type", "text/plain; charset=utf-8"), ("x-sandbox-gap", "1")))
        self._send(reply, request, account)

    def _read(self) -> Request:
        parts = urlsplit(self.path)
        length = self.headers.get("Content-Length", "0")
        known = int(length) if length.isascii() and length.isdecimal() else 0
        self.close_connection = self.close_connection or known > MAX_BODY
        return Request(
            method=self.command,
            host=self.headers.get("Host", "").split(":", 1)[0].lower(),
            path=parts.path,
            query=dict(reversed(parse_qsl(parts.query))),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=self.rfile.read(min(known, MAX_BODY)),
        )

    def _reply(self, account: Account, request: Request) -> Reply:
        if request.host == account.environment.hosts.api:
            return restapi.answer(account, request)
        return site.answer(request, account.edge.site, self.server.cached[request.host])

    def _send(self, reply: Reply, request: Request, account: Account | None = None) -> None:
        if reply.manner == "never":
            self.close_connection = True
            self.rfile.read(1)  # ends when the visitor gives up, or the edge
            return
        if reply.manner == "slow":
            self.server.closing.wait(self.server.slow_seconds)
        self.send_response_only(reply.status)
        for name, value in (*reply.headers, *_cloudflare(reply, account)):
            self.send_header(name, value)
        if reply.status != 204:  # noqa: PLR2004 - the status that has no body, and no length
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if request.method != "HEAD":
            self.close_connection = self.close_connection or reply.manner == "cut"
            self.wfile.write(reply.body[: len(reply.body) // 2] if reply.manner == "cut" else reply.body)


def _state(account: Account, host: str) -> str:
    return account.edge.api if host == account.environment.hosts.api else account.edge.site


def _cloudflare(reply: Reply, account: Account | None) -> tuple[tuple[str, str], ...]:
    """Return the headers that Cloudflare puts on everything; the time is the sandbox's."""
    headers = [("Server", "cloudflare"), ("CF-RAY", f"{secrets.token_hex(8)}-IAD")]
    if account is not None:
        headers.append(("Date", format_datetime(account.clock.now(), usegmt=True)))
    if all(name != "cf-cache-status" for name, _ in reply.headers):
        headers.append(("cf-cache-status", "DYNAMIC"))
    return tuple(headers)
