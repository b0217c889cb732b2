"""Answers of AWS that say what they lack, and the memory of a run for them and for what was made of many."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from runbooks.errors import Unreadable
from runbooks.model import Blind, Reason


class Answer(dict[str, Any]):
    """A part of AWS's answer: a key that should be there and is not is unreadable, never a default."""

    call: str = ""

    def __missing__(self, key: str) -> Any:
        """Raise Unreadable for a key that AWS documents and that this answer lacks."""
        raise Unreadable(Blind(call=self.call, reason=Reason.NOT_AN_ANSWER, detail=f"the answer lacks '{key}'"))


@dataclass(slots=True)
class Memory:
    """What this run asked already: answers and failures, by call and parameters."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: dict[str, Slot] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)


@dataclass(slots=True)
class Slot:
    """One question: since when it is asked, then the pages or why there are none; `as_of` is the time of a snapshot."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    since: float = 0.0
    pages: list[Answer] | None = None
    blind: Blind | None = None
    as_of: datetime | None = None


@dataclass(slots=True)
class Made:
    """What was made of many answers, or why it could not be; the calls that fed it, and what they could not tell."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    done: bool = False
    value: Any = None
    failure: Blind | None = None
    blind: tuple[Blind, ...] = ()
    used: tuple[str, ...] = ()
    as_of: datetime | None = None


def answered(value: Any, call: str) -> Any:
    """Turn every dict of an answer into an Answer that knows its call."""
    if isinstance(value, dict):
        answer = Answer({key: answered(inner, call) for key, inner in value.items()})
        answer.call = call
        return answer
    if isinstance(value, list):
        return [answered(inner, call) for inner in value]
    return value
