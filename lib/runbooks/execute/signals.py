"""The signals that ask a run to end, noted instead of obeyed, so that the run can end its processes and save what there is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

ASKS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_noted: list[int] = []


def noted() -> int:
    """Return how many such signals this process has got since it listens."""
    return len(_noted)


def note(number: int) -> None:
    """Count as if the signal had come to this process: for a process that is asked to end by other means."""
    _noted.append(number)


def forget() -> None:
    """Forget the signals noted so far: a process that outlives what was interrupted begins anew."""
    _noted.clear()


@contextmanager
def listening() -> Iterator[None]:
    """Note SIGINT, SIGTERM and SIGHUP, also when they were inherited as ignored (nohup); every run of this process ends on one.

    Only the main thread can listen: whoever has runs in threads opens this around them. In a thread, or inside another one, it
    does nothing.
    """
    if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTERM) is _note:
        yield
        return
    forget()
    before = {number: signal.signal(number, _note) for number in ASKS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        forget()


def _note(number: int, _frame: FrameType | None) -> None:
    note(number)
