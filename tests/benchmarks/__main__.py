"""All benchmarks: progress on standard error, the figures and one table of all targets at the end.

python -m tests.benchmarks [--rounds N]
"""

from __future__ import annotations

import argparse

from tests.benchmarks import batch, memory, procedures, requests, shell
from tests.benchmarks.sheet import show, tell
from tests.benchmarks.stub import measure, running


def main() -> None:
    """Measure everything against one stub, and print it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=batch.ROUNDS, help="how often each is measured; the median is shown")
    rounds = parser.parse_args().rounds
    with running() as stub:
        sheets = [measure(stub)]
        for part in (shell.measure, procedures.measure, batch.measure):
            tell(f"-- {part.__module__.rsplit('.', 1)[-1]}")
            sheets.append(part(stub, rounds))
        sheets.append(memory.measure(stub))
        sheets.append(requests.measure())
    show(*sheets)


if __name__ == "__main__":
    main()
