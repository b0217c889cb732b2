"""The runbooks there are: notebooks in a folder, each described by its first heading and its metadata.

A notebook says who it is in `metadata.runbook`: severity, writes, owner, minutes, reviewed, if_it_fails. Only the standard
library is used, so that listing takes milliseconds.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from runbooks.errors import CallError

_WORDS = ("severity", "writes", "owner", "if_it_fails")


@dataclass(frozen=True, slots=True)
class Runbook:
    """One notebook: `name` is its path below the notebooks, without the ending; `question` is what it answers."""

    name: str
    path: Path
    title: str
    question: str
    severity: str
    writes: str
    owner: str
    if_it_fails: str
    duration: timedelta
    reviewed: date

    @property
    def tells(self) -> bool:
        """Say whether it tells what other runs recorded, and does not look at the platform itself."""
        return self.name.startswith("reports/")


def home() -> Path:
    """Return the repository that holds this package, or the current folder when the package was installed without one."""
    root = Path(__file__).resolve().parents[2]
    return root if (root / "notebooks").is_dir() else Path.cwd()


def notebooks_folder() -> Path:
    """Return the folder of the notebooks: the one RUNBOOKS_NOTEBOOKS names, else `notebooks` in `home()`."""
    named = os.environ.get("RUNBOOKS_NOTEBOOKS")
    return Path(named) if named else home() / "notebooks"


def reports_folder() -> Path:
    """Return the folder of the records: the one RUNBOOKS_REPORTS names, else `reports` in `home()`."""
    named = os.environ.get("RUNBOOKS_REPORTS")
    return Path(named) if named else home() / "reports"


def all_runbooks() -> list[Runbook]:
    """Return every runbook, by name; raises CallError for the first notebook that does not describe itself."""
    return [_described(name, path) for name, path in _paths().items()]


def find(name: str) -> Runbook:
    """Return the runbook whose name is, or ends in, `name`; raises CallError when there is none, or more than one."""
    paths = _paths()
    found = [name] if name in paths else [full for full in paths if full.endswith(f"/{name}")]
    if not found:
        raise CallError(f"unknown runbook '{name}': choose one of {', '.join(paths) or f'none, {notebooks_folder()} is empty'}")
    if len(found) > 1:
        raise CallError(f"runbook '{name}' could be any of {', '.join(found)}: say more of the name")
    return _described(found[0], paths[found[0]])


def _paths() -> dict[str, Path]:
    folder = notebooks_folder()
    found = ((path.relative_to(folder).with_suffix(""), path) for path in folder.rglob("*.ipynb"))
    return dict(sorted((name.as_posix(), path) for name, path in found if not any(part[0] in "._" for part in name.parts)))


def _described(name: str, path: Path) -> Runbook:
    try:
        notebook = json.loads(path.read_bytes())
        says, cells = notebook["metadata"]["runbook"], notebook["cells"]
        title, question = headline(cells)
        severity, writes, owner, if_it_fails = (str(says[word]) for word in _WORDS)
        duration, reviewed = timedelta(minutes=says["minutes"]), date.fromisoformat(says["reviewed"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        what = f"lacks {error}" if isinstance(error, KeyError) else f"is not readable ({error})"
        raise CallError(f"the notebook {path} {what}: see docs for the metadata a runbook carries") from None
    if not title:
        raise CallError(f"the notebook {path} has no first heading: begin it with '# Title: question?'")
    return Runbook(name, path, title, question, severity, writes, owner, if_it_fails, duration, reviewed)


def headline(cells: list[dict[str, Any]]) -> tuple[str, str]:
    """Return title and question of the first first-level heading; both empty when there is none."""
    for cell in cells:
        for line in "".join(cell.get("source", "")).splitlines() if cell.get("cell_type") == "markdown" else ():
            if line.startswith("# "):
                title, _, question = line[2:].partition(":")
                return title.strip(), question.strip()
    return "", ""
