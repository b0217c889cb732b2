"""The work of a runbook without notebook, kernel, papermill or nbconvert: the floor that a run is measured against.

The cells are stepped through in this process; verdict and page are written by the renderer that reports use.

python -m tests.benchmarks.plain script NAME ENVIRONMENT OUT      one run as a script
python -m tests.benchmarks.plain forked JOBS OUT < pairs          one run a line, each in a child forked from a preloaded process
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from unittest import mock

from runbooks.gateway import clients

PRELOAD = (
    "runbooks.drills", "runbooks.runbook.run", "runbooks.sources", "runbooks.checks", "runbooks.render",
    "matplotlib.figure", "matplotlib.dates", "matplotlib.backends.backend_svg",
)  # fmt: skip


def work(name: str, environment: str, out: Path) -> None:
    """Run the cells of a runbook, and write its verdict and one page of all that it showed."""
    from runbooks import catalogue, drills, render
    from runbooks.runbook import run

    shown: list[Mapping[str, Any]] = []
    with mock.patch.object(run, "_publish", shown.append):  # there is no notebook to show it in
        verdict = drills.step_through(catalogue.find(name), environment=environment)
    body = "".join(str(bundle.get("text/html") or bundle["image/svg+xml"]) for bundle in shown)
    page = f"<!doctype html><meta charset=utf-8><style>{render.page_style()}</style>{render.verdict_html(verdict, page=True)}{body}"
    path = out / f"{name.replace('/', '-')}-{environment}.html"
    path.write_text(page, encoding="utf-8")
    path.with_suffix(".json").write_text(json.dumps(verdict.model_dump(mode="json"), indent=1), encoding="utf-8")


def forked(pairs: list[tuple[str, str]], jobs: int, out: Path) -> int:
    """Do the work of each (runbook, environment) in a child of its own, `jobs` at a time; returns how many failed."""
    for module in PRELOAD:
        importlib.import_module(module)
    clients.preload()  # AWS's service models, parsed once, as a warm process does
    gc.collect()
    gc.freeze()
    running, failed = 0, 0
    for name, environment in pairs:
        if running == jobs:
            failed += os.wait()[1] != 0
            running -= 1
        if os.fork() == 0:
            _child(name, environment, out)
        running += 1
    return failed + sum(os.wait()[1] != 0 for _ in range(running))


def _child(name: str, environment: str, out: Path) -> None:
    code = 1
    try:
        work(name, environment, out)
        code = 0
    except Exception:  # noqa: BLE001 - said on standard error, and counted by the parent
        traceback.print_exc()
    finally:
        os._exit(code)


def main(how: str, *arguments: str) -> int:
    """Do the work as asked; returns the exit code."""
    if how == "script":
        name, environment, out = arguments
        work(name, environment, Path(out))
        return 0
    jobs, out = arguments
    pairs = [(line.split()[0], line.split()[1]) for line in sys.stdin]
    return int(forked(pairs, int(jobs), Path(out)) > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
