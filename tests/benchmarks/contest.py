"""The contestants: the same runs by this package, by papermill and nbconvert, by plain scripts, and as bare work in forked children.

Each is timed from outside, as processes, and each must have left a page for every run, or nothing is said of its speed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from runbooks import catalogue
from tests.benchmarks.meter import Cost, metered
from tests.benchmarks.sheet import tell

NOTEBOOKS = 16
ENVIRONMENTS = ("sandbox", "sandbox-staging", "sandbox-dev")
FILLER = "daily/system-health"
ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent

TRIES = 3

T = TypeVar("T")
Pair = tuple[str, str]


class UncleanError(Exception):
    """Work that was not done whole: its time says nothing, and it is measured again."""


@contextmanager
def notebooks() -> Iterator[list[str]]:
    """Make sixteen notebooks the catalogue of this process and its children.

    They are sixteen runbooks; while there are fewer, system-health and copies of it alone: a few runs of the loop stand for all of
    them, and they can only do so where all are alike.
    """
    with tempfile.TemporaryDirectory(prefix="runbooks-bench-") as made:
        folder = Path(made) / "notebooks"
        every = catalogue.all_runbooks()[:NOTEBOOKS]
        if len(every) == NOTEBOOKS:
            sources = {runbook.name: runbook.path for runbook in every}
        else:
            path = catalogue.find(FILLER).path
            sources = {FILLER: path} | {f"{FILLER}-{number:02}": path for number in range(2, NOTEBOOKS + 1)}
        for name, path in sources.items():
            _copy(path, folder / f"{name}.ipynb", name)
        names = list(sources)
        given = {"RUNBOOKS_NOTEBOOKS": str(folder), "RUNBOOKS_REPORTS": str(Path(made) / "reports")}
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield names
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value


def pairs(names: Sequence[str]) -> list[Pair]:
    """Return each notebook on each environment."""
    return [(name, environment) for name in names for environment in ENVIRONMENTS]


def sampled(every: Sequence[Pair], count: int) -> list[Pair]:
    """Return `count` of the pairs, spread over notebooks and environments."""
    step = len(every) / count
    return [every[int(i * step) + i % len(ENVIRONMENTS)] for i in range(count)]


def ours(names: Sequence[str], jobs: int) -> Callable[[], Cost]:
    """Run and render by one command of this package."""
    environments = [word for environment in ENVIRONMENTS for word in ("-e", environment)]

    def work(out: Path) -> None:
        command = [str(BIN / "runbooks"), "run", *names, *environments, "--jobs", str(jobs), "--out", str(out)]
        _done(command)
        _require(out, "*/*/*.json", len(names) * len(ENVIRONMENTS))
        _require(out, "*/*/*.html", len(names) * len(ENVIRONMENTS))

    return lambda: _cost(work)


def loop(chosen: Sequence[Pair]) -> Callable[[], Cost]:
    """Run by papermill, then render by nbconvert, one notebook after another."""

    def work(out: Path) -> None:
        for number, (name, environment) in enumerate(chosen):
            papermill_then_nbconvert(name, environment, out / f"{number}.ipynb")
        _require(out, "*.html", len(chosen))

    return lambda: _cost(work)


def papermill_then_nbconvert(name: str, environment: str, made: Path) -> None:
    """Run one notebook by the two commands that people use."""
    source = Path(os.environ["RUNBOOKS_NOTEBOOKS"]) / f"{name}.ipynb"
    _done([str(BIN / "papermill"), str(source), str(made), "-p", "environment", environment])
    _done([str(BIN / "jupyter"), "nbconvert", "--to", "html", str(made)])


def scripts(chosen: Sequence[Pair], jobs: int) -> Callable[[], Cost]:
    """Do the work in plain Python scripts, `jobs` at a time."""

    def work(out: Path) -> None:
        commands = [[*_PLAIN, "script", name, environment, str(out)] for name, environment in chosen]
        with ThreadPoolExecutor(max_workers=jobs) as pool:  # its threads only wait
            list(pool.map(_done, commands))
        _require(out, "*.html", len(chosen))
        _require(out, "*.json", len(chosen))

    return lambda: _cost(work)


def bare(chosen: Sequence[Pair], jobs: int) -> Callable[[], Cost]:
    """Do the work in children forked from a process that has imported everything, `jobs` at a time."""

    def work(out: Path) -> None:
        lines = "".join(f"{name} {environment}\n" for name, environment in chosen)
        _done([*_PLAIN, "forked", str(jobs), str(out)], given=lines)
        _require(out, "*.html", len(chosen))
        _require(out, "*.json", len(chosen))

    return lambda: _cost(work)


_PLAIN = (sys.executable, "-m", "tests.benchmarks.plain")


def _copy(source: Path, copy: Path, name: str) -> None:
    """Copy a notebook, under a name of its own, which it says when it opens its run."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    text = source.read_text(encoding="utf-8").replace(json.dumps(json.dumps(FILLER))[1:-1], json.dumps(json.dumps(name))[1:-1])
    copy.write_text(text, encoding="utf-8")


def record(names: Sequence[str]) -> None:
    """Have each question of these runbooks asked once, one after another, so that the stub knows every answer."""
    tell("every answer is recorded once")
    bare(pairs(names), 1)()


def cleanly(work: Callable[[], T]) -> T:
    """Return what `work` does; on a machine so busy that runs meet their deadlines, try again, and give up at the third time."""
    for _ in range(TRIES - 1):
        try:
            return work()
        except UncleanError as error:
            tell(f"once more: {error}")
    return work()


def _cost(work: Callable[[Path], None]) -> Cost:
    def once() -> Cost:
        with tempfile.TemporaryDirectory(prefix="runbooks-bench-") as out, metered() as reading:
            work(Path(out))
        return reading.cost

    return cleanly(once)


def _done(command: Sequence[str], *, given: str = "") -> None:
    made = subprocess.run(command, input=given.encode(), capture_output=True, check=False, cwd=ROOT)
    if made.returncode:
        said = (made.stderr or made.stdout).decode(errors="replace").strip()[-600:]
        raise UncleanError(f"{' '.join(command[:4])} ... ended with {made.returncode}: {said}")


def _require(out: Path, pattern: str, count: int) -> None:
    """Raise UncleanError unless there is a page or verdict of each run, and no verdict saw a fault: the sandbox has none."""
    found = sorted(out.glob(pattern))
    if len(found) != count:
        raise UncleanError(f"{len(found)} of {count} runs left a {pattern}: what was measured is not the whole work")
    statuses = Counter(json.loads(path.read_bytes())["status"] for path in found if path.suffix == ".json")
    if set(statuses) - {"PASS", "WARN"}:
        raise UncleanError(f"the verdicts on a whole platform are {dict(statuses)}: what was measured is not a clean run")
