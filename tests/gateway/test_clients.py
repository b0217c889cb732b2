"""Service models are parsed once for a process and all that are forked from it, without a connection, a thread or credentials."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from runbooks.gateway import Endpoint, clients
from runbooks.gateway.clients import Clients, preload
from tests.gateway import stub

LOOK = """
import os, socket, sys
def refuse(*_):
    raise SystemExit("a connection was opened")
socket.socket.connect = refuse
import botocore.credentials
botocore.credentials.CredentialResolver.load_credentials = refuse
from pathlib import Path
from runbooks.gateway.clients import preload
preload()
tasks = len(list(Path("/proc/self/task").iterdir()))
sockets = [link for fd in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{fd}")
           for link in [os.readlink(f"/proc/self/fd/{fd}")] if link.startswith("socket:")]
print(tasks, len(sockets))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_preloading_opens_no_connection_starts_no_thread_and_asks_for_no_credentials() -> None:
    variables = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    seen = subprocess.run([sys.executable, "-c", LOOK], env=variables, capture_output=True, text=True, check=False)
    assert (seen.stdout, seen.returncode) == ("1 0\n", 0), seen.stderr


def test_environments_share_parsed_models_and_nothing_else() -> None:
    first = Clients(stub.environment(), Endpoint(aws="http://127.0.0.1:9", credentials=("one", "x")))
    second = Clients(stub.environment(account="444455556666"), Endpoint(aws="http://127.0.0.1:9", credentials=("two", "y")))
    sessions = [each._own_session() for each in (first, second)]
    assert sessions[0] is not sessions[1]
    assert sessions[0].get_component("data_loader") is sessions[1].get_component("data_loader")
    assert [session.get_credentials().access_key for session in sessions] == ["one", "two"]
    assert first.get("sns") is first.get("sns")
    assert first.get("sns") is not second.get("sns")


def test_what_was_preloaded_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    preload(["sns"])
    parsed: list[str] = []
    monkeypatch.setattr("botocore.loaders.JSONFileLoader.load_file", lambda _, path: parsed.append(path))
    Clients(stub.environment(), Endpoint(aws="http://127.0.0.1:9", credentials=("one", "x"))).get("sns")
    assert parsed == []


def test_the_services_of_the_daily_runbooks_are_preloaded() -> None:
    from tests.system.test_blindness import OPERATIONS

    assert {call.partition(":")[0] for call in OPERATIONS} <= set(clients.SERVICES)
