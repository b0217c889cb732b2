"""Fault rules: which calls of which account go wrong, how, and how often."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field, fields
from threading import Lock
from typing import TYPE_CHECKING, Any

from pydantic import ConfigDict, TypeAdapter, ValidationError

from runbooks.sandbox import refusals

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.refusals import Refusal
    from runbooks.sandbox.wire import Call

KINDS = ("deny", "throttle", "code", "delay", "drop", "drip", "truncate", "blank", "html", "empty")


@dataclass(frozen=True, slots=True)
class Rule:
    """One fault; exactly one kind is set.

    `account`: an account id, empty for any. `service`: botocore's name, empty for any. `operation`: a regular expression over
    botocore's whole operation name. `code` answers an error with `status`; `delay` waits that many seconds and answers;
    `drop` closes the connection; `drip` sends a byte a second; `truncate` sends half of the body as if it were all;
    `blank` and `html` answer 200 with nothing or a page; `empty` answers as AWS does where nothing is there.
    `times`: after so many hits the rule has no effect any more; 0 is for ever.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", strict=True)

    account: str = ""
    service: str = ""
    operation: str = ".*"
    deny: bool = False
    throttle: bool = False
    code: str = ""
    status: int = 500
    delay: float = 0
    drop: bool = False
    drip: bool = False
    truncate: bool = False
    blank: bool = False
    html: bool = False
    empty: bool = False
    times: int = 0

    def __post_init__(self) -> None:
        """Raise ValueError when not exactly one kind is set, or the operation is not a regular expression."""
        kinds = [kind for kind in KINDS if getattr(self, kind)]
        if len(kinds) != 1:
            raise ValueError(f"a rule has exactly one kind, this one has {kinds or 'none'}: choose of {', '.join(KINDS)}")
        if self.delay < 0 or self.times < 0:
            raise ValueError(f"delay is {self.delay} and times is {self.times}: neither can be negative")
        try:
            re.compile(self.operation)
        except re.error as error:
            raise ValueError(f"operation {self.operation!r} is not a regular expression: {error}") from None

    @property
    def kind(self) -> str:
        """The one kind that is set."""
        return next(kind for kind in KINDS if getattr(self, kind))

    def concerns(self, call: Call) -> bool:
        """Return whether the rule is about this call."""
        return (
            self.account in {"", call.account}
            and self.service in {"", call.service}
            and re.fullmatch(self.operation, call.operation) is not None
        )

    def refusal(self, call: Call) -> Refusal | None:
        """Return the error that the rule answers with, or None when it is of another kind."""
        if self.deny:
            return refusals.denied(call)
        if self.throttle:
            return refusals.throttled(call)
        return refusals.Refusal(self.code, f"{self.code} played by the sandbox", self.status) if self.code else None


_ADAPTER = TypeAdapter(Rule)


def rule(raw: Mapping[str, Any]) -> Rule:
    """Return the rule a JSON object describes; raises ValueError in one sentence."""
    try:
        return _ADAPTER.validate_json(json.dumps(dict(raw)))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the rule"
        known = ", ".join(each.name for each in fields(Rule))
        raise ValueError(f"{where}: {first['msg']}; the known keys are {known}") from None


@dataclass
class Rules:
    """The rules in force, in order; the first that concerns a call and has hits left is played."""

    _rules: list[Rule] = field(default_factory=list)
    _hits: list[int] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def add(self, new: Rule) -> None:
        """Put a rule behind the others."""
        with self._lock:
            self._rules.append(new)
            self._hits.append(0)

    def clear(self) -> None:
        """Forget all rules."""
        with self._lock:
            self._rules.clear()
            self._hits.clear()

    def hit(self, call: Call) -> Rule | None:
        """Return the rule to play on this call and count it, or None."""
        with self._lock:
            for index, each in enumerate(self._rules):
                if (not each.times or self._hits[index] < each.times) and each.concerns(call):
                    self._hits[index] += 1
                    return each
        return None

    def listed(self) -> list[dict[str, Any]]:
        """Return the rules with their hits, as JSON."""
        with self._lock:
            return [{**asdict(each), "hits": hits} for each, hits in zip(self._rules, self._hits, strict=True)]


def emptied(answer: Any) -> Any:
    """Return an answer of AWS as it looks where nothing is: no list has items, no next page, counts are zero."""
    if not isinstance(answer, dict):
        return answer
    kept = {key: value for key, value in answer.items() if not re.fullmatch(r"(?i)next.*|position|marker|lastevaluated.*", key)}
    return {key: [] if isinstance(value, list) else 0 if key.endswith("Count") else emptied(value) for key, value in kept.items()}
