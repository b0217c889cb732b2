"""The Reader: the only way a source asks the outside world, and it cannot write.

Every answer is remembered for the run, a failure too: what ten checks need is asked once and waited for once. What is the same
for all runs of a batch may come from a dated snapshot, where a source allows it (`shared`); streams are never remembered.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

from runbooks.errors import RunbooksError, Unreadable
from runbooks.gateway import batch, threads
from runbooks.gateway.access import require_read
from runbooks.gateway.answers import Answer, Made, Memory, Slot, answered
from runbooks.gateway.clients import Clients
from runbooks.gateway.endpoint import Endpoint
from runbooks.gateway.reasons import blind
from runbooks.gateway.snapshot import Snapshots
from runbooks.gateway.stream import Page, Stream
from runbooks.gateway.strict import as_sent
from runbooks.gateway.web import HostCertificate, Web, WebAnswer
from runbooks.model import Blind, Reason
from runbooks.settings import Environment

MARGIN = 0.2  # seconds before the deadline of a check at which single items are given up, so that the others are still judged
MAX_PAGES = 1000  # a listing that goes on beyond this is a broken token, not a platform of boats

T = TypeVar("T")
R = TypeVar("R")


def open_reader(environment: Environment, endpoint: Endpoint, *, fresh: bool = False) -> Reader:
    """Return a reader of `environment` at `endpoint`, with nothing remembered and no deadline yet.

    A `fresh` one uses no snapshots, although it may run in a batch.
    """
    web = Web(
        allowed_hosts=frozenset({environment.hosts.site, environment.hosts.api}),
        connect_to=endpoint.web,
        ca=endpoint.authorities,
        connect_seconds=environment.deadlines.connect,
        read_seconds=environment.deadlines.call,
    )
    folder = None if fresh else batch.folder("snapshots")
    place = " ".join((environment.account, environment.region, endpoint.aws or "AWS", environment.profile or "ambient credentials"))
    return Reader(Clients(environment, endpoint), web, snapshots=Snapshots(folder, place) if folder else None)


class Reader:
    """Read AWS and the public web for one check: bounded by a deadline, complete, counted.

    `blind` collects what single items could not tell; `used` names the calls that fed the check; `as_of` is when the oldest
    snapshot among the answers was read, None where there is none.
    """

    def __init__(
        self,
        clients: Clients,
        web: Web,
        *,
        memory: Memory | None = None,
        snapshots: Snapshots | None = None,
        seconds: float = float("inf"),
        until: float = float("inf"),
    ) -> None:
        self._clients = clients
        self._web = web
        self._memory = memory or Memory()
        self._snapshots = snapshots
        self._seconds = seconds
        self.until = until
        self.blind: list[Blind] = []
        self.used: dict[str, None] = {}
        self.as_of: datetime | None = None

    def scoped(self, *, seconds: float) -> Reader:
        """Return a reader with the same memory and a deadline, and notes, of its own."""
        until = min(self.until, time.monotonic() + seconds)
        return Reader(self._clients, self._web, memory=self._memory, snapshots=self._snapshots, seconds=seconds, until=until)

    def counts(self) -> dict[str, int]:
        """Return how many requests left, retries included, by call; those to the public web as "https"."""
        made = dict(sorted(self._clients.calls.items()))
        return made | ({"https": self._web.requests} if self._web.requests else {})

    def read(self, service: str, operation: str, *, shared: bool = False, **params: Any) -> Answer:
        """Return the one answer of a call; raises Unreadable. `shared` allows one that another run of the batch read lately."""
        return self._ask(service, operation, params, paged=False, shared=shared)[0]

    def listing(self, service: str, operation: str, key: str, *, shared: bool = False, **params: Any) -> list[Answer]:
        """Return all rows under `key` of all pages; raises Unreadable when any page is missing. `shared` as with `read`."""
        return [row for page in self.pages(service, operation, shared=shared, **params) for row in page[key]]

    def pages(self, service: str, operation: str, *, shared: bool = False, **params: Any) -> list[Answer]:
        """Return all pages of a listing, where one key is not all that is wanted; raises Unreadable when any is missing."""
        return self._ask(service, operation, params, paged=True, shared=shared)

    def poll(self, service: str, operation: str, **params: Any) -> Answer:
        """Return the answer of a call as it is now, and do not remember it: for what is begun, and for what changes by itself."""
        self._note(service, operation)
        return self._pages(service, operation, params, paged=False)[0]

    def stream(self, service: str, operation: str, key: str, *, pages: int, **params: Any) -> Stream:
        """Return the pages of a long listing one by one, at most `pages` of them and none after the deadline; see `Stream`.

        The rows under `key` are plain dicts, as the service sent them: an Answer for each of a million would cost more than it.
        """
        self._note(service, operation)
        until = min(self.until, threads.deadline()) - MARGIN
        return Stream(f"{service}:{operation}", lambda: self._streamed(service, operation, key, params), budget=pages, until=until)

    def once(self, name: str, make: Callable[[Reader], T]) -> T:
        """Return what `make` reads, made at the first call in a run: for streams that several checks judge. Raises Unreadable.

        Every check that asks is told the calls that fed it and what they could not tell, as if it had read them itself.
        """
        with self._memory.lock:
            made = self._memory.made.setdefault(name, Made())
        if not made.lock.acquire(timeout=min(max(self.until - time.monotonic(), 0.0), threading.TIMEOUT_MAX)):
            raise Unreadable(Blind(call=name, reason=Reason.DEADLINE, detail="it is still being read for another check"))
        try:
            if not made.done:
                self._make(made, make)
        finally:
            made.lock.release()
        self.blind += made.blind
        self.used |= dict.fromkeys(made.used)
        self.as_of = min((at for at in (self.as_of, made.as_of) if at), default=None)
        if made.failure is not None:
            raise Unreadable(made.failure)
        value: T = made.value
        return value

    def _make(self, made: Made, make: Callable[[Reader], T]) -> None:
        reader = Reader(self._clients, self._web, memory=self._memory, snapshots=self._snapshots, until=self.until)
        reader.used = self.used  # noted as they leave, so that a deadline that passes meanwhile can name them
        try:
            made.value = make(reader)
        except Unreadable as error:
            made.failure = error.blind
        made.blind, made.used, made.as_of, made.done = tuple(reader.blind), tuple(reader.used), reader.as_of, True

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

    def _note(self, service: str, operation: str) -> str:
        require_read(service, operation)
        call = f"{service}:{operation}"
        threads.doing(call)
        self.used.setdefault(call)
        return call

    def _ask(self, service: str, operation: str, params: dict[str, Any], *, paged: bool, shared: bool) -> list[Answer]:
        call = self._note(service, operation)
        key = f"{call} {paged} {shared} {json.dumps(params, sort_keys=True, default=str)}"
        with self._memory.lock:
            slot = self._memory.asked.setdefault(key, Slot())
        if not slot.lock.acquire(timeout=self._patience(slot)):
            raise Unreadable(
                Blind(call=call, reason=Reason.DEADLINE, resource=_resource(params), detail="asked before, and still no answer")
            )
        try:  # whoever comes second has waited for the first one's answer
            if slot.pages is None and slot.blind is None:
                slot.since = time.monotonic()
                self._fill(slot, service, operation, params, paged=paged, shared=shared)
        finally:
            slot.lock.release()
        if slot.blind is not None:
            raise Unreadable(slot.blind)
        if slot.as_of is not None:
            self.as_of = min(self.as_of or slot.as_of, slot.as_of)
        return slot.pages or []

    def _patience(self, slot: Slot) -> float:
        """Return how long to wait for an answer that another check asked for: together no longer than one check may take."""
        asked = slot.since or time.monotonic()
        longest = min(self.until, asked + self._seconds) - time.monotonic()
        return min(max(longest, 0.0), threading.TIMEOUT_MAX)

    def _fill(self, slot: Slot, service: str, operation: str, params: dict[str, Any], *, paged: bool, shared: bool) -> None:
        call = f"{service}:{operation}"
        try:
            if self._snapshots is None or not shared:
                slot.pages = self._pages(service, operation, params, paged=paged)
                return
            pages, slot.as_of = self._snapshots.pages(
                call,
                f"{'all pages' if paged else 'one answer'} {json.dumps(params, sort_keys=True, default=str)}",
                lambda: [dict(page) for page in self._pages(service, operation, params, paged=paged)],
                until=min(self.until, threads.deadline()) - MARGIN,
            )
            slot.pages = [answered(page, call) for page in pages]
        except Unreadable as error:
            slot.blind = error.blind

    def _pages(self, service: str, operation: str, params: dict[str, Any], *, paged: bool) -> list[Answer]:
        """Ask AWS; whatever goes wrong on the way is Unreadable."""
        call = f"{service}:{operation}"
        with self._reasons(service, operation, params):
            client = self._clients.get(service)
            method = _method(client, operation)
            if not paged:
                return [answered(getattr(client, method)(**params), call)]
            pages: list[Answer] = []
            for page in client.get_paginator(method).paginate(**params):
                pages.append(answered(page, call))
                if len(pages) >= MAX_PAGES:
                    raise Unreadable(Blind(call=call, reason=Reason.NOT_AN_ANSWER, detail=f"more than {MAX_PAGES} pages"))
        return pages

    def _streamed(self, service: str, operation: str, key: str, params: dict[str, Any]) -> Iterator[tuple[Page, bool]]:
        """Yield each page and whether there is another."""
        call = f"{service}:{operation}"
        with self._reasons(service, operation, params):
            client = self._clients.get(service)
            tokens = self._clients.tokens(service, operation)
            pages = iter(client.get_paginator(_method(client, operation)).paginate(**params))
        while True:
            with self._reasons(service, operation, params), as_sent():
                answer = next(pages, None)
            if answer is None:
                return
            if not isinstance(answer.get(key), list):
                raise Unreadable(Blind(call=call, reason=Reason.NOT_AN_ANSWER, detail=f"the answer lacks '{key}'"))
            yield Page(answer[key], answer), any(answer.get(token) for token in tokens)

    @contextmanager
    def _reasons(self, service: str, operation: str, params: dict[str, Any]) -> Iterator[None]:
        """Turn every error but those of ours into Unreadable with a reason."""
        try:
            yield
        except RunbooksError:
            raise
        except Exception as error:
            local = bool(self._clients.endpoint.aws)
            raise Unreadable(blind(service, operation, error, resource=_resource(params), local=local)) from error


def _method(client: Any, operation: str) -> str:
    """Return boto3's method name of an AWS operation."""
    for method, name in client.meta.method_to_api_mapping.items():
        if name == operation:
            return str(method)
    raise Unreadable(Blind(call=operation, reason=Reason.DEFECT, detail="boto3 knows no such operation"))


def _resource(params: dict[str, Any]) -> str:
    """Return the name a call is about, if it is about one."""
    named = [str(value) for key, value in params.items() if key.endswith(("Name", "Arn", "Id")) and isinstance(value, str)]
    return named[0] if named else ""
