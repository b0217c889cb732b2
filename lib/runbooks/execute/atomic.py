"""Files that are there whole or not at all: written beside, brought to disk, then renamed."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from runbooks.errors import RecordError

ROOM = 8 * 1024 * 1024  # bytes that must be free before a run may begin
INODES = 32
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def write(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Put `data` under `path`, mode 0600; raises RecordError and leaves what was there when it cannot."""
    write_all({path: data}, beside=path.parent, durable=durable)


def write_all(files: Mapping[Path, bytes], *, beside: Path, durable: bool = True) -> None:
    """Put all files in place, or none: no name appears before all their bytes are written.

    Args:
        files: The bytes of each path; all on the file system of `beside`.
        beside: The folder for the unfinished files.
        durable: Wait until the disk has them. What is replaced every second need not: it survives a kill, which is its purpose.

    Raises:
        RecordError: There is no room or no permission; what was there before is untouched.
    """
    unfinished: dict[Path, Path] = {}
    try:
        for path, data in files.items():
            unfinished[path] = beside / f".{path.name}.{secrets.token_hex(4)}.part"
            _fill(unfinished[path], data, durable=durable)
        for path, part in unfinished.items():
            part.replace(path)
        for folder in {path.parent for path in files} if durable else ():
            _sync(folder)
    except OSError as error:
        for part in unfinished.values():
            with suppress(OSError):
                part.unlink(missing_ok=True)
        raise RecordError(sentence(next(iter(files)), error)) from error


def require_room(folder: Path) -> None:
    """Raise RecordError unless `folder` has room for a record: some megabytes, and names to give (inodes)."""
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise RecordError(sentence(folder, error)) from error
    free = disk.f_bavail * disk.f_frsize
    if free < ROOM:
        raise RecordError(f"{folder} has {free // 1024} KiB free, a run needs {ROOM // 1024}: free some space and start again")
    if disk.f_files > 0 and disk.f_favail < INODES:
        raise RecordError(f"{folder} has room for {disk.f_favail} more files, a run needs {INODES}: remove some and start again")


def sentence(path: Path, error: OSError) -> str:
    """Say what could not be saved, why, and the way out."""
    way_out = "free some space" if error.errno in _FULL else "choose a folder that can be written"
    return f"{path} cannot be saved ({error.strerror or error}): {way_out} and start again"


def _fill(path: Path, data: bytes, *, durable: bool) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:  # near a limit the system takes a part first, and refuses only the next call
            rest = rest[os.write(fd, rest) :]
        if durable:
            os.fsync(fd)
    finally:
        os.close(fd)


def _sync(folder: Path) -> None:
    """Make the new names durable too: fsync of a file does not cover its entry in the folder (fsync(2))."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
