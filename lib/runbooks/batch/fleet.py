"""Runs on the workers of a dask cluster, which share nothing with this machine and nothing with each other.

Each run is given to one worker process, by its identity and not only by its address: dask would give it to another, or to the
same one started anew, without a word, and what writes must not be done twice. What a worker was doing when it went is lost,
and the batch decides what becomes of it.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, InvalidStateError
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any, ParamSpec, TypeVar
from uuid import uuid4

from distributed import Client, Worker, WorkerPlugin, get_worker

from runbooks.batch import result
from runbooks.batch.local import common, warm
from runbooks.batch.perform import OnEntry, perform
from runbooks.batch.result import Result
from runbooks.batch.task import Task
from runbooks.errors import CallError, RunbooksError
from runbooks.execute import signals
from runbooks.gateway.batch import SHARE

ANSWER = 8.0  # seconds a scheduler may take to answer, and a first worker to be there
_LOOK = 0.5  # seconds between looks at which workers there are

P = ParamSpec("P")
R = TypeVar("R")


class LostError(Exception):
    """The worker that had a task is gone, or the way to it; what it did last is not known."""


class Aboard(WorkerPlugin):
    """What a worker process has as long as a batch goes on: a warm process to fork from, and the folder its runs share."""

    def __init__(self, batch: str, *, shared: bool) -> None:
        self.name = f"runbooks-{batch}"
        self.batch = batch
        self.shared = shared

    def setup(self, worker: Worker) -> None:  # noqa: ARG002 - dask's signature
        """Begin: also for a worker that comes later."""
        signals.forget()  # a worker outlives batches, and the last one may have been interrupted
        self.stack = ExitStack()
        self.stack.enter_context(warm(many=True))
        self.variables = self.stack.enter_context(common(shared=self.shared))
        _aboard[self.batch] = self

    def teardown(self, worker: Worker) -> None:  # noqa: ARG002 - dask's signature
        """End: the batch is over, or the worker is."""
        _aboard.pop(self.batch, None)
        self.stack.close()


_aboard: dict[str, Aboard] = {}


@dataclass(slots=True)
class _Seat:
    """A worker process: how many runs it takes at a time, and those it has."""

    identity: str
    width: int
    executor: Executor
    held: dict[Future[Any], Future[Any]] = field(default_factory=dict)


class Dask(Executor):
    """The workers of a cluster as an executor that runs what it is given once, or loses it."""

    def __init__(self, client: Any, batch: str) -> None:
        self._client = client
        self._batch = batch
        self._seats: dict[str, _Seat] = {}
        self._looked = 0.0

    def seats(self) -> int:
        """Return how many runs there may be at a time, after a look at which workers are there now."""
        if time.monotonic() - self._looked > _LOOK:
            self._look()
            self._looked = time.monotonic()
        return sum(seat.width for seat in self._seats.values())

    def begin(self, task: Task, on_entry: OnEntry) -> Future[Result]:  # noqa: ARG002 - findings come with the result
        """Begin a task on a worker that has a seat free."""
        return self.submit(_performed, task, self._batch, 1 / len(self._seats))

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Call `fn` on the worker that has most seats free; the future raises LostError when that worker goes."""
        seat = max(self._seats.values(), key=lambda each: each.width - len(each.held))
        inner = seat.executor.submit(_seated, seat.identity, partial(fn, *args, **kwargs))
        outer: Future[R] = Future()
        seat.held[outer] = inner
        inner.add_done_callback(partial(_pass_on, seat, outer))
        return outer

    def interrupt(self) -> None:
        """Ask the runs of every worker to end, as a signal would."""
        with suppress(OSError):
            self._client.run(_interrupt, on_error="ignore")

    def _look(self) -> None:
        there = self._there()
        for address in self._seats.keys() - there.keys():
            _lose(self._seats.pop(address))
        fresh = [address for address in there if address not in self._seats]
        for address, identity in self._identities(fresh).items():
            executor = self._client.get_executor(workers=[address], allow_other_workers=False, pure=False, retries=0)
            self._seats[address] = _Seat(identity, there[address], executor)

    def _there(self) -> dict[str, int]:
        """Return the threads of each worker; of a scheduler that has gone, none."""
        if self._client.status != "running":
            return {}
        try:
            return dict(self._client.nthreads())
        except OSError:
            return {}

    def _identities(self, addresses: list[str]) -> dict[str, str]:
        if not addresses:
            return {}
        try:
            return dict(self._client.run(_identity, workers=addresses, on_error="ignore"))
        except (OSError, KeyError, ValueError):  # one of them went again at this moment: the next look sees the others
            return {}


@contextmanager
def cluster(address: str, *, shared: bool) -> Iterator[Dask]:
    """Have the workers of the scheduler at `address` as an executor.

    Raises RunbooksError when no scheduler or no worker is there within seconds, CallError when the workers lack this package.
    """
    client = _client(address)
    try:
        plugin = Aboard(uuid4().hex[:12], shared=shared)
        try:
            client.register_plugin(plugin)
            yield Dask(client, plugin.batch)
        except ModuleNotFoundError as error:
            raise CallError(f"the workers of {address} cannot run this ({error}): install the same package there") from None
        finally:
            with suppress(OSError, ValueError):
                client.unregister_worker_plugin(plugin.name)
    finally:
        with suppress(OSError):
            client.close(timeout=1)


def _client(address: str) -> Any:  # typed in part
    try:
        client: Any = Client(address, timeout=ANSWER, set_as_default=False, name="runbooks")  # type: ignore[no-untyped-call]
    except (OSError, ValueError, TypeError) as error:
        raise RunbooksError(
            f"no dask scheduler answers at '{address}' ({type(error).__name__}): start one with `dask scheduler`, "
            f"and workers with `dask worker {address}`; or leave --executor out"
        ) from None
    try:
        client.wait_for_workers(1, timeout=ANSWER)
    except OSError:  # TimeoutError is one
        client.close(timeout=1)
        raise RunbooksError(f"the dask scheduler at {address} has no worker: start some with `dask worker {address}`") from None
    return client


def _performed(task: Task, batch: str, share: float) -> Result:
    """Run a task on this worker, unless the batch was interrupted before."""
    if signals.noted():
        return result.without_run(task, result.NOT_BEGUN, began=False)
    return perform(task, None, {**_aboard[batch].variables, SHARE: f"{share:.6f}"})


def _seated(identity: str, work: Callable[[], R]) -> R:
    if get_worker().id != identity:
        raise LostError("its worker was started anew")
    return work()


def _identity(dask_worker: Worker) -> str:
    return str(dask_worker.id)


def _interrupt() -> None:
    signals.note(signal.SIGTERM)  # the runs of this process look there, whoever asks


def _lose(seat: _Seat) -> None:
    for outer, inner in list(seat.held.items()):
        with suppress(InvalidStateError):
            outer.set_exception(LostError("its worker died"))
        inner.cancel()  # or dask would wait for a worker of this address


def _pass_on(seat: _Seat, outer: Future[Any], inner: Future[Any]) -> None:
    seat.held.pop(outer, None)
    with suppress(InvalidStateError):
        if inner.cancelled():
            outer.set_exception(LostError("the way to its worker was lost"))
        elif error := inner.exception():
            outer.set_exception(error if isinstance(error, LostError) else LostError(f"{type(error).__name__}: {error}"))
        else:
            outer.set_result(inner.result())
