"""A stand-in for the sandbox that replays its answers, each after the same time, so that moto's work is in nobody's figures.

    benchmark --stdin--> replay --stdin--> sandbox (its clock stands still; asked only what was never asked before)

It is reached as a sandbox is: RUNBOOKS_SANDBOX names a state file of the same form, /_sandbox/status says the time at which the
sandbox's clock stands, AWS is plain HTTP, and the web edge is TLS with certificates of the sandbox's own making (an authority of
this process: the sandbox keeps no private key on disk). The web is replayed too, with the same latency: the sandbox's edge answers
from moto's tables. One process with one loop, so a request costs it some 0.05 ms and a
TLS handshake some 2 ms; it says how much of a processor it took.

python -m tests.benchmarks.replay --state FILE < pipe      (see `stub`, which starts it)
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from runbooks.gateway import local
from runbooks.sandbox.certificates import Authority
from tests.benchmarks.tape import Asked, Request, Tape

CONTROL = "/_sandbox/"
START_SECONDS = 120.0


@dataclass(slots=True)
class Replay:
    """The stub: its tape, how long each answer takes, and what it did so far."""

    tape: Tape
    token: str
    latency: float = 0.0
    answered: int = 0
    missed: list[str] = field(default_factory=list)
    began: tuple[float, float] = field(default_factory=lambda: (time.monotonic(), time.process_time()))

    def status(self) -> dict[str, Any]:
        """Return what a sandbox says of itself, and what this stub did since the last reset."""
        return {
            "now": self.tape.now.isoformat(),
            "environments": {name: {"account": account, "broken": {}, "ready": True} for name, account in self._accounts()},
            "requests": {"answered": self.answered},
            "missed": self.missed,
            "wall": time.monotonic() - self.began[0],
            "cpu": time.process_time() - self.began[1],
        }

    def control(self, request: Request) -> bytes:
        """Answer the control interface: status, how long answers take, and counting from zero."""
        if request.headers.get("x-sandbox-token") != self.token:
            return _json(403, {"error": "the header X-Sandbox-Token is not the token of the state file"})
        asked = f"{request.method} {request.target.removeprefix(CONTROL)}"
        if asked == "POST latency":
            self.latency = float(json.loads(request.body)["seconds"])
        elif asked == "DELETE requests":
            self.answered, self.missed, self.began = 0, [], (time.monotonic(), time.process_time())
        elif asked != "GET status":
            return _json(404, {"error": f"a replay does not know {asked}: it knows GET status, POST latency, DELETE requests"})
        return _json(200, self.status())

    def _accounts(self) -> list[tuple[str, str]]:
        return list(self.tape.state["accounts"].items())


class Line(asyncio.Protocol):
    """One connection. Requests come one after another; an answer that waits holds up no other connection."""

    def __init__(self, replay: Replay, key: Callable[[Request], Asked], ask: Callable[[Request], bytes]) -> None:
        self._replay, self._key, self._ask = replay, key, ask
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = transport if isinstance(transport, asyncio.Transport) else None

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._buffer += data
        while (found := _parsed(self._buffer)) is not None:
            request, self._buffer = found
            self._serve(request)

    def _serve(self, request: Request) -> None:
        replay = self._replay
        if request.target.startswith(CONTROL):
            self._send(replay.control(request))
            return
        replay.answered += 1
        asked = self._key(request)
        known = replay.tape.answers.get(asked)
        if known is None:
            asyncio.ensure_future(self._record(asked, request))  # noqa: RUF006 - it ends with its connection
        elif replay.latency:
            asyncio.get_running_loop().call_later(replay.latency, self._send, known)
        else:
            self._send(known)

    async def _record(self, asked: Asked, request: Request) -> None:
        answer = await asyncio.get_running_loop().run_in_executor(None, self._ask, request)
        self._replay.missed.append(f"{asked.whose} {asked.what}")
        self._replay.tape.answers[asked] = answer
        self._send(answer)

    def _send(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _parsed(buffer: bytes) -> tuple[Request, bytes] | None:
    """Return the first request of the buffer and the rest of it, or None while it is not whole."""
    head, found, rest = buffer.partition(b"\r\n\r\n")
    if not found:
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    length = int(headers.get("content-length", "0"))
    if len(rest) < length:
        return None
    method, target, _ = first.split(" ", 2)
    return Request(method, target, headers, rest[:length]), rest[length:]


def _json(status: int, value: Mapping[str, Any]) -> bytes:
    body = json.dumps(value).encode()
    return f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


async def serve(state: Path, origin: Path, now: datetime, over: asyncio.Event) -> None:
    """Write the state file and answer until `over`; `origin` is the state file of the sandbox behind."""
    behind = local.read_state(origin)
    if behind is None:
        raise SystemExit("the sandbox behind the replay did not start")
    replay = Replay(Tape(behind, now), secrets.token_urlsafe(16))
    authority = Authority(state.parent)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda *_: None)  # visitors that look at a certificate and hang up are everyday life
    aws = await loop.create_server(lambda: Line(replay, replay.tape.aws, replay.tape.ask_aws), "127.0.0.1", 0, backlog=512)
    web = await loop.create_server(
        lambda: Line(replay, replay.tape.web, replay.tape.ask_web), "127.0.0.1", 0, backlog=512, ssl=_named(authority, now)
    )
    about = {
        "pid": os.getpid(),
        "aws": f"http://127.0.0.1:{aws.sockets[0].getsockname()[1]}",
        "edge": f"127.0.0.1:{web.sockets[0].getsockname()[1]}",
        "ca": str(authority.ca),
        "token": replay.token,
        "accounts": behind["accounts"],
        "limited": False,  # what is measured is the work; AWS's rates would be the same for all contestants
        "origin": str(origin),
    }
    draft = state.with_suffix(".part")
    draft.write_text(json.dumps(about), encoding="utf-8")
    draft.rename(state)
    await over.wait()


def _named(authority: Authority, now: datetime) -> ssl.SSLContext:
    """Return a server's TLS context that takes the certificate of the host a visitor asks for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def choose(line: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext) -> int | None:
        if not name:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        line.context = authority.context(name, "good", now)
        return None

    context.sni_callback = choose
    return context


def _play(state: Path) -> None:
    """Be the replay: start the sandbox, and answer until standard input ends."""
    now = datetime.now(UTC).replace(microsecond=0)
    origin = state.with_name("origin.json")
    command = [
        sys.executable,
        "-m",
        "runbooks.sandbox",
        "--state",
        str(origin),
        "--now",
        now.isoformat(),
        "--eager",
        "--with-parent",
    ]
    sandbox = subprocess.Popen(command, stdin=subprocess.PIPE)
    try:
        until = time.monotonic() + START_SECONDS
        while local.read_state(origin) is None and time.monotonic() < until and sandbox.poll() is None:
            time.sleep(0.05)
        asyncio.run(_until_input_ends(state, origin, now))
    finally:
        sandbox.communicate(b"")


async def _until_input_ends(state: Path, origin: Path, now: datetime) -> None:
    over, loop = asyncio.Event(), asyncio.get_running_loop()

    def watch() -> None:
        while os.read(0, 4096):
            pass
        loop.call_soon_threadsafe(over.set)

    threading.Thread(target=watch, daemon=True).start()
    await serve(state, origin, now, over)


def main() -> None:
    """Be the replay until standard input ends."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.replay", description="Replay the sandbox's answers.")
    parser.add_argument("--state", type=Path, required=True, help="the file in which to say how to reach it")
    with contextlib.suppress(KeyboardInterrupt):
        _play(parser.parse_args().state)


if __name__ == "__main__":
    main()
