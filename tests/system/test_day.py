"""Days in a row on the sandbox, its clock moved on: what is new, still there and recovered, from real records."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runbooks import batch, catalogue
from runbooks.gateway import local
from runbooks.model import Verdict
from tests.conftest import Control

DAY = 86_400.0
HEALTH, REPORT = "daily/system-health", "reports/daily-report"
PATIENT = """
extends = "production"
account = "{account}"
title = "{name}"
[sandbox]
seed = 1
[deadlines]
check = 60.0
call = 30.0
[day]
runbooks = ["daily/system-health"]
objectives = []
"""
ACCOUNTS = {"sandbox": "111122223333"}


@pytest.fixture(autouse=True)
def patient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment whose day is one runbook, and which waits long enough on a busy machine."""
    for name, account in ACCOUNTS.items():
        (tmp_path / f"{name}.toml").write_text(PATIENT.format(account=account, name=name), encoding="utf-8")
    monkeypatch.setenv("RUNBOOKS_ENVIRONMENTS", str(tmp_path))


def run(name: str, out: Path, *parameters: tuple[str, str]) -> Verdict:
    requests = batch.plan([catalogue.find(name)], ["sandbox"], list(parameters), batch.About(reports=out))
    (done,) = batch.run(requests, jobs=1, on_entry=lambda *_: None, on_done=lambda _: None, whole=True)
    return Verdict.model_validate(done.verdict)


def changed(verdict: Verdict) -> dict[str, set[str]]:
    """Return the resources of each kind of change."""
    rows = next(result.evidence for result in verdict.results if result.name == "changes_told")
    return {kind: {row.resource for row in rows if row.facts["kind"] == kind} for kind in {str(row.facts["kind"]) for row in rows}}


@pytest.fixture
def control(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Control]:
    """Control a sandbox of its own: the days that pass on it must not pass for other tests."""
    path = local.start()
    monkeypatch.setenv(local.VARIABLE, str(path))
    monkeypatch.setenv("RUNBOOKS_REPORTS", str(tmp_path / "reports"))
    state = local.read_state(path) or {}
    yield lambda what, body=None, method="": local.ask(state, what, body, method=method)
    os.kill(state["pid"], signal.SIGTERM)


@pytest.fixture
def clock(control: Control) -> Callable[[float], None]:
    """Move the sandbox's clock on."""
    return lambda seconds: control("clock", {"advance": seconds})


@pytest.mark.slow
def test_new_still_and_recovered_are_right_on_days_in_a_row(control: Control, clock: Any, tmp_path: Path) -> None:
    out = tmp_path / "reports"
    assert run(HEALTH, out).exit_code == 0
    quiet = run(REPORT, out)
    assert (quiet.status, quiet.calls, changed(quiet)) == ("PASS", {}, {})

    clock(DAY)
    control("break", {"environment": "sandbox", "fault": "tunnel-down"})
    run(HEALTH, out)
    bad = run(REPORT, out)
    assert (bad.exit_code, changed(bad)) == (1, {"new": {"https://harborlist.com/"}})

    clock(DAY)
    run(HEALTH, out)
    assert changed(run(REPORT, out)) == {"still": {"https://harborlist.com/"}}

    clock(DAY)
    control("mend", {"environment": "sandbox"})
    run(HEALTH, out)
    mended = run(REPORT, out)
    assert (mended.exit_code, changed(mended)) == (0, {"recovered": {"https://harborlist.com/"}})

    clock(DAY * 1.5)  # nobody runs it: nothing is known of today
    late = run(REPORT, out)
    assert late.exit_code == 3
    assert "36 h old, limit 26 h" in late.summary

    record = next(out.glob("sandbox/*/system-health-*.json"))
    for path in out.glob("sandbox/*/system-health-*.json"):
        path.write_text(json.dumps({"status": "PASS"}), encoding="utf-8")
    assert run(REPORT, out).exit_code == 3
    assert record.exists()
