"""Who tried to get in, what administrators did, what lies open, and who knows the secrets: rows without names that nobody needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from runbooks.estate.trails import Reading


class Result(StrEnum):
    """What became of one attempt to log in, by the rows that it left."""

    SUCCESS = "success"
    SECOND_FACTOR = "right password, second factor asked"
    WRONG_PASSWORD = "wrong password"  # noqa: S105 - what happened, not a password
    UNKNOWN_EMAIL = "unknown e-mail"
    LOCKED = "locked account"
    INACTIVE = "inactive account"
    NO_EMAIL = "no e-mail"
    UNDER_WAY = "under way"

    @property
    def got_in(self) -> bool:
        """Whether whoever tried had the right password."""
        return self in (Result.SUCCESS, Result.SECOND_FACTOR)

    @property
    def failed(self) -> bool:
        """Whether it came to its end and failed."""
        return not self.got_in and self is not Result.UNDER_WAY


@dataclass(frozen=True, slots=True)
class Login:
    """One attempt to log in: when (seconds since 1970), on which account (in lower case), by which client, with what result."""

    at: float
    email: str
    address: str
    agent: str
    result: Result


@dataclass(frozen=True, slots=True)
class LoginTrail:
    """All attempts of the window in order, and how they were read.

    `plain` is the number of rows with success false, which counts every success as a failure too; `unpaired` are successes whose
    first row is missing; `strange` are rows that do not look as the platform writes them.
    """

    table: str
    logins: tuple[Login, ...]
    plain: int
    unpaired: int
    strange: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class AdminAct:
    """One row of the audit log that an administrator's request left; status 0 where the row tells none."""

    at: datetime
    person: str
    email: str
    action: str
    path: str
    method: str
    status: int
    address: str
    agent: str


@dataclass(frozen=True, slots=True)
class AdminTrail:
    """The administrators' rows of the window in order, and how they were read."""

    table: str
    acts: tuple[AdminAct, ...]
    reading: Reading


@dataclass(frozen=True, slots=True)
class Rows:
    """How many rows of a table do not look as the platform writes them, by what is wrong.

    `items` is how many rows AWS counted in it when it last did, up to six hours ago; the reading says how many were looked at.
    """

    table: str
    strange: tuple[tuple[str, int], ...]
    newest: datetime | None
    items: int
    reading: Reading


@dataclass(frozen=True, slots=True)
class Witness:
    """What one witness says of the audit log: what it saw, how many events, how many left no row, the first and last of these.

    `expected` is how many events a silence should have held, 0 where the witness counts single events.
    """

    name: str
    saw: str
    events: int
    missing: int
    first: datetime | None = None
    last: datetime | None = None
    expected: float = 0.0


@dataclass(frozen=True, slots=True)
class SecretState:
    """One secret, by what is told about it and never by its value.

    `consumers` are the functions whose variables name it. `read` is the day on which it was last read, None where AWS knows none;
    `deletion` is when it will be gone.
    """

    name: str
    changed: datetime
    read: datetime | None
    deletion: datetime | None
    rotates: bool
    consumers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FunctionSecrets:
    """The variables of one function that hold a secret literally, by name."""

    function: str
    logical: str
    literal: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BucketState:
    """Who may read a bucket: everybody by its policy, everybody by its access list, and whether AWS blocks either."""

    name: str
    policy_public: bool
    grants_public: bool
    blocked: bool


@dataclass(frozen=True, slots=True)
class Opening:
    """One rule of a security group that lets the whole internet in; `ports` as "22", "8000-8080" or "all"."""

    group: str
    group_id: str
    protocol: str
    ports: str
    source: str


@dataclass(frozen=True, slots=True)
class GroupState:
    """One security group and what it opens to the whole internet."""

    name: str
    id: str
    openings: tuple[Opening, ...]


@dataclass(frozen=True, slots=True)
class LogGroupState:
    """One log group of the platform; `days` are kept, None for ever."""

    name: str
    days: int | None
    stored: int
