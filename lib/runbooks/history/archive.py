"""The reader of a report: it reads records and has nobody else to ask."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from runbooks.gateway import Reader

T = TypeVar("T")


class Archive(Reader):
    """Reads the records of one folder. It has no clients: a source that asks AWS through it fails, and says so."""

    def __init__(self, reports: Path, *, kept: dict[str, Any] | None = None, until: float = float("inf")) -> None:
        # a Reader's own __init__ takes clients, which there are none of here
        self.reports = reports
        self.until = until
        self.blind = []
        self.used = {}
        self.as_of = None
        self._kept: dict[str, Any] = {} if kept is None else kept

    def scoped(self, *, seconds: float) -> Archive:
        """Return an archive with the same memory, and notes and a deadline of its own."""
        return Archive(self.reports, kept=self._kept, until=min(self.until, time.monotonic() + seconds))

    def counts(self) -> dict[str, int]:
        """Return that nothing was asked."""
        return {}

    def remembered(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` reads, made at the first call in a run: all questions are about the same records."""
        self.used.setdefault(name)
        if name not in self._kept:
            self._kept[name] = make()
        value: T = self._kept[name]
        return value
