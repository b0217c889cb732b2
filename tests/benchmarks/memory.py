"""The memory of a batch with eight children: the proportional set size of the whole process tree, at its highest.

PSS counts a page that n processes share as a n-th for each, which is what a process forked from a warm one really adds.

python -m tests.benchmarks.memory
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import psutil

from tests.benchmarks import contest
from tests.benchmarks.contest import BIN, ENVIRONMENTS
from tests.benchmarks.sheet import Sheet, Target, show, tell
from tests.benchmarks.stub import Stub, running

JOBS = 8
EVERY = 0.2  # seconds between two looks; a run lives longer
LIMIT = 1024.0
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def measure(stub: Stub) -> Sheet:
    """Return the highest PSS of one batch of 48 runs with eight children, in MiB; answers take 50 ms, so that all eight live."""
    with contest.notebooks() as names:
        contest.record(names)
        stub.latency(0.05)
        try:
            highest, processes, looks = contest.cleanly(lambda: _batch(names))
        finally:
            stub.latency(0.0)
    made = Sheet("memory of 48 runs with eight children", ("", "PSS", "processes", "looks"))
    made.rows = [("whole process tree, at its highest", f"{highest:,.0f} MiB", str(processes), str(looks))]
    made.targets = [Target("PSS of the whole tree with eight children", highest, LIMIT, "MiB")]
    return made


def _batch(names: Sequence[str]) -> tuple[float, int, int]:
    """Run a batch, and return what was seen of it."""
    tell("the memory of 48 runs, eight at a time")
    environments = [word for environment in ENVIRONMENTS for word in ("-e", environment)]
    with tempfile.TemporaryDirectory(prefix="runbooks-bench-") as out:
        command = [str(BIN / "runbooks"), "run", *names, *environments, "--jobs", str(JOBS), "--out", out]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            seen = _watched(process)
    if process.returncode:
        raise contest.UncleanError(f"the batch ended with {process.returncode}: its memory says nothing")
    return seen


def _watched(process: subprocess.Popen[bytes]) -> tuple[float, int, int]:
    """Return the highest PSS in MiB, the number of processes then, and how often was looked, until the process has ended."""
    highest, processes, looks = 0.0, 0, 0
    while process.poll() is None:
        tree = _tree(process.pid)
        size = sum(_pss(pid) for pid in tree) / 1024
        looks += 1
        if size > highest:
            highest, processes = size, len(tree)
        time.sleep(EVERY)
    return highest, processes, looks


def _tree(pid: int) -> list[int]:
    try:
        return [pid, *(child.pid for child in psutil.Process(pid).children(recursive=True))]
    except psutil.NoSuchProcess:
        return []


def _pss(pid: int) -> float:
    """Return the PSS of a process in KiB; 0 for one that has just ended."""
    try:
        found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"))
    except OSError:
        return 0.0
    return float(found[1]) if found else 0.0


def main() -> None:
    """Measure and print."""
    with running() as stub:
        show(measure(stub))


if __name__ == "__main__":
    main()
