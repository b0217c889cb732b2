"""However a notebook ends: outcome, exit code, file and verdict say the same, and a crash never looks like health."""

from __future__ import annotations

import json

import pytest

from runbooks import execute
from runbooks.errors import LockedError
from runbooks.model import Outcome, Status
from tests.execute.conftest import Runner, kept, with_mark


def agree(record: execute.Record, outcome: Outcome, exit_code: int, status: Status) -> None:
    """Assert that record, verdict, notebook and JSON tell of the same ending, and that nothing of the run is left."""
    assert (record.outcome, record.exit_code, record.verdict.status) == (outcome, exit_code, status), record.error
    assert record.verdict.outcome is outcome
    assert record.notebook is not None
    says = kept(record)["metadata"]["runbooks"]
    assert says["outcome"] == outcome
    assert says["error"] == record.error
    assert says["verdict"] == record.verdict.model_dump(mode="json")
    assert json.loads(record.notebook.with_suffix(".json").read_text()) == says["verdict"]
    assert [path.name for path in record.notebook.parent.iterdir() if path.name.startswith(".")] == []
    assert not with_mark(str(record.notebook.with_name(f".{record.notebook.stem}")))


@pytest.mark.parametrize(
    ("status", "code"),
    [("PASS", 0), pytest.param("FAIL", 1, marks=pytest.mark.slow), pytest.param("UNKNOWN", 3, marks=pytest.mark.slow)],
)
def test_a_whole_run_ends_with_its_own_verdict(run_cells: Runner, status: str, code: int) -> None:
    record = run_cells(f"check('a', '{status}')", operator="on-call")
    agree(record, Outcome.COMPLETED, code, Status(status))
    assert record.error == ""
    assert record.verdict.operator == "on-call"


LIKE_OTHERS = {"syntax error", "sys.exit with a text", "quit", "a question to nobody"}
ENDINGS = {
    "exception": ("1 / 0", "ZeroDivisionError: division by zero, in code cell"),
    "syntax error": ("def (:", "SyntaxError"),
    "sys.exit(0), which papermill takes for success": ("sys.exit(0)", "SystemExit: 0"),
    "sys.exit with a text": ("sys.exit('enough')", "SystemExit: enough"),
    "exit(), after which IPython runs the next cell": ("exit()", "a cell called exit() or quit"),
    "quit": ("quit", "a cell called exit() or quit"),
    "a question to nobody": ("input('go on? ')", "StdinNotImplementedError"),
    "an error in a thread, which no cell raises": (
        "import threading\nt = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()",
        "ZeroDivisionError: division by zero in a thread",
    ),
    "an error in a task, which no cell raises": (
        "import asyncio\nasync def boom():\n    1 / 0\nasyncio.create_task(boom())\nNone",
        "ZeroDivisionError: division by zero in a task",
    ),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name in LIKE_OTHERS else ()) for name in ENDINGS])
def test_a_cell_that_ends_early_is_a_failure(run_cells: Runner, name: str) -> None:
    cell, sentence = ENDINGS[name]
    record = run_cells("check('a')", cell, "open(folder.parent / 'after', 'w').close()")
    agree(record, Outcome.FAILED, 3, Status.UNKNOWN)
    assert sentence in record.error
    assert record.verdict.summary == f"did not finish: {record.error}"
    assert [result.name for result in record.verdict.results] == ["a"]
    assert record.notebook is not None
    if "no cell raises" not in name:
        assert not (record.notebook.parent / "after").exists()


def test_an_error_names_its_place_and_papermills_banners_are_gone(run_cells: Runner) -> None:
    record = run_cells("check('a')", "1 / 0")
    cells = kept(record)["cells"]
    assert '("1. The middle")' in record.error
    assert not [cell for cell in cells if "papermill-error-cell-tag" in cell["metadata"]["tags"]]
    assert [cell["metadata"]["papermill"]["status"] for cell in cells if cell["cell_type"] == "code"][-3:] == [
        "completed",
        "failed",
        "pending",
    ]


def test_a_finding_before_the_crash_still_counts(run_cells: Runner) -> None:
    agree(run_cells("check('a', 'FAIL')", "1 / 0"), Outcome.FAILED, 3, Status.FAIL)


@pytest.mark.parametrize(
    ("name", "outcome", "code"),
    [("RefusedError", Outcome.REFUSED, 4), ("LockedError", Outcome.LOCKED, 4), ("CallError", Outcome.FAILED, 3)],
)
def test_errors_of_ours_keep_their_meaning_and_sentence(run_cells: Runner, name: str, outcome: Outcome, code: int) -> None:
    record = run_cells(f"from runbooks.errors import {name}\nraise {name}('no: do that instead')")
    agree(record, outcome, code, Status.UNKNOWN)
    assert record.error == "no: do that instead"


