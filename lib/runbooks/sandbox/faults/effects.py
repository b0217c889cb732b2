"""What faults have in common: a time when it began, metrics that change from then on, lines in logs, alarms that turn."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import alarms, backends, chance, functions, items, logs, trail
from runbooks.sandbox.estate.series import SLOT, Effect, Name

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.series import Pairs, Series

FUNCTION = {function.name: function for function in functions.FUNCTIONS}


def ago(account: Account, minutes: float) -> datetime:
    """Return the moment so many minutes before the account's time."""
    return account.clock.now() - timedelta(minutes=minutes)


def change(account: Account, concerns: Callable[[Name], bool], since: datetime, changed: Callable[[int, Pairs], Pairs]) -> None:
    """Change series from the slot on that holds `since`."""
    series: Series = backends.of(account, "cloudwatch").series
    series.effects.append(Effect(concerns, round(since.timestamp()) // SLOT * SLOT, changed))


def function_metric(account: Account, function: str, *metrics: str) -> Callable[[Name], bool]:
    """Return a test for Lambda metrics of one function."""
    names = {Name.of("AWS/Lambda", metric, FunctionName=account.names[function]) for metric in metrics}
    return names.__contains__


def api_metric(*metrics: str) -> Callable[[Name], bool]:
    """Return a test for the API's metrics, with and without stage."""
    return lambda name: name.namespace == "AWS/ApiGateway" and name.metric in metrics


def share(of: float) -> Callable[[int, Pairs], Pairs]:
    """Return a change that makes a share of the samples ones, the rest zeros; at least one where there are any."""

    def changed(_: int, pairs: Pairs) -> Pairs:
        total = sum(n for _, n in pairs)
        bad = min(total, max(1.0, round(total * of))) if total else 0.0
        return tuple((value, n) for value, n in ((0.0, total - bad), (1.0, bad)) if n)

    return changed


def at_least(count: float) -> Callable[[int, Pairs], Pairs]:
    """Return a change that publishes so many ones in each slot, even where nothing was called."""
    return lambda _, pairs: ((1.0, max(count, sum(n for _, n in pairs))),)


def times(factor: float, most: float = 1e9) -> Callable[[int, Pairs], Pairs]:
    """Return a change that multiplies the values, up to `most`."""
    return lambda _, pairs: tuple((min(most, value * factor), n) for value, n in pairs)


def more(factor: float) -> Callable[[int, Pairs], Pairs]:
    """Return a change that multiplies how often."""
    return lambda _, pairs: tuple((value, float(round(n * factor))) for value, n in pairs)


def always(value: float, count: float = 1.0) -> Callable[[int, Pairs], Pairs]:
    """Return a change to one value."""
    return lambda _, __: ((value, count),)


def nothing(_: int, __: Pairs) -> Pairs:
    """Publish nothing: no data, which is not zero."""
    return ()


def failing_api(account: Account, since: datetime, of: float = 0.4) -> None:
    """Let a share of the API's answers be server errors."""
    change(account, api_metric("5XXError"), since, share(of))


def failing_function(account: Account, function: str, since: datetime) -> None:
    """Let every invocation fail."""
    change(account, function_metric(account, function, "Errors"), since, at_least(6))
    change(account, function_metric(account, function, "Invocations"), since, at_least(6))


def console(
    account: Account, function: str, since: datetime, *texts: str, every: float = 7, duration: float = 61.0, timed_out: bool = False
) -> None:
    """Write invocations with these console lines (level, tab, message) until now, one every so many minutes."""
    dice = chance.dice(items.seed_of(account), "fault", function, texts)
    used = FUNCTION[function]
    at = since
    while at < account.clock.now() - timedelta(seconds=duration / 1000):
        call = logs.Call(at, chance.uuid4(dice), duration, 96, texts)
        logs.write(account, function, at, list(logs.told(account, used, call, timed_out=timed_out)))
        at += timedelta(minutes=every)


def cold(account: Account, function: str, since: datetime, *, every: float) -> None:
    """Write invocations that each found no environment awake until now, one every so many seconds."""
    dice = chance.dice(items.seed_of(account), "cold", function)
    used = FUNCTION[function]
    while since < account.clock.now() - timedelta(seconds=every):
        call = logs.Call(since, chance.uuid4(dice), 12 * used.median, 96, init=round(dice.uniform(380, 940), 2))
        logs.write(account, function, since, list(logs.told(account, used, call)))
        since += timedelta(seconds=every)


def ring(account: Account, stem: str, since: datetime, reason: str) -> None:
    """Turn one of the platform's alarms to ALARM."""
    alarms.turn(account, alarms.name_of(account, stem), "ALARM", since, f"Threshold Crossed: {reason}")


def done(account: Account, since: datetime, event: str, resource: str, user: str = trail.OPERATOR) -> None:
    """Leave the trace of a call in CloudTrail."""
    trail.event(account, since, event, resource, user)


def lambda_of(account: Account, function: str) -> Any:
    """Return moto's function."""
    return backends.of(account, "lambda").get_function(account.names[function])


def modified(account: Account, function: str, at: datetime) -> None:
    """Set when a function was last modified."""
    lambda_of(account, function).last_modified = at.strftime("%Y-%m-%dT%H:%M:%S.000+0000")


def overlay(account: Account, service: str, name: str, **over: Any) -> None:
    """Lay fields over an answer that moto cannot be brought to give."""
    account.overrides.setdefault((service, name), {}).update(over)
