"""Runs in the kernel before the first cell: errors of threads and tasks, which fail no cell, go to a file of the run.

Printed to the error stream, as Python does, they are lost: a message that comes between two cells belongs to none.
"""

from __future__ import annotations

import atexit
import gc
import logging
import os
import threading
from pathlib import Path

FILE = "background.log"


def listen(folder: Path) -> None:
    """Note from now on what ends a thread or task with an error.

    asyncio tells of a failed task only when the task is collected, so that is done at the end, before IPython empties its names.
    """
    before = threading.excepthook

    def of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_type is not SystemExit:  # as Python: it ends the thread, and is no error
            _note(folder, f"{args.exc_type.__name__}: {args.exc_value} in a thread")
        before(args)

    threading.excepthook = of_thread
    logging.getLogger("asyncio").addHandler(_Tasks(folder))
    atexit.register(gc.collect)


class _Tasks(logging.Handler):
    """Takes what asyncio reports of tasks whose error nobody fetched."""

    def __init__(self, folder: Path) -> None:
        super().__init__(logging.ERROR)
        self.folder = folder

    def emit(self, record: logging.LogRecord) -> None:
        """Note one report."""
        error = record.exc_info[1] if record.exc_info else None
        what = f"{type(error).__name__}: {error}" if error else record.getMessage()
        _note(self.folder, f"{what} in a task")


def _note(folder: Path, text: str) -> None:
    line = " ".join(text.split())[:500].encode("utf-8", "replace") + b"\n"
    fd = os.open(folder / FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(fd, line)
    finally:
        os.close(fd)
