"""The record of a run: the executed notebook under its final name, with a verdict that is there however the run ended."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runbooks import journal, settings
from runbooks.catalogue import headline
from runbooks.errors import CallError, RecordError
from runbooks.execute import atomic, outcome
from runbooks.execute import notebook as kept
from runbooks.execute.ending import Ending
from runbooks.execute.folder import NAME, RunFolder
from runbooks.execute.preload import GRAMMARS, without
from runbooks.execute.redaction import redact
from runbooks.model import Fact, Outcome, Status, Verdict, Window, exit_code, run_status, worst
from runbooks.redact import Redactor


@dataclass(frozen=True, slots=True)
class Record:
    """How a run ended, and where its record is.

    Attributes:
        notebook: The executed notebook: under its final name, or as far as it got when it could not be saved; None when there
            was no place for one at all.
        error: One sentence, empty when the run completed.
    """

    run_id: str
    runbook: str
    environment: str
    notebook: Path | None
    verdict: Verdict
    outcome: Outcome
    exit_code: int
    error: str


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a run besides its notebook; `damage` says what could not be read of it."""

    run_id: str
    runbook: str
    environment: str
    started: datetime
    operator: str = ""
    reason: str = ""
    incident: str = ""
    deadline: float = 0.0
    parameters: Mapping[str, Fact] = field(default_factory=dict)
    damage: tuple[str, ...] = ()


