"""The sandbox as a process: its state file, and its end whichever way its starter goes."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from runbooks.sandbox.__main__ import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMMAND = [sys.executable, "-m", "runbooks.sandbox"]
PATIENCE = 120.0


def wait_until(what: Any) -> bool:
    """Return whether it came true within the patience of a loaded machine."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.05)
    return False


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    """A sandbox that lives as long as this process holds its standard input."""
    file = tmp_path / "state.json"
    process = subprocess.Popen([*COMMAND, "--state", str(file), "--with-parent"], stdin=subprocess.PIPE)
    assert wait_until(file.exists)
    yield process, file
    with suppress(ProcessLookupError):
        process.kill()
    process.wait()


def test_the_state_file_tells_its_owner_where_it_is_until_a_signal_ends_it(sandbox: tuple[subprocess.Popen[bytes], Path]) -> None:
    process, file = sandbox
    state = json.loads(file.read_text())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert state.keys() == {"pid", "started", "aws", "edge", "ca", "token", "accounts"}
    assert state["pid"] == process.pid
    assert state["aws"].startswith("http://127.0.0.1:")
    assert state["accounts"]["sandbox"] == "111122223333"
    assert len(state["token"]) >= 32
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0
    assert not file.exists()


def test_it_is_gone_when_its_starter_is_killed(tmp_path: Path) -> None:
    """SIGKILL leaves a starter no chance to clean up: the kernel closes the pipe, and that ends the sandbox."""
    file = tmp_path / "state.json"
    starter = f"import subprocess, time; subprocess.Popen({[*COMMAND, '--state', str(file), '--with-parent']!r}, stdin=-1); time.sleep(600)"
    parent = subprocess.Popen([sys.executable, "-c", starter])
    assert wait_until(file.exists)
    child = json.loads(file.read_text())["pid"]
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    assert wait_until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)
    assert not file.exists()


@pytest.mark.parametrize("option", ["--port", "--edge-port"])
def test_an_occupied_port_is_one_sentence_and_exit_2(tmp_path: Path, option: str) -> None:
    file = tmp_path / "state.json"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        run = subprocess.run([*COMMAND, "--state", str(file), option, str(port)], capture_output=True, text=True, check=False)
    assert run.returncode == 2
    assert run.stderr.count("\n") == 1
    assert f"port {port} cannot be listened on" in run.stderr
    assert option in run.stderr
    assert not file.exists()


def test_a_wrong_time_is_a_wrong_call(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--state", "unused", "--now", "tomorrow"])
    assert ended.value.code == 2
    assert "is not a time like" in capsys.readouterr().err
