"""Write reports/examples/: a quiet day and a bad one, as pages and as pictures, from real runs on the sandbox."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from runbooks import batch, catalogue
from runbooks.gateway import local

EXAMPLES = Path(__file__).parents[2] / "reports" / "examples"
DAYS = {
    "quiet-day": ((), ()),
    "bad-day": (
        ("tunnel-down", "function-update-failed"),
        ({"service": "dynamodb", "operation": "DescribeTable", "deny": True},),
    ),
}
SIZES = {"": (1280, 900), "-phone": (390, 844)}


ACROSS = 86_400  # seconds between the two days
SHOWN = ("daily/system-health", "reports/daily-report")


def main() -> None:
    """Run a day, let one pass, break, run the next, and keep what came out."""
    state_file = local.start()
    os.environ[local.VARIABLE] = str(state_file)
    state = local.read_state(state_file) or {}
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for day, (faults, rules) in DAYS.items():
            for fault in faults:
                local.ask(state, "break", {"environment": "sandbox", "fault": fault})
            for rule in rules:
                local.ask(state, "rules", dict(rule))
            _keep(day, Path(folder))
            local.ask(state, "clock", {"advance": ACROSS})


def _keep(day: str, folder: Path) -> None:
    about = batch.About(reports=folder, reason="to show what a report looks like")
    runbooks = catalogue.all_runbooks()
    looks = [each for each in runbooks if each.name.startswith("daily/")]
    results = []
    for chosen in (looks, [each for each in runbooks if each.tells and each.name in SHOWN]):
        requests = batch.plan(chosen, ["sandbox"], [], about)
        results += batch.run(requests, jobs=1, on_entry=lambda *_: None, on_done=lambda _: None)
    for result in (each for each in results if each.runbook in SHOWN):
        if result.notebook is None:
            raise SystemExit(result.error)
        name = f"{result.runbook.rpartition('/')[2]}-{day}"
        shutil.copyfile(result.notebook.with_suffix(".html"), EXAMPLES / f"{name}.html")
        _picture(name)


def _picture(name: str) -> None:
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for ending, (width, height) in SIZES.items():
            shown = browser.new_page(viewport={"width": width, "height": height})
            shown.goto((EXAMPLES / f"{name}.html").as_uri())
            shown.screenshot(path=EXAMPLES / f"{name}{ending}.png")
        browser.close()


if __name__ == "__main__":
    main()
