"""Tiny runbooks in a catalogue of their own, a bucket in the sandbox, and executors that do what a test wants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import boto3
import pytest

from runbooks import batch, catalogue
from runbooks.execute import Request
from tests.execute.conftest import notebook_of, writes

ENVIRONMENT = 'extends = "production"\naccount = "111122223333"\n'
ABOUT = {"severity": "P4", "writes": "nothing", "owner": "platform", "minutes": 1, "reviewed": "2026-01-01", "if_it_fails": "look"}

Planner = Callable[..., list[Request]]


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Planner:
    """Return what plans tiny runbooks, named by their middle cell, on environments that are not sandboxed."""
    for name in ("notebooks", "environments"):
        (tmp_path / name).mkdir()
        monkeypatch.setenv(f"RUNBOOKS_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("RUNBOOKS_REPORTS", str(tmp_path / "reports"))

    def planned(environments: Sequence[str] = ("east", "west"), *, approve: str = "", **cells: str) -> list[Request]:
        for environment in environments:
            (tmp_path / "environments" / f"{environment}.toml").write_text(ENVIRONMENT, encoding="utf-8")
        for name, cell in (cells or {"quiet": "check('fine')"}).items():
            notebook = notebook_of([cell])
            notebook.metadata["runbook"] = ABOUT
            (tmp_path / "notebooks" / f"{name}.ipynb").write_text(writes(notebook), encoding="utf-8")
        runbooks = [catalogue.find(name) for name in (cells or {"quiet": ""})]
        return batch.plan(runbooks, environments, [], batch.About(tmp_path / "reports", approve=approve))

    return planned


@pytest.fixture
def bucket(sandbox: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Make a bucket in the sandbox, and let this process reach it as its own S3; yield a client."""
    account = sandbox["accounts"]["sandbox"]
    variables = {
        "AWS_ENDPOINT_URL_S3": sandbox["aws"], "AWS_ACCESS_KEY_ID": f"sandbox-{account}", "AWS_SECRET_ACCESS_KEY": "not-a-secret",
        "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    from papermill.s3 import S3

    monkeypatch.setattr(S3, "s3_session", (None, None, None))  # it keeps the session of the first use for the whole process
    client = boto3.client("s3")
    client.create_bucket(Bucket="records")
    yield client
    for found in client.list_objects_v2(Bucket="records").get("Contents", []):
        client.delete_object(Bucket="records", Key=found["Key"])
    client.delete_bucket(Bucket="records")


def keys(client: Any) -> list[str]:
    """Return the keys in the bucket of the records."""
    return [found["Key"] for found in client.list_objects_v2(Bucket="records").get("Contents", [])]


def silent(*_: object) -> None:
    """Say nothing."""
