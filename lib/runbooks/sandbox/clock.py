"""The sandbox's time: real unless pinned, and it can be moved on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock


class Clock:
    """Tells the time of the sandbox; a pinned clock stands still until it is advanced."""

    def __init__(self, pinned: datetime | None = None) -> None:
        if pinned is not None and pinned.tzinfo is None:
            raise ValueError(
                f"the pinned time {pinned.isoformat()} has no zone: give it one, for example {pinned.isoformat()}+00:00"
            )
        self._pinned = pinned.astimezone(UTC) if pinned is not None else None
        self._shift = timedelta()
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the time as an aware datetime in UTC."""
        with self._lock:
            return (self._pinned or datetime.now(UTC)) + self._shift

    def advance(self, by: timedelta) -> None:
        """Move the clock by `by`, which may be negative; a running clock goes on running from there."""
        with self._lock:
            self._shift += by
