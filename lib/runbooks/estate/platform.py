"""The platform's resources as they stand: the plain rows that sources return and checks judge.

A row holds facts only. Fields that AWS leaves out where there is nothing to say are empty here; what could not be read has no row.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from runbooks.model import Fact

ABSENT = "ABSENT"  # our word for a resource that should be there and that AWS does not know


@dataclass(frozen=True, slots=True)
class StackState:
    """The CloudFormation stack; `changed` is its last update, or its creation."""

    name: str
    status: str
    reason: str
    changed: datetime


@dataclass(frozen=True, slots=True)
class StackResource:
    """One resource of the stack: the id in the template, the name in AWS, its type and status."""

    logical: str
    physical: str
    kind: str
    status: str


@dataclass(frozen=True, slots=True)
class FunctionState:
    """One Lambda function; `variables` are names only, None when they cannot be read (no kms:Decrypt). MB and seconds."""

    name: str
    logical: str
    state: str
    state_reason: str
    state_reason_code: str
    update: str
    update_reason: str
    modified: datetime
    runtime: str
    memory: int
    timeout: int
    variables: frozenset[str] | None

    @classmethod
    def absent(cls, member: StackResource) -> FunctionState:
        """Return the row of a function that the stack lists and Lambda does not know."""
        never = datetime.fromtimestamp(0, tz=UTC)
        return cls(member.physical, member.logical, ABSENT, "", "", "", "", never, "", 0, 0, frozenset())


@dataclass(frozen=True, slots=True)
class IndexState:
    """One global secondary index."""

    name: str
    status: str
    backfilling: bool


@dataclass(frozen=True, slots=True)
class TableState:
    """One DynamoDB table; `status` is ABSENT for one that is expected and does not exist."""

    name: str
    status: str
    billing: str
    indexes: tuple[IndexState, ...]


@dataclass(frozen=True, slots=True)
class AlarmState:
    """One alarm of any kind; metric, namespace and dimensions are empty for alarms that watch no single metric."""

    name: str
    kind: str
    state: str
    reason: str
    since: datetime
    configured: datetime
    actions_enabled: bool
    actions: tuple[str, ...]
    metric: Metric | None
    has_data: bool | None = None


@dataclass(frozen=True, slots=True)
class AlarmHistory:
    """How often an alarm changed its state within the window, and when last."""

    name: str
    changes: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic that alarms send to, and who listens."""

    name: str
    confirmed: int
    pending: int
    exists: bool = True


@dataclass(frozen=True, slots=True, order=True)
class Metric:
    """A metric by its whole name: CloudWatch only finds the exact set of dimensions."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Widget:
    """One metric widget: how many of its metrics have data, of how many; an absent dashboard has neither title nor metrics."""

    dashboard: str
    title: str
    metrics: int
    alive: int


@dataclass(frozen=True, slots=True)
class StageState:
    """One stage of the REST API: the deployment it serves and the newest one there is."""

    api: str
    stage: str
    deployment: str
    newest: str
    newest_created: datetime


@dataclass(frozen=True, slots=True)
class CertificateState:
    """One certificate; `problem` is why a client refuses it, or empty; `imported` ones are never renewed by AWS."""

    name: str
    issuer: str
    not_after: datetime
    problem: str = ""
    imported: bool = False
    in_use: bool = True


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a healthy answer of a public address looks like."""

    status: int
    contains: str
    values: tuple[tuple[str, Fact], ...]
    keys: tuple[str, ...]
    answered_by: str
    reader: str  # the origin whose pages must be allowed to read it; empty where none must


@dataclass(frozen=True, slots=True)
class EndpointAnswer:
    """What one public address answered to GET, beside what is wanted; `problem` is what the network did if no whole answer came."""

    name: str
    url: str
    wanted: Wanted
    status: int | None
    body: str
    allow_origin: str
    seconds: float
    answered_by: str
    problem: str
    ray: str
