"""What CloudWatch publishes about this platform: Lambda, API Gateway, DynamoDB and EC2, in the dimensions that AWS uses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import chance, cloudwatch, rhythm, tables
from runbooks.sandbox.estate.functions import FUNCTIONS, Function
from runbooks.sandbox.estate.series import Kept, Name, Series, never

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.series import Pairs, Rule

API_NAME = "Boat Listing API"
STAGE = "prod"
REQUESTS = 16.0  # of production in five minutes, on average over the day
HISTORY_DAYS = 45
REMEMBERED = 20_000  # slots of a series; some more than the history has
QUANTILES = (0.45, 0.66, 0.82, 0.95, 1.08, 1.35, 2.1)  # of a response time, in medians: most are alike, a few are slow
THROTTLES = tuple(f"{way}{kind}ThrottleEvents" for way in ("Read", "Write") for kind in ("", "KeyRangeThroughput"))
_STATUS_CHECKS = ("StatusCheckFailed", "StatusCheckFailed_Instance", "StatusCheckFailed_System")


@dataclass(frozen=True, slots=True)
class Load:
    """How many calls each function gets in a slot; the API's figures are their sum, so that all of them agree."""

    seed: int
    scale: float
    known: dict[str, dict[int, int]] = field(default_factory=dict, compare=False)  # every series of a month comes back to these

    def calls(self, function: Function, slot: int) -> int:
        """Return the invocations of a function in five minutes."""
        known = self.known.setdefault(function.logical, {})
        if slot not in known:
            mean = REQUESTS * self.scale * function.share * rhythm.activity_at(slot)
            luck = chance.unit(self._key(function.logical), slot), chance.unit(self._key(function.logical, 1), slot)
            _keep(known, slot, int(mean * (0.7 + 0.6 * luck[0]) + luck[1]))
        return known[slot]

    def strays(self, slot: int) -> int:
        """Return the requests that the gateway answers 4XX by itself: unknown paths, mostly scanners."""
        return int(1.2 * chance.unit(self._key("strays"), slot) * self.scale + 0.2)

    def total(self, slot: int) -> int:
        """Return all requests to the API in five minutes."""
        known = self.known.setdefault("", {})
        if slot not in known:
            _keep(known, slot, self.strays(slot) + sum(self.calls(each, slot) for each in FUNCTIONS if each.share))
        return known[slot]

    def noise(self, name: str, slot: int) -> float:
        """Return a number in [0, 1) that belongs to a series and a slot."""
        return chance.unit(self._key(name), slot)

    def _key(self, *words: object) -> int:
        return key(self.seed, *words)


def _keep(known: dict[int, int], slot: int, count: int) -> None:
    """Remember a count; an estate whose clock is moved far forgets what it knew, and knows it again when asked."""
    if len(known) >= REMEMBERED:
        known.clear()
    known[slot] = count


_KEYS: dict[tuple[object, ...], int] = {}


def key(seed: int, *words: object) -> int:
    """Return the 64 bit key of a series; remembered, because it is asked for at every point."""
    known = _KEYS.get((seed, *words))
    if known is None:
        known = int.from_bytes(hashlib.sha256(repr((seed, *words)).encode()).digest()[:8])
        _KEYS[(seed, *words)] = known
    return known


def build(account: Account) -> None:
    """Install the account's CloudWatch with all series."""
    assert account.environment.sandbox is not None  # noqa: S101 - only sandboxed environments get here
    born = int(account.clock.now().timestamp()) // 86400 * 86400 - HISTORY_DAYS * 86400
    series = Series(born=born, now=account.clock.now)
    load = Load(account.environment.sandbox.seed, rhythm.scale(account.environment.suffix))
    for function in FUNCTIONS:
        _lambda(series, load, function, account.names[function.name])
    series.kept[Name.of("AWS/Lambda", "ConcurrentExecutions")] = Kept(_at_once(load))
    _gateway(series, load)
    _dynamodb(series, load)
    _ec2(series, load, account.names["instance_id"])
    cloudwatch.install(account, series)


def _lambda(series: Series, load: Load, function: Function, physical: str) -> None:
    """AWS publishes Errors and Throttles with one sample an invocation, so that their average is a rate."""

    def keep(metric: str, rule: Rule, unit: str = "Count") -> None:
        # what nobody calls publishes nothing
        series.kept[Name.of("AWS/Lambda", metric, FunctionName=physical)] = Kept(rule if function.share else never, unit)

    def calls(slot: int) -> int:
        return load.calls(function, slot)

    keep("Invocations", lambda slot: ((1.0, float(n)),) if (n := calls(slot)) else ())
    for metric in ("Errors", "Throttles"):
        keep(metric, lambda slot: ((0.0, float(n)),) if (n := calls(slot)) else ())
    keep("Duration", lambda slot: times(load, f"{function.logical}/duration", slot, calls(slot), function.median), "Milliseconds")
    keep("ConcurrentExecutions", lambda slot: ((1.0 + (n > 20), float(n)),) if (n := calls(slot)) else ())  # noqa: PLR2004 - calls that meet


