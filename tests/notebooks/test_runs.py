"""Every notebook runs under plain papermill, with nothing else running and nothing set."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import nbformat
import psutil
import pytest

from runbooks.model import VERDICT_MIME, Verdict
from tests.data.generate_schemas import FOLDER
from tests.notebooks.test_shape import NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_plain_papermill_executes_it_and_the_last_cell_holds_the_verdict(path: Path, tmp_path: Path) -> None:
    """The default environment is the sandbox, which starts itself and ends with the kernel."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RUNBOOKS_"))}
    mark = {"RUNBOOKS_REPORTS": str(tmp_path / "reports"), "XDG_RUNTIME_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", str(path), str(tmp_path / "out.ipynb")]
    subprocess.run(command, env=known | mark, cwd=tmp_path, capture_output=True, timeout=240, check=True)
    notebook = nbformat.read(tmp_path / "out.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    (output,) = notebook.cells[-1].outputs
    found = output["data"][VERDICT_MIME]
    jsonschema.validate(found, json.loads((FOLDER / "verdict.json").read_text(encoding="utf-8")))
    verdict = Verdict.model_validate(found)
    nothing_to_tell = path.parent.name == "reports"  # without a single record, a report can only say that it knows nothing
    assert (verdict.environment, verdict.outcome, verdict.exit_code) == ("sandbox", "completed", 3 if nothing_to_tell else 0)
    assert _left_behind(str(tmp_path)) == []


def _left_behind(mark: str) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("XDG_RUNTIME_DIR") == mark and process.status() != psutil.STATUS_ZOMBIE:
                process.wait(timeout=5)  # what is about to end may take a moment
        except psutil.TimeoutExpired:
            found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found
