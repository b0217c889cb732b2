"""Runbooks are found by the end of their name, and say who they are."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from runbooks import catalogue
from runbooks.errors import CallError

METADATA = {
    "severity": "P1", "writes": "nothing", "owner": "platform on-call", "minutes": 2, "reviewed": "2026-11-24",
    "if_it_fails": "incident/service-outage",
}  # fmt: skip


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Put a notebook into the folder of the notebooks."""
    monkeypatch.setenv("RUNBOOKS_NOTEBOOKS", str(tmp_path))

    def put(name: str, heading: str = "# System health: is it fit?", **metadata: Any) -> Path:
        cells = [{"cell_type": "code", "source": ["# not: this"]}, {"cell_type": "markdown", "source": ["intro\n", heading]}]
        path = tmp_path / f"{name}.ipynb"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({"cells": cells, "metadata": {"runbook": METADATA | metadata}}))
        return path

    return put


def test_a_runbook_says_who_it_is(shelf: Callable[..., Path]) -> None:
    path = shelf("daily/system-health")
    assert catalogue.find("system-health") == catalogue.Runbook(
        "daily/system-health", path, "System health", "is it fit?", "P1", "nothing", "platform on-call",
        "incident/service-outage", timedelta(minutes=2), date(2026, 11, 24),
    )  # fmt: skip


def test_names_match_by_unique_suffix_of_whole_words(shelf: Callable[..., Path]) -> None:
    for name in ("daily/system-health", "incident/health", "weekly/health", "health"):
        shelf(name)
    assert catalogue.find("daily/system-health").name == "daily/system-health"
    assert catalogue.find("weekly/health").name == "weekly/health"
    assert catalogue.find("health").name == "health"
    with pytest.raises(CallError, match="unknown runbook 'ystem-health': choose one of daily/system-health, health"):
        catalogue.find("ystem-health")


def test_an_ambiguous_name_is_refused_with_the_choices(shelf: Callable[..., Path]) -> None:
    shelf("incident/health")
    shelf("weekly/health")
    with pytest.raises(CallError, match="any of incident/health, weekly/health"):
        catalogue.find("health")


def test_hidden_and_private_notebooks_are_no_runbooks(shelf: Callable[..., Path]) -> None:
    for name in ("b/two", "a/one", "_draft", "a/.hidden", ".ipynb_checkpoints/one-checkpoint", "_lib/x"):
        shelf(name)
    assert [runbook.name for runbook in catalogue.all_runbooks()] == ["a/one", "b/two"]


def test_an_empty_folder_has_no_runbooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOKS_NOTEBOOKS", str(tmp_path / "none"))
    assert catalogue.all_runbooks() == []
    with pytest.raises(CallError, match=r"none, .* is empty"):
        catalogue.find("x")


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"reviewed": "yesterday"}, "not readable"), ({"minutes": "two"}, "not readable"), ({"heading": "## Second"}, "no first heading"),
    ],
)  # fmt: skip
def test_a_notebook_that_does_not_describe_itself_is_named(
    shelf: Callable[..., Path], change: dict[str, Any], sentence: str
) -> None:
    path = shelf("a/bad", **change)
    with pytest.raises(CallError, match=sentence) as refused:
        catalogue.find("bad")
    assert str(path) in str(refused.value)


def test_what_is_no_notebook_is_named(shelf: Callable[..., Path]) -> None:
    path = shelf("a/bad")
    for content in ("", "{", "[]", '{"cells": [], "metadata": {}}'):
        path.write_text(content)
        with pytest.raises(CallError, match=r"a/bad\.ipynb"):
            catalogue.find("bad")


def test_reports_go_where_the_variable_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOKS_REPORTS", "/elsewhere")
    assert catalogue.reports_folder() == Path("/elsewhere")
    monkeypatch.delenv("RUNBOOKS_REPORTS")
    assert catalogue.reports_folder() == catalogue.home() / "reports"


@pytest.mark.parametrize("module", ["runbooks.catalogue", "runbooks.execute"])
def test_neither_brings_a_heavy_library(module: str) -> None:
    heavy = {"pydantic", "papermill", "nbformat", "boto3", "psutil"}
    code = f"import sys, {module}; print(*({heavy!r} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.split() == []
