"""Records in S3, by papermill's own handler: each run is uploaded once, after it is closed, as `<environment>/<date>/<file>`.

The credentials, region and endpoint are those of the process that uploads, by the usual variables (AWS_PROFILE,
AWS_ENDPOINT_URL_S3); never those of the environment that a run looks at.
"""

from __future__ import annotations

import re
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from runbooks.errors import CallError, RecordError
from runbooks.execute import signals
from runbooks.execute.preload import GRAMMARS, without
from runbooks.gateway import threads

LIMIT = 120.0  # seconds for all files of a run
HURRIED = 1.0  # seconds that are left for them once the batch is asked to end
_LOOK = 0.1
_ADDRESS = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9!_.*'()-]+)*/?")

R = TypeVar("R")
T = TypeVar("T")


def is_address(out: str) -> bool:
    """Say whether `out` is in S3, not a folder."""
    return out.startswith("s3://")


def address(out: str) -> str:
    """Return an s3:// address without a slash at its end; raises CallError for one that is none."""
    if not _ADDRESS.fullmatch(out):
        raise CallError(f"'{out}' is not an address like s3://bucket/prefix: name a bucket, and a prefix of plain characters")
    return out.rstrip("/")


def upload(folder: Path, to: str) -> None:
    """Put every file below `folder` under `to`, the verdict last, so that a run whose verdict is there is there as a whole.

    Raises RecordError, with the address and the reason, when one cannot be put there or it takes too long.
    """
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: (path.suffix == ".json", path.name))
    _within(lambda: _put(((path.read_bytes().decode(), path.relative_to(folder).as_posix()) for path in files), to), to)


def index(to: str) -> str:
    """Write the list of the newest runs as `index.html` under `to`, from the verdicts there, and return its address.

    Raises RecordError when S3 cannot be read or written.
    """
    from runbooks.report import listing  # noqa: PLC0415 - only a batch to S3 needs it here

    with tempfile.TemporaryDirectory(prefix="runbooks-index-") as name:
        mirror = Path(name)
        older = _within(lambda: _mirror(to, mirror, listing.LISTED), to)
        page = listing.index(mirror, older=older).read_text(encoding="utf-8")
    _within(lambda: _put([(page, "index.html")], to), to)
    return f"{to}/index.html"


def _put(texts: Iterable[tuple[str, str]], to: str) -> None:
    for text, name in texts:
        _handlers().write(text, f"{to}/{name}", extensions=[Path(name).suffix])


def _mirror(to: str, mirror: Path, most: int) -> bool:
    """Make the newest `most` runs of S3 a tree of files with their verdicts; say whether there are older ones.

    The listings go by environment and date, so only the newest dates are listed: an archive of years costs no more.
    """
    found: list[str] = []
    dates = _dates(to)
    while dates and len({_stem(file) for file in found}) <= most:
        newest = max(name for _, name in dates)
        found += [file for files in _each(_list, [day for day, name in dates if name == newest]) for file in files]
        dates = [(day, name) for day, name in dates if name != newest]
    stems = sorted({_stem(file) for file in found}, key=_time, reverse=True)
    kept = set(stems[:most])
    _each(lambda file: _copy(file, to, mirror), [file for file in found if _stem(file) in kept])
    return bool(dates) or len(stems) > most


def _dates(to: str) -> list[tuple[str, str]]:
    """Return the address of each environment's each date, with the date."""
    environments = [each for each in _list(to) if each.endswith("/")]
    return [(day, day.rstrip("/").rpartition("/")[2]) for days in _each(_list, environments) for day in days if day.endswith("/")]


def _copy(file: str, to: str, mirror: Path) -> None:
    """Copy a verdict; of other files only the name."""
    path = mirror / file.removeprefix(f"{to}/")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_handlers().read(file) if path.suffix == ".json" else "", encoding="utf-8")


def _list(place: str) -> list[str]:
    return [str(each) for each in _handlers().listdir(place)]


def _stem(file: str) -> str:
    return file.rpartition(".")[0].removesuffix(".journal")


def _time(stem: str) -> tuple[str, str]:
    return stem[-23:], stem  # 20260302T120000Z-0a1b2c


def _each(function: Callable[[T], R], items: Iterable[T]) -> list[R]:
    outcomes = threads.fan_out(function, items, until=time.monotonic() + LIMIT, what=str)
    for outcome in outcomes:
        if outcome.error is not None:
            raise outcome.error
    return [outcome.value[0] for outcome in outcomes]


def _handlers() -> Any:
    """Return papermill's handlers by scheme; s3:// goes through a session that all threads share, as its clients may be."""
    with without(GRAMMARS):
        from papermill.iorw import papermill_io  # noqa: PLC0415 - a third of a second, which only a batch to S3 pays

    return papermill_io


def _within(work: Callable[[], R], to: str) -> R:
    """Do `work` in a thread of its own, so that a store that does not answer holds up neither the batch nor its end."""
    done: list[R] = []
    failed: list[Exception] = []

    def attempt() -> None:
        try:
            done.append(work())
        except Exception as error:  # noqa: BLE001 - said below, by the thread that waits
            failed.append(error)

    thread = threading.Thread(target=attempt, daemon=True, name="upload")
    thread.start()
    until = time.monotonic() + LIMIT
    while thread.is_alive() and time.monotonic() < until:
        thread.join(_LOOK)
        if signals.noted():
            until = min(until, time.monotonic() + HURRIED)
    if done:
        return done[0]
    reason = _reason(failed[0]) if failed else "no answer in time"
    raise RecordError(f"{to} cannot be used for records: {reason}")


def _reason(error: Exception) -> str:
    """Return AWS's own words where there are some."""
    said: Any = {}
    with suppress(AttributeError):
        said = error.response.get("Error", {})  # type: ignore[attr-defined]
    words = f"{said.get('Code', type(error).__name__)}: {said.get('Message', error)}"
    return " ".join(words.split())[:300]
