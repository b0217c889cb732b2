"""The list of all runs: one line each, newest first, whatever state their files are in."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup
from pydantic import BaseModel, ConfigDict, ValidationError

from runbooks.model import Outcome, Status
from runbooks.render import badge, html, moment, page_style
from runbooks.render.markup import joined
from runbooks.render.style import SHEETS
from runbooks.report.files import save

LISTED = 400  # newest runs
LARGEST = 8 * 1024 * 1024  # bytes of a verdict that is read at all
NAME = re.compile(r"(?P<runbook>.+)-(?P<time>[0-9]{8}T[0-9]{6}Z)-[0-9a-f]{6}", re.DOTALL)
KINDS = (".html", ".ipynb", ".json")  # the first that is there is what the line links to


class _Line(BaseModel):
    """The few fields of a verdict that a line shows; read alone, so that a list of hundreds is quick."""

    model_config = ConfigDict(frozen=True)

    status: Status
    outcome: Outcome
    title: str
    environment: str
    summary: str


@dataclass(frozen=True, slots=True)
class _Run:
    """The files of one run: where they are without their suffix, when it was by its name, which kinds are there."""

    stem: Path
    runbook: str
    time: str
    kinds: frozenset[str]


def index(root: Path, *, older: bool = False) -> Path:
    """Write `root`/index.html over all runs below `root`, newest first, and return its path.

    `older` says that there are runs elsewhere, older than these.

    A run whose verdict is missing, cut off or of another shape is listed as one that cannot be read. Raises RecordError when
    the file cannot be written.
    """
    from jinja2 import Environment, FileSystemLoader  # noqa: PLC0415 - the command line must start without it

    runs = sorted(_runs(root), key=lambda run: (run.time, str(run.stem)), reverse=True)
    environment = Environment(loader=FileSystemLoader(SHEETS), autoescape=True)
    page = environment.get_template("listing.html.j2").render(
        title="Runs", style=page_style(), words=_words(len(runs), older=older), table=_table(runs[:LISTED], root),
    )  # fmt: skip
    return save(root / "index.html", page)


def _runs(root: Path) -> list[_Run]:
    kinds: dict[Path, set[str]] = {}
    for path in root.glob("*/*/*"):  # environment, date, file
        if path.suffix in KINDS and NAME.fullmatch(path.stem) and not path.name.startswith("."):
            kinds.setdefault(path.with_suffix(""), set()).add(path.suffix)
    matched = ((stem, NAME.fullmatch(stem.name), found) for stem, found in kinds.items())
    return [_Run(stem, m["runbook"], m["time"], frozenset(found)) for stem, m, found in matched if m]


def _words(count: int, *, older: bool) -> str:
    if older:
        return f"The newest {min(count, LISTED)} runs; older ones are in their folders. Times are in UTC."
    if count > LISTED:
        return f"{count} runs, of which the newest {LISTED} are listed. Times are in UTC."
    return "1 run. Times are in UTC." if count == 1 else f"{count} runs. Times are in UTC."


def _table(runs: list[_Run], root: Path) -> Markup:
    return html(
        '<table class="rb-rows"><caption>Newest first</caption><thead><tr><th scope="col">Status</th><th scope="col">Runbook</th>'
        '<th scope="col">Environment</th><th scope="col">When</th><th scope="col">In one sentence</th></tr></thead>'
        "<tbody>{rows}</tbody></table>",
        rows=joined(_row(run, root) for run in runs),
    )


def _row(run: _Run, root: Path) -> Markup:
    told = _told(run)
    status = Status.UNKNOWN if told is None else _shown(told)
    return html(
        '<tr><td>{badge}</td><th scope="row"><a href="{href}">{title}</a></th><td>{environment}</td>'
        "<td>{when}</td><td>{summary}</td></tr>",
        badge=badge(status), href=_href(run, root), title=told.title if told else run.runbook,
        environment=told.environment if told else run.stem.parent.parent.name, when=_when(run.time),
        summary=told.summary if told else "The verdict of this run cannot be read.",
    )  # fmt: skip


def _told(run: _Run) -> _Line | None:
    path = run.stem.with_name(run.stem.name + ".json")
    try:
        if path.stat().st_size > LARGEST:
            return None
        return _Line.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _shown(told: _Line) -> Status:
    unfinished = told.outcome is not Outcome.COMPLETED and told.status is not Status.FAIL
    return Status.UNKNOWN if unfinished else told.status


def _href(run: _Run, root: Path) -> Markup:
    suffix = next(kind for kind in KINDS if kind in run.kinds)
    relative = run.stem.relative_to(root)
    return Markup("./{}").format(quote(os.fsencode(relative) + suffix.encode()))


def _when(time: str) -> str:
    try:
        return moment(datetime.strptime(time, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC))
    except ValueError:
        return time
