"""What the processes of a run said at their end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ended, as far as its processes said so.

    Attributes:
        worker: How the execution ended: "ran", "cell-error", "kernel-died", "cannot-save", "stopped", "not-run"; empty when unsaid.
        error: The sentence that goes with it.
        stopped: Why it was stopped ("deadline", "interrupted", "locked"); empty when it ended by itself.
        status: The wait status of the worker, or None when it was killed on purpose or is not known.
        background: The first error of a thread or task of the kernel; empty when there was none.
    """

    worker: str = ""
    error: str = ""
    stopped: str = ""
    status: int | None = None
    background: str = ""


def first_line(path: Path) -> str:
    """Return the first line of a file, or nothing when it is not there."""
    return path.read_text(encoding="utf-8", errors="replace").partition("\n")[0] if path.exists() else ""
