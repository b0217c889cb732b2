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


def main() -> None:
    """Run, break, run, and keep what came out."""
    state_file = local.start()
    os.environ[local.VARIABLE] = str(state_file)
    state = local.read_state(state_file) or {}
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    for day, (faults, rules) in DAYS.items():
        for fault in faults:
            local.ask(state, "break", {"environment": "sandbox", "fault": fault})
        for rule in rules:
            local.ask(state, "rules", dict(rule))
        _keep(f"system-health-{day}")


def _keep(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        about = batch.About(reports=Path(folder), reason="to show what a report looks like")
        requests = batch.plan([catalogue.find("system-health")], ["sandbox"], [], about)
        (record,) = batch.run(requests, jobs=1, on_entry=lambda *_: None, on_done=lambda _: None)
        if record.notebook is None:
            raise SystemExit(record.error)
        page = EXAMPLES / f"{name}.html"
        shutil.copyfile(record.notebook.with_suffix(".html"), page)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"])
        for ending, (width, height) in SIZES.items():
            shown = browser.new_page(viewport={"width": width, "height": height})
            shown.goto(page.as_uri())
            shown.screenshot(path=EXAMPLES / f"{name}{ending}.png")
        browser.close()


if __name__ == "__main__":
    main()