def _at_once(load: Load) -> Rule:
    """The account's own series, of all functions together: AWS publishes it without a dimension."""

    def rule(slot: int) -> Pairs:
        calls = load.total(slot) - load.strays(slot)
        return ((float(1 + calls // 8), float(calls)),) if calls else ()

    return rule


def _gateway(series: Series, load: Load) -> None:
    def refused(slot: int) -> int:
        """4XX: the gateway's own, and the application's 400, 401 and 404, some three percent."""
        return load.strays(slot) + int(0.03 * load.total(slot) + load.noise("refused", slot))

    def errors(count: Callable[[int], int]) -> Rule:
        def rule(slot: int) -> Pairs:
            total = load.total(slot)
            bad = min(count(slot), total)
            return tuple((value, float(n)) for value, n in ((0.0, total - bad), (1.0, bad)) if n)

        return rule

    rules: dict[str, tuple[Rule, str]] = {
        "Count": (lambda slot: ((1.0, float(n)),) if (n := load.total(slot)) else (), "Count"),
        "4XXError": (errors(refused), "Count"),
        "5XXError": (errors(lambda slot: load.noise("5xx", slot) > 0.995), "Count"),  # noqa: PLR2004 - one in two hundred slots
        "Latency": (lambda slot: times(load, "latency", slot, load.total(slot), 112.0), "Milliseconds"),
        "IntegrationLatency": (lambda slot: times(load, "latency", slot, load.total(slot), 98.0), "Milliseconds"),
    }
    for metric, (rule, unit) in rules.items():
        series.kept[Name.of("AWS/ApiGateway", metric, ApiName=API_NAME)] = Kept(rule, unit)
        series.kept[Name.of("AWS/ApiGateway", metric, ApiName=API_NAME, Stage=STAGE)] = Kept(rule, unit)


def _dynamodb(series: Series, load: Load) -> None:
    """Throttle events are only published where there are any: AWS has no zeros there."""
    for table in tables.TABLES:
        places = [
            {"TableName": table.name},
            *({"TableName": table.name, "GlobalSecondaryIndexName": index.name} for index in table.indexes),
        ]
        for place in places:
            words = "/".join(place.values())
            for metric, share in (("ConsumedReadCapacityUnits", table.reads), ("ConsumedWriteCapacityUnits", table.writes)):
                weight = share if len(place) == 1 else share * 0.3
                series.kept[Name.of("AWS/DynamoDB", metric, **place)] = Kept(_consumed(load, f"{words}/{metric}", weight))
            for metric in THROTTLES:
                series.kept[Name.of("AWS/DynamoDB", metric, **place)] = Kept(never)


def _consumed(load: Load, words: str, share: float) -> Rule:
    def rule(slot: int) -> Pairs:
        requests = int(load.total(slot) * share * (0.8 + 0.4 * load.noise(words, slot)) + load.noise(words + "+", slot))
        return ((0.5 if "Read" in words else 1.0, float(requests)),) if requests else ()

    return rule


def _ec2(series: Series, load: Load, instance: str) -> None:
    def keep(metric: str, rule: Rule, unit: str = "Count", step: int = 300) -> None:
        series.kept[Name.of("AWS/EC2", metric, InstanceId=instance)] = Kept(rule, unit, step)

    def level(metric: str, base: float, swing: float) -> Rule:
        return lambda slot: ((round(base + swing * rhythm.activity_at(slot) * (0.6 + 0.8 * load.noise(metric, slot)), 3), 1.0),)

    for metric in _STATUS_CHECKS:
        keep(metric, lambda _: ((0.0, 1.0),), step=60)
    keep("CPUUtilization", level("CPUUtilization", 2.4, 3.1 * load.scale), "Percent")
    for metric, base, swing in (("NetworkPacketsIn", 420.0, 5200.0), ("NetworkPacketsOut", 390.0, 4700.0)):
        keep(metric, level(metric, base, swing * load.scale))
    for metric, base, swing in (("NetworkIn", 61000.0, 2.9e6), ("NetworkOut", 58000.0, 3.1e6)):
        keep(metric, level(metric, base, swing * load.scale), "Bytes")
    keep("CPUCreditBalance", lambda slot: ((round(281 + 7 * load.noise("credits", slot), 2), 1.0),))


def times(load: Load, words: str, slot: int, count: int, median: float) -> Pairs:
    """Return response times for `count` requests around a median in ms; many requests share seven values."""
    if not count:
        return ()
    level = median * (0.9 + 0.2 * load.noise(words, slot))
    if count >= len(QUANTILES):
        least, rest = divmod(count, len(QUANTILES))
        return tuple((round(level * each, 2), float(least + (n < rest))) for n, each in enumerate(QUANTILES))
    picked = (QUANTILES[int(load.noise(f"{words}{i}", slot) * len(QUANTILES))] for i in range(count))
    return tuple((round(level * each, 2), 1.0) for each in picked)
