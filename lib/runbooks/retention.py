"""Which records may go: those older than the newest days of an environment, and never what somebody may still need.

Never: a run that belongs to an incident or changed something, one whose verdict cannot be read, one that is not finished,
anything that is not a record. Days are counted as they are there, not by the clock: a clock that is wrong removes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from runbooks.errors import RecordError

LARGEST = 64 * 2**20  # bytes of a verdict that is read
LEAST = 7  # days that are always kept
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_STEM = re.compile(r"(?P<stem>[a-z0-9][a-z0-9-]*-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{6})\..+")


class _About(BaseModel):
    """The fields of a verdict that decide whether a record may go."""

    incident: str
    changes: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, slots=True)
class Old:
    """The record of a run that is older than what is kept: its files, their bytes, and why it stays, if it does."""

    name: str
    files: tuple[Path, ...]
    size: int
    kept: str = ""


def environments(reports: Path) -> list[str]:
    """Return the environments of which there are records."""
    return sorted({day.parent.name for day in reports.glob("*/*") if _DAY.fullmatch(day.name) and day.is_dir()})


def old(reports: Path, environment: str, days: int) -> list[Old]:
    """Return the records of an environment beyond its newest `days` days, the oldest first; raises RecordError below LEAST."""
    if days < LEAST:
        raise RecordError(f"{days} days are too few to keep: say {LEAST} or more")
    folder = reports / environment
    found = sorted(day for day in folder.glob("*") if _DAY.fullmatch(day.name) and day.is_dir() and not day.is_symlink())
    return [_judged(day, stem, files) for day in found[:-days] for stem, files in sorted(_runs(day).items())]


def remove(records: Iterable[Old]) -> Iterator[Old]:
    """Remove the records that may go, one after the other, and yield each that is gone; raises RecordError for one that cannot."""
    for record in records:
        if record.kept:
            continue
        try:
            for path in sorted(record.files, key=lambda each: each.suffix == ".json"):  # the verdict last: it says what it was
                path.unlink(missing_ok=True)
            with suppress(OSError):  # other records are in it
                record.files[0].parent.rmdir()
        except OSError as error:
            raise RecordError(f"{record.name} cannot be removed ({error.strerror}): whose are the files?") from None
        yield record


def _runs(day: Path) -> dict[str, list[Path]]:
    runs: dict[str, list[Path]] = {}
    for path in day.iterdir():
        found = _STEM.fullmatch(path.name)
        if found and path.is_file() and not path.is_symlink():
            runs.setdefault(found["stem"], []).append(path)
    return runs


def _judged(day: Path, stem: str, files: list[Path]) -> Old:
    size = sum(path.stat().st_size for path in files)
    return Old(f"{day.parent.name}/{day.name}/{stem}", tuple(files), size, _why_kept(day, stem))


def _why_kept(day: Path, stem: str) -> str:
    verdict = day / f"{stem}.json"
    if (day / f".{stem}").exists():
        return "is not finished"
    try:
        if verdict.is_symlink() or verdict.stat().st_size > LARGEST:
            return "its verdict cannot be read"
        about = _About.model_validate_json(verdict.read_bytes())
    except (OSError, ValidationError):
        return "its verdict cannot be read"
    if about.incident:
        return "belongs to an incident"
    return "changed something" if about.changes else ""
