"""The command line: bad input is one sentence that names the value and the valid choices, and nothing is half written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runbooks import catalogue


def runbooks(*arguments: str, out: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RUNBOOKS_"))}
    command = [sys.executable, "-m", "runbooks.cli", *arguments]
    everything = known | {"RUNBOOKS_REPORTS": str(out), "XDG_RUNTIME_DIR": str(out)} | variables
    return subprocess.run(command, env=everything, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "no-such"], "unknown runbook 'no-such': choose one of daily/"),
        (["run", "system-health", "-e", "prod"], "unknown environment 'prod': choose one of dev, production, sandbox"),
        (["run", "system-health", "-p", "hour", "3"], "hour"),
        (["run", "system-health", "-p", "hours", "many"], "hours"),
        (["run", "system-health", "-p", "hours", "0"], "hours"),
        (["run", "system-health", "-p", "hours", "3", "-p", "hours", "4"], "hours"),
        (["run", "system-health", "-p", "x=1;import os", "4"], "x=1;import os"),
        (["run", "system-health", "-p", "environment", "dev"], "say it with -e"),
        (["run", "system-health", "--jobs", "0"], "--jobs"),
        (["run", "system-health", "--engine", "fast"], "'fast' is not one of 'warm', 'nbclient'"),
        (["run", "system-health", "--executor", "dask"], "--executor dask needs --scheduler ADDRESS"),
        (["run", "system-health", "--scheduler", "tcp://127.0.0.1:1"], "add --executor dask"),
        (["run", "system-health", "--executor", "dask", "--scheduler", "tcp://127.0.0.1:1"], "give --out s3://bucket/prefix"),
        (["run", "system-health", "--out", "s3://Reports"], "'s3://Reports' is not an address like s3://bucket/prefix"),
        (["run"], "NAME"),
        (["fly"], "No such command 'fly'"),
        (["run", "system-health", "--colour"], "--colour"),
        (["report"], "say which run to render"),
        (["report", "20260101T000000Z-ffffff"], "there is no run '20260101T000000Z-ffffff'"),
        (["sandbox", "break", "tunnel-down"], "no sandbox is up"),
        (["sandbox", "status"], "no sandbox is up"),
        (["sandbox", "down"], "no sandbox is up"),
        (["drill", "no-such-fault"], "unknown fault 'no-such-fault': choose one of"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_is_one_sentence_and_exit_2(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = runbooks(*arguments, out=tmp_path)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert done.stderr.startswith("runbooks: ")
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_bad_environment_file_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text("account = ", encoding="utf-8")
    done = runbooks("run", "system-health", "-e", "mine", out=tmp_path / "out", RUNBOOKS_ENVIRONMENTS=str(tmp_path))
    assert done.returncode == 2
    assert "mine.toml cannot be read" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_list_says_what_each_runbook_is_for(tmp_path: Path) -> None:
    done = runbooks("list", "--json", out=tmp_path)
    rows = json.loads(done.stdout)
    assert {row["name"] for row in rows} == {runbook.name for runbook in catalogue.all_runbooks()}
    assert all(row["question"].endswith("?") for row in rows)
    assert "is the platform fit" in runbooks("list", out=tmp_path).stdout


def test_the_policy_of_the_doctor_only_reads(tmp_path: Path) -> None:
    from runbooks.gateway.access import require_read

    done = runbooks("doctor", "--policy", out=tmp_path)
    (statement,) = json.loads(done.stdout)["Statement"]
    for action in statement["Action"]:
        service, _, operation = action.partition(":")
        require_read(service, operation if operation != "GET" else "GetStages")


def test_help_and_list_need_none_of_the_heavy_packages() -> None:
    """On-call types `runbooks list` and reads, without waiting for boto3, pandas or Jupyter to load."""
    code = "import sys, runbooks.cli, runbooks.catalogue as c; c.all_runbooks(); print([m for m in ('boto3','botocore','pandas','pydantic','nbformat','papermill','IPython','matplotlib','moto','tqdm','distributed','dask') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_occupied_port_is_one_sentence(tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = runbooks("sandbox", "up", "--port", str(port), out=tmp_path)
    assert done.returncode == 2
    assert str(port) in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
