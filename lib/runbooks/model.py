"""The shapes that cross a boundary: frozen, self-validating, with a JSON schema.

Statuses order by how much they matter: FAIL, UNKNOWN, WARN, PASS. What could not be read is UNKNOWN and never PASS.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

VERDICT_MIME = "application/vnd.runbooks.verdict+json"
RESULT_MIME = "application/vnd.runbooks.result+json"
CHART_MIME = "application/vnd.runbooks.chart+json"

Fact = str | int | float | bool | None


class Status(StrEnum):
    """What a check concluded; SKIP means not applicable here, and says why."""

    PASS = "PASS"  # noqa: S105 - a status, not a password
    WARN = "WARN"
    FAIL = "FAIL"
    UNKNOWN = "UNKNOWN"
    SKIP = "SKIP"


_SEVERITY = {Status.SKIP: 0, Status.PASS: 1, Status.WARN: 2, Status.UNKNOWN: 3, Status.FAIL: 4}


def worst(statuses: Iterable[Status]) -> Status:
    """Return the status that matters most; of nothing, or of skips alone, UNKNOWN, because nothing was proven."""
    top = max(statuses, key=_SEVERITY.__getitem__, default=Status.UNKNOWN)
    return Status.UNKNOWN if top is Status.SKIP else top


class Outcome(StrEnum):
    """How a run ended, in one word: the same in exit code, file and page."""

    COMPLETED = "completed"
    FAILED = "failed"
    DEADLINE = "deadline"
    INTERRUPTED = "interrupted"
    KERNEL_DIED = "kernel-died"
    CANNOT_SAVE = "cannot-save"
    LOCKED = "locked"
    REFUSED = "refused"


EXIT_CODES = {Status.PASS: 0, Status.WARN: 0, Status.SKIP: 0, Status.FAIL: 1, Status.UNKNOWN: 3}


def exit_code(outcome: Outcome, status: Status) -> int:
    """Return 0 for PASS or WARN, 1 for FAIL, 3 for UNKNOWN or not completed, 4 for refused or locked."""
    if outcome in (Outcome.LOCKED, Outcome.REFUSED):
        return 4
    return EXIT_CODES[status] if outcome is Outcome.COMPLETED else 3


class Reason(StrEnum):
    """Why a fact could not be read."""

    DENIED = "denied"
    THROTTLED = "throttled"
    TIMED_OUT = "timed out"
    DEADLINE = "deadline passed"
    PARTIAL = "not read to the end"
    ENDPOINT_DOWN = "endpoint down"
    EXPIRED_CREDENTIALS = "expired credentials"
    NO_CREDENTIALS = "no credentials"
    CLOCK_SKEW = "clock skew"
    NO_SUCH_NAME = "no such name"
    NO_DATA = "no data"
    NOT_AN_ANSWER = "not an answer"
    SERVICE_ERROR = "service error"
    EMULATOR_GAP = "emulator gap"
    UNPROVEN = "identity not proven"
    DEFECT = "defect"


class Frozen(BaseModel):
    """A value: immutable, and strict about names it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Blind(Frozen):
    """Something that could not be read: the call, why, on which resource, and the IAM statement that would allow it."""

    call: str
    reason: Reason
    detail: str
    resource: str = ""
    statement: dict[str, Any] | None = None

    @property
    def sentence(self) -> str:
        """Say it in one sentence."""
        where = f" on {self.resource}" if self.resource else ""
        return f"{self.call}{where}: {self.reason}: {self.detail}"


class Acceptance(Frozen):
    """A known weakness that somebody answers for until a date; `resource` is a shell pattern."""

    check: str
    resource: str
    reason: str
    owner: str
    expires: datetime


class Evidence(Frozen):
    """One row that matters: a resource, how bad it is by itself, a sentence with number and limit, and the facts."""

    resource: str
    status: Status
    summary: str
    facts: dict[str, Fact] = Field(default_factory=dict)
    accepted: Acceptance | None = None


class CheckResult(Frozen):
    """What one check concluded about one claim."""

    name: str
    claim: str
    status: Status
    summary: str
    expected: str = ""
    next_step: str = ""
    evidence: tuple[Evidence, ...] = ()
    blind: tuple[Blind, ...] = ()
    calls: tuple[str, ...] = ()
    required: bool = True
    seconds: float = 0.0
    as_of: datetime | None = None  # when the oldest shared snapshot that it used was read; None where all was read for it


class Change(Frozen):
    """One write: what it does, what is there before and after, how to take it back or why that is impossible."""

    summary: str
    service: str
    operation: str
    params: dict[str, Any]
    before: dict[str, Any]
    after: dict[str, Any]
    precondition: dict[str, Any] = Field(default_factory=dict)
    undo: Change | None = None
    no_undo: str = ""


class Plan(Frozen):
    """Changes in order, for one environment and account; its digest is what an approval names."""

    environment: str
    account: str
    summary: str
    changes: tuple[Change, ...] = ()

    @property
    def digest(self) -> str:
        """Return twelve hex digits over everything the plan says."""
        text = json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]


class Hypothesis(Frozen):
    """A possible cause: what speaks for it, what against, what could not be seen, and the cheapest next question."""

    name: str
    summary: str
    weight: float
    supporting: tuple[str, ...] = ()
    opposing: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    next_question: str = ""


class Window(Frozen):
    """The time a run looks at, in UTC."""

    start: datetime
    end: datetime


class Series(Frozen):
    """One line of a chart: a label, and points in time order; None is a gap, never zero."""

    label: str
    points: tuple[tuple[datetime, float | None], ...]


class Chart(Frozen):
    """A chart as data, with the sentence that says it in words for those who cannot see it."""

    title: str
    unit: str
    words: str
    series: tuple[Series, ...]
    limit: float | None = None


class Verdict(Frozen):
    """What a run concluded, as data."""

    schema_version: Literal[1] = 1
    run_id: str
    runbook: str
    title: str
    environment: str
    account: str
    region: str
    window: Window
    started: datetime
    finished: datetime
    operator: str
    reason: str = ""
    incident: str = ""
    outcome: Outcome
    status: Status
    summary: str
    results: tuple[CheckResult, ...] = ()
    causes: tuple[Hypothesis, ...] = ()
    plans: tuple[Plan, ...] = ()
    changes: tuple[Change, ...] = ()
    redactions: int = 0
    calls: dict[str, int] = Field(default_factory=dict)
    parameters: dict[str, Fact] = Field(default_factory=dict)
    versions: dict[str, str] = Field(default_factory=dict)
    escalation: str = ""
    journal_head: str = ""

    @property
    def exit_code(self) -> int:
        """Return the exit code that belongs to this verdict."""
        return exit_code(self.outcome, self.status)


def run_status(results: Iterable[CheckResult]) -> Status:
    """Return the status of a run: the worst of its checks, where an optional check that could not look is a WARN."""
    return worst(Status.WARN if r.status is Status.UNKNOWN and not r.required else r.status for r in results)
