"""A world that is out to harm: secrets and markup in every name and text that a stranger could write, through a whole run.

What is planted travels the real way: AWS (played), source, check, kernel, record, page, terminal.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from runbooks import batch, catalogue
from runbooks.batch import Result
from runbooks.gateway import local
from tests.conftest import Control
from tests.redaction_corpus import secrets
from tests.report.hostile import PAYLOADS

REASON = 1023  # characters that CloudWatch keeps of a reason


def client(sandbox: dict[str, Any], service: str) -> Any:
    account = sandbox["accounts"]["sandbox"]
    return boto3.client(
        service,
        endpoint_url=sandbox["aws"],
        region_name="us-east-1",
        aws_access_key_id=f"sandbox-{account}",
        aws_secret_access_key="x",
    )


def plant(sandbox: dict[str, Any], texts: list[str]) -> None:
    """Write each text where a stranger could: reasons, descriptions and names of alarms, titles on a dashboard, variables, rows."""
    cloudwatch, dynamodb = client(sandbox, "cloudwatch"), client(sandbox, "dynamodb")
    for number, text in enumerate(texts):
        name = f"planted-{number}- {text[:180]} -prod"
        cloudwatch.put_metric_alarm(
            AlarmName=name, AlarmDescription=text[:REASON], MetricName="Errors", Namespace="AWS/Lambda", Period=300, Statistic="Sum",
            EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanThreshold",
        )  # fmt: skip
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=text[:REASON])
        dynamodb.put_item(TableName="boat-listings", Item={"id": {"S": f"planted-{number}"}, "title": {"S": text[:100_000]}})
    widgets = [{"type": "metric", "properties": {"title": text, "metrics": [[text[:200], "Errors"]]}} for text in texts]
    cloudwatch.put_dashboard(DashboardName="admin-service-prod", DashboardBody=json.dumps({"widgets": widgets}))


def run(out: Path) -> tuple[Result, str]:
    """Run system-health as the command line does, and return its result and what a terminal would have shown."""
    said: list[str] = []
    requests = batch.plan([catalogue.find("system-health")], ["sandbox"], [], batch.About(reports=out))
    (record,) = batch.run(
        requests, jobs=1, on_entry=lambda _, entry: said.append(json.dumps(entry)), on_done=lambda done: said.append(str(done))
    )
    return record, "\n".join(said)


@pytest.fixture
def clean_up(sandbox: dict[str, Any]) -> Any:
    """Mend the platform although no fault was injected by name."""
    yield
    local.ask(sandbox, "mend", {"environment": "sandbox"})


@pytest.mark.usefixtures("control", "clean_up")
def test_no_planted_secret_reaches_any_artefact(sandbox: dict[str, Any], tmp_path: Path) -> None:
    planted = secrets()
    assert len({secret.kind for secret in planted}) >= 20
    # as it stands in logs and settings: a bare password without a name beside it is a word that nobody can tell from others
    plant(sandbox, [f"{secret.name}={secret.text}" for secret in planted])
    function = client(sandbox, "cloudformation").describe_stack_resource(
        StackName="BoatListingStack-prod", LogicalResourceId="ListingFunction877540C6"
    )
    client(sandbox, "lambda").update_function_configuration(
        FunctionName=function["StackResourceDetail"]["PhysicalResourceId"],
        Environment={"Variables": {f"PLANTED_{n}": s.core[:90] for n, s in enumerate(planted)}},
    )
    record, terminal = run(tmp_path)
    assert record.notebook is not None
    texts = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.rglob("*") if path.is_file()} | {"terminal": terminal}
    assert {Path(name).suffix for name in texts} >= {".ipynb", ".html", ".json", ".jsonl"}
    assert "planted-0-" in texts[record.notebook.name], "the plants never got here"
    leaked = [f"{secret.kind} in {name}" for secret in planted for name, text in texts.items() if secret.core in text]
    assert leaked == []


@pytest.mark.browser
@pytest.mark.usefixtures("control", "clean_up")
def test_no_planted_text_acts_in_a_browser(sandbox: dict[str, Any], tmp_path: Path, look: Callable[[str], Any]) -> None:
    plant(sandbox, [text.replace("HIT", "window.hit('planted')") for text in PAYLOADS.values()])
    record, _ = run(tmp_path)
    assert record.notebook is not None
    page = record.notebook.with_suffix(".html")
    seen = look(page.as_uri())
    assert seen.ran == []
    assert seen.asked == []
    assert seen.active == []
    assert seen.h1 == 1
    assert "planted-0-" in page.read_text(encoding="utf-8"), "the plants never got here"
    assert page.stat().st_size < 2_000_000


@pytest.mark.usefixtures("control")
def test_a_run_leaves_whole_private_files_of_modest_size(tmp_path: Path, control: Control) -> None:
    record, _ = run(tmp_path)
    assert record.exit_code == 0, record.error
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".ipynb", ".html", ".json", ".jsonl"}
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert list(tmp_path.rglob(".*")) == []
    assert record.notebook is not None
    assert record.notebook.with_suffix(".html").stat().st_size < 300_000
