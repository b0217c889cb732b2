"""What the runs of one batch on one machine share: a private folder that RUNBOOKS_BATCH names, and a share of AWS's rates."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from runbooks.errors import CallError, RefusedError

FOLDER = "RUNBOOKS_BATCH"
SHARE = "RUNBOOKS_RATE_SHARE"


def folder(kind: str) -> Path | None:
    """Return the batch's folder for `kind`, made where it is missing; None where there is no batch.

    Raises RefusedError when others could write there: what lies in it is believed.
    """
    named = os.environ.get(FOLDER)
    if not named:
        return None
    try:
        (found := Path(named) / kind).mkdir(mode=0o700, parents=True, exist_ok=True)
        about = Path(named).stat()
    except OSError as error:
        raise CallError(f"{FOLDER} is '{named}', which cannot be used ({error.strerror}): unset it") from None
    if about.st_uid != os.getuid() or stat.S_IMODE(about.st_mode) & 0o022:
        raise RefusedError(f"{FOLDER} is '{named}', where others may write: give it to yourself alone (mode 700), or unset it")
    return found


def share() -> float:
    """Return which part of each published rate this machine may use; raises CallError unless it is above 0 and at most 1."""
    named = os.environ.get(SHARE, "1")
    try:
        value = float(named)
    except ValueError:
        value = 0.0
    if not 0 < value <= 1:
        raise CallError(f"{SHARE} is '{named}': give a number above 0 and at most 1, as 0.25")
    return value


def owned(handle: int) -> bool:
    """Say whether an open file is a plain one of this user."""
    about = os.fstat(handle)
    return stat.S_ISREG(about.st_mode) and about.st_uid == os.getuid()
