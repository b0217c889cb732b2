"""Files appear whole or not at all, and only their owner can read them."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Mapping
from pathlib import Path

from runbooks.errors import RecordError


def save(path: Path, content: str) -> Path:
    """Write `content` to `path`, as `save_all` does, and return `path`."""
    save_all({path: content})
    return path


def save_all(files: Mapping[Path, str]) -> None:
    """Write files of one folder with mode 0600, each by a private file that takes its place, in the given order.

    What stands there stays untouched until all new files are safe on disk; a file that has its content already is left alone.
    Raises RecordError when they cannot be written.
    """
    unfinished: dict[Path, Path] = {}
    path = next(iter(files))
    try:
        for path, content in files.items():
            data = content.encode("utf-8", errors="backslashreplace")
            if not _stands(path, data):
                unfinished[path] = _written(path, data)
        for path, part in unfinished.items():
            part.replace(path)
        if unfinished:
            _sync(path.parent)
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror or error}; the notebook beside it is the record") from None
    finally:
        for part in unfinished.values():
            part.unlink(missing_ok=True)


def _stands(path: Path, data: bytes) -> bool:
    """Say whether a file is there with this content and nobody else's to read; a link is not."""
    try:
        found = path.lstat()
        same = stat.S_ISREG(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o600 and found.st_size == len(data)  # noqa: PLR2004 - a mode
        return same and path.read_bytes() == data
    except OSError:
        return False


def _written(path: Path, data: bytes) -> Path:
    """Return a file beside `path` that has the data, on disk."""
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _sync(folder: Path) -> None:
    """Make the names durable too: fsync of a file does not cover its entry in the folder (fsync(2))."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
