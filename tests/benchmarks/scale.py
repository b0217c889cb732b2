"""A thousand environments a day, on paper: requests against the published rates, workers, memory, storage, cost.

python -m tests.benchmarks.scale [--environments N] [--runs N]

It plans with the real planner over generated environment files, counts the requests, the processor time and the bytes of real runs
on the sandbox, and goes through the day on a virtual clock (`tests.benchmarks.virtual`). docs/scale.md quotes what it prints.
"""

from __future__ import annotations

import argparse
import os
import pickle
import resource
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from runbooks import batch, catalogue
from runbooks.batch.local import CHILD
from runbooks.batch.planning import spread
from runbooks.batch.task import packer
from runbooks.drills import step_through
from runbooks.execute import Request
from runbooks.gateway import local
from runbooks.gateway.quotas import quota
from tests.benchmarks.virtual import WEB, Day, Layout, Simulation, Work

RUNBOOK = "system-health"
SAMPLE = 5  # runs that are measured
# of calls that look at a whole account: rows that one environment adds, rows of a page
LISTINGS = {"cloudwatch:DescribeAlarms": (9, 100), "acm:ListCertificates": (1, 1000), "acm:DescribeCertificate": (1, 1)}
DAYS_KEPT = 365
# USD, us-east-1, from the public price pages of S3, CloudWatch and EC2, to be checked against the bill
PUT, GIGABYTE_MONTH, METRIC, CLOUDWATCH, CORE_HOUR = 0.005 / 1000, 0.023, 0.01 / 1000, 0.01 / 1000, 0.0363


@dataclass(frozen=True, slots=True)
class Sample:
    """What real runs on the sandbox cost.

    Calls of the first of a batch and of a later one, series asked of GetMetricData, processor seconds, bytes by kind of file.
    """

    first: dict[str, int]
    later: dict[str, int]
    series: int
    cpu: float
    files: dict[str, int]


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.scale", description="A day of a fleet on a virtual clock.")
    parser.add_argument("--environments", type=int, default=1000, help="how many")
    parser.add_argument("--runs", type=int, default=16, help="of each environment a day")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, mock.patch.dict(os.environ, {"RUNBOOKS_ENVIRONMENTS": name}):
        requests = planned(Path(name), options.environments)
    sample = measured()
    asked = [request.environment for request in requests for _ in range(options.runs)]
    runs = [asked[number] for number in spread(asked)]
    shared = frozenset(call for call in sample.first if call not in sample.later)
    work = Work(sample.first, sample.cpu, shared, {call: rows for call, rows in LISTINGS.items() if call in sample.first})
    print_requests(runs, work, sample)
    print_days(runs, work)
    print_storage(len(runs), sample)


def planned(folder: Path, count: int) -> list[Request]:
    """Plan one runbook on `count` generated environments, and say what that takes."""
    names = [f"shop-{number:04}" for number in range(count)]
    for number, name in enumerate(names):
        text = f'extends = "production"\ntitle = "Shop {number}"\naccount = "{100_000_000_000 + number}"\n'
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    began = time.process_time()
    requests = batch.plan([catalogue.find(RUNBOOK)], names, [], batch.About(folder))
    seconds = time.process_time() - began
    pack = packer("s3://reports/nightly", whole=False)
    began = time.process_time()
    size = [len(pickle.dumps(pack(request))) for request in requests]
    packing = time.process_time() - began
    table("The plan", ("", ""), [
        ("runs of one runbook planned", f"{len(requests):,}"),
        ("planning, a run", f"{1000 * seconds / count:.1f} ms of processor time"),
        ("making it a task, a run", f"{1000 * packing / count:.1f} ms of processor time"),
        ("a task on the wire", f"{sum(size) / count / 1024:.0f} KiB"),
    ])  # fmt: skip
    return requests


def measured() -> Sample:
    """Run a runbook on the sandbox, one run after the other in one batch, and return what that took."""
    with tempfile.TemporaryDirectory() as name, mock.patch.dict(os.environ, {local.VARIABLE: str(local.start())}):
        (request,) = batch.plan([catalogue.find(RUNBOOK)], ["sandbox"], [], batch.About(Path(name)))
        batch.run([request], on_entry=_silent, on_done=_silent)  # the sandbox's own first answers are slow
        series = _series(request)
        one, _ = _cost([request])
        many, results = _cost([request] * (SAMPLE + 1))
        stem = Path(results[-1].place)
        files = {path.name.removeprefix(stem.name): path.stat().st_size for path in stem.parent.glob(f"{stem.name}.*")}
    return Sample(dict(results[0].calls), dict(results[-1].calls), series, (many - one) / SAMPLE, files)


def _series(request: Request) -> int:
    """Return how many series a run asks GetMetricData for: each is paid for."""
    from botocore.client import BaseClient

    asked: list[int] = []
    ask = BaseClient._make_api_call

    def counting(client: object, operation: str, parameters: dict[str, Any]) -> object:
        asked.append(len(parameters.get("MetricDataQueries", ())))
        return ask(client, operation, parameters)

    with mock.patch.object(BaseClient, "_make_api_call", counting):
        step_through(catalogue.find(request.runbook), environment=request.environment)
    return sum(asked)


