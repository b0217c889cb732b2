from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runbooks.gateway import local

Control = Callable[..., Any]


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """Start one sandbox for this test process, and let everything in it use that one."""
    path = local.start()
    before = {name: os.environ.get(name) for name in (local.VARIABLE, "RUNBOOKS_REPORTS")}
    os.environ[local.VARIABLE] = str(path)
    os.environ["RUNBOOKS_REPORTS"] = str(tmp_path_factory.mktemp("reports"))
    yield local.read_state(path) or {}
    for name, value in before.items():
        os.environ.pop(name)
        if value is not None:
            os.environ[name] = value


@pytest.fixture
def control(sandbox: dict[str, Any]) -> Iterator[Control]:
    """Return a function that asks the sandbox's control interface; everything is whole again afterwards."""
    yield lambda what, body=None, method="": local.ask(sandbox, what, body, method=method)
    local.ask(sandbox, "rules", method="DELETE")
    broken = local.ask(sandbox, "status")["environments"]
    for name, about in broken.items():
        if about["broken"]:
            local.ask(sandbox, "mend", {"environment": name})


@pytest.fixture
def own_reports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a test a folder of reports of its own."""
    monkeypatch.setenv("RUNBOOKS_REPORTS", str(tmp_path / "reports"))
    return tmp_path / "reports"
