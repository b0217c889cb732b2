"""Nothing outlives its run: not after a signal, a deadline, the death of the supervisor, of the child or of the kernel."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from runbooks import execute
from runbooks.model import Outcome
from tests.execute.conftest import Runner, kept, with_mark

# setsid and nohup lead out of session and process group, the trap refuses TERM, env -i drops every mark
STRAY = """
loop = "trap '' TERM INT HUP; : " + os.environ["MARK"] + "; while :; do /bin/sleep 0.1; done"
subprocess.Popen(["setsid", "nohup", "sh", "-c", loop])
subprocess.Popen(["env", "-i", "/usr/bin/setsid", "/bin/sh", "-c", loop])
check("stray")
"""
STUBBORN = {
    "a loop": "while True: time.sleep(0.01)",
    "a swallowed interrupt": "while True:\n    try:\n        time.sleep(1)\n    except BaseException:\n        pass",
    "a regex that holds the GIL": "import re\nre.match(r'(a+)+$', 'a' * 60 + 'b')",
}


@pytest.fixture
def mark() -> Iterator[str]:
    """A text that marks all processes of a run by their environment; what is left at the end is killed, so that no test hurts another."""
    text = uuid.uuid4().hex
    yield text
    for process in left_of(text):
        process.kill()


def left_of(mark: str) -> list[psutil.Process]:
    """Return what is left of a run: processes with the mark, and the shells of STRAY, of which one has an empty environment."""
    found = with_mark(mark)
    for process in psutil.process_iter():
        try:
            if any(f": {mark}; while" in word for word in process.cmdline()):
                found.append(process)
        except psutil.Error:
            continue
    return found


def at(name: str, act: Callable[[], None]) -> Callable[[dict[str, Any]], None]:
    """Act when the check `name` appears in the journal."""

    def on_entry(entry: dict[str, Any]) -> None:
        if entry.get("name") == name:
            act()

    return on_entry


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, *(pytest.param(other, marks=pytest.mark.slow) for other in (signal.SIGINT, signal.SIGHUP))]
)
def test_a_signal_ends_the_run_lets_finally_run_and_leaves_a_record(
    run_cells: Runner, tmp_path: Path, mark: str, number: signal.Signals
) -> None:
    def strike() -> None:
        os.kill(os.getpid(), number)

    cell = f"check('a')\njournal.append('check', name='ready')\ntry:\n    time.sleep(60)\nfinally:\n    open({str(tmp_path / 'tidied')!r}, 'w')"
    before = signal.signal(number, signal.SIG_IGN)  # as nohup leaves it
    try:
        record = run_cells(cell, "check('later')", on_entry=at("ready", strike), variables={"MARK": mark})
        assert signal.getsignal(number) is signal.SIG_IGN
    finally:
        signal.signal(number, before)
    assert (record.outcome, record.exit_code) == (Outcome.INTERRUPTED, 3)
    assert [result.name for result in record.verdict.results] == ["a"]
    assert (tmp_path / "tidied").exists()
    assert record.error.startswith('interrupted in code cell 4 ("1. The middle")')
    assert kept(record)["metadata"]["runbooks"]["outcome"] == "interrupted"
    assert not left_of(mark)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name == "a loop" else ()) for name in STUBBORN])
def test_what_does_not_heed_an_interrupt_is_killed_with_all_it_started(run_cells: Runner, mark: str, name: str) -> None:
    def strike() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    record = run_cells(STRAY, STUBBORN[name], on_entry=at("stray", strike), variables={"MARK": mark})
    assert (record.outcome, record.exit_code) == (Outcome.INTERRUPTED, 3)
    assert not left_of(mark)
    kept(record)


def test_a_second_signal_ends_it_at_once(run_cells: Runner, mark: str) -> None:
    began = []

    def strike() -> None:
        began.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    cell = "while True:\n    try:\n        journal.append('check', name='a')\n        time.sleep(60)\n    except KeyboardInterrupt:\n        pass"
    record = run_cells(cell, on_entry=at("a", strike), variables={"MARK": mark})
    assert record.outcome is Outcome.INTERRUPTED
    assert len(began) >= 2
    assert not left_of(mark)


def test_what_a_whole_run_leaves_behind_is_ended_too(run_cells: Runner, mark: str) -> None:
    record = run_cells(STRAY, variables={"MARK": mark})
    assert record.outcome is Outcome.COMPLETED
    assert not left_of(mark)


def test_a_deadline_counts_from_the_start_and_covers_the_start(run_cells: Runner, mark: str) -> None:
    record = run_cells("check('a')", deadline=0.3, variables={"MARK": mark})
    assert (record.outcome, record.exit_code) == (Outcome.DEADLINE, 3)
    assert record.error == "stopped at its deadline of 0.3 s, before the first cell"
    assert record.verdict.title == "Tiny"
    assert not left_of(mark)


@pytest.mark.slow
def test_many_short_cells_do_not_outlast_the_deadline(run_cells: Runner, mark: str) -> None:
    """Papermill's time limit is one of each cell: four of 4 s pass a limit of 5 s."""
    record = run_cells(*["time.sleep(0.3)"] * 200, deadline=20.0, variables={"MARK": mark})
    assert record.outcome is Outcome.DEADLINE
    assert not left_of(mark)


