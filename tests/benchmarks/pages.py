"""Processor time of a page, against nbconvert's own HTML of the same record in the same process; and how it grows.

python -m tests.benchmarks.pages [ROUNDS]
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import Any

from runbooks import report
from runbooks.model import CheckResult, Evidence, Status
from tests.report import sample_run

FIRST = "import sys, time; from pathlib import Path; from runbooks import report; report.write(Path(sys.argv[1])); print(time.process_time())"
BARE = "import time; print(time.process_time())"


def main(rounds: int) -> None:
    """Print medians of interleaved rounds, in milliseconds of processor time, and their ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        record = real(folder)
        say(f"system-health: {record.stat().st_size // 1024} KiB of notebook, medians of {rounds} rounds, processor time")
        bare, first = alone(BARE), alone(FIRST, record)
        say(f"  first page of a new process  {first - bare:8.1f} ms  (Python itself {bare:.1f} ms)")
        before = time.process_time()
        report.preload()
        say(f"  report.preload()             {1000 * (time.process_time() - before):8.1f} ms")
        warm, theirs = compared(partial(write, record), partial(nbconverted, record), rounds)
        say(f"  a page in a warm process     {warm:8.1f} ms")
        say(f"  nbconvert's default HTML     {theirs:8.1f} ms  ratio {warm / theirs:.2f}")
        gc.freeze()
        inside, whole = zip(*(forked(record) for _ in range(rounds)), strict=True)
        gc.unfreeze()
        say(
            f"  a page in a forked child     {statistics.median(inside):8.1f} ms  (the child as a whole {statistics.median(whole):.1f} ms)"
        )
        page = record.with_suffix(".html").stat().st_size
        say(f"  page {page // 1024} KiB, nbconvert's {len(nbconverted(record)) // 1024} KiB")
        long_tables(folder, rounds)
        many_cells(folder, rounds)


def long_tables(folder: Path, rounds: int) -> None:
    """Print what thousands of rows cost; nbconvert gets them as the table that pandas would have shown."""
    rows = long_table(folder, 10_000)
    ours, theirs = compared(partial(write, rows), partial(nbconverted, rows), max(1, rounds // 3))
    say(f"10,000 rows: ours {ours:.1f} ms, nbconvert {theirs:.1f} ms, ratio {ours / theirs:.3f}")
    for count in (5_000, 10_000, 20_000):
        path = long_table(folder, count)
        cost = median(partial(write, path), rounds)
        sheet = next(path.parent.glob(f"{path.stem}.*.csv"))
        sizes = [f"{p.suffix[1:]} {p.stat().st_size // 1024} KiB" for p in (path, path.with_suffix(".html"), sheet)]
        say(f"  {count:6} rows   {cost:8.1f} ms   {cost / count * 1000:6.1f} us a row   {', '.join(sizes)}")


def many_cells(folder: Path, rounds: int) -> None:
    """Print what many steps cost."""
    for count in (60, 120, 240):
        path = saved(folder / f"{count}-cells.ipynb", [cell for n in range(count // 2) for cell in step(n)])
        cost = median(partial(write, path), rounds)
        say(f"  {count:6} cells  {cost:8.1f} ms   {cost / count * 1000:6.1f} us a cell")


def real(folder: Path) -> Path:
    """Return the record of a run of system-health in the sandbox."""
    command = [sys.executable, "-m", "runbooks.cli", "run", "system-health", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    return next(folder.glob("*/*/*.ipynb"))


def long_table(folder: Path, count: int) -> Path:
    """Return a record with one result of `count` rows, and beside it the same as an HTML table."""
    evidence = tuple(
        Evidence(resource=f"listing-{n:06}", status=Status.WARN, summary=f"{n} views, limit 0", facts={"views": n, "owner": f"u-{n % 97}", "city": "Hamburg"})
        for n in range(count)
    )  # fmt: skip
    result = CheckResult(name="listings_seen", claim="c", status=Status.WARN, summary=f"{count} of {count}", evidence=evidence)
    output = sample_run.output(result)
    cells = "".join(f"<tr><td>{e.status}</td><td>{e.resource}</td><td>{e.summary}</td></tr>" for e in evidence)
    output["data"]["text/html"] = f"<table>{cells}</table>"
    return saved(folder / f"{count}-rows.ipynb", [sample_run.code("run.check()", output)], result)


def step(n: int) -> list[Mapping[str, Any]]:
    """Return a question and its answer."""
    result = sample_run.results()[0].model_copy(update={"name": f"check_{n}"})
    return [
        sample_run.prose(f"## {n}. A question?\nWhat good looks like."),
        sample_run.code("run.check()", sample_run.output(result)),
    ]


def saved(path: Path, cells: list[Any], *results: CheckResult) -> Path:
    """Save a record of these cells."""
    notebook = sample_run.notebook(sample_run.verdict(results=results))
    notebook["cells"] = cells
    path.write_text(json.dumps(notebook))
    return path


def write(path: Path) -> None:
    """Write a page anew: with nothing beside the record, so that nothing is left alone."""
    for other in path.parent.glob(f"{path.stem}.*"):
        if other.suffix in {".html", ".json", ".csv"}:
            other.unlink()
    report.write(path)


def nbconverted(path: Path) -> str:
    """Return nbconvert's default page of a record."""
    import nbformat

    page, _ = html_exporter().from_notebook_node(nbformat.read(path, as_version=4))  # type: ignore[no-untyped-call]
    return str(page)


@cache
def html_exporter() -> Any:
    """Return nbconvert's default exporter to HTML, one for the process: a new one for each page would compile its templates anew."""
    from nbconvert import HTMLExporter

    return HTMLExporter()  # type: ignore[no-untyped-call]


def alone(code: str, *arguments: Path) -> float:
    """Return the processor milliseconds that a new process reports, the median of five."""
    command = [sys.executable, "-c", code, *map(str, arguments)]
    return statistics.median(
        1000 * float(subprocess.run(command, check=True, capture_output=True, text=True).stdout) for _ in range(5)
    )


def forked(path: Path) -> tuple[float, float]:
    """Return the processor milliseconds of a page in a child of this process, and of the whole child."""
    come, go = os.pipe()
    child = os.fork()
    if not child:
        os.write(go, str(cost(lambda: write(path))).encode())
        os._exit(0)
    os.close(go)
    _, _, usage = os.wait4(child, 0)
    with os.fdopen(come) as told:
        return float(told.read()), 1000 * (usage.ru_utime + usage.ru_stime)


def compared(ours: Callable[[], object], theirs: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Return the medians of both, in turns, so that a noisy neighbour hits both; the first round does not count."""
    pairs = [(cost(ours), cost(theirs)) for _ in range(rounds + 1)][1:]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def median(work: Callable[[], object], rounds: int) -> float:
    """Return the median cost; the first round does not count."""
    return statistics.median([cost(work) for _ in range(rounds + 1)][1:])


def cost(work: Callable[[], object]) -> float:
    """Return the processor milliseconds that this process needs for `work`."""
    before = time.process_time()
    work()
    return 1000 * (time.process_time() - before)


def say(text: str) -> None:
    """Print a line."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 9)
