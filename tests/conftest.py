"""A sandbox, a browser, a web server on loopback, and an eye on what a page does."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbooks.gateway import local
from tests.report import eye

if TYPE_CHECKING:
    from playwright.sync_api import Browser

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


QUIET = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, driven by Playwright."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("there is no chromium on this machine")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=path, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[str]:
    """The address of a web server over `tmp_path`."""

    class Silent(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Silent, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def look(browser: Browser) -> Iterator[eye.Look]:
    """Open an address and say what the page does."""
    context = browser.new_context()
    context.add_init_script(eye.WATCH)
    yield functools.partial(eye.look, context)
    context.close()
