"""The stub as a benchmark sees it: started, made the sandbox of all that is started here, slowed down, asked what it did.

python -m tests.benchmarks.stub      what it can bear: requests a second, and its own processor time for one
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbooks import settings
from runbooks.gateway import local
from tests.benchmarks.sheet import Sheet, show

START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Stub:
    """A running replay, as a benchmark sees it."""

    state: Path
    reached: Mapping[str, Any]

    def latency(self, seconds: float) -> None:
        """Let each answer take this long from now on."""
        local.ask(self.reached, "latency", {"seconds": seconds})

    def restart_count(self) -> None:
        """Count from zero."""
        local.ask(self.reached, "requests", method="DELETE")

    def status(self) -> dict[str, Any]:
        """Return what it did since it began to count: requests answered and missed, seconds of wall and processor time."""
        answer: dict[str, Any] = local.ask(self.reached, "status")
        return answer


@contextmanager
def running() -> Iterator[Stub]:
    """Start a replay with a sandbox behind it, make it the sandbox of this process and its children, and end both."""
    with tempfile.TemporaryDirectory(prefix="runbooks-replay-") as folder:
        state = Path(folder) / "sandbox.json"
        process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.replay", "--state", str(state)], stdin=subprocess.PIPE)
        before = os.environ.get(local.VARIABLE)
        try:
            stub = Stub(state, _reached(state, process))
            os.environ[local.VARIABLE] = str(state)
            yield stub
        finally:
            os.environ.pop(local.VARIABLE, None)
            if before is not None:
                os.environ[local.VARIABLE] = before
            process.communicate(b"")


def _reached(state: Path, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        found = local.read_state(state)
        if found is not None:
            return found
        time.sleep(0.05)
    raise SystemExit("the replay did not start: see above")


def _bearing(stub: Stub, *, seconds: float = 2.0, lines: int = 8) -> tuple[float, float]:
    """Return the requests a second that `lines` connections get together, and the stub's own processor seconds for one."""
    credentials = f"Credential=sandbox-{settings.load('sandbox').account}/20260101/us-east-1/sts/aws4_request"
    body = b"Action=GetCallerIdentity&Version=2011-06-15"
    head = f"POST / HTTP/1.1\r\nHost: x\r\nAuthorization: AWS4-HMAC-SHA256 {credentials}, x\r\n"
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
    asked = (head + kind).encode() + body
    address = str(stub.reached["aws"]).removeprefix("http://").split(":")

    async def one(until: float) -> None:
        reader, writer = await asyncio.open_connection(address[0], int(address[1]))
        while time.monotonic() < until:
            writer.write(asked)
            answer = await reader.readuntil(b"\r\n\r\n")
            length = next(row for row in answer.lower().split(b"\r\n") if row.startswith(b"content-length"))
            await reader.readexactly(int(length.split(b":")[1]))
        writer.close()

    async def all_of_them() -> None:
        until = time.monotonic() + seconds
        await asyncio.gather(*(one(until) for _ in range(lines)))

    stub.latency(0.0)
    stub.restart_count()
    asyncio.run(all_of_them())
    did = stub.status()
    return did["requests"]["answered"] / did["wall"], did["cpu"] / did["requests"]["answered"]


def measure(stub: Stub) -> Sheet:
    """Return what the stub bears: far more than eight children ask of it."""
    rate, cpu = _bearing(stub)
    made = Sheet("the stub that replays the sandbox's answers", ("", "requests/s", "of its own for one"))
    made.rows = [("eight connections, no latency", f"{rate:,.0f}", f"{cpu * 1e6:.0f} us")]
    return made


def main() -> None:
    """Measure and print."""
    with running() as stub:
        show(measure(stub))


if __name__ == "__main__":
    main()