def about(folder: RunFolder) -> About:
    """Return what the request in a run folder says, or what its name says when there is no readable request."""
    try:
        asked = json.loads(folder.request.read_bytes())
        return About(
            run_id=str(asked["run_id"]),
            runbook=str(asked["runbook"]),
            environment=str(asked["environment"]),
            started=datetime.fromisoformat(asked["started"]),
            operator=str(asked["operator"]),
            reason=str(asked["reason"]),
            incident=str(asked["incident"]),
            deadline=float(asked["deadline"]),
            parameters=dict(asked["parameters"]),
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        damage = f"its request could not be read ({type(error).__name__})"
    named = NAME.fullmatch(folder.path.name)
    if named is None:
        raise CallError(f"{folder.path} is not the folder of a run: name one like .system-health-20261124T090000Z-0a1b2c")
    started = datetime.strptime(named["run_id"][:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    return About(named["run_id"], named["name"], folder.path.parent.parent.name, started, damage=(damage,))


def close(folder: RunFolder, ending: Ending) -> Record:
    """Turn what a run left into its record, save that, and remove the folder; a record that cannot be saved stays where it is."""
    run = about(folder)
    notebook, damage = kept.load(folder.partial, run.runbook)
    problems = [*run.damage, *([damage] if damage else []), *_journal_damage(folder)]
    concluded = outcome.verdict(notebook, run.run_id)
    how, error = outcome.judge(ending, notebook, concluded, run.deadline)
    if problems:
        how, error = (Outcome.FAILED if how is Outcome.COMPLETED else how), "; ".join(filter(None, [error, *problems]))
    redactor = Redactor()
    error = redactor.text(error)
    verdict = _verdict(run, notebook, concluded, how, error, folder)
    kept.make_keepable(notebook, completed=how is Outcome.COMPLETED)
    redact(notebook, redactor)
    notebook = _attach(notebook, run, verdict, error)
    try:
        _save(folder, notebook, verdict)
    except RecordError as full:
        return record(folder.partial, _ended(verdict, Outcome.CANNOT_SAVE, str(full)), str(full))
    folder.retire()
    return record(folder.final(".ipynb"), verdict, error)


def closed(folder: RunFolder, error: str) -> Record:
    """Return the record that the child of a run has closed; raises RecordError when it is not there."""
    path = folder.final(".json")
    try:
        verdict = Verdict.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as unread:
        raise RecordError(f"{path} holds no verdict ({type(unread).__name__}): render the run again from its notebook") from None
    return record(folder.final(".ipynb"), verdict, error)


def record(path: Path | None, verdict: Verdict, error: str) -> Record:
    """Return the record that belongs to a verdict."""
    code = exit_code(verdict.outcome, verdict.status)
    return Record(verdict.run_id, verdict.runbook, verdict.environment, path, verdict, verdict.outcome, code, error)


def unsaved(run: About, error: str) -> Record:
    """Return the record of a run that could not begin, because there was no place for it."""
    notebook = kept.empty("")
    return record(None, _verdict(run, notebook, None, Outcome.CANNOT_SAVE, error, None), error)


def read(path: Path) -> Record:
    """Return the record that a kept notebook holds; raises RecordError when it holds none."""
    try:
        says = json.loads(path.read_bytes())["metadata"]["runbooks"]
        return record(path, Verdict.model_validate(says["verdict"]), says["error"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{path} holds no record of a run ({type(error).__name__}): name an executed notebook") from None


def _verdict(
    run: About, notebook: kept.Notebook, concluded: Verdict | None, how: Outcome, error: str, folder: RunFolder | None
) -> Verdict:
    """Return the verdict of the run itself, or build the one of a run that did not come to it."""
    if concluded is not None:
        return concluded if how is concluded.outcome else _ended(concluded, how, error)
    results, finished = outcome.results(notebook), datetime.now(UTC)
    title, _ = headline(notebook["cells"])
    account, region = _place(run.environment)
    status = worst([run_status(results), Status.UNKNOWN])
    return Verdict(
        run_id=run.run_id, runbook=run.runbook, title=title or run.runbook, environment=run.environment,
        account=account, region=region, window=_window(run, finished), started=run.started, finished=finished,
        operator=run.operator, reason=run.reason, incident=run.incident, outcome=how, status=status,
        summary=f"did not finish: {error}", results=results, parameters=dict(run.parameters),
        journal_head=_head(folder) if folder else "",
    )  # fmt: skip


def _ended(verdict: Verdict, how: Outcome, error: str) -> Verdict:
    status = worst([verdict.status, Status.UNKNOWN])
    return verdict.model_copy(update={"outcome": how, "status": status, "summary": f"did not finish: {error}"})


def _window(run: About, finished: datetime) -> Window:
    hours = run.parameters.get("hours")
    if isinstance(hours, int) and 1 <= hours <= 360:  # noqa: PLR2004 - what settings.window takes
        return Window(start=run.started - timedelta(hours=hours), end=run.started)
    return Window(start=run.started, end=finished)


def _place(environment: str) -> tuple[str, str]:
    try:
        loaded = settings.load(environment)
    except CallError:  # the run itself says so
        return "", ""
    return loaded.account, loaded.region


def _head(folder: RunFolder) -> str:
    if not folder.journal.exists():
        return ""
    lines = folder.journal.read_bytes().split(b"\n")[:-1]
    return hashlib.sha256(lines[-1]).hexdigest() if lines else ""


def _journal_damage(folder: RunFolder) -> list[str]:
    if not folder.journal.exists():
        return []
    if not folder.journal.stat().st_size:
        return []
    found = journal.verify(folder.journal)
    return [] if found.ok else [f"its journal is damaged: {found.problem}"]


def _attach(notebook: kept.Notebook, run: About, verdict: Verdict, error: str) -> kept.Notebook:
    """Return the notebook with what is known of the run in its metadata, valid by nbformat's schema whatever the kernel sent."""
    with without(GRAMMARS):
        import nbformat  # noqa: PLC0415 - a third of a second, and only a record needs it

    if _problem(nbformat, notebook):
        notebook = kept.bare(notebook)
    notebook["metadata"]["runbooks"] = {
        "run_id": run.run_id,
        "outcome": verdict.outcome.value,
        "verdict": verdict.model_dump(mode="json"),
        "notebook": run.runbook,
        "started": run.started.isoformat(),
        "finished": verdict.finished.isoformat(),
        "error": error,
    }
    return notebook


def _problem(nbformat: Any, notebook: kept.Notebook) -> bool:
    try:
        nbformat.validate(notebook)
    except (nbformat.ValidationError, AttributeError, TypeError, KeyError):
        return True
    return False


def _save(folder: RunFolder, notebook: kept.Notebook, verdict: Verdict) -> None:
    files = {
        folder.final(".ipynb"): kept.text(notebook),
        folder.final(".json"): json.dumps(verdict.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n",
    }
    atomic.write_all({path: kept.whole_text(text).encode() for path, text in files.items()}, beside=folder.path)
