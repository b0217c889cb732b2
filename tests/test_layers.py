"""Imports point down only."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "lib" / "runbooks"

LAYERS: dict[str, int] = {
    "cli": 6,
    "batch": 5, "report": 5, "notify": 5, "monitors": 5, "retention": 5, "drills": 5, "doctor": 5,
    "execute": 4,
    "runbook": 3,
    "sources": 2, "checks": 2, "causes": 2, "actions": 2,
    "settings": 1, "catalogue": 1, "gateway": 1, "journal": 1, "redact": 1, "render": 1, "history": 1, "schedule": 1,
    "model": 0, "errors": 0, "estate": 0,
}  # fmt: skip
SANDBOX_MAY_USE = {"model", "errors", "settings"}
MAY_USE_SANDBOX = {"cli", "execute", "drills"}
NEIGHBOURS = {"sources", "checks", "causes", "actions"}


def part(module: str) -> str:
    """Return the part of the house a module name belongs to: "runbooks.sources.web" → "sources"."""
    return module.split(".")[1] if module.startswith("runbooks.") else ""


def arrows() -> list[tuple[str, str, str]]:
    """Return (file, importing part, imported part) for each import of ours between two parts."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        importer = inside.parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [f"runbooks.{alias.name}" for alias in node.names] if node.module == "runbooks" else [node.module]
            elif isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            found += [(str(inside), importer, part(module)) for module in modules if part(module) not in ("", importer)]
    return found


def test_each_part_of_the_package_has_a_layer() -> None:
    parts = {path.name.removesuffix(".py") for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    data = {"environments", "schemas", "templates", "py.typed", "__pycache__", "__init__"}
    assert parts - data - {"sandbox"} <= set(LAYERS)


@pytest.mark.parametrize(("file", "importer", "imported"), arrows(), ids=str)
def test_an_import_points_down(file: str, importer: str, imported: str) -> None:
    if importer == "__init__":
        assert imported == "runbook"
    elif importer == "sandbox":
        assert imported in SANDBOX_MAY_USE, f"{file}: the sandbox stands beside the house"
    elif imported == "sandbox":
        assert importer in MAY_USE_SANDBOX, f"{file}: the sandbox is started, not imported"
    elif importer in NEIGHBOURS and imported in NEIGHBOURS:
        pytest.fail(f"{file}: {importer} and {imported} are neighbours that never import each other")
    else:
        assert LAYERS[imported] <= LAYERS[importer], f"{file}: {importer} may not know {imported}"
        if LAYERS[imported] == LAYERS[importer] > 1:
            assert importer in {"batch", "drills"}, f"{file}: {importer} and {imported} are on one floor"


def test_boto3_is_only_known_to_the_gateway_and_the_sandbox() -> None:
    """What knows AWS can be replaced in one place."""
    offenders = [
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in {"gateway", "sandbox"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        and any(
            name.split(".")[0] in {"boto3", "botocore"}
            for name in [getattr(node, "module", None) or "", *(a.name for a in node.names)]
        )
    ]
    assert offenders == []


def test_html_is_only_made_by_the_renderer() -> None:
    """No `HTML(`, `Markdown(`, `Javascript(` or pandas `.style` outside render: they would take text for markup."""
    words = {"HTML", "Markdown", "Javascript", "IFrame"}
    offenders = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in {"render", "report", "sandbox"}
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Name) and node.id in words) or (isinstance(node, ast.Attribute) and node.attr == "style")
    ]
    assert offenders == []
