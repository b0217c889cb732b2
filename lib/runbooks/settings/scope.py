"""What a source or a check may know of a run: where, when, how far back, with which parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from runbooks.errors import CallError
from runbooks.model import Fact, Window
from runbooks.settings.environment import Environment

MOST_HOURS = 360  # CloudWatch keeps points of a minute for 15 days


@dataclass(frozen=True, slots=True)
class Settings:
    """What a source or a check may know of this run: the environment, the time, the window, the parameters."""

    environment: Environment
    now: datetime
    window: Window
    parameters: Mapping[str, Fact] = field(default_factory=dict)


def window(now: datetime, *, hours: int) -> Window:
    """Return the last `hours` hours before `now`; raises CallError outside 1 to MOST_HOURS."""
    if not 1 <= hours <= MOST_HOURS:
        raise CallError(f"hours is {hours}: choose 1 to {MOST_HOURS}")
    return Window(start=now - timedelta(hours=hours), end=now)


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC; a time without a zone is taken as UTC."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
