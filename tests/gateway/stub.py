"""AWS as a few lines: a server on loopback that answers JSON services from a function, and a reader that asks it."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from runbooks import settings
from runbooks.gateway import Endpoint, Reader, open_reader
from runbooks.settings import Environment

Answers = Callable[[str, Mapping[str, Any]], "dict[str, Any] | bytes"]


class Refused(Exception):  # noqa: N818 - an answer of AWS
    """An error of the service: its code and status."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.status = status


@contextmanager
def server(answers: Answers) -> Iterator[str]:
    """Serve `answers(operation, parameters)` and yield the address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer = 200, b""
            try:
                found = answers(self.headers["X-Amz-Target"].partition(".")[2], json.loads(body))
                answer = found if isinstance(found, bytes) else json.dumps(found).encode()
            except Refused as error:
                status, answer = error.status, json.dumps({"__type": str(error), "message": "as asked"}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    made = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.daemon_threads = True
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()


def environment(**changes: Any) -> Environment:
    """Return the environment that the sandbox plays, changed."""
    return settings.load("sandbox").model_copy(update=changes)


def reader(address: str, *, limited: bool = False, fresh: bool = False, **changes: Any) -> Reader:
    """Return a reader that asks the server at `address`."""
    endpoint = Endpoint(aws=address, credentials=("key", "secret"), limited=limited)
    return open_reader(environment(**changes), endpoint, fresh=fresh)
