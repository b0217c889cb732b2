"""A threaded HTTP/1.1 server on loopback for one WSGI application; connections stay open between requests.

werkzeug's server closes each connection after one answer, which costs a third of the speed.
"""

from __future__ import annotations

import io
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import WSGIApplication

LOOPBACK = "127.0.0.1"
SOCKET = "sandbox.socket"
"""The environ key of the client's socket, for whoever wants to close it."""


class Listener(ThreadingHTTPServer):
    """The server; bound when made. Raises OSError when the port is occupied."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        self.app = app
        super().__init__((LOOPBACK, port), _Handler)

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.server_address[1])

    def start(self) -> Thread:
        """Serve in a thread of its own until `shutdown`."""
        thread = Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-aws", daemon=True)
        thread.start()
        return thread

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of clients that went away; the rest goes to standard error as usual."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: Listener

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
        """Keep quiet: a run makes hundreds of requests."""

    def version_string(self) -> str:
        return "AmazonS3"

    def _serve(self) -> None:
        body = self._chunked() if self.headers.get("Transfer-Encoding", "").lower() == "chunked" else self._sized()
        parts = self.server.app(self._environ(body), self._start)
        try:
            self._send(parts)
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - http.server's names

    def _sized(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunked(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline().partition(b";")[0], 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return body

    def _start(self, status: str, headers: list[tuple[str, str]], _: Any = None) -> Any:
        """Begin an answer; WSGI's start_response."""
        code, _, reason = status.partition(" ")
        self.send_response(int(code), reason)
        for key, value in headers:
            self.send_header(key, value)
        self.end_headers()

    def _send(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self.wfile.write(part)
            self.wfile.flush()

    def _environ(self, body: bytes) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "RAW_URI": self.path,
            "REQUEST_URI": self.path,
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_ADDR": self.client_address[0],
            "SERVER_NAME": LOOPBACK,
            "SERVER_PORT": str(self.server.port),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            SOCKET: self.connection,
        }
        for key, value in self.headers.items():
            name = key.upper().replace("-", "_")
            if name not in {"CONTENT_TYPE", "CONTENT_LENGTH", "TRANSFER_ENCODING"}:
                environ[f"HTTP_{name}"] = value
        return environ


def drop(environ: dict[str, Any]) -> None:
    """Close the client's connection without an answer; raises ConnectionAbortedError to end the request."""
    client: socket.socket = environ[SOCKET]
    client.shutdown(socket.SHUT_RDWR)
    raise ConnectionAbortedError("dropped by a fault rule")
