"""A sandbox in this process on an ephemeral port, and boto3 clients of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbooks import settings
from runbooks.sandbox import server
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.listener import Listener
from tests.sandbox.loopback import NOW, TOKEN, Aws

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def served() -> Iterator[Callable[[], Aws]]:
    """Serve one sandbox for the module's tests; each `aws` empties it."""
    account = Account(settings.load("sandbox"), Clock(NOW))
    app = server.build([account], token=TOKEN)
    listening = Listener(app)
    listening.start()
    yield lambda: Aws(f"http://127.0.0.1:{listening.port}", app, account)
    listening.shutdown()
    listening.server_close()
    account.reset()


@pytest.fixture
def aws(served: Callable[[], Aws]) -> Aws:
    """Return an empty sandbox: nothing in the account, no rules, no counts."""
    fresh = served()
    fresh.account.reset()
    fresh.app.rules.clear()
    fresh.app.requests.clear()
    return fresh
