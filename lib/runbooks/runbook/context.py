"""Who runs this, why, and where its journal goes: from the runner that started the notebook, or made here when nobody did."""

from __future__ import annotations

import getpass
import json
import os
import platform
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from runbooks.catalogue import Runbook, reports_folder
from runbooks.errors import RecordError

RUN_FOLDER = "RUNBOOKS_RUN"
_PACKAGES = ("runbooks", "boto3", "papermill", "nbconvert", "pandas", "matplotlib")


@dataclass(frozen=True, slots=True)
class Context:
    """What a run is told by its surroundings."""

    run_id: str
    started: datetime
    operator: str
    reason: str
    incident: str
    journal: Path


def context(runbook: Runbook, environment: str) -> Context:
    """Return the context of this run; raises RecordError when there is no place for its journal."""
    folder = os.environ.get(RUN_FOLDER)
    return _given(Path(folder)) if folder else _own(runbook, environment)


def _given(folder: Path) -> Context:
    """Read what the runner wrote for the notebook that it started."""
    try:
        request = json.loads((folder / "request.json").read_text(encoding="utf-8"))
        return Context(
            run_id=request["run_id"],
            started=datetime.now(UTC),
            operator=request["operator"],
            reason=request["reason"],
            incident=request["incident"],
            journal=folder / "journal.jsonl",
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise RecordError(f"{RUN_FOLDER} is {folder}, which holds no request of a run ({error}): unset it") from None


def _own(runbook: Runbook, environment: str) -> Context:
    """Make a context for a notebook that a person opened, or plain papermill started."""
    started = datetime.now(UTC)
    run_id = f"{started:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    folder = reports_folder() / environment / f"{started:%Y-%m-%d}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"the journal cannot be kept in {folder}: {error.strerror}; set RUNBOOKS_REPORTS to a folder of yours"
        raise RecordError(sentence) from None
    return Context(
        run_id=run_id,
        started=started,
        operator=operator(),
        reason="",
        incident="",
        journal=folder / f"{runbook.name.rsplit('/', 1)[-1]}-{run_id}.journal.jsonl",
    )


def operator() -> str:
    """Return the name of whoever runs this, as the machine knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in a container
        return f"uid {os.getuid()}"


@cache
def versions() -> dict[str, str]:
    """Return the versions a post-mortem will ask for."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
