"""The files of records in a folder: `<environment>/<date>/<runbook>-<run id>.json`, and the notebook beside each.

Whatever lies there may be missing, cut off, of another run or hostile: it is read within bounds, or said in one sentence why not.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from runbooks.errors import RecordError
from runbooks.history.findings import as_of
from runbooks.model import CHART_MIME, Chart, Verdict

LARGEST = 8 * 1024 * 1024  # bytes of a verdict that is read at all
NOTEBOOK = 32 * 1024 * 1024  # bytes of a notebook
CHARTS = 40  # of one notebook
AHEAD = timedelta(hours=1)  # a record that is later than now by more is not believed
_PLACE = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")
_NAME = re.compile(r"(?P<name>[a-z0-9][a-z0-9-]{0,60})-(?P<run_id>[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6})")
_HIDDEN = re.compile(rf"\.{_NAME.pattern}")


@dataclass(frozen=True, slots=True)
class Filed:
    """Where a record is, and what its name says; `name` is the last part of the runbook's."""

    verdict: Path
    environment: str
    name: str
    run_id: str

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.verdict.with_suffix(".ipynb")

    @property
    def begun(self) -> datetime:
        """When the run began, by its id."""
        return datetime.strptime(self.run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shown:
    """What an executed notebook shows besides its verdict: its charts, who answers for it, and when it was reviewed."""

    charts: tuple[Chart, ...] = ()
    owner: str = ""
    reviewed: date | None = None


def filed(reports: Path, environment: str = "") -> list[Filed]:
    """Return the records in a folder, or those of one environment, the newest last; other files are passed over."""
    found = (_filed(path) for path in reports.glob(f"{environment or '*'}/*/*.json"))
    return sorted((each for each in found if each), key=lambda each: (each.run_id, str(each.verdict)))


def _filed(path: Path) -> Filed | None:
    named, environment = _NAME.fullmatch(path.stem), path.parent.parent.name
    if named is None or not _PLACE.fullmatch(environment) or not _real(named["run_id"]):
        return None
    return Filed(path, environment, named["name"], named["run_id"])


def _real(run_id: str) -> bool:
    try:
        datetime.strptime(run_id[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def unended(reports: Path, environment: str, name: str) -> list[datetime]:
    """Return when runs of a runbook began that have left no record yet: they go on, or were killed."""
    found = (_HIDDEN.fullmatch(path.name) for path in reports.glob(f"{environment}/*/.{name}-*"))
    begun = (each["run_id"][:16] for each in found if each and each["name"] == name and _real(each["run_id"]))
    return sorted(datetime.strptime(each, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) for each in begun)


def load(record: Filed) -> Verdict:
    """Return the verdict of a record; raises RecordError in one sentence when it cannot be believed."""
    data = _content(record.verdict, LARGEST)
    try:
        verdict = Verdict.model_validate_json(data)
        as_of(verdict)
    except (ValidationError, ValueError, OverflowError, RecursionError) as error:
        raise RecordError(f"{record.verdict.name} is damaged: it holds no verdict ({type(error).__name__})") from None
    says = {
        "run": (verdict.run_id, record.run_id),
        "environment": (verdict.environment, record.environment),
        "runbook": (verdict.runbook.rpartition("/")[2], record.name),
    }
    for what, (said, named) in says.items():
        if said != named:
            raise RecordError(f"{record.verdict.name} is damaged: it is about {what} {said!a}, its name says {named!a}")
    return verdict


def shown(record: Filed) -> Shown:
    """Return what the notebook of a record shows; raises RecordError when it cannot be read."""
    try:
        notebook = json.loads(_content(record.notebook, NOTEBOOK))
    except (ValueError, RecursionError) as error:
        raise RecordError(f"{record.notebook.name} is damaged: it is no notebook ({type(error).__name__})") from None
    about = _mapping(_mapping(_mapping(notebook).get("metadata")).get("runbook"))
    return Shown(tuple(_charts(_mapping(notebook)))[:CHARTS], str(about.get("owner", "")), _date(about.get("reviewed")))


def _charts(notebook: Mapping[str, Any]) -> Iterator[Chart]:
    for cell in _listed(notebook.get("cells")):
        for output in _listed(cell.get("outputs")):
            data = _mapping(output.get("data"))
            if CHART_MIME in data:
                try:
                    yield Chart.model_validate(data[CHART_MIME])
                except (ValidationError, RecursionError):
                    continue


def _date(said: object) -> date | None:
    try:
        return date.fromisoformat(str(said))
    except ValueError:
        return None


def _content(path: Path, largest: int) -> bytes:
    """Return what a regular file holds: a pipe would never end, a link may lead anywhere."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            raise RecordError(f"{path.name} is not a regular file")
        if about.st_size > largest:
            raise RecordError(f"{path.name} has {about.st_size} bytes: above {largest} none is read")
        return path.read_bytes()
    except OSError as error:
        raise RecordError(f"{path.name} cannot be read: {error.strerror}") from None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: object) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
