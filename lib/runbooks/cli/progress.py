"""What a batch says while it goes on: lines, or on a terminal a bar with what somebody may have to act on above it."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from runbooks.batch import Result
    from runbooks.execute import Request

QUIET = ("PASS", "SKIP")
WORST_FIRST = ("FAIL", "UNKNOWN", "WARN", "PASS")
_REFRESH = 1.0  # seconds


class Silent:
    """Says nothing: the result is printed as JSON."""

    def entry(self, request: Request, entry: dict[str, Any]) -> None:
        """Take a line of a journal."""

    def done(self, result: Result) -> None:
        """Take the result of a run."""

    def look(self) -> None:
        """Be called now and then."""


class Lines(Silent):
    """Prints each finding as soon as it is made (`everything`), or those that somebody may have to act on; and each end."""

    def __init__(self, *, everything: bool) -> None:
        self.everything = everything

    def entry(self, request: Request, entry: dict[str, Any]) -> None:
        """Print a finding."""
        if entry.get("kind") == "check" and (self.everything or entry["status"] not in QUIET):
            self.say(f"  {request.environment}  {entry['status']:<7} {entry['name']}: {entry['summary']}")

    def done(self, result: Result) -> None:
        """Print how a run ended, and where its report is."""
        self.say(ending(result))

    def say(self, text: str) -> None:
        """Print it at once, also into a pipe."""
        click.echo(text)
        sys.stdout.flush()


class Bar(Lines):
    """A bar that counts the runs by verdict; what passed is only counted."""

    def __init__(self, total: int) -> None:
        super().__init__(everything=False)
        from tqdm import tqdm

        self.counts: Counter[str] = Counter()
        self.bar = tqdm(total=total, bar_format="{n}/{total}  {postfix}|{bar}| {elapsed}", postfix="", file=sys.stdout, leave=False)
        self.refreshed = time.monotonic()

    def done(self, result: Result) -> None:
        """Count a run, and print how it ended unless it passed."""
        self.counts[result.status] += 1
        if result.exit_code or result.status != "PASS":
            super().done(result)
        self.bar.set_postfix_str(f"{counted(self.counts)} ", refresh=False)
        self.bar.update()

    def say(self, text: str) -> None:
        """Print it above the bar."""
        self.bar.write(text, file=sys.stdout)

    def look(self) -> None:
        """Let the bar's clock go on."""
        if time.monotonic() - self.refreshed > _REFRESH:
            self.bar.refresh()
            self.refreshed = time.monotonic()


@contextmanager
def telling(total: int, *, as_json: bool) -> Iterator[Silent]:
    """Have what tells of a batch of `total` runs; of a single run every finding is told."""
    if as_json:
        yield Silent()
    elif total == 1 or not sys.stdout.isatty():
        yield Lines(everything=total == 1)
    else:
        bar = Bar(total)
        try:
            yield bar
        finally:
            bar.bar.close()


def ending(result: Result) -> str:
    """Say how a run ended, and where its report or what is left of it is."""
    did = "" if result.outcome == "completed" else f", {result.outcome}"
    said = f"{result.environment}  {result.status}{did}  {result.runbook}: {result.error or result.summary}"
    if not result.place:
        return said
    left = result.place.endswith(".ipynb")
    return f"{said}\n  {'record' if left else 'report'}: {result.place}{'' if left else '.html'}"


def counted(counts: Counter[str]) -> str:
    """Say how many there are of each status, as "9 PASS 2 WARN 1 UNKNOWN"."""
    return " ".join(f"{counts[status]} {status}" for status in reversed(WORST_FIRST) if counts[status])


def summary(results: Sequence[Result], seconds: float, code: int) -> str:
    """Say in one line what became of a batch."""
    begun = Counter(result.status for result in results if result.began)
    left = sum(not result.began for result in results)
    words = f"{begun.total()} runs in {seconds:.0f} s: {counted(begun).replace('  ', ' ') or 'none'}"
    return f"{words}{f'; {left} did not start' if left else ''}; exit code {code}"
