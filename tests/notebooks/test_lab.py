"""The notebook in JupyterLab, as a person uses it: opened, run from top to bottom, read in light and in dark, closed."""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from tests.notebooks import lab
from tests.notebooks.test_runs import _left_behind
from tests.notebooks.test_shape import FOLDER, cells, source

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.slow, pytest.mark.browser]
NOTEBOOK = FOLDER / "daily" / "system-health.ipynb"
PLACES = {"top": ".jp-Notebook .jp-Cell", "middle": ".jp-OutputArea img", "verdict": ".rb-verdict"}


@dataclass
class Visit:
    """What was seen while JupyterLab was open, and what was left when it was closed."""

    shown: list[dict[str, Any]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)
    unreadable: dict[str, list[str]] = field(default_factory=dict)
    dressed: dict[str, list[str]] = field(default_factory=dict)
    sandboxes: int = 0
    left: list[str] = field(default_factory=list)
    history: list[Path] = field(default_factory=list)
    journals: list[Path] = field(default_factory=list)


@pytest.fixture(scope="module")
def visit(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """Open the notebook, run all cells, look at it in both themes, and stop the server."""
    folder, seen = tmp_path_factory.mktemp("lab"), Visit()
    with lab.serving(NOTEBOOK, folder) as running, browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.on("request", lambda request: seen.elsewhere.append(request.url) if _leaves(request.url, running.url) else None)
        lab.open_notebook(page, running, NOTEBOOK.name)
        seen.shown = lab.run_all(page)
        seen.asked = page.locator(".jp-Dialog, .Toastify__toast").all_text_contents()
        seen.sandboxes = _sandboxes(running.mark)
        for theme in ("light", "dark"):
            seen.unreadable[theme] = _look(page, theme, folder)
            seen.dressed[theme] = sorted(set(page.evaluate(lab.DRESSED)))
    seen.left = _left_behind(running.mark)
    seen.history = list(folder.rglob("history.sqlite"))
    seen.journals = list((folder / "reports").rglob("*.journal.jsonl"))
    return seen


@pytest.fixture
def running(tmp_path: Path) -> Iterator[lab.Lab]:
    """JupyterLab, without a browser."""
    with lab.serving(NOTEBOOK, tmp_path) as server:
        yield server


def test_every_cell_runs_and_none_shows_an_error(visit: Visit) -> None:
    """Run, Run All Cells gives each code cell its number, and no traceback and nothing on stderr."""
    assert len([cell for cell in visit.shown if cell["code"]]) == len([c for c in cells(NOTEBOOK) if c["cell_type"] == "code"])
    assert [cell["errors"] for cell in visit.shown if cell["errors"]] == []


def test_each_check_is_shown_under_its_question(visit: Visit) -> None:
    """A check's fragment stands in the cell that calls it, below the heading that asks."""
    assert [(cell["question"], name) for cell in visit.shown for name in cell["checks"]] == [("", "identity_matches"), *_called()]


def test_the_chart_is_a_picture(visit: Visit) -> None:
    """JupyterLab shows SVG as an image, in which no script runs; it has a size, so it was drawn."""
    ((kind, width),) = [picture for cell in visit.shown for picture in cell["pictures"]]
    assert kind.startswith("data:image/svg")
    assert width > 0


def test_the_last_cell_says_pass(visit: Visit) -> None:
    word, sentence = visit.shown[-1]["verdict"]
    assert (word, "checks passed" in sentence) == ("PASS", True)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_what_we_show_is_readable_in_both_themes(theme: str, visit: Visit) -> None:
    """axe-core finds no text of ours with less contrast than 4.5 to 1."""
    assert visit.unreadable[theme] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_jupyterlab_does_not_dress_what_we_show(theme: str, visit: Visit) -> None:
    """Its style sheet for outputs is more particular than a plain `.rb code`; ours must hold against it."""
    assert visit.dressed[theme] == []


def test_nothing_asks_and_the_page_asks_nobody_else(visit: Visit) -> None:
    """No dialog about news or kernels stands in the way at night, and no request leaves this machine."""
    assert (visit.asked, visit.elsewhere) == ([], [])


def test_the_sandbox_ends_with_the_server(visit: Visit) -> None:
    """Server, kernel and sandbox carry the same mark in their environment; one sandbox ran, and nothing is left of any."""
    assert (visit.sandboxes, visit.left) == (1, [])


def test_the_journal_is_kept_and_the_history_is_not(visit: Visit) -> None:
    """The run is written down among the reports; IPython's own history, readable for everybody, is kept in memory only."""
    assert (len(visit.journals), visit.history) == (1, [])


def test_only_this_machine_and_only_with_the_token(running: lab.Lab) -> None:
    """The server listens on 127.0.0.1 alone, and tells nobody without the token which notebooks there are."""
    listening = [c.laddr.ip for c in psutil.Process(running.pid).net_connections() if c.status == psutil.CONN_LISTEN]
    assert set(listening) == {"127.0.0.1"}
    with pytest.raises(urllib.error.HTTPError, match="403"):
        _get(running, "api/contents", token="")
    assert _get(running, "api/contents")["type"] == "directory"


def test_no_output_can_start_a_command(running: lab.Lab) -> None:
    """The sanitizer takes command links out of what is not trusted (CVE-2026-42557), and nothing can be installed."""
    sanitizer = _get(running, "lab/api/settings/@jupyterlab/apputils-extension:sanitizer")
    assert sanitizer["schema"]["properties"]["allowCommandLinker"]["default"] is False
    page = _text(running, "lab")
    assert '"can_install": false' in page


def _called() -> list[tuple[str, str]]:
    """Return (question, check) for each check that the notebook calls."""
    question, found = "", []
    for cell in cells(NOTEBOOK):
        heading = re.search(r"^## (.+)$", source(cell), re.MULTILINE) if cell["cell_type"] == "markdown" else None
        question = heading[1] if heading else question
        found += [(question, name) for name in re.findall(r"run\.check\(.*checks\.\w+\.(\w+)\)", source(cell))]
    return found


def _look(page: Page, theme: str, folder: Path) -> list[str]:
    """Choose a theme, take the pictures, and return what of ours is hard to read."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    light = str(theme == "light").lower()
    if page.locator(f"body[data-jp-theme-light={light}]").count() == 0:
        lab.choose(page, "Settings", "Theme", f"JupyterLab {theme.capitalize()}")
    page.locator(f"body[data-jp-theme-light={light}]").wait_for(state="attached")
    for place, found in PLACES.items():
        lab.picture(page, found, f"lab-{theme}-{place}", folder)
    page.add_style_tag(content="body { height: 100vh; }")  # JupyterLab's has none, which axe takes for a hidden page
    answer = axe.run(page, context={"include": [[".rb"]]}, options={"runOnly": ["color-contrast"]}).response
    assert answer["passes"], "axe looked at nothing"
    return [node["html"][:120] for violation in answer["violations"] for node in violation["nodes"]]


def _leaves(url: str, home: str) -> bool:
    return not url.startswith((home, home.replace("http:", "ws:"), "data:", "blob:"))


def _sandboxes(mark: str) -> int:
    """Return how many sandboxes run that carry the mark."""
    found = 0
    for process in psutil.process_iter():
        try:
            found += "runbooks.sandbox" in process.cmdline() and process.environ().get("XDG_RUNTIME_DIR") == mark
        except psutil.Error:
            continue
    return found


def _get(running: lab.Lab, what: str, *, token: str | None = None) -> dict[str, Any]:
    return dict(json.loads(_text(running, what, token=token)))


def _text(running: lab.Lab, what: str, *, token: str | None = None) -> str:
    url = f"{running.url}{what}?token={running.token if token is None else token}"
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=lab.LIMIT) as answer:
        return str(answer.read().decode())
