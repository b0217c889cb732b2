"""The sandbox as a process on this machine: find it, start it, ask it. It is started, never imported."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runbooks.errors import CallError, RefusedError

VARIABLE = "RUNBOOKS_SANDBOX"
START_SECONDS = 60.0
STOP_SECONDS = 5.0


def state_file() -> Path:
    """Return where `runbooks sandbox up` says how to reach it: a folder of this user's own."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    return base / f"runbooks-{os.getuid()}" / "sandbox.json"


def running() -> Path:
    """Return the state file of a running sandbox, starting one that ends with this process if there is none.

    Raises RefusedError when RUNBOOKS_SANDBOX names one that does not answer.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return state_file() if read_state(state_file()) else start()
    if read_state(Path(named)) is None:
        raise RefusedError(f"{VARIABLE} is '{named}', and no sandbox answers there: unset it, or run `runbooks sandbox up`")
    return Path(named)


def read_state(path: Path) -> dict[str, Any] | None:
    """Return what a running sandbox says of itself in `path`, or None where none runs."""
    try:
        if path.stat().st_uid != os.getuid():  # somebody else's file names somebody else's sandbox
            return None
        state = json.loads(path.read_text(encoding="utf-8"))
        ask(state, "status")
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return state if isinstance(state, dict) else None


def ask(state: Mapping[str, Any], what: str, body: Mapping[str, Any] | None = None, *, method: str = "") -> Any:
    """Ask the sandbox's control interface; raises CallError with its sentence, OSError when nothing answers."""
    url = f"{state['aws']}/_sandbox/{what}"
    if not url.startswith("http://127.0.0.1:"):
        raise RefusedError(f"{url} is not on this machine: the sandbox is only ever spoken to on 127.0.0.1")
    data = None if body is None else json.dumps(body).encode()
    headers = {"X-Sandbox-Token": str(state["token"])}
    request = urllib.request.Request(url, data=data, method=method or None, headers=headers)  # noqa: S310 - loopback, checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=START_SECONDS) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise CallError(str(json.loads(error.read()).get("error", error))) from None


def start() -> Path:
    """Start a sandbox that ends with this process, however it ends, and return its state file.

    Raises CallError if it does not come up.
    """
    folder = Path(tempfile.mkdtemp(prefix="runbooks-sandbox-"))
    path = folder / "sandbox.json"
    process = _spawn(path, ["--with-parent"], stdin=subprocess.PIPE)
    atexit.register(_end, process, folder)
    return path


def up(*, port: int, edge_port: int, now: str) -> Path:
    """Start a sandbox that stays, and return its state file; raises CallError if one runs already or it does not come up."""
    path = state_file()
    found = read_state(path)
    if found is not None:
        raise CallError(f"a sandbox is up already, process {found['pid']}: use it, or end it with `runbooks sandbox down`")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.parent.stat().st_uid != os.getuid():
        raise CallError(f"{path.parent} belongs to somebody else: set XDG_RUNTIME_DIR to a folder of yours")
    pinned = ["--now", now] if now else []
    _spawn(path, ["--port", str(port), "--edge-port", str(edge_port), *pinned], stdin=subprocess.DEVNULL)
    return path


def down() -> int:
    """End the sandbox that stays and return its process id; raises CallError when none runs."""
    state = required()
    pid = int(state["pid"])
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    while time.monotonic() < deadline and read_state(state_file()) is not None:
        time.sleep(0.02)
    return pid


def required() -> dict[str, Any]:
    """Return the state of the sandbox that runs; raises CallError when none does."""
    named = os.environ.get(VARIABLE)
    state = read_state(Path(named) if named else state_file())
    if state is None:
        raise CallError("no sandbox is up: start one with `runbooks sandbox up`")
    return state


def _spawn(state: Path, arguments: list[str], *, stdin: int) -> subprocess.Popen[bytes]:
    log = state.with_suffix(".log")
    command = [sys.executable, "-m", "runbooks.sandbox", "--state", str(state), *arguments]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdin=stdin, stdout=output, stderr=output, start_new_session=True)
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if read_state(state) is not None:
            return process
        time.sleep(0.02)
    process.kill()
    raise CallError(f"the sandbox did not start: {log.read_text(errors='replace').strip()[-400:] or 'no word from it'}")


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.terminate()
    try:
        process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
    shutil.rmtree(folder, ignore_errors=True)
