"""The runs of a batch share what is the account's, say how old it is, and prove for themselves who they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbooks import catalogue
from runbooks.drills import step_through
from runbooks.gateway import batch
from runbooks.model import Verdict
from runbooks.render.result import age, result_text
from runbooks.runbook.context import RUN_FOLDER

SHARED = {"cloudwatch:DescribeAlarms", "acm:ListCertificates", "acm:DescribeCertificate"}


@pytest.fixture
def batched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: dict[str, Any]) -> Path:
    tmp_path.chmod(0o700)
    monkeypatch.setenv(batch.FOLDER, str(tmp_path))
    return tmp_path


def run(environment: str = "sandbox") -> Verdict:
    return step_through(catalogue.find("daily/system-health"), environment=environment)


def aged(verdict: Verdict) -> set[str]:
    return {result.name for result in verdict.results if result.as_of}


@pytest.mark.usefixtures("batched")
def test_the_second_run_of_a_batch_asks_less_and_says_how_old_its_answers_are() -> None:
    first, second = run(), run()
    assert aged(first) == set()
    assert set(first.calls) >= SHARED
    assert set(first.calls) - set(second.calls) == SHARED
    assert second.status is first.status
    assert {"alarms_quiet", "alarms_complete", "alarms_notify", "origin_certificates_valid"} <= aged(second)
    assert "identity_matches" not in aged(second)
    assert second.calls["sts:GetCallerIdentity"] == 1
    (quiet,) = (result for result in second.results if result.name == "alarms_quiet")
    assert quiet.as_of is not None
    assert quiet.as_of < second.started
    assert f"read {quiet.as_of:%H:%M:%S} UTC, {(second.started - quiet.as_of).total_seconds():.0f} s before this run" in age(
        quiet, started=second.started
    )
    assert f"read {quiet.as_of:%H:%M:%S} UTC, by another run" in result_text(quiet)


@pytest.mark.usefixtures("batched")
def test_another_environment_in_another_account_reads_for_itself() -> None:
    run()
    other = run("sandbox-staging")
    assert aged(other) == set()
    assert set(other.calls) >= SHARED


def test_a_run_for_an_incident_shares_nothing(batched: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run()
    about = {"run_id": "r", "operator": "somebody", "reason": "", "incident": "INC-7"}
    (batched / "request.json").write_text(json.dumps(about), encoding="utf-8")
    monkeypatch.setenv(RUN_FOLDER, str(batched))
    verdict = run()
    assert verdict.incident == "INC-7"
    assert aged(verdict) == set()
    assert set(verdict.calls) >= SHARED
