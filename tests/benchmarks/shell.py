"""From a cold shell: how long until the first finding, until the report, and until `--help` and `list` have said what they say.

python -m tests.benchmarks.shell [--rounds N]
"""

from __future__ import annotations

import argparse
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import contest
from tests.benchmarks.contest import BIN, FILLER
from tests.benchmarks.sheet import Sheet, Target, show, tell
from tests.benchmarks.stub import Stub, running

ROUNDS = 5
QUICK_ROUNDS = 9  # of what takes a fraction of a second
_FINDING = re.compile(rb"^\s+\S+\s+(PASS|WARN|FAIL|UNKNOWN|SKIP)\s")
_REPORT = re.compile(rb"^\s+report: ")

Seconds = dict[str, list[float]]


def measure(_: Stub, rounds: int = ROUNDS) -> Sheet:
    """Return the seconds until a person sees something."""
    found: Seconds = {"first finding": [], "report": [], "papermill + nbconvert": []}
    with contest.notebooks() as names:
        contest.record(names[:1])
        for number in range(1, rounds + 1):
            first, report = contest.cleanly(_ours)
            found["first finding"].append(first)
            found["report"].append(report)
            found["papermill + nbconvert"].append(_theirs())
            tell(f"round {number} of {rounds}: " + ", ".join(f"{name} {seconds[-1]:.2f} s" for name, seconds in found.items()))
        found |= _commands(max(rounds, QUICK_ROUNDS))
    return _sheet({name: statistics.median(seconds) for name, seconds in found.items()}, rounds)


def _sheet(medians: dict[str, float], rounds: int) -> Sheet:
    made = Sheet(
        f"from a cold shell (medians of {rounds} interleaved rounds, of {max(rounds, QUICK_ROUNDS)} for what is quick)",
        ("", "wall"),
    )
    made.rows = [(name, f"{seconds:.3f} s") for name, seconds in medians.items()]
    python, both = medians["python -c pass"], medians["papermill + nbconvert"]
    made.targets = [
        Target("runbooks run: first finding, of papermill + nbconvert", medians["first finding"] / both, 0.35),
        Target("runbooks run: report, of papermill + nbconvert", medians["report"] / both, 0.5),
        Target("runbooks --help: more than python -c pass", medians["runbooks --help"] - python, 0.15, "s"),
        Target("runbooks list: more than python -c pass", medians["runbooks list"] - python, 0.15, "s"),
    ]
    return made


def _ours() -> tuple[float, float]:
    """Return the seconds until the first finding stands on standard output, and until a report is announced there."""
    first = report = float("nan")
    with tempfile.TemporaryDirectory(prefix="runbooks-bench-") as out:
        began = time.monotonic()
        command = [str(BIN / "runbooks"), "run", FILLER, "--out", out]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            for line in process.stdout or ():
                if math.isnan(first) and _FINDING.match(line):
                    first = time.monotonic() - began
                if _REPORT.match(line):
                    report = time.monotonic() - began
        if process.returncode or math.isnan(first + report):
            raise contest.UncleanError(f"`runbooks run {FILLER}` ended with {process.returncode}, or said no finding or no report")
    return first, report


def _theirs() -> float:
    with tempfile.TemporaryDirectory(prefix="runbooks-bench-") as out:
        began = time.monotonic()
        contest.papermill_then_nbconvert(FILLER, "sandbox", Path(out) / "run.ipynb")
        return time.monotonic() - began


def _commands(rounds: int) -> Seconds:
    commands: dict[str, Sequence[str]] = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "runbooks --help": [str(BIN / "runbooks"), "--help"],
        "runbooks list": [str(BIN / "runbooks"), "list"],
    }
    found: Seconds = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            began = time.monotonic()
            subprocess.run(command, check=True, capture_output=True)
            found[name].append(time.monotonic() - began)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.shell")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often each is measured; the median is shown")
    options = parser.parse_args()
    with running() as stub:
        show(measure(stub, options.rounds))


if __name__ == "__main__":
    main()
