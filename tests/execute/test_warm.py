"""Runs that are forked from the warm process end as those that are started anew, and leave nothing behind either."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from runbooks import execute
from runbooks.errors import RecordError
from runbooks.execute import processes
from runbooks.model import Outcome
from tests.execute.conftest import Runner, kept
from tests.execute.test_processes import STRAY, STUBBORN, at, gone, left_of, mark

__all__ = ["mark"]
pytestmark = pytest.mark.skipif(not processes.LINUX, reason="there is a warm process on Linux alone")

TOO_LONG = {"LONG": "x" * 100_000, "LONGER": "x" * 100_000}
FORKED = "check('forked', 'PASS' if 'runbooks.sources' in sys.modules else 'FAIL')"  # which only the warm process has loaded


@pytest.fixture(scope="module")
def warm() -> Iterator[psutil.Process]:
    """Have a warm process for the tests of this module, which finds the tests' own modules, and return it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
        with execute.warmed():
            (found,) = (each for each in psutil.Process().children() if any("execute.warm" in word for word in each.cmdline()))
            yield found


def childless(warm: psutil.Process) -> bool:
    """Say whether the warm process has no child; it buries them a moment after they have ended."""
    until = time.monotonic() + 5
    while warm.children() and time.monotonic() < until:
        time.sleep(0.02)
    return not warm.children()


def test_a_run_is_forked_and_whole(run_cells: Runner, warm: psutil.Process) -> None:
    record = run_cells(FORKED, "print('out')", "print('err', file=sys.stderr)", "1 + 1")
    assert (record.outcome, record.exit_code) == (Outcome.COMPLETED, 0)
    shown = [output for cell in kept(record)["cells"] for output in cell.get("outputs", [])]
    texts = ["".join(output.get("text", output.get("data", {}).get("text/plain", ""))) for output in shown]
    assert [text.strip() for text in texts if text.strip() in {"out", "err", "2"}] == ["out", "err", "2"]
    assert childless(warm)


def test_nothing_of_a_run_is_there_in_the_next(run_cells: Runner, warm: psutil.Process) -> None:
    leak = "os.environ['LEAK'] = 'x'\nimport matplotlib\nmatplotlib.rcParams['lines.linewidth'] = 77\nsys.leak = 1\nos.chdir('/')"
    assert run_cells(leak).outcome is Outcome.COMPLETED
    clean = "'LEAK' not in os.environ and not hasattr(sys, 'leak') and __import__('matplotlib').rcParams['lines.linewidth'] != 77"
    record = run_cells(f"check('clean', 'PASS' if {clean} and os.getcwd() != '/' else 'FAIL')")
    assert record.exit_code == 0


def test_a_kernel_gets_the_variables_of_its_own_run(run_cells: Runner, warm: psutil.Process) -> None:
    cell = "check('own', 'PASS' if os.environ.get('OWN') == '1' and 'OPENBLAS_NUM_THREADS' not in os.environ else 'FAIL')"
    assert run_cells(cell, variables={"OWN": "1"}).exit_code == 0


@pytest.mark.parametrize(
    ("cell", "outcome"),
    [
        ("1 / 0", Outcome.FAILED), ("sys.exit(0)", Outcome.FAILED), ("exit()", Outcome.FAILED), ("os._exit(0)", Outcome.KERNEL_DIED),
        ("import ctypes; ctypes.string_at(0)", Outcome.KERNEL_DIED), ("os.kill(os.getpid(), 9)", Outcome.KERNEL_DIED),
        ("import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()", Outcome.FAILED),
        ("class RefusedError(Exception): pass\nraise RefusedError('no')", Outcome.REFUSED),
    ],
)  # fmt: skip
def test_an_ending_is_what_it_is_without_a_warm_process(
    run_cells: Runner, warm: psutil.Process, cell: str, outcome: Outcome
) -> None:
    record = run_cells("check('a')", cell)
    assert record.outcome is outcome
    assert record.exit_code == (4 if outcome is Outcome.REFUSED else 3)
    assert [result.name for result in record.verdict.results] == ["a"]
    assert childless(warm)


@pytest.mark.parametrize("name", ["a swallowed interrupt", "a regex that holds the GIL"])
def test_a_signal_ends_all_of_it(run_cells: Runner, warm: psutil.Process, mark: str, name: str) -> None:
    record = run_cells(
        STRAY, STUBBORN[name], on_entry=at("stray", lambda: os.kill(os.getpid(), signal.SIGTERM)), variables={"MARK": mark}
    )
    assert (record.outcome, record.exit_code) == (Outcome.INTERRUPTED, 3)
    assert childless(warm)
    assert not left_of(mark)


