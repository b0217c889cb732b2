"""Seeding an account once, before its first request, whoever asks first."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account


class Readiness:
    """Knows which accounts are seeded; a second request waits while the first one seeds."""

    def __init__(self, seed: Callable[[Account], None] | None = None) -> None:
        self._seed = seed
        self._ready: set[str] = set()
        self._lock = RLock()

    def is_ready(self, account: Account) -> bool:
        """Return whether the account is seeded."""
        return account.environment.account in self._ready

    def ensure(self, account: Account) -> None:
        """Seed the account unless that is done; raises what the seeding raises."""
        if self.is_ready(account):
            return
        with self._lock:
            if not self.is_ready(account):
                if self._seed is not None:
                    self._seed(account)
                self._ready.add(account.environment.account)

    def renew(self, account: Account, change: Callable[[Account], None]) -> None:
        """Run a change of a seeded account (a fault, or seeding it anew) while nobody seeds."""
        with self._lock:
            self.ensure(account)
            change(account)
