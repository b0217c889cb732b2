"""The Reader: the only way a source asks the outside world, and it cannot write.

Every answer is remembered for the run, a failure too: what ten checks need is asked once and waited for once.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from runbooks.errors import RunbooksError, Unreadable
from runbooks.gateway import threads
from runbooks.gateway.access import require_read
from runbooks.gateway.clients import Clients
from runbooks.gateway.endpoint import Endpoint
from runbooks.gateway.reasons import blind
from runbooks.gateway.web import HostCertificate, Web, WebAnswer
from runbooks.model import Blind, Reason
from runbooks.settings import Environment

MARGIN = 0.2  # seconds before the deadline of a check at which single items are given up, so that the others are still judged
MAX_PAGES = 1000  # a listing that goes on beyond this is a broken token, not a platform of boats

T = TypeVar("T")
R = TypeVar("R")


def open_reader(environment: Environment, endpoint: Endpoint) -> Reader:
    """Return a reader of `environment` at `endpoint`, with nothing remembered and no deadline yet."""
    web = Web(
        allowed_hosts=frozenset({environment.hosts.site, environment.hosts.api}),
        connect_to=endpoint.web,
        ca=endpoint.authorities,
        connect_seconds=environment.deadlines.connect,
        read_seconds=environment.deadlines.call,
    )
    return Reader(Clients(environment, endpoint), web)


class Answer(dict[str, Any]):
    """A part of AWS's answer: a key that should be there and is not is unreadable, never a default."""

    call: str = ""

    def __missing__(self, key: str) -> Any:
        """Raise Unreadable for a key that AWS documents and that this answer lacks."""
        raise Unreadable(Blind(call=self.call, reason=Reason.NOT_AN_ANSWER, detail=f"the answer lacks '{key}'"))


