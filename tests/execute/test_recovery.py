"""A run whose runner is gone becomes a record, also when what it left is torn."""

from __future__ import annotations

import fcntl
import json
from pathlib import Path
from typing import Any

import pytest

from runbooks import execute
from runbooks.errors import CallError, LockedError
from runbooks.execute.folder import RunFolder
from runbooks.journal import Journal
from runbooks.model import RESULT_MIME, CheckResult, Outcome, Status
from tests.execute.conftest import kept, notebook_of, v4, writes

REQUEST: dict[str, Any] = {
    "run_id": "20261124T090000Z-0a1b2c", "runbook": "daily/tiny", "environment": "sandbox", "parameters": {"hours": 2},
    "incident": "INC-7", "reason": "look", "approve": "", "operator": "on-call", "notebook": "tiny.ipynb",
    "started": "2026-11-24T09:00:00+00:00", "deadline": 60.0, "kernel": "", "engine": None,
}  # fmt: skip


@pytest.fixture
def left(tmp_path: Path) -> RunFolder:
    """The folder of a run that was killed after its first check failed."""
    folder = RunFolder(tmp_path / "sandbox" / "2026-11-24" / ".tiny-20261124T090000Z-0a1b2c")
    folder.path.mkdir(parents=True)
    folder.request.write_text(json.dumps(REQUEST))
    notebook = notebook_of(["check('a')", "pass"])
    result = CheckResult(name="a", claim="a", status=Status.FAIL, summary="a is FAIL")
    notebook.cells[4].outputs = [v4.new_output("display_data", {RESULT_MIME: result.model_dump(mode="json")})]
    notebook.cells[4].execution_count = 3
    folder.partial.write_text(writes(notebook))
    Journal(folder.journal).append("check", name="a")
    folder.alive.touch()
    return folder


def test_what_was_found_before_the_end_is_in_the_record(left: RunFolder, tmp_path: Path) -> None:
    assert execute.unfinished(tmp_path) == [left.path]
    head = Journal(left.journal).head
    record = execute.recover(left.path)
    assert (record.outcome, record.exit_code, record.verdict.status) == (Outcome.INTERRUPTED, 3, Status.FAIL)
    assert (record.run_id, record.runbook, record.verdict.operator, record.verdict.incident) == (
        REQUEST["run_id"],
        "daily/tiny",
        "on-call",
        "INC-7",
    )
    assert record.error == 'interrupted in code cell 3 ("1. The middle")'
    assert (record.verdict.window.end - record.verdict.window.start).total_seconds() == 7200
    assert record.verdict.journal_head == head
    assert record.verdict.account
    kept(record)
    assert sorted(path.suffix for path in left.path.parent.iterdir()) == [".ipynb", ".json", ".jsonl"]
    assert execute.unfinished(tmp_path) == []


@pytest.mark.parametrize("what", ["request", "partial", "journal"])
@pytest.mark.parametrize("how", ["cut", "empty", "gone", "other"])
def test_what_is_torn_is_said_in_the_record(left: RunFolder, what: str, how: str) -> None:
    path: Path = getattr(left, what)
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes({"cut": content[: len(content) // 2], "empty": b"", "other": b'[1, {"a": null}]\n'}[how])
    record = execute.recover(left.path)
    assert (record.outcome, record.exit_code, record.run_id) == (Outcome.INTERRUPTED, 3, REQUEST["run_id"])
    assert kept(record)["metadata"]["runbooks"]["error"] == record.error
    word = {
        "request": "its request could not be read",
        "partial": "the notebook of this run could not be read",
        "journal": "its journal is damaged",
    }
    if (what, how) not in {("journal", "gone"), ("journal", "empty")}:
        assert word[what] in record.error
    if what == "partial":
        assert record.verdict.status is Status.UNKNOWN


def test_a_run_that_goes_on_is_left_alone(left: RunFolder, tmp_path: Path) -> None:
    with left.alive.open("r+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert execute.unfinished(tmp_path) == []
        with pytest.raises(LockedError, match="still going on"):
            execute.recover(left.path)
    assert execute.unfinished(tmp_path) == [left.path]


def test_a_run_killed_after_its_record_was_saved_keeps_that_record(left: RunFolder) -> None:
    content = left.partial.read_bytes()
    first = execute.recover(left.path)
    left.path.mkdir()
    left.partial.write_bytes(content)
    assert execute.recover(left.path) == first
    assert not left.path.exists()


def test_a_notebook_that_no_schema_allows_keeps_its_code(left: RunFolder) -> None:
    notebook = json.loads(left.partial.read_text())
    notebook["cells"][4]["outputs"].append({"output_type": "surprise"})
    left.partial.write_text(json.dumps(notebook))
    record = execute.recover(left.path)
    assert "".join(kept(record)["cells"][4]["source"]) == "check('a')"
    assert [result.name for result in record.verdict.results] == ["a"]


@pytest.mark.parametrize("name", ["nothing", ".ipynb_checkpoints", "tiny-20261124T090000Z-0a1b2c"])
def test_another_folder_is_no_run(tmp_path: Path, name: str) -> None:
    (tmp_path / name).mkdir()
    with pytest.raises(CallError, match="not the folder of an unfinished run"):
        execute.recover(tmp_path / name)
