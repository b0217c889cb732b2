"""What a batch says: lines for a pipe, a bar on a terminal, JSON alone with --json; and how it ends when it is asked to."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import termios
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runbooks.batch import Result
from runbooks.cli import progress
from tests.batch.conftest import Planner

COMMAND = [sys.executable, "-m", "runbooks.cli", "run"]
WARNS = """
for name, status in (("fine", "PASS"), ("odd", "WARN")):
    found = CheckResult(name=name, claim=name, status=Status(status), summary=f"{name} is {status}")
    results.append(found)
    journal.append("check", name=name, status=status, summary=found.summary)
    display({RESULT_MIME: found.model_dump(mode="json")}, raw=True)
"""
QUIET = "results.append(CheckResult(name='fine', claim='fine', status=Status.PASS, summary='fine'))"
TOUCHES = "import pathlib; pathlib.Path({marks!r}, environment).touch()"


def surroundings(tmp_path: Path) -> dict[str, str]:
    """Return the variables of this process that lead to the tiny runbooks; a terminal of a known width."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_") and name != "RUNBOOKS_SANDBOX"}
    return kept | {"COLUMNS": "120", "TERM": "xterm", "XDG_RUNTIME_DIR": str(tmp_path)}


def on_terminal(arguments: list[str], variables: dict[str, str]) -> tuple[int, str]:
    """Run a command on a terminal of its own, and return its exit code and all that it showed."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (40, 120))
    process = subprocess.Popen([*COMMAND, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=variables)
    os.close(theirs)
    shown = b""
    while True:
        try:
            part = os.read(ours, 65536) if select.select([ours], [], [], 120)[0] else b""
        except OSError:  # the other end has closed: how Linux says it
            break
        if not part:
            break
        shown += part
    os.close(ours)
    return process.wait(timeout=30), shown.decode()


def test_a_pipe_gets_a_line_a_finding_that_matters_a_line_an_end_and_a_summary(plan: Planner, tmp_path: Path) -> None:
    plan(odd=WARNS, quiet=QUIET)
    done = subprocess.run(
        [*COMMAND, "odd", "quiet", "-e", "east", "-e", "west"],
        env=surroundings(tmp_path),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.endswith("WARN    odd: odd is WARN") for line in lines) == 2
    assert not any("fine: " in line for line in lines)
    assert sorted(line.split(":")[0] for line in lines if line.startswith(("east", "west"))) == [
        "east  PASS  quiet", "east  WARN  odd", "west  PASS  quiet", "west  WARN  odd",
    ]  # fmt: skip
    assert re.search(r"^4 runs in \d+ s: 2 PASS 2 WARN; exit code 0$", done.stdout, re.MULTILINE)
    assert lines[-1] == f"all reports: {tmp_path / 'reports' / 'index.html'}"
    assert "\r" not in done.stdout


def test_a_terminal_gets_a_bar_that_counts_by_verdict_and_above_it_what_matters(plan: Planner, tmp_path: Path) -> None:
    plan(odd=WARNS, quiet=QUIET)
    code, shown = on_terminal(["odd", "quiet", "-e", "east", "-e", "west"], surroundings(tmp_path))
    assert code == 0
    assert re.search(r"\b[1-4]/4  .*1 (PASS|WARN)", shown)
    assert "WARN    odd: odd is WARN" in shown
    assert "PASS  quiet" not in shown
    assert "4 runs in" in shown


def test_one_run_on_a_terminal_shows_every_finding_and_no_bar(plan: Planner, tmp_path: Path) -> None:
    plan(odd=WARNS)
    code, shown = on_terminal(["odd", "-e", "east"], surroundings(tmp_path))
    assert code == 0
    assert "PASS    fine: fine is PASS" in shown
    assert "0/1" not in shown


def test_json_is_all_that_is_printed_with_a_verdict_for_each_run_in_order(plan: Planner, tmp_path: Path) -> None:
    plan(odd=WARNS)
    code, shown = on_terminal(["odd", "-e", "west", "-e", "east", "--json"], surroundings(tmp_path))
    assert code == 0
    assert [verdict["environment"] for verdict in json.loads(shown)] == ["west", "east"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_a_batch_that_is_asked_to_end_keeps_what_is_done_and_says_what_did_not_start(
    plan: Planner, tmp_path: Path, number: signal.Signals
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    plan(
        ["east", "west", "north"],
        long=f"{QUIET}; {TOUCHES.format(marks=str(marks))}; time.sleep(60 if environment != 'east' else 0)",
    )
    everywhere = [word for environment in ("east", "west", "north") for word in ("-e", environment)]
    process = subprocess.Popen(
        [*COMMAND, "long", *everywhere, "--jobs", "1"], env=surroundings(tmp_path), stdout=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 90
    while not (marks / "west").exists() and time.monotonic() < until:
        time.sleep(0.05)
    process.send_signal(number)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert "2 runs in" in said
    assert "; 1 did not start; exit code 3" in said
    verdicts = {path.parent.parent.name: json.loads(path.read_bytes()) for path in (tmp_path / "reports").glob("*/*/*.json")}
    assert {name: verdict["outcome"] for name, verdict in verdicts.items()} == {"east": "completed", "west": "interrupted"}
    assert (tmp_path / "reports" / "index.html").exists()
    assert not (marks / "north").exists()


QUIET_RESULT = Result("id", "daily/quiet", "east", "PASS", "completed", "all is well", "", 0)


def test_an_ending_names_the_report_or_what_is_left_of_the_record() -> None:
    assert progress.ending(replace(QUIET_RESULT, place="/r/quiet-id")).endswith("all is well\n  report: /r/quiet-id.html")
    left = progress.ending(
        replace(QUIET_RESULT, place="/r/.quiet-id/partial.ipynb", outcome="cannot-save", error="the disk is full")
    )
    assert left == "east  PASS, cannot-save  daily/quiet: the disk is full\n  record: /r/.quiet-id/partial.ipynb"
    assert "report" not in progress.ending(QUIET_RESULT)


def test_the_summary_counts_what_began_and_what_did_not() -> None:
    results = [QUIET_RESULT, replace(QUIET_RESULT, status="FAIL"), replace(QUIET_RESULT, status="UNKNOWN", began=False)]
    assert progress.summary(results, 61.4, 1) == "2 runs in 61 s: 1 PASS 1 FAIL; 1 did not start; exit code 1"
