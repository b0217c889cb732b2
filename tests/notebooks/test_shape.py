"""Every notebook has the shape that a tired engineer can rely on."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.rglob("*.ipynb"))
FORBIDDEN = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.If, ast.For, ast.While, ast.Try, ast.With, ast.Lambda)


def cells(path: Path) -> list[dict[str, Any]]:
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


def source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def tagged(path: Path, tag: str) -> list[dict[str, Any]]:
    return [cell for cell in cells(path) if tag in cell["metadata"].get("tags", [])]


def test_there_are_notebooks() -> None:
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestShape:
    def test_it_opens_with_one_title_and_its_question(self, path: Path) -> None:
        first = cells(path)[0]
        titles = [
            line
            for cell in cells(path)
            if cell["cell_type"] == "markdown"
            for line in source(cell).splitlines()
            if line.startswith("# ")
        ]
        assert first["cell_type"] == "markdown"
        assert len(titles) == 1
        assert re.fullmatch(r"# [^:]+: .+\?", titles[0])
        for word in ("**When**", "**Takes**", "**Writes**", "**Owner**", "**Severity if it fails**", "**If it fails**"):
            assert word in source(first)

    def test_parameters_setup_and_verdict_are_tagged_once_and_in_place(self, path: Path) -> None:
        code = [cell for cell in cells(path) if cell["cell_type"] == "code"]
        assert tagged(path, "parameters") == [code[0]]
        assert tagged(path, "setup") == [code[1]]
        assert tagged(path, "verdict") == [code[-1]]
        assert cells(path)[-1] is not None
        assert cells(path)[-1]["metadata"].get("tags") == ["verdict"]

    def test_parameters_are_annotated_literals_with_help(self, path: Path) -> None:
        (cell,) = tagged(path, "parameters")
        for line, node in zip(source(cell).splitlines(), ast.parse(source(cell)).body, strict=True):
            assert isinstance(node, ast.AnnAssign)
            assert isinstance(node.value, ast.Constant)
            assert "  # " in line

    def test_cells_are_calls_only_and_short(self, path: Path) -> None:
        for cell in cells(path):
            if cell["cell_type"] != "code":
                continue
            lines = [line for line in source(cell).splitlines() if line.strip()]
            limit = 5 if cell["metadata"].get("tags") != ["parameters"] else 12
            assert len(lines) <= limit
            assert not re.search(r"^\s*[!%]", source(cell), re.MULTILINE)
            assert not [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, FORBIDDEN)]
            assert "boto3" not in source(cell)

    def test_imports_stand_in_the_setup_cell(self, path: Path) -> None:
        for cell in cells(path):
            if cell["cell_type"] == "code" and "setup" not in cell["metadata"].get("tags", []):
                assert not [node for node in ast.walk(ast.parse(source(cell))) if isinstance(node, ast.Import | ast.ImportFrom)]

    def test_headings_are_questions_and_the_last_says_what_to_do(self, path: Path) -> None:
        headings = [
            line
            for cell in cells(path)
            if cell["cell_type"] == "markdown"
            for line in source(cell).splitlines()
            if line.startswith("## ")
        ]
        assert headings[-1] == "## Conclusion"
        assert all(re.fullmatch(r"## \d+\. .+\?", heading) for heading in headings[:-1])
        conclusion = source(cells(path)[-2])
        assert all(word in conclusion for word in ("PASS", "WARN", "UNKNOWN", "FAIL"))

    def test_outputs_are_stripped(self, path: Path) -> None:
        assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in cells(path))

    def test_no_cell_hides_an_error(self, path: Path) -> None:
        assert not tagged(path, "raises-exception")

    def test_the_metadata_says_who_answers_for_it(self, path: Path) -> None:
        about = json.loads(path.read_text(encoding="utf-8"))["metadata"]["runbook"]
        assert set(about) == {"severity", "writes", "owner", "minutes", "reviewed", "if_it_fails"}
        assert re.fullmatch(r"P[1-4]", about["severity"])
        assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", about["reviewed"])
