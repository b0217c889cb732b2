"""What the document's daily procedures look at, as plain functions in one Python process: no notebook, no report.

python -m tests.benchmarks.facts "system health checks"
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from runbooks import checks, settings, sources
from runbooks.gateway import Reader, locate, open_reader
from runbooks.model import CheckResult
from runbooks.settings import Settings

ENVIRONMENT = "sandbox"
HOURS = 1  # as the document looks back

Plain = Callable[[Reader, Settings], list[CheckResult]]


def health(reader: Reader, scope: Settings) -> list[CheckResult]:
    """Judge what the document's health checks are about: dashboards, functions, API and site, alarms, tables."""
    return [
        checks.alarms.dashboards_alive(sources.dashboards.widgets(reader, scope), scope),
        checks.health.functions_active(sources.functions.states(reader, scope), scope),
        checks.web.endpoints_answer(sources.web.endpoints(reader, scope), scope),
        checks.alarms.alarms_quiet(sources.alarms.states(reader, scope), scope),
        checks.health.tables_active(sources.tables.states(reader, scope), scope),
    ]


def performance(reader: Reader, scope: Settings) -> list[CheckResult]:
    """Judge the document's key metrics as the notebook does: duration, errors, the API's p95, consumed capacity."""
    functions, tables = sources.performance.functions(reader, scope), sources.capacity.tables(reader, scope)
    return [
        checks.latency.functions_fast(functions, scope),
        checks.failures.functions_succeed(functions, scope),
        checks.latency.api_fast(sources.performance.api(reader, scope), scope),
        checks.capacity.capacity_left(tables, scope),
    ]


PROCEDURES: Mapping[str, Plain] = {"system health checks": health, "performance monitoring": performance}


def opened() -> tuple[Reader, Settings]:
    """Return a reader of the sandbox and the settings of a look one hour back."""
    environment = settings.load(ENVIRONMENT)
    endpoint = locate(environment)
    now = endpoint.now()
    reader = open_reader(environment, endpoint).scoped(seconds=environment.deadlines.run)
    return reader, Settings(environment, now, settings.window(now, hours=HOURS))


def main(name: str) -> None:
    """Ask, judge, and print each finding."""
    for result in PROCEDURES[name](*opened()):
        sys.stdout.write(f"{result.status} {result.name}: {result.summary}\n")


if __name__ == "__main__":
    main(sys.argv[1])
