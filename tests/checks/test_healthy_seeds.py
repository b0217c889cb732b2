"""Seven platforms that differ in all that is chance, by day and by night, in all sizes: healthy, so nothing is said of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest

from runbooks import checks, settings, sources
from runbooks.gateway import Endpoint, Reader, open_reader
from runbooks.model import CheckResult, Status
from runbooks.sandbox import estate, server
from runbooks.sandbox.accounts import Account
from runbooks.sandbox.clock import Clock
from runbooks.sandbox.listener import Listener
from runbooks.settings import Deadlines, SandboxEstate, Settings
from tests.sandbox.loopback import TOKEN

Asked = Callable[[Reader, Settings], Sequence[Any]]
Judged = Callable[[Sequence[Any], Settings], CheckResult]

PAIRS: tuple[tuple[Asked, Judged], ...] = (
    (sources.performance.api, checks.latency.api_fast), (sources.performance.api, checks.failures.api_succeeds),
    (sources.performance.functions, checks.latency.functions_fast), (sources.performance.functions, checks.failures.functions_succeed),
    (sources.performance.functions, checks.failures.functions_unthrottled), (sources.logs.invocations, checks.invocations.calls_complete),
    (sources.performance.concurrency, checks.capacity.concurrency_left), (sources.capacity.tables, checks.capacity.capacity_left),
    (sources.capacity.tables, checks.capacity.tables_unthrottled), (sources.courses.all_of, checks.anomalies.nothing_unusual),
)  # fmt: skip
HEALTHY = (
    (11, "sandbox", datetime(2026, 3, 9, 7, 41, tzinfo=UTC)),  # the night after clocks went forward
    (12, "sandbox", datetime(2026, 7, 4, 23, 59, tzinfo=UTC)),
    (13, "sandbox-staging", datetime(2026, 11, 2, 7, 5, tzinfo=UTC)),  # and after they went back
    (14, "sandbox-dev", datetime(2026, 12, 25, 12, 0, tzinfo=UTC)),
    (15, "sandbox", datetime(2027, 1, 1, 0, 1, tzinfo=UTC)),
    (16, "sandbox-dev", datetime(2026, 2, 28, 19, 30, tzinfo=UTC)),
    (17, "sandbox-staging", datetime(2026, 5, 17, 3, 17, tzinfo=UTC)),
)


@contextmanager
def platform(seed: int, name: str, now: datetime) -> Iterator[tuple[Reader, Settings]]:
    """Yield a reader of a platform made from a seed, at a moment, and the settings of a run on it."""
    patient = Deadlines(call=60.0, check=120.0)
    environment = settings.load(name).model_copy(update={"sandbox": SandboxEstate(seed=seed), "deadlines": patient})
    account = Account(environment, Clock(now))
    estate.build(account)
    listening = Listener(server.build([account], token=TOKEN))
    listening.start()
    endpoint = Endpoint(
        aws=f"http://127.0.0.1:{listening.port}", credentials=(f"sandbox-{environment.account}", "any"), limited=False
    )
    reader = open_reader(environment, endpoint)
    yield reader, Settings(environment, now, settings.window(now, hours=24))
    listening.shutdown()
    listening.server_close()
    account.reset()


@pytest.mark.parametrize(("seed", "name", "now"), HEALTHY, ids=lambda value: value if isinstance(value, int) else None)
def test_a_healthy_platform_passes_whatever_its_seed(seed: int, name: str, now: datetime) -> None:
    with platform(seed, name, now) as (reader, scope):
        results = []
        for asked, judged in PAIRS:
            scoped = reader.scoped(seconds=120)
            results.append(judged(asked(scoped, scope), scope))
            assert scoped.blind == []
    assert [f"{each.name}: {each.summary}" for each in results if each.status is not Status.PASS] == []
