"""Sandbox and AWS are never taken for one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runbooks import settings
from runbooks.errors import RefusedError
from runbooks.gateway import locate
from runbooks.gateway.clients import Clients
from runbooks.gateway.endpoint import Endpoint


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "RUNBOOKS_SANDBOX"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB", "RUNBOOKS_SANDBOX"])
def test_a_live_run_with_a_variable_that_sends_it_elsewhere_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:5000")
    with pytest.raises(RefusedError, match=f"environment 'production' is live, but {name} would send its calls elsewhere"):
        locate(settings.load("production"))


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_a_live_run_in_another_region_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "eu-west-1")
    with pytest.raises(RefusedError, match=f"{name} is eu-west-1, environment 'dev' is in us-east-1"):
        locate(settings.load("dev"))


def test_a_live_run_has_no_endpoint_of_its_own() -> None:
    assert locate(settings.load("production")) == Endpoint()


def test_a_sandbox_run_whose_sandbox_is_gone_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RUNBOOKS_SANDBOX", str(tmp_path / "gone.json"))
    with pytest.raises(RefusedError, match="no sandbox answers there"):
        locate(settings.load("sandbox"))


def test_a_sandbox_that_names_another_machine_is_never_spoken_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    state.write_text(
        json.dumps({"aws": "https://sts.amazonaws.com", "edge": "x", "ca": "x", "token": "x", "accounts": {}}), encoding="utf-8"
    )
    monkeypatch.setenv("RUNBOOKS_SANDBOX", str(state))
    with pytest.raises(RefusedError):
        locate(settings.load("sandbox"))


def test_a_client_that_would_leave_the_machine_in_a_sandbox_run_is_refused() -> None:
    environment = settings.load("sandbox")
    clients = Clients(environment, Endpoint(aws="http://169.254.169.254", credentials=("a", "b")))
    with pytest.raises(RefusedError, match=r"http://169\.254\.169\.254 does not belong to environment 'sandbox'"):
        clients.get("sts")


def test_a_configured_endpoint_in_a_profile_does_not_divert_a_live_client(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[default]\nendpoint_url = http://127.0.0.1:1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    client = Clients(settings.load("production"), Endpoint()).get("sts")
    assert client.meta.endpoint_url == "https://sts.us-east-1.amazonaws.com"
