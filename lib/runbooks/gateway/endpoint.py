"""Where an environment is: AWS and the public web, or the sandbox on this machine. Never one for the other.

A sandboxed environment needs a running sandbox: the one that RUNBOOKS_SANDBOX names, else the one that `runbooks sandbox up` left
running, else one that is started here and ends with this process.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runbooks.errors import CallError, RefusedError
from runbooks.settings import Environment

VARIABLE = "RUNBOOKS_SANDBOX"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach an environment; all empty for the live platform."""

    aws: str = ""
    credentials: tuple[str, str] | None = None
    web: str = ""
    authorities: Path | None = None
    skew: timedelta = timedelta()

    def now(self) -> datetime:
        """Return the time there, in UTC."""
        return datetime.now(UTC) + self.skew


def locate(environment: Environment) -> Endpoint:
    """Return where `environment` is; raises RefusedError when the surroundings point somewhere else."""
    return _live(environment) if environment.sandbox is None else _sandbox(environment)


def state_file() -> Path:
    """Return where `runbooks sandbox up` says how to reach it: a folder of this user's own."""
    base = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir())
    return base / f"runbooks-{os.getuid()}" / "sandbox.json"


def _live(environment: Environment) -> Endpoint:
    strays = sorted(name for name in os.environ if name.startswith("AWS_ENDPOINT_URL") or name == VARIABLE)
    if strays:
        raise RefusedError(
            f"environment '{environment.name}' is live, but {', '.join(strays)} would send its calls elsewhere: unset it, or choose a sandbox environment"
        )
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION"):
        region = os.environ.get(name, environment.region)
        if region != environment.region:
            raise RefusedError(
                f"{name} is {region}, environment '{environment.name}' is in {environment.region}: unset it or correct the file"
            )
    return Endpoint()


def _sandbox(environment: Environment) -> Endpoint:
    state = read_state(running_sandbox())
    if state is None:
        raise RefusedError(f"the sandbox for environment '{environment.name}' went away: run it again")
    return _from_state(environment, state)


def running_sandbox() -> Path:
    """Return the state file of a running sandbox, starting one that ends with this process if there is none.

    Raises RefusedError when RUNBOOKS_SANDBOX names one that does not answer.
    """
    named = os.environ.get(VARIABLE)
    if named is None:
        return state_file() if read_state(state_file()) else start()
    if read_state(Path(named)) is None:
        raise RefusedError(f"{VARIABLE} is '{named}', and no sandbox answers there: unset it, or run `runbooks sandbox up`")
    return Path(named)


def _from_state(environment: Environment, state: Mapping[str, Any]) -> Endpoint:
    account = state.get("accounts", {}).get(environment.name)
    missing = [key for key in ("aws", "edge", "ca", "token") if not state.get(key)]
    if missing or account != environment.account or not str(state["aws"]).startswith("http://127.0.0.1:"):
        raise RefusedError(
            f"the sandbox does not play environment '{environment.name}' with account {environment.account}: run `runbooks sandbox down`, then again"
        )
    there = datetime.fromisoformat(ask(state, "status")["now"])
    return Endpoint(
        aws=state["aws"],
        credentials=(f"sandbox-{account}", "not-a-secret"),
        web=state["edge"],
        authorities=Path(state["ca"]),
        skew=there - datetime.now(UTC),
    )


def read_state(path: Path) -> dict[str, Any] | None:
    """Return what a running sandbox says of itself in `path`, or None where none runs."""
    try:
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
    request = urllib.request.Request(url, data=data, method=method or None, headers={"X-Sandbox-Token": state["token"]})  # noqa: S310 - loopback, checked above
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=START_SECONDS) as answer:
            return json.loads(answer.read() or b"{}")
    except urllib.error.HTTPError as error:
        raise CallError(str(json.loads(error.read()).get("error", error))) from None


def start() -> Path:
    """Start a sandbox process that ends with this one, and return its state file; raises CallError when it does not come up."""
    folder = Path(tempfile.mkdtemp(prefix="runbooks-sandbox-"))
    path, log = folder / "sandbox.json", folder / "sandbox.log"
    command = [sys.executable, "-m", "runbooks.sandbox", "--state", str(path), "--with-parent"]
    with log.open("wb") as output:
        # the pipe on its standard input ends when this process does, however it ends, and so does the sandbox
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True)
    atexit.register(_end, process, folder)
    wait_for(path, process, log)
    return path


def wait_for(path: Path, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the sandbox that `process` is says in `path` that it is up; raises CallError with its last words when it is not."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if read_state(path) is not None:
            return
        time.sleep(0.02)
    process.kill()
    raise CallError(f"the sandbox did not start: {log.read_text(errors='replace').strip()[-400:] or 'no word from it'}")


def _end(process: subprocess.Popen[bytes], folder: Path) -> None:
    process.terminate()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
    for path in sorted(folder.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    folder.rmdir()
