"""Tiny notebooks, and the runs of them: real kernels, real processes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from runbooks import execute

PARAMETERS = 'environment: str = "sandbox"  # where\nhours: int = 24  # how far back to look, 1 to 360\napprove: str = ""  # digest'

# what Run.check and Run.conclude publish, without AWS
SETUP = """
import datetime, json, os, pathlib, subprocess, sys, time
from IPython.display import display
from runbooks.journal import Journal
from runbooks.model import RESULT_MIME, VERDICT_MIME, CheckResult, Outcome, Status, Verdict, Window, run_status

folder = pathlib.Path(os.environ["RUNBOOKS_RUN"])
request = json.loads((folder / "request.json").read_text())
journal = Journal(folder / "journal.jsonl")
results = []

def check(name, status="PASS"):
    result = CheckResult(name=name, claim=name, status=Status(status), summary=f"{name} is {status}")
    results.append(result)
    journal.append("check", name=name, status=status)
    display({RESULT_MIME: result.model_dump(mode="json"), "text/plain": result.summary}, raw=True)

def conclude(outcome="completed", run_id=None):
    now = datetime.datetime.now(datetime.UTC)
    verdict = Verdict(
        run_id=run_id or request["run_id"], runbook=request["runbook"], title="Tiny", environment=environment, account="111122223333",
        region="us-east-1", window=Window(start=now, end=now), started=now, finished=now, operator=request["operator"],
        outcome=Outcome(outcome), status=run_status(results), summary="said", results=tuple(results), journal_head=journal.head,
    )
    display({VERDICT_MIME: verdict.model_dump(mode="json"), "text/plain": "verdict"}, raw=True)
"""
CONCLUDE = "conclude()"

Runner = Callable[..., execute.Record]
v4: Any = nbformat.v4  # nbformat is not typed
reads: Any = nbformat.reads
writes: Any = nbformat.writes


def notebook_of(cells: Iterable[str], *, parameters: str = PARAMETERS, conclude: str = CONCLUDE) -> Any:
    """Return a runbook whose middle cells are `cells`."""
    return v4.new_notebook(
        cells=[
            v4.new_markdown_cell("# Tiny: does it end as it should?"),
            _tagged(parameters, "parameters"),
            _tagged(SETUP, "setup"),
            v4.new_markdown_cell("## 1. The middle"),
            *(v4.new_code_cell(cell) for cell in cells),
            _tagged(conclude, "verdict"),
        ],
        metadata={"kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"}},
    )


def _tagged(source: str, tag: str) -> Any:
    return v4.new_code_cell(source, metadata={"tags": [tag]})


@pytest.fixture
def write_notebook(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook of these cells and return its path."""

    def write(*cells: str, **options: Any) -> Path:
        path = tmp_path / "tiny.ipynb"
        path.write_text(writes(notebook_of(cells, **options)))
        return path

    return write


@pytest.fixture
def run_cells(write_notebook: Callable[..., Path], tmp_path: Path) -> Runner:
    """Run a notebook of these cells and return its record."""

    def run_them(*cells: str, conclude: str = CONCLUDE, declares: str = PARAMETERS, **words: Any) -> execute.Record:
        on_entry, lock = words.pop("on_entry", None), words.pop("lock", None)
        given: dict[str, Any] = {"runbook": "daily/tiny", "environment": "sandbox", "out": tmp_path / "reports", "deadline": 60.0}
        asked = execute.Request(notebook=write_notebook(*cells, conclude=conclude, parameters=declares), **(given | words))
        return execute.run(asked, on_entry=on_entry, lock=lock)

    return run_them


def kept(record: execute.Record) -> dict[str, Any]:
    """Return the record's notebook, proven valid by nbformat."""
    assert record.notebook is not None
    text = record.notebook.read_text()
    nbformat.validate(reads(text, as_version=4))
    return dict(json.loads(text))


def with_mark(mark: str) -> list[psutil.Process]:
    """Return the processes whose environment holds this text, zombies not counted."""
    found = []
    for process in psutil.process_iter():
        try:
            if mark in process.environ().values() and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found