def test_a_run_that_concludes_as_refused_is_refused(run_cells: Runner) -> None:
    agree(run_cells("check('a')", conclude="conclude('refused')"), Outcome.REFUSED, 4, Status.PASS)


@pytest.mark.parametrize("conclude", ["pass", "conclude(run_id='20200101T000000Z-000000')"])
def test_without_a_verdict_of_its_own_a_run_did_not_complete(run_cells: Runner, conclude: str) -> None:
    record = run_cells("check('a')", conclude=conclude)
    agree(record, Outcome.FAILED, 3, Status.UNKNOWN)
    assert "no verdict of this run" in record.error


@pytest.mark.parametrize(
    "death",
    [
        "os._exit(0)",
        *(pytest.param(way, marks=pytest.mark.slow) for way in ("os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)")),
    ],
)
def test_a_dead_kernel_is_no_success(run_cells: Runner, death: str) -> None:
    """Papermill's file says that every cell completed: nbclient loses the kernel between two cells' bookkeeping."""
    record = run_cells("check('a')", death)
    agree(record, Outcome.KERNEL_DIED, 3, Status.UNKNOWN)
    statuses = [cell["metadata"]["papermill"]["status"] for cell in kept(record)["cells"] if cell["cell_type"] == "code"]
    assert statuses[-3:] == ["completed", "failed", "pending"]


def test_a_kernel_that_does_not_exist_is_named(run_cells: Runner) -> None:
    record = run_cells("check('a')", kernel="no-such-kernel")
    agree(record, Outcome.FAILED, 3, Status.UNKNOWN)
    assert "no-such-kernel" in record.error


def test_an_engine_is_found_by_its_name(run_cells: Runner) -> None:
    record = run_cells("check('a')", engine="nbclient")
    agree(record, Outcome.COMPLETED, 0, Status.PASS)
    assert "No engine named 'no-such-engine'" in run_cells("check('a')", engine="no-such-engine").error


def test_a_lock_that_is_taken_lets_no_cell_run_and_still_leaves_a_record(run_cells: Runner) -> None:
    def taken(request: execute.Request) -> None:
        raise LockedError(f"{request.environment} is held by another run until 12:00: wait for it")

    record = run_cells("open(folder.parent / 'ran', 'w')", lock=taken)
    agree(record, Outcome.LOCKED, 4, Status.UNKNOWN)
    assert record.error == "sandbox is held by another run until 12:00: wait for it"
    assert record.notebook is not None
    assert not (record.notebook.parent / "ran").exists()


def test_journal_lines_arrive_in_order_and_the_journal_is_kept(run_cells: Runner) -> None:
    entries: list[dict[str, object]] = []
    record = run_cells("check('a')", "time.sleep(0.5)", "check('b', 'WARN')", on_entry=entries.append)
    assert [entry.get("name") for entry in entries] == ["a", "b"]
    assert record.notebook is not None
    journal = record.notebook.with_suffix(".journal.jsonl")
    assert [json.loads(line) for line in journal.read_text().splitlines()] == entries


def test_a_listener_that_fails_does_not_end_the_run(run_cells: Runner) -> None:
    def broken(entry: dict[str, object]) -> None:
        raise BrokenPipeError("head has gone")

    agree(run_cells("check('a')", on_entry=broken), Outcome.COMPLETED, 0, Status.PASS)


def test_the_kernel_sees_the_variables_asked_for_and_none_that_would_change_it(
    run_cells: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IPYTHONDIR", "/nowhere")
    monkeypatch.setenv("PYTHONSTARTUP", "/nowhere/evil.py")
    cell = "assert os.environ['RUNBOOKS_SANDBOX'] == 'up'\nassert '/nowhere' not in ' '.join(os.environ.values())\ncheck('a')"
    agree(run_cells(cell, variables={"RUNBOOKS_SANDBOX": "up"}), Outcome.COMPLETED, 0, Status.PASS)


def test_standard_input_is_empty_and_the_arguments_of_the_processes_hold_no_value(run_cells: Runner) -> None:
    """/proc/PID/cmdline is readable by everybody."""
    cell = (
        "import psutil\nassert sys.stdin is None or os.read(0, 1) == b''\n"
        "lines = [' '.join(p.cmdline()) for p in psutil.Process().parents()[:2]]\n"
        "assert not any('s3cret-digest' in line for line in lines), lines\ncheck('a')"
    )
    agree(run_cells(cell, approve="s3cret-digest"), Outcome.COMPLETED, 0, Status.PASS)
