"""What long listings tell, tallied while they are read: rows of events, and lines of logs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """How a long listing was read: by what, how much was looked at for the rows that counted, at what cost, and whether to its end.

    `capacity` is in read units of DynamoDB; `stopped` says why it was not read to its end, and is empty where it was.
    """

    how: str
    pages: int
    looked_at: int
    rows: int
    capacity: float = 0.0
    stopped: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Tally:
    """How many rows of one kind, with one result, in one hour (its start, UTC)."""

    hour: datetime
    kind: str
    result: str
    count: int


@dataclass(frozen=True, slots=True)
class Subject:
    """Somebody who tried: the sort of name ("email" or "address"), the name, and how often they failed and succeeded."""

    sort: str
    name: str
    failed: int
    succeeded: int


@dataclass(frozen=True, slots=True)
class Trail:
    """What a table of events holds within the window, tallied; `newest` is the last one seen, None where there is none.

    `subjects` are those who failed most; `unnamed` counts the rows beyond the number of names that are told apart.
    """

    table: str
    newest: datetime | None
    tallies: tuple[Tally, ...]
    reading: Reading
    subjects: tuple[Subject, ...] = ()
    unnamed: int = 0


@dataclass(frozen=True, slots=True)
class Spread:
    """How long something took, in ms: how often, and the percentiles within one percent; all 0 where it never happened."""

    count: int
    p50: float
    p95: float
    p99: float
    most: float


@dataclass(frozen=True, slots=True)
class FunctionLog:
    """What the log of one function tells of the window; `kinds` are its most frequent errors in the log's own words.

    `exists` is False for a log group that is not there: the function was never invoked, or cannot write.
    """

    function: str
    logical: str
    group: str
    exists: bool
    durations: Spread
    inits: Spread
    timeouts: int
    out_of_memory: int
    crashes: int
    errors: int
    kinds: tuple[tuple[str, int], ...]
    reading: Reading
