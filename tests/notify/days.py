"""Days that are constructed: what the runs of a batch said, and what came out of the sink."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from runbooks import notify, settings
from runbooks.model import Blind, CheckResult, Evidence, Outcome, Reason, Status, Verdict, Window, run_status
from runbooks.settings import Address, Environment

MORNING = datetime(2026, 11, 24, 5, 17, tzinfo=UTC)  # a Tuesday
SEVERITIES = {"daily/system-health": "P1", "daily/backup-verification": "P2", "maintenance/resource-cleanup": "P3"}


def result(name: str, *resources: str, status: Status = Status.FAIL, blind: bool = False, required: bool = True) -> CheckResult:
    """Return a check that found `status` on each of the resources; without any, and without being blind, one that passed."""
    rows = tuple(Evidence(resource=each, status=status, summary=f"{each} is broken") for each in resources)
    seen = status if rows else Status.PASS
    unread = (Blind(call="dynamodb:DescribeTable", reason=Reason.DENIED, detail="not allowed"),) if blind else ()
    return CheckResult(
        name=name, claim=f"{name} holds.", status=Status.UNKNOWN if blind and seen is not Status.FAIL else seen, summary=f"{name}: said",
        evidence=rows, blind=unread, required=required, next_step="incident/service-outage" if rows else "",
    )  # fmt: skip


def verdict(
    *results: CheckResult, runbook: str = "daily/system-health", day: int = 0, environment: str = "sandbox",
    outcome: Outcome = Outcome.COMPLETED,
) -> Verdict:  # fmt: skip
    at = MORNING + timedelta(days=day)
    return Verdict(
        run_id="20261124T051700Z-0a1b2c", runbook=runbook, title="System health", environment=environment, account="111122223333",
        region="us-east-1", window=Window(start=at - timedelta(hours=24), end=at), started=at, finished=at + timedelta(seconds=9),
        operator="cron", outcome=outcome, status=run_status(results), summary="said in one sentence", results=results,
    )  # fmt: skip


def environment(folder: Path, **telling: object) -> Environment:
    """Return the sandbox, whose channels each tell into a file of their own in `folder`, by files that hold the addresses."""
    loaded = settings.load("sandbox")
    channels = {}
    for name in ("#incidents", "#alerts", "#general"):
        kept = folder / f"{name[1:]}.address"
        kept.write_text(f"file://{folder / name[1:]}.jsonl\n", encoding="utf-8")
        channels[name] = Address(file=str(kept))
    rules = loaded.telling.model_copy(update={"channels": channels, **telling})
    return loaded.model_copy(update={"telling": rules})


def tell(
    where: Environment, folder: Path, *verdicts: Verdict, day: float = 0, place: str = "", now: datetime | None = None
) -> list[notify.Told]:
    """Tell what a batch saw, as the command line does."""
    at = now or MORNING + timedelta(days=day)
    look = notify.look(verdicts, {each.runbook: place for each in verdicts}, SEVERITIES, at)
    return notify.after([(where, look)], folder / "reports", at)


def letters(folder: Path, channel: str = "incidents") -> list[dict[str, str]]:
    """Return what a channel was told."""
    path = folder / f"{channel}.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.exists() else []
