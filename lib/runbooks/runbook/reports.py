"""How a report is opened: like a run, but it reads records and has no way to ask AWS."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from runbooks import catalogue, settings
from runbooks.errors import RunbooksError
from runbooks.gateway import local
from runbooks.history import Archive
from runbooks.runbook.context import RUN_FOLDER, context
from runbooks.runbook.run import Run
from runbooks.settings import Environment, Settings

HOURS = 24


def open_report(name: str, environment: str, *, others: str = "") -> Run:
    """Open the report `name` on the records of an environment, and of `others`, whose names spaces separate.

    Raises CallError for an unknown name, RecordError when there is no place for its journal.
    """
    runbook, loaded = catalogue.find(name), settings.load(environment)
    for other in others.split():
        settings.load(other)
    now = _now(loaded)
    parameters = {"environment": environment, "others": others}
    scope = Settings(loaded, now, settings.window(now, hours=HOURS), parameters)
    return Run(runbook, scope, Archive(_reports()), context(runbook, environment))


def _reports() -> Path:
    """Return the folder of the records: the one that this run's own record will lie in."""
    given = os.environ.get(RUN_FOLDER)
    return Path(given).resolve().parents[2] if given else catalogue.reports_folder()


def _now(environment: Environment) -> datetime:
    """Return the time there: a sandbox that runs may have a clock of its own; none is started for this."""
    if environment.sandbox is not None:
        try:
            return datetime.fromisoformat(local.ask(local.required(), "status")["now"])
        except (RunbooksError, OSError, KeyError, TypeError, ValueError):
            return datetime.now(UTC)
    return datetime.now(UTC)
