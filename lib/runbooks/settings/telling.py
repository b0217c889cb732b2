"""Who is told, where and when: the section [telling] of an environment file, and the escalation matrix of the document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field, model_validator

from runbooks.model import Frozen

RESPONSE = r"^([1-9][0-9]{0,3} (minutes?|hours?)|next business day)$"
_TOMORROW = "next business day"
_WEEKEND = 5  # Saturday's number
_MINUTES = {"minute": 1, "hour": 60}

Hour = Annotated[int, Field(ge=0, le=23)]


class Address(Frozen):
    """Where the address of a channel is kept; it holds a secret, so it never stands in an environment file.

    An environment variable, or a file (its whole path) whose first line it is; the file counts where both are given, so that an
    environment that extends another can replace a variable.
    """

    variable: Annotated[str, Field(pattern=r"^([A-Z][A-Z0-9_]{0,80})?$")] = ""
    file: Annotated[str, Field(pattern=r"^(/.+)?$")] = ""

    @model_validator(mode="after")
    def _somewhere(self) -> Address:
        if not self.variable and not self.file:
            raise ValueError("give `variable` or `file`, where the address of the channel is kept")
        return self

    @property
    def place(self) -> str:
        """Return where it is kept, in words."""
        return self.file or f"the variable {self.variable}"


class Quiet(Frozen):
    """Hours, UTC, in which only findings of some severities are told; the others wait. From, up to; equal hours are no hours."""

    hours: tuple[Hour, Hour] = (0, 0)
    told: tuple[str, ...] = ("P1", "P2")

    def holds(self, severity: str, now: datetime) -> bool:
        """Say whether a finding of this severity has to wait now."""
        begin, end = self.hours
        hour = now.astimezone(UTC).hour
        inside = begin <= hour < end if begin <= end else hour >= begin or hour < end
        return inside and severity not in self.told


class Telling(Frozen):
    """How people are told; `channels` are those of the severities and `roles` those of the escalation, by their names there."""

    link: Annotated[str, Field(pattern=r"^(https://[A-Za-z0-9.-]+(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?)?$")] = ""
    seconds: Annotated[float, Field(gt=0, le=30)] = 5.0  # one channel may take
    flaps: Annotated[int, Field(ge=2)] = 4  # changes of one finding within `flapping_hours` that make it flapping
    flapping_hours: Annotated[float, Field(gt=0, le=720)] = 120.0
    daily_hours: Annotated[float, Field(gt=0, le=240)] = 26.0  # between two daily runs
    quiet: Quiet = Quiet()
    channels: dict[str, Address] = Field(default_factory=dict)
    roles: dict[str, Address] = Field(default_factory=dict)


class Severity(Frozen):
    """How fast to respond, to whom it escalates in order, and where the talk is."""

    response: Annotated[str, Field(pattern=RESPONSE)]
    escalation: Annotated[tuple[str, ...], Field(min_length=1)]
    channel: str

    def role(self, level: int) -> str:
        """Return who is due after `level` reminders."""
        return named(self.escalation[min(level, len(self.escalation) - 1)])

    def begins(self, level: int, since: datetime) -> datetime:
        """Return when the role of that level is asked for what is known since `since`."""
        if level == 0:
            return since
        due = self.until(level - 1, since)
        return max(due, business_day(since)) if _TOMORROW in self.escalation[level] else due

    def until(self, level: int, since: datetime) -> datetime:
        """Return until when the role of that level has to respond."""
        begins = self.begins(level, since)
        if self.response == _TOMORROW:
            return business_day(begins) + timedelta(days=1)  # the end of that day
        count, unit = self.response.split()
        return begins + timedelta(minutes=int(count) * _MINUTES[unit.removesuffix("s")])

    def level(self, since: datetime, now: datetime) -> int:
        """Return how many roles the time has gone through, by the matrix."""
        last = len(self.escalation) - 1
        return next((level for level in range(last) if now < self.begins(level + 1, since)), last)


def named(role: str) -> str:
    """Return a role without what stands behind it in brackets, as in "team lead (next business day)"."""
    return re.sub(r"\s*\([^)]*\)\s*$", "", role)


def business_day(since: datetime) -> datetime:
    """Return the beginning, in UTC, of the next day that is not of a weekend; holidays are not known here."""
    day = since.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= _WEEKEND else 0)


def unknown_names(telling: Telling, severities: dict[str, Severity]) -> Sequence[str]:
    """Return the channels, roles and severities of `telling` that the matrix does not know: they would never be told."""
    channels = {severity.channel for severity in severities.values()}
    roles = {named(role) for severity in severities.values() for role in severity.escalation}
    wrong = [f"channels.{name}" for name in telling.channels if name not in channels]
    wrong += [f"roles.{name}" for name in telling.roles if name not in roles]
    return wrong + [f"quiet.told {name}" for name in telling.quiet.told if name not in severities]
