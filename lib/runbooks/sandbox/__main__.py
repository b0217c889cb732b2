"""The sandbox as a process of its own: `python -m runbooks.sandbox --state FILE`."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from runbooks import settings
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.listener import Listener

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from wsgiref.types import StartResponse, WSGIEnvironment

WRONG_CALL = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until SIGTERM, SIGINT or, with --with-parent, the end of standard input; returns 0, or 2 for a wrong call."""
    options = _options(arguments)
    over = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    if options.with_parent:
        Thread(target=_watch_input, args=(over,), daemon=True).start()
    clock = Clock(options.now)
    environments = [settings.load(name) for name in settings.names()]
    accounts = [Account(each, clock) for each in environments if each.sandbox is not None]
    return _serve(options, accounts, over)


def _serve(options: argparse.Namespace, accounts: Sequence[Account], over: Event) -> int:
    try:
        aws = Listener(_starting, options.port)
    except OSError as error:
        return _refuse(f"port {options.port} cannot be listened on ({error.strerror}): choose another with --port, 0 for any")
    sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]  # jsonschema does without; compiling that grammar takes a second
    from runbooks.sandbox import edge, estate, server  # noqa: PLC0415 - seconds to import, and a wrong call needs none of it

    token = secrets.token_urlsafe(24)
    app = server.build(accounts, ensure_ready=estate.build, pass_time=estate.roll, token=token)
    try:
        web = edge.serve(accounts, port=options.edge_port, ensure_ready=app.readiness.ensure)
    except OSError as error:
        return _refuse(f"port {options.edge_port} cannot be listened on ({error.strerror}): choose another with --edge-port")
    aws.app = app
    aws.start()
    if options.eager:
        for account in accounts:
            app.readiness.ensure(account)
    state = {
        "pid": os.getpid(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "aws": f"http://127.0.0.1:{aws.port}",
        "edge": web.address,
        "ca": str(web.ca),
        "token": token,
        "accounts": {each.environment.name: each.environment.account for each in accounts},
    }
    try:
        _write(options.state, state)
        over.wait()
    finally:
        _forget(options.state)
        web.close()
    return 0


def _starting(_: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Stand in for the application while it is imported; nothing is served meanwhile."""
    start_response("503 Service Unavailable", [("Content-Length", "0")])
    return []


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m runbooks.sandbox", description="AWS and the web edge on loopback.")
    parser.add_argument("--state", type=Path, required=True, help="file to write addresses and token to, when ready")
    parser.add_argument("--port", type=int, default=0, help="port of AWS; 0 takes a free one")
    parser.add_argument("--edge-port", type=int, default=0, help="port of the web edge; 0 takes a free one")
    parser.add_argument("--now", type=_moment, default=None, help="pin the clock, for example 2026-03-02T12:00:00Z")
    parser.add_argument("--eager", action="store_true", help="seed all environments at start, not at first use")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser.parse_args(arguments)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time like 2026-03-02T12:00:00Z") from None
    return settings.utc(moment)


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return WRONG_CALL


def _watch_input(over: Event) -> None:
    """Wait for the end of standard input, which comes when the starter is gone, however it went."""
    while os.read(0, 4096):
        pass
    over.set()


def _write(path: Path, state: Mapping[str, object]) -> None:
    """Write the state file whole, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(state, file, indent=2)
    draft.replace(path)


def _forget(path: Path) -> None:
    """Remove the state file, unless another sandbox has written its own there since."""
    try:
        if json.loads(path.read_text(encoding="utf-8")).get("pid") == os.getpid():
            path.unlink()
    except (OSError, ValueError):
        return


if __name__ == "__main__":
    sys.exit(main())
