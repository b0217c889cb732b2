"""Token buckets: no account is asked more often than AWS takes, by all threads of a process and by all processes of a batch.

A bucket is one number, the moment at which it will be full again (the generic cell rate algorithm, ITU-T I.371). Whoever wants
to ask moves it on by one token and sleeps, once, until its turn; one that dies meanwhile has wasted a token and holds up nobody.
Times are those of time.monotonic, which all processes of a machine share.
"""

from __future__ import annotations

import fcntl
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runbooks.errors import Unreadable
from runbooks.gateway import batch, threads
from runbooks.gateway.quotas import Quota, quota
from runbooks.model import Blind, Reason

HORIZON = 3600.0  # seconds; no queue is so long: a bucket that says so was left by another boot of the machine
TICK = 1e-6  # seconds; a wait that is shorter is a rounding error
WIDTH = 32  # bytes of a bucket's file

Move = Callable[[float], tuple[float, float]]  # when it is full -> (when to go, when it will be full)


class Buckets(Protocol):
    """Where buckets are kept."""

    def move(self, name: str, step: Move) -> float:
        """Change the bucket `name` by `step`, alone, and return the moment to go."""


@dataclass(slots=True)
class OwnBuckets:
    """The buckets of this process."""

    full: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def move(self, name: str, step: Move) -> float:
        """Change the bucket for all threads of this process."""
        with self.lock:
            go, self.full[name] = step(self.full.get(name, 0.0))
            return go


@dataclass(frozen=True, slots=True)
class SharedBuckets:
    """The buckets of a batch: a small file each, locked while it is changed; the kernel frees the lock of one that dies."""

    folder: Path

    def move(self, name: str, step: Move) -> float:
        """Change the bucket for all processes that share the folder; raises OSError when it cannot be kept."""
        path = self.folder / re.sub(r"[^A-Za-z0-9.-]", "_", name)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            if not batch.owned(handle):
                raise PermissionError(f"{path} is not a file of ours")
            fcntl.flock(handle, fcntl.LOCK_EX)
            go, full = step(_number(os.pread(handle, WIDTH, 0)))
            os.pwrite(handle, f"{full:.6f}".ljust(WIDTH).encode(), 0)
            return go
        finally:
            os.close(handle)


_own = OwnBuckets()


class Rates:
    """The rate limits of one account and region, as this machine may use them."""

    def __init__(
        self,
        place: str,
        *,
        buckets: Buckets | None = None,
        share: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._place = place
        self._buckets = buckets or _own
        self._share = share
        self._clock = clock
        self._sleep = sleep

    def take(self, service: str, operation: str) -> float:
        """Wait until `operation` may be asked, and return for how many seconds.

        Raises Unreadable(DEADLINE), and takes nothing, when its turn would come after the time of the check.
        """
        limit = self.limit(service, operation)
        now, until = self._clock(), threads.deadline()
        go = self._move(f"{self._place}-{limit.group}", lambda full: _turn(full, limit, now, until))
        if go > until:
            detail = f"not asked: the rate limit of {limit.group}, {limit.rate:.3g}/s, leaves no turn in the time for this check"
            raise Unreadable(Blind(call=f"{service}:{operation}", reason=Reason.DEADLINE, detail=detail))
        if go > now:
            self._sleep(go - now)
        return max(go - now, 0.0)

    def limit(self, service: str, operation: str) -> Quota:
        """Return the quota of an operation, as far as it is this machine's."""
        whole = quota(service, operation)
        return Quota(whole.group, whole.rate * self._share, max(whole.burst * self._share, 1.0), whole.source)

    def _move(self, name: str, step: Move) -> float:
        try:
            return self._buckets.move(name, step)
        except OSError:  # the batch's folder is gone or full: still never faster than one process may be
            return _own.move(name, step)


def shared(place: str) -> Rates:
    """Return the rates of a place, "account-region": shared with the batch that this process belongs to, if there is one."""
    folder = batch.folder("rates")
    return Rates(place, buckets=SharedBuckets(folder) if folder else None, share=batch.share())


def _turn(full: float, limit: Quota, now: float, until: float) -> tuple[float, float]:
    """Return when to go and when the bucket will be full; a turn after `until` is not taken."""
    if full > now + HORIZON:
        full = now
    go = full - (limit.burst - 1) / limit.rate
    go = go if go > now + TICK else now
    return go, full if go > until else max(full, now) + 1 / limit.rate


def _number(content: bytes) -> float:
    """Return the number in a bucket's file; anything else, as a file that is new, is a bucket that is full."""
    try:
        value = float(content)
    except ValueError:
        return 0.0
    return value if abs(value) < float("inf") else 0.0