def test_a_deadline_ends_all_of_it(run_cells: Runner, warm: psutil.Process, mark: str) -> None:
    record = run_cells(STRAY, "while True: time.sleep(0.01)", deadline=4.0, variables={"MARK": mark})
    assert record.outcome is Outcome.DEADLINE
    assert childless(warm)
    assert not left_of(mark)


def test_an_order_that_is_too_long_is_for_a_child_started_anew(run_cells: Runner, warm: psutil.Process) -> None:
    record = run_cells(FORKED, variables=TOO_LONG)
    assert record.outcome is Outcome.COMPLETED
    assert record.exit_code == 1, "it was forked all the same"


def test_a_warm_process_that_died_is_done_without(run_cells: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runbooks.execute.warm._current", None)  # have another one, to kill it
    before = {each.pid for each in psutil.Process().children()}
    with execute.warmed():
        for each in psutil.Process().children():
            if each.pid not in before:
                each.kill()
        assert run_cells("check('a')").outcome is Outcome.COMPLETED


def noted(notebook: Path) -> None:
    notebook.with_suffix(".noted").write_text(f"{os.getpid()} {os.getppid()}")


def refusing(notebook: Path) -> None:
    raise RecordError(f"{notebook} is not to my liking: choose another")


def test_a_forked_run_is_closed_and_finished_in_its_child(
    write_notebook: Callable[..., Path], tmp_path: Path, warm: psutil.Process
) -> None:
    entries: list[dict[str, object]] = []
    request = execute.Request(write_notebook("check('a')\ncheck('b')"), "daily/tiny", "sandbox", out=tmp_path)
    record = execute.run(request, on_entry=entries.append, finish=noted)
    assert record.notebook is not None
    child, parent = record.notebook.with_suffix(".noted").read_text().split()
    assert int(child) != os.getpid()
    assert int(parent) == warm.pid
    assert [entry["name"] for entry in entries if entry["kind"] == "check"] == ["a", "b"], "all of the journal, which has moved"
    assert record == execute.read(record.notebook)


def test_a_run_that_is_started_anew_is_finished_here(write_notebook: Callable[..., Path], tmp_path: Path) -> None:
    request = execute.Request(write_notebook("check('a')"), "daily/tiny", "sandbox", out=tmp_path, variables=TOO_LONG)
    record = execute.run(request, finish=noted)
    assert record.notebook is not None
    assert record.notebook.with_suffix(".noted").read_text().startswith(f"{os.getpid()} ")


def test_a_record_that_cannot_be_finished_is_there_and_says_so(
    write_notebook: Callable[..., Path], tmp_path: Path, warm: psutil.Process
) -> None:
    request = execute.Request(write_notebook("check('a')"), "daily/tiny", "sandbox", out=tmp_path)
    with pytest.raises(RecordError, match="not to my liking"):
        execute.run(request, finish=refusing)
    (kept_one,) = tmp_path.glob("*/*/*.ipynb")
    assert execute.read(kept_one).outcome is Outcome.COMPLETED


RUNNER = """
import sys
from pathlib import Path
from runbooks import execute
notebook, out, mark = sys.argv[1:]
with execute.warmed():
    execute.run(execute.Request(Path(notebook), "daily/tiny", "sandbox", out=Path(out), deadline=120, variables={"MARK": mark}))
"""


def test_a_killed_supervisor_takes_the_warm_process_and_all_runs_along(
    write_notebook: Callable[..., Path], tmp_path: Path, mark: str
) -> None:
    out, notebook = tmp_path / "reports", write_notebook(STRAY, STUBBORN["a swallowed interrupt"])
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(notebook), str(out), mark], start_new_session=True) as supervisor:
        while not any("stray" in path.read_text() for path in out.glob("*/*/.*/journal.jsonl")) and supervisor.poll() is None:
            time.sleep(0.02)
        below = psutil.Process(supervisor.pid).children(recursive=True)
        supervisor.kill()
    assert len(below) >= 4  # the warm process, the watcher, the worker, the kernel
    _, alive = psutil.wait_procs(below, timeout=5)
    assert alive == []
    assert gone(mark)
    assert execute.unfinished(out) == []
    (record,) = out.glob("*/*/*.ipynb")
    assert execute.read(record).outcome is Outcome.INTERRUPTED, "the watcher closed the record before it went"
