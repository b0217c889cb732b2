"""JupyterLab as `make lab` starts it, but in a home of its own; and what a person in front of it does and sees."""

from __future__ import annotations

import json
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
FOREIGN = ("AWS_", "RUNBOOKS_", "JUPYTER", "IPYTHON", "MAKE", "XDG_")  # a person's own settings, which would decide with us
LIMIT = 180.0  # seconds until we stop waiting; nothing here takes that long unless it hangs
RAN = r"""() => {
  const prompts = [...document.querySelectorAll('.jp-Notebook .jp-CodeCell .jp-InputPrompt')];
  return prompts.length > 0 && prompts.every(prompt => /^\[\d+\]:$/.test(prompt.textContent.trim()));
}"""
SEE = r"""() => {
  let question = '';
  const words = (cell, found) => [...cell.querySelectorAll(found)].filter(e => e.checkVisibility()).map(e => e.textContent.trim());
  return [...document.querySelectorAll('.jp-Notebook .jp-Cell')].map(cell => {
    const heading = cell.querySelector('.jp-RenderedMarkdown h2');
    question = heading ? heading.textContent.replace(/¶$/, '') : question;
    return {
      question, code: cell.classList.contains('jp-CodeCell'), checks: words(cell, '.rb-result .rb-claim code'),
      errors: words(cell, '[data-mime-type="application/vnd.jupyter.error"], [data-mime-type="application/vnd.jupyter.stderr"]'),
      pictures: [...cell.querySelectorAll('.jp-OutputArea img')].map(e => [e.src.slice(0, 18), e.naturalWidth]),
      verdict: [...words(cell, '.rb-verdict .rb-word'), ...words(cell, '.rb-verdict .rb-sentence')],
    };
  });
}"""

# what JupyterLab's own style sheet would do to ours: boxes behind code, striped rows, indented lists, labels in a narrow column
DRESSED = r"""() => [...document.querySelectorAll('.rb code, .rb tr, .rb ul, .rb dt')].filter(element => {
  const style = getComputedStyle(element);
  return style.backgroundColor !== 'rgba(0, 0, 0, 0)' || style.float !== 'none' || parseFloat(style.paddingLeft) > 20;
}).map(element => `${element.localName}.${element.className}`)"""


@dataclass(frozen=True, slots=True)
class Lab:
    """A running JupyterLab: its address, its token, its process, and the mark that everything it starts carries."""

    url: str
    token: str
    pid: int
    mark: str


def recipe() -> tuple[dict[str, str], list[str]]:
    """Return the variables and the options with which `make lab` starts JupyterLab, without the folder it serves."""
    command = ["make", "-n", "--no-print-directory", "-o", "setup", "-o", ".venv/.ready", "lab"]
    said = subprocess.run(command, cwd=ROOT, env=_quiet(), capture_output=True, text=True, check=True).stdout
    words = shlex.split(next(line for line in said.splitlines() if "jupyter lab" in line))
    at = words.index("lab")
    variables = dict(word.split("=", 1) for word in words[:at] if re.match(r"[A-Z_]+=", word))
    return variables, [word for word in words[at:] if word.startswith("--") and "root_dir" not in word]


@contextmanager
def serving(notebook: Path, folder: Path) -> Iterator[Lab]:
    """Serve a copy of `notebook` from below `folder`, which is also the home; at the end stop the server as Ctrl-C does."""
    desk, runtime = folder / "desk", folder / "runtime"
    desk.mkdir()
    shutil.copy(notebook, desk)
    token = secrets.token_hex(16)
    variables, options = recipe()
    known = _quiet() | variables | {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(runtime)}
    known |= {"RUNBOOKS_REPORTS": str(folder / "reports"), "JUPYTER_TOKEN": token}
    command = [sys.executable, "-m", "jupyterlab", *options, f"--ServerApp.root_dir={desk}", "--no-browser", "--ServerApp.port=0"]
    command += ["--allow-root"] if os.getuid() == 0 else []  # as in a container, where the tests are often run
    with (folder / "lab.log").open("w") as log, subprocess.Popen(command, cwd=ROOT, env=known, stdout=log, stderr=log) as process:
        try:
            yield Lab(_address(runtime, process, folder / "lab.log"), token, process.pid, str(folder))
        finally:
            process.terminate()
            process.wait(timeout=LIMIT)


def open_notebook(page: Page, lab: Lab, name: str) -> None:
    """Open a notebook and wait until its kernel is there; what is clicked before that is lost."""
    page.goto(f"{lab.url}lab/tree/{name}?token={lab.token}")
    page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
    page.locator(".jp-Spinner").wait_for(state="detached")


def run_all(page: Page) -> list[dict[str, Any]]:
    """Choose Run, Run All Cells, wait until every cell has its number, and return what each cell shows."""
    choose(page, "Run", "Run All Cells")
    page.wait_for_function(RAN, timeout=LIMIT * 1000)
    page.locator("#jp-main-statusbar").get_by_text("| Idle").wait_for()
    return list(page.evaluate(SEE))


def choose(page: Page, menu: str, *entries: str) -> None:
    """Choose an entry of the menu bar, and of the menus that it opens."""
    page.get_by_role("menuitem", name=menu, exact=True).click()
    for entry in entries:
        page.locator(".lm-Menu").get_by_text(entry, exact=True).click()


def picture(page: Page, found: str, name: str, folder: Path) -> None:
    """Save what is on the screen with the first `found` at its top, also where RUNBOOKS_SCREENSHOTS says."""
    page.locator(found).first.evaluate("element => element.scrollIntoView({block: 'start'})")
    page.screenshot(path=folder / f"{name}.png")
    if named := os.environ.get("RUNBOOKS_SCREENSHOTS"):
        Path(named).mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / f"{name}.png", named)


def _quiet() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}


def _address(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Wait until the server says where it is."""
    said = runtime / f"jpserver-{process.pid}.json"
    until = time.monotonic() + LIMIT
    while time.monotonic() < until and process.poll() is None:
        try:
            return str(json.loads(said.read_text(encoding="utf-8"))["url"])
        except (OSError, ValueError):  # not there yet, or half written
            time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start: {log.read_text(encoding='utf-8')[-2000:]}")
