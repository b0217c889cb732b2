"""One executed run, made in memory: a morning on which three things are wrong and two could not be seen."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

from nbformat import NotebookNode, from_dict

from runbooks.model import (
    Acceptance,
    Blind,
    Change,
    Chart,
    CheckResult,
    Evidence,
    Hypothesis,
    Outcome,
    Plan,
    Reason,
    Series,
    Status,
    Verdict,
    Window,
)
from runbooks.render import bundle

NOW = datetime(2026, 8, 2, 3, 0, tzinfo=UTC)
RUN_ID = "20260802T030000Z-4f9a1c"


def piece(**fields: Any) -> NotebookNode:
    """A piece of a notebook that no validator has seen: a file can hold anything."""
    node: NotebookNode = from_dict(fields)  # type: ignore[no-untyped-call]
    return node


def prose(source: str) -> NotebookNode:
    """A Markdown cell."""
    return piece(id=f"p{crc32(source.encode())}", cell_type="markdown", source=source, metadata={})


def code(source: str, *outputs: NotebookNode, **metadata: Any) -> NotebookNode:
    """A code cell that ran."""
    return piece(
        id=f"c{crc32(source.encode())}",
        cell_type="code",
        source=source,
        outputs=list(outputs),
        metadata=metadata,
        execution_count=1,
    )


def shown(**data: Any) -> NotebookNode:
    """An output of the given mime types, with `_` for the slash."""
    return piece(output_type="display_data", metadata={}, data={mime.replace("_", "/"): value for mime, value in data.items()})


def error(name: str, value: str) -> NotebookNode:
    """What a cell that broke left."""
    return piece(output_type="error", ename=name, evalue=value, traceback=[])


def denied(function: str) -> Blind:
    """A refused read, with the statement that would allow it."""
    arn = f"arn:aws:lambda:us-east-1:123456789012:function:{function}"
    return Blind(
        call="lambda:GetFunctionConfiguration", reason=Reason.DENIED, resource=function,
        detail=f"User: arn:aws:sts::123456789012:assumed-role/on-call/run is not authorized to perform: lambda:GetFunctionConfiguration on {arn}",
        statement={"Effect": "Allow", "Action": ["lambda:GetFunctionConfiguration"], "Resource": [arn]},
    )  # fmt: skip


def accepted() -> Acceptance:
    """A known weakness with an owner and a date."""
    return Acceptance(
        check="alarms_can_fire", resource="*-throttles-prod", owner="team lead", expires=datetime(2027, 3, 31, tzinfo=UTC),
        reason="AWS publishes ThrottledRequests by table and operation, never by table alone",
    )  # fmt: skip


def results() -> list[CheckResult]:
    """One result of each kind."""
    return [
        CheckResult(
            name="functions_active", claim="Every function is in the Active state.", status=Status.FAIL,
            summary="1 of 6 functions cannot serve: the last update of AdminFunction failed", expected="state Active, last update Successful",
            next_step="troubleshooting/lambda-function, with function = AdminFunction",
            evidence=(
                Evidence(resource="BoatListingStack-prod-AuthFunction5F1A0B2C-Qd81kLm2Wz7X", status=Status.PASS, summary="Active"),
                Evidence(
                    resource="BoatListingStack-prod-AdminFunction09BA95C5-1A2B3C4D5E6F", status=Status.FAIL,
                    summary="last update Failed: the code needs a layer that does not exist",
                    facts={"State": "Active", "LastUpdateStatus": "Failed", "MemorySize": 512, "Timeout": 30, "Warm": None},
                ),
            ),
            seconds=0.41,
        ),
        CheckResult(
            name="endpoints_answer", claim="Every public address answers as it should, in time.", status=Status.FAIL,
            summary="1 of 3 addresses does not answer: GET https://api.harborlist.com/health gives 502", expected="200 within 2 s",
            next_step="incident/service-outage", evidence=(
                Evidence(resource="https://api.harborlist.com/health", status=Status.FAIL, summary="502 from the application after 0.34 s, limit 200"),
                Evidence(resource="https://harborlist.com/", status=Status.WARN, summary="200 after 2.6 s, limit 2 s"),
                Evidence(resource="https://api.harborlist.com/listings?limit=1", status=Status.PASS, summary="200 after 0.21 s"),
            ),
        ),
        CheckResult(
            name="functions_configured", claim="Every function has the variables, memory and time it needs.", status=Status.UNKNOWN,
            summary="2 of 6 functions could not be read", next_step="docs/permissions.md, then run again",
            blind=(denied("BoatListingStack-prod-MediaFunction77AA01FE-0P9O8I7U6Y5T"), denied("BoatListingStack-prod-StatsFunction1C2D3E4F-1Q2W3E4R5T6Y")),
        ),
        CheckResult(
            name="certificates_valid", claim="Every certificate is valid for at least 30 days.", status=Status.UNKNOWN, required=False,
            summary="1 of 2 certificates could not be seen", blind=(Blind(call="tls:connect", reason=Reason.TIMED_OUT, detail="no answer within 3 s", resource="harborlist.com:443"),),
        ),
        CheckResult(
            name="alarms_steady", claim="No alarm flaps.", status=Status.WARN, summary="1 of 9 alarms changed state 8 times in 24 h, limit 6",
            expected="fewer than 6 changes in the window", next_step="daily/performance-monitoring",
            evidence=(Evidence(resource="admin-function-duration-prod", status=Status.WARN, summary="8 changes in 24 h, limit 6"),),
        ),
        CheckResult(
            name="alarms_can_fire", claim="Every alarm watches a metric that exists.", status=Status.PASS, summary="7 of 9 alarms can fire; 2 are accepted",
            evidence=(Evidence(resource="audit-logs-throttles-prod", status=Status.FAIL, summary="no metric with these dimensions", accepted=accepted()),),
        ),
        CheckResult(name="tables_active", claim="Every table and index is ACTIVE.", status=Status.PASS, summary="5 tables and 7 indexes are ACTIVE"),
        CheckResult(name="identity_matches", claim="The run looks at the account it says.", status=Status.PASS, summary="account 123456789012, us-east-1"),
        CheckResult(name="origin_certificates_valid", claim="Every certificate at the origin is valid.", status=Status.SKIP, summary="not applicable: the origin is a tunnel"),
    ]  # fmt: skip


def chart() -> Chart:
    """Two lines, with a gap in one, and a limit."""
    steps = [NOW - timedelta(hours=24) + timedelta(minutes=5 * n) for n in range(288)]
    admin = tuple((at, None if 100 < n < 130 else 220 + (n * 7 % 61) + (300 if 200 < n < 215 else 0)) for n, at in enumerate(steps))
    auth = tuple((at, 90 + (n * 5 % 23)) for n, at in enumerate(steps))
    return Chart(
        title="Duration, p95", unit="ms", limit=500, series=(Series(label="AdminFunction", points=admin), Series(label="AuthFunction", points=auth)),
        words="p95 of AdminFunction was above the limit of 500 ms from 19:45 to 20:50 UTC; no data from 11:25 to 13:45 UTC.",
    )  # fmt: skip


def change() -> Change:
    """One change with its way back."""
    back = Change(summary="set AdminFunction back to 512 MB", service="lambda", operation="UpdateFunctionConfiguration", params={"MemorySize": 512}, before={"MemorySize": 1024}, after={"MemorySize": 512}, no_undo="it is the way back")  # fmt: skip
    return back.model_copy(update={"summary": "give AdminFunction 1024 MB", "params": {"FunctionName": "AdminFunction", "MemorySize": 1024}, "before": {"MemorySize": 512}, "after": {"MemorySize": 1024}, "undo": back, "no_undo": ""})  # fmt: skip


def verdict(**other: Any) -> Verdict:
    """The verdict over all results; any field can be given another value."""
    facts: dict[str, Any] = {
        "run_id": RUN_ID, "runbook": "daily/system-health", "title": "System health", "environment": "production", "account": "123456789012",
        "region": "us-east-1", "window": Window(start=NOW - timedelta(hours=24), end=NOW), "started": NOW, "finished": NOW + timedelta(seconds=7.4),
        "operator": "primary on-call", "reason": "daily check", "outcome": Outcome.COMPLETED, "status": Status.FAIL,
        "summary": "2 of 9 checks failed: AdminFunction cannot be updated, and the API's health route answers 502.", "results": tuple(results()),
        "causes": (
            Hypothesis(
                name="failed_deployment", summary="A deployment at 02:41 UTC left AdminFunction half updated", weight=0.8,
                supporting=("the last update failed at 02:41 UTC", "502 began at 02:42 UTC"), opposing=("the stack says UPDATE_COMPLETE",),
                unseen=("CloudTrail of the last 15 minutes",), next_question="Which version does the alias point at?",
            ),
        ),
        "calls": {"lambda:GetFunctionConfiguration": 6, "cloudwatch:DescribeAlarms": 1, "dynamodb:DescribeTable": 5}, "redactions": 2,
        "parameters": {"environment": "production", "hours": 24}, "versions": {"runbooks": "0.1.0", "python": "3.11.9", "boto3": "1.40.1"},
        "escalation": "P1, within 15 minutes: primary on-call, secondary on-call, team lead, management (#incidents)", "journal_head": "9f2c" * 16,
    }  # fmt: skip
    return Verdict.model_validate({**facts, **other})


def plan() -> Plan:
    """One plan of one change."""
    return Plan(environment="production", account="123456789012", summary="Give one function more memory", changes=(change(),))


def output(value: CheckResult | Chart | Verdict | Plan) -> NotebookNode:
    """What a cell publishes."""
    return piece(output_type="display_data", data=bundle(value), metadata={})


def told(concluded: Verdict, **other: Any) -> dict[str, Any]:
    """What the runner writes into the metadata."""
    return {
        "run_id": concluded.run_id, "outcome": concluded.outcome.value, "verdict": concluded.model_dump(mode="json"), "notebook": concluded.runbook,
        "started": concluded.started.isoformat(), "finished": concluded.finished.isoformat(), "error": "", **other,
    }  # fmt: skip


def notebook(concluded: Verdict | None = None) -> NotebookNode:
    """The whole record, as it stands after a run."""
    concluded = concluded or verdict()
    cells = [
        prose("# System health: is the platform fit for today's traffic?\n\n**When**: every morning. Takes 2 min. Writes nothing. Owner: platform on-call.\nIf it fails: [Service outage](../incident/service-outage.ipynb)."),
        code('environment: str = "sandbox"   # sandbox, dev, staging or production\nhours: int = 24                # how far back to look', tags=["parameters"]),
        code('environment = "production"\nhours = 24', tags=["injected-parameters"]),
        code('from runbooks import open_run, sources, checks\nrun = open_run("daily/system-health", environment, hours=hours)', tags=["setup"], papermill={"duration": 1.2}),
    ]  # fmt: skip
    questions = {
        "functions_active": "1. Is every function able to serve?", "endpoints_answer": "2. Do the public addresses answer?",
        "functions_configured": "3. Is every function configured?", "certificates_valid": "4. Are the certificates valid?",
    }  # fmt: skip
    for result in concluded.results:
        if result.name in questions:
            cells.append(prose(f"## {questions[result.name]}\nA function that is `Pending` or `Failed` serves nobody."))
        call = f"run.check(sources.any, checks.health.{result.name})"
        cells.append(code(call, output(result), papermill={"duration": result.seconds}))
    cells += [
        prose("## 9. How fast was it?\nBelow the line is good."),
        code("run.chart(...)", output(chart()), piece(output_type="stream", name="stdout", text="read 576 points\n")),
        prose("## Conclusion\n\n| outcome | what to do |\n|---|---|\n| FAIL | open Service outage |\n| UNKNOWN | fix access first |"),
        code("run.conclude()", output(concluded), tags=["verdict"]),
    ]  # fmt: skip
    return piece(cells=cells, metadata={"runbooks": told(concluded)}, nbformat=4, nbformat_minor=5)
