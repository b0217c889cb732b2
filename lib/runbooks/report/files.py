"""A file appears whole or not at all, and only its owner can read it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from runbooks.errors import RecordError


def save(path: Path, content: str) -> Path:
    """Write `content` to `path` with mode 0600, by a private file in the same folder that takes its place; return `path`.

    What stands there stays untouched until the new file is safe on disk. Raises RecordError when it cannot be written.
    """
    try:
        _replace(path, content.encode("utf-8", errors="backslashreplace"))
    except OSError as error:
        raise RecordError(f"{path} cannot be written: {error.strerror or error}; the notebook beside it is the record") from None
    return path


def _replace(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)  # made with mode 0600
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
