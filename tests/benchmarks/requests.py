"""How many requests one run of each runbook makes, by call; kept in tests/data/requests.json and compared by a test.

Counted on a whole sandbox, alone: in a batch, account-wide listings are shared, and a run makes fewer.

python -m tests.benchmarks.requests [--write]
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from unittest import mock

from runbooks import catalogue
from runbooks.drills import step_through
from runbooks.gateway import local
from tests.benchmarks.sheet import Sheet, show

KEPT = Path(__file__).parents[1] / "data" / "requests.json"
ENVIRONMENT = "sandbox"
HOW = "`python -m tests.benchmarks.requests --write` writes tests/data/requests.json anew"

Calls = dict[str, int]


def counted(name: str) -> Calls:
    """Return the requests of one run of the runbook `name`, by call; those to the public web as "https"."""
    return dict(sorted(step_through(catalogue.find(name), environment=ENVIRONMENT).calls.items()))


def kept() -> dict[str, Calls]:
    """Return what is kept for each runbook."""
    found: dict[str, Calls] = json.loads(KEPT.read_text(encoding="utf-8"))
    return found


def differences(name: str, now: Mapping[str, int], before: Mapping[str, int]) -> list[str]:
    """Return one sentence for each call whose number is another than the kept one."""
    return [
        _sentence(name, call, now.get(call, 0), before.get(call, 0))
        for call in sorted({*now, *before})
        if now.get(call) != before.get(call)
    ]


def _sentence(name: str, call: str, now: int, before: int) -> str:
    if now > before:
        return f"{name} makes {now} requests of {call}, {before} are kept: make fewer, or give the reason in the change; {HOW}"
    return f"{name} makes {now} requests of {call}, {before} are kept: better, so keep that; {HOW}"


def measure() -> Sheet:
    """Return the requests of each runbook as they are now, beside what is kept."""
    made = Sheet("requests of one run, by call", ("", "now", "kept"))
    before = kept() if KEPT.exists() else {}
    for name, calls in _all().items():
        made.rows.append((name, str(sum(calls.values())), str(sum(before.get(name, {}).values()))))
        made.rows += [(f"  {call}", str(count), str(before.get(name, {}).get(call, 0))) for call, count in calls.items()]
        made.notes += differences(name, calls, before.get(name, {}))
    return made


def _all() -> dict[str, Calls]:
    with tempfile.TemporaryDirectory(prefix="runbooks-bench-") as folder, mock.patch.dict(os.environ, RUNBOOKS_REPORTS=folder):
        return {runbook.name: counted(runbook.name) for runbook in catalogue.all_runbooks() if not runbook.tells}


def main() -> None:
    """Print the requests of each runbook, or keep them."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.requests")
    parser.add_argument("--write", action="store_true", help="keep what is counted now in tests/data/requests.json")
    options = parser.parse_args()
    os.environ[local.VARIABLE] = str(local.start())
    if options.write:
        KEPT.write_text(json.dumps(_all(), indent=2) + "\n", encoding="utf-8")
    show(measure())


if __name__ == "__main__":
    main()
