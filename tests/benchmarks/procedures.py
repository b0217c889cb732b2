"""The document's own commands for two daily procedures against the same checks as plain functions: requests, and time.

System health checks and performance monitoring, as the operations document has them. Each command of its is one process and asks
about one thing; where it names one table or one function as an example, the same fact for all of them takes the command again for
each. What the document cannot say (Lambda leaves the state out of its listing) takes one more command for each function.

python -m tests.benchmarks.procedures [--rounds N]
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from runbooks import sources
from runbooks.gateway import local
from runbooks.settings import Settings
from tests.benchmarks import awscli
from tests.benchmarks.contest import ROOT
from tests.benchmarks.facts import ENVIRONMENT, PROCEDURES, Plain, opened
from tests.benchmarks.sheet import Sheet, Target, show, tell
from tests.benchmarks.stub import Stub, running

ROUNDS = 5
SAMPLE = 5  # of the performance commands that are timed in a round, then scaled: they differ by one name
# what these functions also ask, which no command of the document tells: whether there is data behind a widget
BEYOND = frozenset({"cloudwatch:GetMetricData"})

Line = list[str]


def health_lines(scope: Settings) -> list[Line]:
    """Return the document's five AWS commands; the sixth is a GET of the API's health address."""
    return [
        ["cloudwatch", "get-dashboard", "--dashboard-name", f"admin-service-{scope.environment.suffix}"],
        [
            "lambda",
            "list-functions",
            "--query",
            "Functions[?contains(FunctionName, 'BoatListingStack')].{Name:FunctionName,State:State}",
        ],
        ["cloudwatch", "describe-alarms", "--state-value", "ALARM"],
        ["dynamodb", "list-tables"],
        ["dynamodb", "describe-table", "--table-name", "boat-listings", "--query", "Table.TableStatus"],
    ]


def performance_lines(functions: list[str], tables: list[str], scope: Settings) -> list[Line]:
    """Return the document's one command, again for each metric it wants reviewed and each function and table, and the capacity."""
    return [
        *(_statistics("AWS/Lambda", "Duration", f"FunctionName={name}", "Average,Maximum", scope) for name in functions),
        *(_statistics("AWS/Lambda", what, f"FunctionName={name}", "Sum", scope) for name in functions for what in ("Errors", "Invocations")),
        *(_statistics("AWS/DynamoDB", f"Consumed{way}CapacityUnits", f"TableName={name}", "Sum", scope) for name in tables for way in ("Read", "Write")),
        *(["dynamodb", "describe-table", "--table-name", name] for name in tables),
        _statistics("AWS/ApiGateway", "Latency", f"ApiName={scope.environment.expected.api}", "p95", scope),
    ]  # fmt: skip


def _statistics(namespace: str, metric: str, dimension: str, stat: str, scope: Settings) -> Line:
    name, value = dimension.split("=", 1)
    kind = ["--extended-statistics", stat] if stat.startswith("p") else ["--statistics", *stat.split(",")]
    begin, end = (moment.strftime("%Y-%m-%dT%H:%M:%SZ") for moment in (scope.now - timedelta(hours=1), scope.now))
    where = ["--namespace", namespace, "--metric-name", metric, "--dimensions", f'[{{"Name":"{name}","Value":"{value}"}}]']
    return ["cloudwatch", "get-metric-statistics", *where, "--start-time", begin, "--end-time", end, "--period", "300", *kind]


def measure(stub: Stub, rounds: int = ROUNDS) -> Sheet:
    """Return requests and seconds of both procedures, by the document's commands and by ours."""
    made = Sheet(f"the document's procedures against plain functions (medians of {rounds} rounds)", ("", "requests", "wall"))
    command = awscli.installed()
    if command is None:
        made.notes.append(f"skipped: {awscli.ABSENT}; with it, its commands are counted and timed here")
        made.targets = [Target("document's procedures", float("nan"), 1.0, why=awscli.ABSENT)]
        return made
    reader, scope = opened()
    functions = [each.name for each in sources.functions.states(reader, scope)]
    tables = [each.name for each in sources.tables.states(reader, scope)]
    origin = local.read_state(Path(stub.reached["origin"])) or {}
    literal = health_lines(scope)
    lines = {"system health checks": literal, "performance monitoring": performance_lines(functions, tables, scope)}
    paged = _counted(origin, lambda: awscli.run(command, origin, ENVIRONMENT, literal))
    more = len(scope.environment.expected.dashboards) - 1 + len(functions) + len(tables) - 1
    theirs = {"system health checks": paged + more + 1, "performance monitoring": len(lines["performance monitoring"])}
    for name, plain in PROCEDURES.items():
        timed = lines[name] if name == "system health checks" else lines[name][:: max(1, len(lines[name]) // SAMPLE)][:SAMPLE]
        their_seconds, our_seconds = _timed(stub, command, name, timed, rounds)
        their_seconds *= len(lines[name]) / len(timed)
        calls = _calls(plain)
        ours = sum(count for call, count in calls.items() if name == "performance monitoring" or call not in BEYOND)
        web = max(0, calls.get("https", 0) - 1)  # the document asks one address
        made.rows += [
            (f"{name}: document", str(theirs[name]), f"{their_seconds:.2f} s"),
            (f"{name}: functions", str(ours - web), f"{our_seconds:.2f} s"),
        ]
        made.targets += [
            Target(f"{name}: requests, of the document's", (ours - web) / theirs[name], 1.0),
            Target(f"{name}: wall of plain functions, of the AWS CLI's", our_seconds / their_seconds, 0.25),
        ]
        made.notes.append(f"{name}, ours in all: {', '.join(f'{count} {call}' for call, count in calls.items())}")
    made.notes += [
        f"system health checks, document: {paged} requests of the five commands as they stand, {more} for the other dashboards, functions and tables, 1 for the API; only the five are timed",
        f"performance monitoring, document: one command for each metric, function and table; {SAMPLE} timed and scaled; ours are the notebook's sources and checks, and read yesterday and last week too",
        "not counted against ours: the data behind dashboard widgets (GetMetricData) and the public addresses beyond /health, which no command of the document tells",
    ]  # fmt: skip
    return made


def _counted(origin: Mapping[str, Any], work: Callable[[], object]) -> int:
    """Return the requests that the sandbox behind the stub counts while `work` asks it."""
    local.ask(origin, "requests", method="DELETE")
    work()
    return int(sum(local.ask(origin, "status")["requests"].values()))


def _calls(plain: Plain) -> dict[str, int]:
    reader, scope = opened()
    plain(reader, scope)
    return reader.counts()


def _timed(stub: Stub, command: Path, name: str, lines: list[Line], rounds: int) -> tuple[float, float]:
    """Return the median seconds of the commands, and of one Python process that calls the functions."""
    theirs, ours = [], []
    for number in range(rounds + 1):
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "tests.benchmarks.facts", name], check=True, cwd=ROOT, capture_output=True)
        ours.append(time.monotonic() - began)
        theirs.append(awscli.run(command, stub.reached, ENVIRONMENT, lines))
        tell(f"{name}, round {number} of {rounds}: document {theirs[-1]:.2f} s, functions {ours[-1]:.2f} s")
    return statistics.median(theirs[1:]), statistics.median(ours[1:])  # the first round fills the tape


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.procedures")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    with running() as stub:
        show(measure(stub, options.rounds))


if __name__ == "__main__":
    main()