@dataclass(slots=True)
class _Memory:
    """What this run asked already: answers and failures, by call and parameters."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    asked: dict[str, _Slot] = field(default_factory=dict)


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    since: float = 0.0
    pages: list[Answer] | None = None
    blind: Blind | None = None


class Reader:
    """Read AWS and the public web for one check: bounded by a deadline, complete, counted.

    `blind` collects what single items could not tell; `used` names the calls that fed the check.
    """

    def __init__(
        self,
        clients: Clients,
        web: Web,
        *,
        memory: _Memory | None = None,
        seconds: float = float("inf"),
        until: float = float("inf"),
    ) -> None:
        self._clients = clients
        self._web = web
        self._memory = memory or _Memory()
        self._seconds = seconds
        self.until = until
        self.blind: list[Blind] = []
        self.used: dict[str, None] = {}

    def scoped(self, *, seconds: float) -> Reader:
        """Return a reader with the same memory and a deadline, and notes, of its own."""
        until = min(self.until, time.monotonic() + seconds)
        return Reader(self._clients, self._web, memory=self._memory, seconds=seconds, until=until)

    def counts(self) -> dict[str, int]:
        """Return how many requests left, retries included, by call; those to the public web as "https"."""
        made = dict(sorted(self._clients.calls.items()))
        return made | ({"https": self._web.requests} if self._web.requests else {})

    def read(self, service: str, operation: str, **params: Any) -> Answer:
        """Return the one answer of a call; raises Unreadable."""
        return self._ask(service, operation, params, paged=False)[0]

    def listing(self, service: str, operation: str, key: str, **params: Any) -> list[Answer]:
        """Return all rows under `key` of all pages; raises Unreadable when any page is missing."""
        return [row for page in self.pages(service, operation, **params) for row in page[key]]

    def pages(self, service: str, operation: str, **params: Any) -> list[Answer]:
        """Return all pages of a listing, where one key is not all that is wanted; raises Unreadable when any is missing."""
        return self._ask(service, operation, params, paged=True)

    def map(self, function: Callable[[T], R], items: Iterable[T], *, name: Callable[[T], str] = str) -> list[R]:
        """Run `function` over `items` in threads; items that cannot be read go to `blind`, the others are returned in order."""
        todo = list(items)
        found: list[R] = []
        for item, outcome in zip(todo, threads.fan_out(function, todo, until=self.until - MARGIN, what=name), strict=True):
            if isinstance(outcome.error, Unreadable):
                self.blind.append(outcome.error.blind.model_copy(update={"resource": outcome.error.blind.resource or name(item)}))
            elif outcome.error is not None:
                raise outcome.error
            else:
                found.extend(outcome.value)
        return found

    def get(self, url: str, *, origin: str = "") -> WebAnswer:
        """Return what a GET of a public address gives, failures of the network included."""
        self.used.setdefault(f"GET {url}")
        return self._web.get(url, origin=origin)

    def certificate(self, host: str) -> HostCertificate:
        """Return the certificate that `host` presents to a client; raises Unreadable when there is none to look at."""
        self.used.setdefault(f"TLS {host}")
        return self._web.certificate(host)

    def _ask(self, service: str, operation: str, params: dict[str, Any], *, paged: bool) -> list[Answer]:
        require_read(service, operation)
        call = f"{service}:{operation}"
        threads.doing(call)
        self.used.setdefault(call)
        key = f"{call} {paged} {json.dumps(params, sort_keys=True, default=str)}"
        with self._memory.lock:
            slot = self._memory.asked.setdefault(key, _Slot())
        if not slot.lock.acquire(timeout=self._patience(slot)):
            raise Unreadable(
                Blind(call=call, reason=Reason.DEADLINE, resource=_resource(params), detail="asked before, and still no answer")
            )
        try:  # whoever comes second has waited for the first one's answer
            if slot.pages is None and slot.blind is None:
                slot.since = time.monotonic()
                self._fill(slot, service, operation, params, paged=paged)
        finally:
            slot.lock.release()
        if slot.blind is not None:
            raise Unreadable(slot.blind)
        return slot.pages or []

    def _patience(self, slot: _Slot) -> float:
        """Return how long to wait for an answer that another check asked for: together no longer than one check may take."""
        asked = slot.since or time.monotonic()
        longest = min(self.until, asked + self._seconds) - time.monotonic()
        return min(max(longest, 0.0), threading.TIMEOUT_MAX)

    def _fill(self, slot: _Slot, service: str, operation: str, params: dict[str, Any], *, paged: bool) -> None:
        try:
            slot.pages = self._pages(service, operation, params, paged=paged)
        except RunbooksError as error:
            if not isinstance(error, Unreadable):
                raise
            slot.blind = error.blind
        except Exception as error:  # noqa: BLE001 - whatever it is, it becomes a reason and then UNKNOWN
            slot.blind = blind(service, operation, error, resource=_resource(params), local=bool(self._clients.endpoint.aws))

    def _pages(self, service: str, operation: str, params: dict[str, Any], *, paged: bool) -> list[Answer]:
        client = self._clients.get(service)
        method = _method(client, operation)
        call = f"{service}:{operation}"
        if not paged:
            return [_answer(getattr(client, method)(**params), call)]
        pages: list[Answer] = []
        for page in client.get_paginator(method).paginate(**params):
            pages.append(_answer(page, call))
            if len(pages) >= MAX_PAGES:
                raise Unreadable(Blind(call=call, reason=Reason.NOT_AN_ANSWER, detail=f"more than {MAX_PAGES} pages"))
        return pages


def _method(client: Any, operation: str) -> str:
    """Return boto3's method name of an AWS operation."""
    for method, name in client.meta.method_to_api_mapping.items():
        if name == operation:
            return str(method)
    raise Unreadable(Blind(call=operation, reason=Reason.DEFECT, detail="boto3 knows no such operation"))


def _answer(value: Any, call: str) -> Any:
    """Turn every dict of an answer into an Answer that knows its call."""
    if isinstance(value, dict):
        answer = Answer({key: _answer(inner, call) for key, inner in value.items()})
        answer.call = call
        return answer
    if isinstance(value, list):
        return [_answer(inner, call) for inner in value]
    return value


def _resource(params: dict[str, Any]) -> str:
    """Return the name a call is about, if it is about one."""
    named = [str(value) for key, value in params.items() if key.endswith(("Name", "Arn", "Id")) and isinstance(value, str)]
    return named[0] if named else ""