def test_a_child_that_is_killed_takes_nothing_along_that_goes_on(run_cells: Runner, mark: str) -> None:
    """Its orphans go to init; the supervisor knows them by their mark, and from its look at the tree once a second."""

    def strike() -> None:
        (owner,) = (child for child in psutil.Process().children() if "runbooks.execute.child" in child.cmdline())
        owner.kill()

    cell = "time.sleep(3)\ncheck('later')\ntime.sleep(60)"
    record = run_cells(STRAY, cell, on_entry=at("later", strike), variables={"MARK": mark})
    assert (record.outcome, record.exit_code) == (Outcome.FAILED, 3)
    assert record.error == "the process that owns the kernel was killed"
    assert not left_of(mark)
    assert [result.name for result in record.verdict.results] in (["stray"], ["stray", "later"])


RUNNER = """
import sys
from pathlib import Path
from runbooks import execute
notebook, out, mark = sys.argv[1:]
execute.run(execute.Request(Path(notebook), "daily/tiny", "sandbox", out=Path(out), deadline=120, variables={"MARK": mark}))
"""


def gone(mark: str) -> bool:
    """Wait up to the promised 5 s until no process of a run is left."""
    until = time.monotonic() + 5
    while (left := bool(left_of(mark))) and time.monotonic() < until:
        time.sleep(0.1)
    return not left


def killed_supervisor(notebook: Path, out: Path, mark: str, due: Callable[[], bool]) -> None:
    """Start a supervisor of its own and kill it when it is due."""
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(notebook), str(out), mark], start_new_session=True) as supervisor:
        while not due() and supervisor.poll() is None:
            time.sleep(0.02)
        supervisor.kill()


def test_a_killed_supervisor_leaves_no_process_and_a_run_that_can_be_recovered(
    write_notebook: Callable[..., Path], tmp_path: Path, mark: str
) -> None:
    out = tmp_path / "reports"
    notebook = write_notebook(STRAY, STUBBORN["a swallowed interrupt"])
    killed_supervisor(notebook, out, mark, lambda: any("stray" in path.read_text() for path in out.glob("*/*/.*/journal.jsonl")))
    assert gone(mark)
    (folder,) = execute.unfinished(out)
    record = execute.recover(folder)
    assert (record.outcome, record.exit_code) == (Outcome.INTERRUPTED, 3)
    assert record.verdict.summary.startswith("did not finish: interrupted in code cell")
    assert kept(record)["metadata"]["runbooks"]["run_id"] == record.run_id
    assert execute.unfinished(out) == []


def passed(moment: float) -> bool:
    return time.monotonic() > moment


@pytest.mark.slow
def test_a_supervisor_may_be_killed_at_any_moment(write_notebook: Callable[..., Path], tmp_path: Path, mark: str) -> None:
    moments = random.Random(7)  # noqa: S311 - any moments will do, as long as they are the same each time
    notebook = write_notebook(STRAY, "print('x' * 500_000)", "time.sleep(0.5)", "check('b')")
    for number in range(10):
        out, due = tmp_path / str(number), time.monotonic() + moments.uniform(0.1, 6)
        killed_supervisor(notebook, out, mark, partial(passed, due))
        assert gone(mark), f"moment {number}"
        for folder in execute.unfinished(out):
            record = execute.recover(folder)
            assert (record.outcome, record.exit_code) in {(Outcome.INTERRUPTED, 3), (Outcome.COMPLETED, 0)}
            kept(record)
        assert len(list(out.glob("*/*/*.ipynb"))) <= 1
        assert not list(out.glob("*/*/.tiny*"))
