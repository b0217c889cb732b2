"""Lambda's logs as its Node runtime writes them: platform lines, and console lines split by tabs. No group has a retention."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.logs import models

from runbooks.sandbox.estate import backends, chance, items, rhythm
from runbooks.sandbox.estate.functions import SERVICES, Function
from runbooks.sandbox.estate.metrics import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from random import Random

    from runbooks.sandbox.accounts import Account

moto: Any = models  # its classes are abstract by their type hints only
HISTORY = timedelta(hours=36)
CALLS = 11.0  # logged requests an hour and function share of one, in production: a sample, not the whole traffic
RUNTIME_VERSION = "nodejs:18.v53"
Line = tuple[datetime, str]


@dataclass(frozen=True, slots=True)
class Call:
    """One invocation as the logs tell it: when, its id, how long in ms, MB used, and what it wrote to the console."""

    at: datetime
    id: str
    duration: float
    used: int
    console: tuple[str, ...] = ()
    init: float = 0.0


def build(account: Account) -> None:
    """Create all log groups and fill the functions' with the last day and a half."""
    now = account.clock.now()
    for function in SERVICES:
        make_group(account, group_of(account, function.name), now - timedelta(days=44))
    tunnel = make_group(account, account.names["tunnel_log_group"], now - timedelta(days=44))
    tunnel.retention_in_days = 7  # and nothing ever ships logs to it
    append(account, now - HISTORY, now)


def append(account: Account, start: datetime, end: datetime) -> None:
    """Write what the functions logged in [start, end)."""
    for function in SERVICES:
        hour = start.replace(minute=0, second=0, microsecond=0)
        while hour < end:
            calls = _calls(account, function, hour)
            kept = [line for call in calls if start <= call.at < end for line in told(account, function, call)]
            write(account, function.name, hour, kept)
            hour += timedelta(hours=1)


def write(account: Account, function: str, hour: datetime, lines: Sequence[Line]) -> None:
    """Add lines to the stream that the function writes in this hour."""
    if not lines:
        return
    backend = backends.of(account, "logs")
    name = group_of(account, function)
    group = backend.groups.get(name) or make_group(account, name, hour)
    digest = chance.hexadecimal(chance.dice(items.seed_of(account), "stream", function, hour.strftime("%Y%m%d%H")), 32)
    stream = group.streams.setdefault(f"{hour:%Y/%m/%d}/[$LATEST]{digest}", None) or _stream(
        group, f"{hour:%Y/%m/%d}/[$LATEST]{digest}", hour
    )
    for at, message in lines:
        stream.events.append(
            moto.LogEvent(backends.millis(at) + 900, {"timestamp": backends.millis(at), "message": message + "\n"})
        )
        stream.stored_bytes += len(message) + 27  # CloudWatch counts 26 bytes an event on top
    stream.last_ingestion_time = backends.naive(lines[-1][0])
    stream.upload_sequence_token += 1


def told(account: Account, function: Function, call: Call, *, memory: int = 0, timed_out: bool = False) -> Iterable[Line]:
    """Yield the lines of one invocation in order."""
    size = memory or function.memory
    if call.init:
        arn = (
            f"arn:aws:lambda:{account.environment.region}::runtime:0cdcfbdefbc5e7d3343f73c2e2dd3cba17d61dea0686b404502a0c9ce83931b9"
        )
        yield (
            call.at - timedelta(milliseconds=call.init),
            f"INIT_START Runtime Version: {RUNTIME_VERSION}\tRuntime Version ARN: {arn}",
        )
    yield call.at, f"START RequestId: {call.id} Version: $LATEST"
    for number, text in enumerate(call.console):
        at = call.at + timedelta(milliseconds=min(call.duration, 20.0 + 5 * number))
        yield at, f"{backends.stamp(at)}\t{call.id}\t{text}"
    end = call.at + timedelta(milliseconds=call.duration)
    if timed_out:
        yield end, f"{backends.stamp(end)} {call.id} Task timed out after {call.duration / 1000:.2f} seconds\n"
    yield end, f"END RequestId: {call.id}"
    report = f"REPORT RequestId: {call.id}\tDuration: {call.duration:.2f} ms\tBilled Duration: {int(call.duration) + 1} ms\t"
    init = f"Init Duration: {call.init:.2f} ms\t" if call.init else ""
    yield end, f"{report}Memory Size: {size} MB\tMax Memory Used: {call.used} MB\t{init}"


def group_of(account: Account, function: str) -> str:
    """Return the name of a function's log group."""
    return f"/aws/lambda/{account.names[function]}"


def make_group(account: Account, name: str, created: datetime) -> Any:
    """Create a log group that keeps its events for ever."""
    group = moto.LogGroup(account.environment.account, account.environment.region, name)
    group.creation_time = backends.naive(created)
    backends.of(account, "logs").groups[name] = group
    return group


def _stream(group: Any, name: str, created: datetime) -> Any:
    made = moto.LogStream(group, name)
    made.creation_time = backends.naive(created)
    group.streams[name] = made
    return made


def _calls(account: Account, function: Function, hour: datetime) -> list[Call]:
    dice = chance.dice(items.seed_of(account), "calls", function.logical, hour.isoformat())
    mean = CALLS * (0.15 + function.share) * rhythm.activity(hour) * rhythm.scale(account.environment.suffix)
    count = int(mean * dice.uniform(0.6, 1.4) + dice.random())
    return sorted((_call(dice, function, hour, cold=number == 0) for number in range(count)), key=lambda call: call.at)


def _call(dice: Random, function: Function, hour: datetime, *, cold: bool) -> Call:
    at = hour + timedelta(seconds=round(dice.uniform(2, 3560), 3))
    console: tuple[str, ...] = ()
    if function.name == "AdminFunction" and dice.random() < 0.02:  # noqa: PLR2004 - an old tab in somebody's browser
        console = ("ERROR\tAuthentication error: TokenExpiredError: jwt expired",)
    duration = round(function.median * dice.choice(QUANTILES) * dice.uniform(0.9, 1.1), 2)
    used = min(function.memory - 12, dice.randint(82, 104))
    return Call(at, chance.uuid4(dice), duration, used, console, init=round(dice.uniform(310, 620), 2) if cold else 0.0)
