"""A kernel that could not start is started once more; one that ran is never run again."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runbooks import execute
from runbooks.execute import folder as folders
from runbooks.execute import worker
from tests.execute.conftest import notebook_of, writes


@pytest.fixture
def folder(tmp_path: Path) -> folders.RunFolder:
    source = tmp_path / "tiny.ipynb"
    source.write_text(writes(notebook_of(["check('a')"])))
    asked = execute.Request(source, "daily/tiny", "sandbox", out=tmp_path / "reports", operator="on-call")
    made, held = folders.start(
        asked, {}, json.loads(source.read_text()), "20261124T030000Z-0a1b2c", datetime(2026, 11, 24, 3, tzinfo=UTC)
    )
    os.close(held)
    return made


def said(
    folder: folders.RunFolder, monkeypatch: pytest.MonkeyPatch, endings: list[Exception | None], *, begun: bool = False
) -> tuple[str, int]:
    """Work with a papermill that ends like this, one ending an attempt; return what is said, and how many attempts there were."""
    attempts: list[int] = []

    def run(_: Any, where: folders.RunFolder) -> None:
        if begun:
            notebook = json.loads(where.partial.read_text())
            notebook["cells"][1]["execution_count"] = 1
            where.partial.write_text(json.dumps(notebook))
        ending = endings[len(attempts)]
        attempts.append(1)
        if ending is not None:
            raise ending

    monkeypatch.setattr(worker, "_run", run)
    read, write = os.pipe()
    worker.work(folder, write)
    line = json.loads(os.read(read, 65536))
    os.close(read)
    os.close(write)
    return str(line["ending"]), len(attempts)


UNLUCKY = RuntimeError("Kernel died before replying to kernel_info")


def test_a_kernel_that_could_not_start_is_started_once_more(folder: folders.RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(folder, monkeypatch, [UNLUCKY, None]) == ("ran", 2)


def test_it_is_not_tried_for_ever(folder: folders.RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(folder, monkeypatch, [UNLUCKY, UNLUCKY]) == ("kernel-died", 2)


def test_a_notebook_that_began_is_never_run_again(folder: folders.RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(folder, monkeypatch, [UNLUCKY], begun=True) == ("kernel-died", 1)


def test_another_trouble_is_not_tried_again(folder: folders.RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert said(folder, monkeypatch, [ValueError("no such kernel spec")]) == ("not-run", 1)
