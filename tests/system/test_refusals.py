"""Wrong account, wrong region, a sandbox that is not there, variables that lead elsewhere: refused with exit 4 before anything else is read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from runbooks import catalogue
from runbooks.drills import step_through
from runbooks.errors import RefusedError
from runbooks.gateway import local
from tests.conftest import Control

HEALTH = "daily/system-health"
WRONG_ACCOUNT = 'extends = "production"\naccount = "111122223333"\nsuffix = "staging"\n[sandbox]\nseed = 1\n'


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in an environment of its own."""
    known = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "RUNBOOKS_"))}
    command = [sys.executable, "-m", "runbooks.cli", *arguments]
    return subprocess.run(command, env=known | variables, capture_output=True, text=True, timeout=120, check=False)


def asked(control: Control) -> set[str]:
    return {call for call, count in control("status")["requests"].items() if count}


def test_credentials_of_another_account_are_refused_before_anything_else_is_read(
    control: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox answers for 111122223333; the credentials used are another environment's."""
    from runbooks.gateway import endpoint

    original = endpoint._from_state
    stranger = ("sandbox-444455556666", "not-a-secret")
    monkeypatch.setattr(
        endpoint,
        "_from_state",
        lambda *arguments: type(found := original(*arguments))(found.aws, stranger, found.web, found.authorities, found.skew),
    )
    control("requests", method="DELETE")
    with pytest.raises(
        RefusedError, match="these credentials are for account 444455556666, environment 'sandbox' is account 111122223333"
    ):
        step_through(catalogue.find(HEALTH), environment="sandbox")
    assert asked(control) == {"sts:GetCallerIdentity"}


def test_a_stack_of_another_region_is_refused(control: Control, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The stack's own id says where it is; a file that says otherwise is refused."""
    (tmp_path / "sandbox.toml").write_text(
        'extends = "production"\naccount = "111122223333"\nregion = "eu-west-1"\n[sandbox]\nseed = 1\n', encoding="utf-8"
    )
    monkeypatch.setenv("RUNBOOKS_ENVIRONMENTS", str(tmp_path))
    control("requests", method="DELETE")
    try:
        verdict = step_through(catalogue.find(HEALTH), environment="sandbox")
    except RefusedError as error:
        assert "eu-west-1" in str(error)  # noqa: PT017 - either way is good, as long as nothing is read
    else:
        assert verdict.exit_code == 3
        assert {result.status for result in verdict.results} == {"UNKNOWN"}
    assert asked(control) <= {"sts:GetCallerIdentity", "cloudformation:DescribeStacks"}


@pytest.mark.parametrize(
    ("environment", "variables", "words"),
    [
        ("production", {"AWS_ENDPOINT_URL": "http://127.0.0.1:5000"}, "AWS_ENDPOINT_URL would send its calls elsewhere"),
        ("production", {local.VARIABLE: "/nowhere"}, f"{local.VARIABLE} would send its calls elsewhere"),
        ("production", {"AWS_REGION": "eu-west-1"}, "AWS_REGION is eu-west-1"),
        ("sandbox", {local.VARIABLE: "/nowhere"}, "no sandbox answers there"),
    ],
)
def test_surroundings_that_lead_elsewhere_are_refused_with_exit_4(
    tmp_path: Path, environment: str, variables: dict[str, str], words: str
) -> None:
    done = run("run", "system-health", "-e", environment, "--out", str(tmp_path), **variables)
    assert done.returncode == 4, done.stderr
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_no_credentials_is_unknown_and_named(tmp_path: Path) -> None:
    """A live run without credentials cannot prove whose account it is, so it reads nothing and says so (exit 3)."""
    nothing = {
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(tmp_path),
    }
    done = run("run", "system-health", "-e", "production", "--out", str(tmp_path), **nothing)
    assert done.returncode == 3, done.stderr
    assert "no credentials" in done.stdout
    assert " PASS " not in done.stdout


def test_expired_credentials_are_unknown_and_named(control: Control) -> None:
    control("rules", {"service": "sts", "operation": ".*", "code": "ExpiredToken", "status": 403})
    verdict = step_through(catalogue.find(HEALTH), environment="sandbox")
    assert verdict.exit_code == 3
    assert {result.status for result in verdict.results} == {"UNKNOWN"}
    assert "expired credentials" in verdict.results[0].summary


def test_a_clock_that_is_wrong_is_unknown_and_named(control: Control) -> None:
    control("rules", {"service": "sts", "operation": ".*", "code": "RequestTimeTooSkewed", "status": 403})
    verdict = step_through(catalogue.find(HEALTH), environment="sandbox")
    assert "clock skew" in verdict.results[0].summary


def test_the_control_interface_is_not_for_strangers(sandbox: dict[str, Any]) -> None:
    import urllib.error
    import urllib.request

    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{sandbox['aws']}/_sandbox/status")  # noqa: S310 - loopback
    assert caught.value.code == 403
