"""Ratios measured in one run: `runbooks run` against papermill and nbconvert as separate commands, and the requests each run makes.

python -m tests.benchmarks.runs [ROUNDS]
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from runbooks import catalogue
from runbooks.drills import step_through
from runbooks.gateway import local

NOTEBOOK = catalogue.find("system-health").path
Cost = tuple[float, float]  # wall and processor seconds


def cost(work: Callable[[], None]) -> Cost:
    """Return what `work` costs, its child processes included."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.monotonic() - began, cpu


def ours(out: Path) -> None:
    """Run and render by the command line of this package."""
    command = [sys.executable, "-m", "runbooks.cli", "run", "system-health", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)


def theirs(out: Path) -> None:
    """Run by papermill and render by nbconvert, as two commands."""
    made = out / "out.ipynb"
    subprocess.run([sys.executable, "-m", "papermill", str(NOTEBOOK), str(made)], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", str(made)], check=True, capture_output=True)


def main(rounds: int) -> None:
    """Print medians and their ratio, and the requests of one run."""
    os.environ[local.VARIABLE] = str(local.start())
    costs: dict[str, list[Cost]] = {"ours": [], "papermill + nbconvert": []}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RUNBOOKS_REPORTS"] = folder
        for _ in range(rounds):  # interleaved, so that a noisy neighbour hits both
            costs["ours"].append(cost(lambda: ours(Path(folder))))
            costs["papermill + nbconvert"].append(cost(lambda: theirs(Path(folder))))
        verdict = step_through(catalogue.find("system-health"), environment="sandbox")
    medians = {name: [statistics.median(each) for each in zip(*found, strict=True)] for name, found in costs.items()}
    say = sys.stdout.write
    for name, (wall, cpu) in medians.items():
        say(f"{name:<24} wall {wall:6.2f} s   cpu {cpu:6.2f} s   (median of {rounds})\n")
    (wall, cpu), (their_wall, their_cpu) = medians.values()
    say(f"{'ratio':<24} wall {wall / their_wall:6.2f}     cpu {cpu / their_cpu:6.2f}\n")
    say(f"requests of one run: {sum(verdict.calls.values())}\n")
    for call, count in verdict.calls.items():
        say(f"  {count:3}  {call}\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
