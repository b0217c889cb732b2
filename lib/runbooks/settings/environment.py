"""What an environment file says, as frozen and validated shapes. No file holds a secret."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from runbooks.model import Acceptance, Fact, Frozen
from runbooks.settings.backups import Backups
from runbooks.settings.day import Day
from runbooks.settings.performance import Performance
from runbooks.settings.security import Security
from runbooks.settings.telling import Severity, Telling, unknown_names

AccountId = Annotated[str, Field(pattern=r"^[0-9]{12}$")]
Seconds = Annotated[float, Field(gt=0, le=3600)]


class Hosts(Frozen):
    """The public host names."""

    site: str
    api: str


class Expectation(Frozen):
    """One public address, and what a healthy answer to GET looks like."""

    name: str
    url: Annotated[str, Field(pattern=r"^https://")]
    status: int = 200
    contains: str = ""
    json_values: dict[str, Fact] = Field(default_factory=dict, alias="json")
    keys: tuple[str, ...] = ()
    answered_by: str
    cors: bool = False


class FunctionNeeds(Frozen):
    """What a function must have to work: names of variables, MB, seconds."""

    variables: tuple[str, ...] = ()
    memory: int = 128
    timeout: int = 3


class Expected(Frozen):
    """Names that must exist."""

    alarms: tuple[str, ...]
    dashboards: tuple[str, ...]
    tables: dict[str, tuple[str, ...]] = Field(default_factory=dict)  # table -> its indexes
    api: str


class Limits(Frozen):
    """The numbers checks judge by."""

    endpoint_seconds: Seconds = 2.0
    certificate_warn_days: int = 30
    certificate_fail_days: int = 7
    alarm_flaps: Annotated[int, Field(ge=2)] = 6
    settle_minutes: Annotated[int, Field(gt=0)] = 60


class Deadlines(Frozen):
    """Bounds on reading, in seconds; a dripping reply or an endless waiter cannot outlast `check`."""

    connect: Seconds = 3.0
    call: Seconds = 5.0
    check: Seconds = 10.0
    run: Seconds = 240.0
    attempts: Annotated[int, Field(ge=1, le=5)] = 3


class Mail(Frozen):
    """The document's mailing lists."""

    on_call: str
    management: str
    engineering: str


class SandboxEstate(Frozen):
    """Marks an environment that is played by the local sandbox; the seed makes its estate reproducible."""

    seed: int


class Environment(Frozen):
    """One environment: where it is, what should be there, what is accepted, who is due."""

    name: str
    title: str
    suffix: str
    suffixes: tuple[str, ...]
    account: AccountId
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9]$")]
    stack: str
    profile: str = ""
    owner: str
    hosts: Hosts
    endpoints: tuple[Expectation, ...]
    functions: dict[str, FunctionNeeds]
    expected: Expected
    limits: Limits = Limits()
    deadlines: Deadlines = Deadlines()
    security: Security = Security()
    performance: Performance = Performance()
    day: Day = Day()
    backups: Backups
    severities: dict[str, Severity]
    mail: Mail
    telling: Telling = Telling()
    accepted: tuple[Acceptance, ...] = ()
    sandbox: SandboxEstate | None = None

    @field_validator("telling")
    @classmethod
    def _known(cls, telling: Telling, info: ValidationInfo) -> Telling:
        if wrong := unknown_names(telling, info.data.get("severities", {})):
            raise ValueError(f"{wrong[0]} is not of the escalation matrix [severities], so it would never be told")
        return telling
