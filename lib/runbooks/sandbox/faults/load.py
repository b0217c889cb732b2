"""Faults of speed and room: slow and failing for a whole day, memory, throughput, concurrency, a hot key."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import backends, chance, items, logs
from runbooks.sandbox.estate.series import Name
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import PERFORMANCE, Fault, Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account

A_DAY = 60 * 27  # minutes; some more than the window of a daily run
UNITS = 5  # provisioned, a second


def _slow_all_day(account: Account) -> None:
    """Each answer takes three times as long, all day: no hour is unlike the one before, and every one is too slow."""
    since = effects.ago(account, A_DAY)
    effects.change(account, effects.api_metric("Latency", "IntegrationLatency"), since, effects.times(3))
    effects.change(account, effects.function_metric(account, "SearchFunction", "Duration"), since, effects.times(9, most=2990))


def _failing_all_day(account: Account) -> None:
    effects.failing_api(account, effects.ago(account, A_DAY), 0.03)


def _memory(account: Account) -> None:
    """The media function uses all its memory and is killed; the word ERROR stands in none of its lines."""
    since = effects.ago(account, 100)
    dice = chance.dice(items.seed_of(account), "memory")
    used = effects.FUNCTION["MediaFunction"]
    while since < account.clock.now() - timedelta(seconds=3):
        call = logs.Call(since, chance.uuid4(dice), 2200.0, used.memory)
        told = list(logs.told(account, used, call))
        killed = f"RequestId: {call.id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError"
        logs.write(account, "MediaFunction", since, [*told[:1], (told[-1][0], killed), *told[1:]])
        since += timedelta(minutes=9)
    effects.change(
        account, effects.function_metric(account, "MediaFunction", "Errors"), effects.ago(account, 100), effects.share(0.4)
    )


def _provisioned(account: Account) -> None:
    """The listings table was put on provisioned capacity, and comes near to it without being throttled yet."""
    at = effects.ago(account, 180)
    table = backends.of(account, "dynamodb").tables["boat-listings"]
    table.billing_mode = "PROVISIONED"
    table.throughput = {"ReadCapacityUnits": UNITS, "WriteCapacityUnits": UNITS, "NumberOfDecreasesToday": 0}
    effects.done(account, at, "UpdateTable", "boat-listings")
    effects.change(
        account, _of_table("ConsumedReadCapacityUnits"), effects.ago(account, 55), effects.always(0.5, 0.92 * UNITS * 600)
    )


def _hot_key(account: Account) -> None:
    """One boat is on the news: its partition throttles, while the table is far below every limit."""
    since = effects.ago(account, 95)
    effects.change(account, _of_table("ReadThrottleEvents", "ReadKeyRangeThroughputThrottleEvents"), since, effects.always(1.0, 40))
    text = "ERROR\tError getting listings: ThrottlingException: Throughput exceeds the current capacity for one or more partitions"
    effects.console(account, "ListingFunction", since, text)


def _of_table(*metrics: str) -> Callable[[Name], bool]:
    return lambda name: name.metric in metrics and name.dimensions == (("TableName", "boat-listings"),)


def _crowded(account: Account) -> None:
    """So many calls run at the same time that the account has hardly room for more."""
    since = effects.ago(account, 65)
    everything = Name.of("AWS/Lambda", "ConcurrentExecutions")
    effects.change(account, everything.__eq__, since, effects.always(912.0, 60))


def _reservation_full(account: Account) -> None:
    """The search function may run ten times at once, and does."""
    effects.lambda_of(account, "SearchFunction").reserved_concurrency = 10
    effects.done(account, effects.ago(account, 60 * 20), "PutFunctionConcurrency20171031", account.names["SearchFunction"])
    metric = effects.function_metric(account, "SearchFunction", "ConcurrentExecutions")
    effects.change(account, metric, effects.ago(account, 70), effects.always(10.0, 40))


def _seen(check: str, resource: str, status: str = "FAIL") -> tuple[Finding, ...]:
    return (Finding(check, resource, status, PERFORMANCE),)


FAULTS = (
    Fault("api-slow-all-day", "The API takes three times as long, for a day", _slow_all_day, _seen("api_fast", "Boat Listing API")),
    Fault(
        "api-failing-all-day", "Three in a hundred answers of the API are server errors, for a day", _failing_all_day,
        _seen("api_succeeds", "Boat Listing API"),
    ),
    Fault(
        "memory-exhausted", "The media function is killed for want of memory", _memory, _seen("calls_complete", "*MediaFunction*")
    ),
    Fault(
        "provisioned-nearly-full", "The listings table consumes 92 % of what is provisioned", _provisioned,
        _seen("capacity_left", "boat-listings, reads"),
    ),
    Fault(
        "hot-key", "One key of the listings table throttles", _hot_key, _seen("tables_unthrottled", "boat-listings, reads"), "F11"
    ),
    Fault("concurrency-nearly-full", "912 of 1,000 calls at the same time", _crowded, _seen("concurrency_left", "account *")),
    Fault(
        "reservation-full", "The search function uses all of its own reservation", _reservation_full,
        _seen("concurrency_left", "*SearchFunction*"),
    ),
)  # fmt: skip
