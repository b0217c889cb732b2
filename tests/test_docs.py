"""What the documentation says is there, is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runbooks import catalogue

ROOT = Path(__file__).parents[1]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)\)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_link_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_readme_lists_every_runbook_and_marks_those_to_come() -> None:
    rows = dict(
        re.findall(
            r"^\| `([a-z]+/[a-z-]+)` \|.*\| (\*\*here\*\*|to come) \|$",
            (ROOT / "README.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert {name for name, state in rows.items() if state == "**here**"} == {runbook.name for runbook in catalogue.all_runbooks()}
    assert len(rows) == 19


def test_the_first_two_commands_are_targets_of_the_makefile() -> None:
    block = re.search(r"```\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    assert block is not None
    commands = [line.split("#")[0].strip() for line in block.group(1).splitlines()]
    assert commands == ["make daily", "make test"]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(re.search(rf"^{command.split()[1]}:.*## ", makefile, re.MULTILINE) for command in commands)


def test_ci_runs_what_the_readme_calls_the_test_command() -> None:
    assert "\nmake test\n" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(path.name[:4]) for path in sorted((ROOT / "docs" / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "path", [*PAGES, *sorted((ROOT / "lib").rglob("*.py")), *sorted((ROOT / "lib").rglob("*.toml"))], ids=lambda p: str(p.name)
)
def test_no_path_of_a_machine_and_no_registry_stands_in_it(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"/(work|home|Users)/\w|pypi\.org|registry\.npmjs", text)