def _cost(requests: Sequence[Request]) -> tuple[float, list[batch.Result]]:
    before = _processor()
    results = batch.run(requests, jobs=1, on_entry=_silent, on_done=_silent)
    if any(result.exit_code for result in results):
        raise SystemExit(f"a run on the sandbox did not pass: {results[0].error or results[0].summary}")
    return _processor() - before, results


def _processor() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def print_requests(runs: Sequence[str], work: Work, sample: Sample) -> None:
    """Print the requests of the day by call, and how long the published rate of one account takes for them."""
    size = len(set(runs))
    days = {
        "own": _day(runs, work, Layout(one_account=False, snapshots=True)),
        "one": _day(runs, work, Layout(one_account=True, snapshots=True, deadline=float("inf"))),
    }
    rows = []
    for call, count in sample.first.items():
        if call == WEB:
            continue
        service, _, operation = call.partition(":")
        rate = quota(service, operation).rate
        listed, page = work.listings.get(call, (0, 1))
        naive = len(runs) * (-(-listed * size // page) if listed else count)
        own, one = days["own"].requests[call], days["one"].requests[call]
        rows.append((call, count, sample.later.get(call, 0), f"{rate:,.0f}/s", f"{own / size:,.0f}", f"{own / size / rate:.1f} s",
                     f"{naive:,}", span(naive / rate), f"{one:,}", span(one / rate)))  # fmt: skip
    heads = ("call", "first run", "later run", "rate", "own account: a day", "floor", "one account, no snapshots", "floor",
             "one account, snapshots", "floor")  # fmt: skip
    table(f"Requests of {len(runs):,} runs on {size:,} environments; the floor is what the rate of one account takes", heads, rows)


def print_days(runs: Sequence[str], work: Work) -> None:
    """Print the days on the virtual clock."""
    rows = []
    for own, snapshots, machines, children, deadline in (
        (True, True, 1, 8, 10), (True, True, 2, 8, 10), (True, True, 4, 8, 10), (True, False, 4, 8, 10),
        (False, False, 1, 8, 10), (False, True, 1, 8, 10), (False, True, 1, 8, 120), (False, True, 4, 8, 120),
    ):  # fmt: skip
        layout = Layout(not own, snapshots, machines, children=children, deadline=deadline)
        day = _day(runs, work, layout)
        memory = machines * (children * CHILD + 2 * CHILD) / 2**30
        rows.append((
            "one each" if own else "one for all", "yes" if snapshots else "no", f"{machines} x {children}", f"{deadline} s",
            span(day.seconds), f"{day.cpu / 3600:.1f} h", f"{memory:.1f} GiB", f"{day.requests.total():,}",
            f"{day.longest_wait:.1f} s", f"{day.blind:,}",
        ))  # fmt: skip
    heads = ("accounts", "snapshots", "machines x children", "check deadline", "wall", "processor", "memory at most", "requests",
             "longest wait for a turn", "runs UNKNOWN")  # fmt: skip
    table(f"The day of {len(runs):,} runs; machines of {layout.cores} cores, 50 ms a request", heads, rows)


def print_storage(runs: int, sample: Sample) -> None:
    """Print bytes and prices."""
    daily = sum(sample.files.values()) * runs
    puts = len(sample.files) * runs
    metered = sum(count for call, count in sample.first.items() if call.startswith("cloudwatch:") and "GetMetricData" not in call)
    rows = [
        *((f"`{kind}` of a run", f"{size / 1024:,.0f} KiB") for kind, size in sorted(sample.files.items())),
        ("S3, a day", f"{daily / 1e9:.1f} GB, {puts:,} PUT, {puts * PUT:.2f} USD"),
        (
            f"S3, {DAYS_KEPT} days kept",
            f"{DAYS_KEPT * daily / 1e9:,.0f} GB, {DAYS_KEPT * daily / 1e9 * GIGABYTE_MONTH:,.0f} USD a month",
        ),
        ("GetMetricData, a day", f"{runs * sample.series:,} series, {runs * sample.series * METRIC:.2f} USD"),
        ("other CloudWatch requests, a day", f"{runs * metered:,}, at most {runs * metered * CLOUDWATCH:.2f} USD"),
        ("processor, a day", f"{runs * sample.cpu / 3600:.1f} core hours, {runs * sample.cpu / 3600 * CORE_HOUR:.2f} USD"),
    ]
    table("Storage and cost", ("", ""), rows)


def _day(runs: Sequence[str], work: Work, layout: Layout) -> Day:
    return Simulation(runs, work, layout).through()


def span(seconds: float) -> str:
    """Say a time in the unit that suits it."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    text = "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)
    sys.stdout.write(f"\n**{title}**\n\n{text}\n")
    sys.stdout.flush()


def _silent(*_: object) -> None:
    pass


if __name__ == "__main__":
    main()
