"""Runs of one notebook on both engines, side by side: by papermill's command, and by the runner of runbooks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from runbooks import execute

PLAIN, OURS = "nbclient", "runbooks"
SECONDS = 240  # what a run may take on a busy machine
T = TypeVar("T")

# times, run ids, what took how long, and what hangs on them; nothing else differs between two runs of a runbook
_WORDS = "seconds|run_id|started|finished|start|end|journal_head"
RUN_MASKS = (
    (rf'"({_WORDS})": (?:"[^"]*"|[\d.e-]+)', r'"\1": "<\1>"'),
    (r"\b[0-9a-f]{64}\b", "<digest>"),
    (r"\b\d{8}T\d{6}Z-[0-9a-f]{6}\b", "<run id>"),
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?: UTC|Z|\+00:00)?", "<time>"),
    (r"\b\d\d:\d\d:\d\d UTC", "<time>"),
    (r'"([^"]* m?s)": [\d.e-]+', r'"\1": "<duration>"'),
    (r"(?<= s</span> )[\d.e-]+|(?<= ms</span> )[\d.e-]+", "<duration>"),
    (r"\b\d+(?:\.\d+)?(?:e[+-]?\d+)? m?s\b", "<duration>"),
)


_ENGINE = """
import os, sys
engine, path, out = sys.argv[1:]
if engine == "runbooks":
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads must not be forked from
    from runbooks.execute.preload import preload
    preload(())
    del os.environ["OPENBLAS_NUM_THREADS"]
import nbformat
from papermill.engines import papermill_engines
notebook = nbformat.read(path, 4)
notebook.metadata.papermill = {}
papermill_engines.execute_notebook_with_engine(engine, notebook, "python3", output_path=None, progress_bar=False)
nbformat.write(notebook, out)
"""


# executes notebooks one after the other in one process, and says how each ended and what was left of it in the process
API = """
import io, json, os, sys, threading
import nbformat, papermill
def state():
    import warnings
    return {"cwd": os.getcwd(), "environ": dict(os.environ), "threads": threading.active_count(), "argv": sys.argv[1:],
            "streams": sys.stdout is sys.__stdout__, "main": __name__ == "__main__",
            "modules": [name for name in ("pandas", "numpy", "matplotlib") if name in sys.modules], "filters": len(warnings.filters)}
def run(engine, name, words):
    log = io.StringIO()
    try:
        os.makedirs(engine, exist_ok=True)
        papermill.execute_notebook(f"{name}.ipynb", f"{engine}/out.ipynb", engine_name=engine, progress_bar=False, stdout_file=log, **words)
        error = {}
    except Exception as raised:
        error = {"type": type(raised).__name__, "text": str(raised), **{
            word: getattr(raised, word) for word in ("ename", "evalue", "traceback", "exec_count", "source") if hasattr(raised, word)}}
    with open(f"{engine}/out.ipynb") as file:
        return {"error": error, "notebook": json.load(file), "stdout": log.getvalue()}
done = []
for engine, name, words in json.loads(sys.argv[1]):
    before = state()
    done.append(run(engine, name, words) | {"before": before, "after": state(), "fds": len(os.listdir("/proc/self/fd"))})
print(json.dumps(done))
"""


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of a run: the notebook, the exit code, and what was said on standard error."""

    notebook: dict[str, Any]
    code: int
    said: str = ""


def both(run: Callable[[str], T]) -> tuple[T, T]:
    """Run on the plain kernel and on our engine at once, and return both results."""
    os.environ.pop("PYTEST_CURRENT_TEST", None)  # set anew for each phase of a test; at its sight ipykernel spares the descriptors
    with ThreadPoolExecutor(2) as pool:
        plain, ours = pool.map(run, (PLAIN, OURS))
    return plain, ours


def environment(**more: str) -> dict[str, str]:
    """Return the variables for a run: ipykernel looks for pytest's, and then leaves the file descriptors alone."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PYTEST_"))} | more


def by_papermill(engine: str, notebook: Path, folder: Path, *words: str) -> Executed:
    """Execute by papermill's own command, in a folder of the run's own below `folder`."""
    place = folder / engine / "place"
    place.mkdir(parents=True)
    out = folder / engine / "out.ipynb"
    variables = environment(TORTURE=str(place), RUNBOOKS_REPORTS=str(folder / engine / "reports"))
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--engine", engine, *words, str(notebook), str(out)]
    done = subprocess.run(
        command,
        env=variables,
        cwd=place,
        input="not for the notebook",
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS,
        check=False,
    )
    return Executed(json.loads(out.read_text(encoding="utf-8")), done.returncode, done.stderr)


def by_runner(
    engine: str, notebook: Path, folder: Path, *, runbook: str = "daily/torture", variables: Mapping[str, str] | None = None
) -> Executed:
    """Execute as `runbooks run` does; where there is a warm process, the run is forked from it."""
    place = folder / engine / "place"
    place.mkdir(parents=True)
    asked = execute.Request(
        notebook,
        runbook,
        "sandbox",
        out=folder / engine / "reports",
        deadline=SECONDS,
        engine=engine,
        operator="on-call",
        variables={"TORTURE": str(place)} | dict(variables or {}),
    )
    record = execute.run(asked)
    assert record.notebook is not None, record
    return Executed(json.loads(record.notebook.read_text(encoding="utf-8")), record.exit_code)


def by_engine(engine: str, notebook: Path, folder: Path) -> Executed:
    """Execute by the engine alone, saving nothing on the way; ours in a process that has imported what the warm one has."""
    place = folder / engine / "place"
    place.mkdir(parents=True)
    out = folder / engine / "out.ipynb"
    done = subprocess.run(
        [sys.executable, *(("-P",) if engine == OURS else ()), "-c", _ENGINE, engine, str(notebook), str(out)],
        env=environment(TORTURE=str(place)), cwd=place, input="not for the notebook", capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return Executed(json.loads(out.read_text(encoding="utf-8")), 0, done.stderr)


def api(folder: Path, orders: str) -> Any:
    """Execute notebooks by papermill's API in one process, and return the JSON on its last line."""
    done = subprocess.run(
        [sys.executable, "-c", API, orders],
        env=environment(), cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def folders(folder: Path) -> list[tuple[str, str]]:
    """Return the masks for the paths of the two runs below `folder`."""
    return [(rf"{folder}/(?:{PLAIN}|{OURS})\b", "<folder>")]
