"""The command line tells on two days in a row: a fault of the sandbox is broken, stays, and is mended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runbooks.cli.main import cli
from tests.conftest import Control


def call(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments), standalone_mode=False)


def test_one_notification_on_the_change_none_on_the_repeat_one_on_recovery(
    control: Control, own_reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sink, prom, junit = tmp_path / "sink.jsonl", tmp_path / "runbooks.prom", tmp_path / "junit.xml"
    monkeypatch.setenv("RUNBOOKS_TELL_INCIDENTS", f"file://{sink}")
    counts, codes, gauges = [], [], []
    for step in ("", "break", "", "mend"):
        if step:
            control(step, {"environment": "sandbox", **({"fault": "tunnel-down"} if step == "break" else {})})
        done = call("run", "system-health", "-e", "sandbox", "--notify", "--prometheus", str(prom), "--junit", str(junit))
        counts.append(len(sink.read_text(encoding="utf-8").splitlines()) if sink.exists() else 0)
        codes.append(done.return_value)
        gauges.append('check="endpoints_answer"} 3' in prom.read_text(encoding="utf-8"))
    assert (counts, codes, gauges) == ([0, 1, 1, 2], [0, 1, 1, 0], [False, True, True, False])
    broken, mended = map(json.loads, sink.read_text(encoding="utf-8").splitlines())
    assert "harborlist.com/ (endpoints_answer)" in broken["title"]
    assert mended["kind"] == "success"
    assert "was told" in done.output
    assert 'failures="0"' in junit.read_text(encoding="utf-8")


def test_people_who_cannot_be_told_change_no_exit_code_and_a_file_that_cannot_be_written_does(
    control: Control, own_reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNBOOKS_TELL_INCIDENTS", raising=False)
    control("break", {"environment": "sandbox", "fault": "tunnel-down"})
    done = call("run", "system-health", "-e", "sandbox", "--notify", "--json")
    assert done.return_value == 1
    assert json.loads(done.stdout)[0]["status"] == "FAIL"
    assert "#incidents was not told: it is not set up: put its address in the variable RUNBOOKS_TELL_INCIDENTS" in done.stderr
    control("mend", {"environment": "sandbox"})
    done = call("run", "system-health", "-e", "sandbox", "--prometheus", str(tmp_path / "none" / "runbooks.prom"))
    assert done.return_value == 3
    assert "none/runbooks.prom cannot be written" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--taken", "janitor", "-e", "sandbox"],
            "'janitor' is not a role of the escalation matrix: choose one of primary on-call",
        ),
        (["--show", "--try", "-e", "sandbox"], "choose one"),
        (["-e", "prod"], "unknown environment 'prod'"),
    ],
)
def test_a_wrong_call_is_a_sentence(own_reports: Path, arguments: list[str], words: str) -> None:
    done = call("tell", *arguments)
    assert words in str(done.exception)
    assert not own_reports.exists()


def test_a_trial_that_does_not_arrive_costs_an_exit_code(
    own_reports: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("INCIDENTS", "ALERTS", "GENERAL"):
        monkeypatch.setenv(f"RUNBOOKS_TELL_{name}", f"file://{tmp_path}/{name}")
    assert call("tell", "-e", "sandbox", "--try").return_value == 0
    assert {path.name for path in tmp_path.glob("[A-Z]*")} == {"INCIDENTS", "ALERTS", "GENERAL"}
    monkeypatch.delenv("RUNBOOKS_TELL_GENERAL")
    done = call("tell", "-e", "sandbox", "--try")
    assert done.return_value == 3
    assert "#general was not told: it is not set up" in done.output
    assert call("tell").output == ""
    assert "nothing is due" in call("tell", "--show", "-e", "sandbox").output
