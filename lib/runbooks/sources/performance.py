"""How fast the functions and the API are, and how often they fail: CloudWatch's own statistics, each over the whole window."""

from __future__ import annotations

from runbooks.estate import Concurrency, Measured, Metric
from runbooks.gateway import Reader
from runbooks.settings import Settings
from runbooks.sources import stack
from runbooks.sources.figures import Days, by_day, figure, share, total
from runbooks.sources.metrics import Statistic

TIMES = {"average": "Average", "p50": "p50", "p95": "p95", "p99": "p99", "longest": "Maximum"}
COUNTS = {"calls": "Invocations", "errors": "Errors", "throttled": "Throttles"}
ANSWERS = {"requests": "Count", "5XX": "5XXError", "4XX": "4XXError"}
BEHIND = {"integration average": "Average", "integration p95": "p95"}


def functions(reader: Reader, settings: Settings) -> list[Measured]:
    """Return for each function of the stack how long its calls took (ms), how many there were, failed and were throttled.

    Lambda publishes nothing for a function that is not called: then its figures are None.
    """
    names = [member.physical for member in stack.resources(reader, settings, "AWS::Lambda::Function")]
    wanted = [_of_function(name, *pair) for name in names for pair in _function_statistics()]
    found = by_day(reader, settings, wanted)
    return [_function(name, {pair: found[_of_function(name, *pair)] for pair in _function_statistics()}) for name in names]


def _function_statistics() -> list[tuple[str, str]]:
    return [*(("Duration", stat) for stat in TIMES.values()), *((metric, "Sum") for metric in COUNTS.values())]


def _of_function(name: str, metric: str, stat: str) -> Statistic:
    return Statistic(Metric("AWS/Lambda", metric, (("FunctionName", name),)), stat)


def _function(name: str, days: dict[tuple[str, str], Days]) -> Measured:
    calls, errors, throttled = (days[metric, "Sum"] for metric in COUNTS.values())
    return Measured(
        name,
        (
            *(figure(word, "ms", days["Duration", stat]) for word, stat in TIMES.items()),
            *(figure(word, "", days[metric, "Sum"]) for word, metric in COUNTS.items()),
            share("error rate", errors, calls),
            share("throttled share", throttled, total(calls, throttled)),  # a throttled request is no invocation
        ),
    )


def api(reader: Reader, settings: Settings) -> list[Measured]:
    """Return how long the API took to answer (ms) and how often it failed; what the edge adds is not in it.

    The dimension is the API's name alone: in an account that several environments share, it is the sum of all of them.
    """
    name = settings.environment.expected.api
    wanted = {
        **{word: ("Latency", stat) for word, stat in TIMES.items()},
        **{word: ("IntegrationLatency", stat) for word, stat in BEHIND.items()},
        **{word: (metric, "Sum") for word, metric in ANSWERS.items()},
    }
    asked = {
        word: Statistic(Metric("AWS/ApiGateway", metric, (("ApiName", name),)), stat) for word, (metric, stat) in wanted.items()
    }
    found = by_day(reader, settings, asked.values())
    days = {word: found[each] for word, each in asked.items()}
    figures = [figure(word, "" if word in ANSWERS else "ms", days[word]) for word in wanted]
    rates = [share(f"{word} rate", days[word], days["requests"]) for word in ("5XX", "4XX")]
    return [Measured(name, (*figures, *rates))]


def concurrency(reader: Reader, settings: Settings) -> list[Concurrency]:
    """Return the most calls at the same time, of the account and of each function, beside what is allowed.

    GetAccountSettings and GetFunctionConcurrency; a function without a reservation shares the account's.
    """
    limit = int(reader.read("lambda", "GetAccountSettings")["AccountLimit"]["ConcurrentExecutions"])
    names = [member.physical for member in stack.resources(reader, settings, "AWS::Lambda::Function")]
    everything = Metric("AWS/Lambda", "ConcurrentExecutions", ())
    asked = {name: _of_function(name, "ConcurrentExecutions", "Maximum") for name in names}
    found = by_day(reader, settings, [Statistic(everything, "Maximum"), *asked.values()])
    peak = figure("at the same time", "", found[Statistic(everything, "Maximum")])
    own = reader.map(lambda name: _own(reader, name, found[asked[name]]), names)
    return [Concurrency(f"account {settings.environment.account}", peak, limit), *own]


def _own(reader: Reader, name: str, days: Days) -> Concurrency:
    # AWS leaves the field out for a function that has nothing reserved; 0 stops it
    reserved = reader.read("lambda", "GetFunctionConcurrency", FunctionName=name).get("ReservedConcurrentExecutions")
    return Concurrency(name, figure("at the same time", "", days), None if reserved is None else int(reserved))
