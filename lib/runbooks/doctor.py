"""What would work here: Python, kernel, notebooks, place to write; and for an environment its identity and every permission."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from runbooks import catalogue, schedule, settings, sources
from runbooks.errors import RefusedError, RunbooksError, Unreadable
from runbooks.gateway import Reader, identify, locate, open_reader
from runbooks.gateway.access import iam_action
from runbooks.gateway.threads import bounded
from runbooks.model import Status
from runbooks.settings import Settings

OLDEST_PYTHON = (3, 11)
ROOM = 100 * 2**20  # bytes that some weeks of reports need

# everything that the daily runbooks read, by the source that reads it
SOURCES: tuple[Callable[[Reader, Settings], Any], ...] = (
    sources.performance.concurrency, sources.capacity.tables, sources.logs.invocations,
    sources.stack.state, sources.functions.states, sources.web.endpoints, sources.api.stages, sources.metrics.traffic,
    sources.certificates.presented, sources.certificates.origin, sources.alarms.channels, sources.alarms.history,
    sources.alarms.with_data, sources.dashboards.widgets, sources.tables.states, sources.backups.moments, sources.backups.files,
    sources.recovery.exports, sources.recovery.proofs,
    sources.logins.tried, sources.admins.acts, sources.admins.rows, sources.witnesses.of_the_audit_log, sources.secrets.states,
    sources.exposure.buckets, sources.exposure.groups, sources.exposure.log_groups,
)  # fmt: skip

# the IAM actions behind them; a test compares this list with the calls of a run
ACTIONS = (
    "acm:DescribeCertificate", "acm:ListCertificates", "apigateway:GET", "backup:ListRecoveryPointsByResource",
    "cloudformation:DescribeStacks", "cloudformation:ListStackResources", "cloudwatch:DescribeAlarmHistory",
    "cloudwatch:DescribeAlarms", "cloudwatch:GetDashboard", "cloudwatch:GetMetricData", "dynamodb:DescribeContinuousBackups",
    "dynamodb:DescribeExport", "dynamodb:DescribeLimits", "dynamodb:DescribeTable", "dynamodb:ListBackups",
    "dynamodb:ListExports", "dynamodb:ListTagsOfResource", "dynamodb:Query", "dynamodb:Scan", "ec2:DescribeSecurityGroups",
    "lambda:GetAccountSettings", "lambda:GetFunctionConcurrency", "lambda:GetFunctionConfiguration", "logs:DescribeLogGroups",
    "logs:FilterLogEvents", "s3:GetBucketAcl", "s3:GetBucketPolicyStatus", "s3:GetBucketPublicAccessBlock", "s3:ListBucket",
    "secretsmanager:DescribeSecret", "sns:GetTopicAttributes", "sts:GetCallerIdentity",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that works or does not, in a sentence that says the way out."""

    name: str
    status: Status
    summary: str


def policy() -> dict[str, Any]:
    """Return the IAM policy that lets the daily runbooks read what they need, and nothing else."""
    return {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "RunbooksRead", "Effect": "Allow", "Action": list(ACTIONS), "Resource": "*"}],
    }


def machine() -> Iterator[Finding]:
    """Look at this machine: Python, packages, kernel, notebooks, the place for reports."""
    good = sys.version_info >= OLDEST_PYTHON
    yield Finding("python", Status.PASS if good else Status.FAIL, f"{sys.version.split()[0]}, needs 3.11 or later")
    for package in ("papermill", "ipykernel", "nbconvert", "boto3"):
        try:
            yield Finding(package, Status.PASS, version(package))
        except PackageNotFoundError:
            yield Finding(package, Status.FAIL, "is not installed: run `make setup`")
    yield _kernel()
    yield _notebooks()
    yield _room()


def environment(name: str) -> Iterator[Finding]:
    """Look at one environment: its daily runs, its file, its identity, and each call that the daily runbooks make there."""
    loaded = settings.load(name)
    daily = _daily(name, loaded.telling.daily_hours)
    if daily.status is not Status.PASS:
        yield daily
    try:
        endpoint = locate(loaded)
        reader = open_reader(loaded, endpoint)
        reader = reader.scoped(seconds=loaded.deadlines.check)
        identity = bounded(lambda: identify(reader, loaded), until=reader.until, what="the identity")
    except RefusedError as error:
        yield Finding(f"{name}: identity", Status.FAIL, str(error))
        return
    except Unreadable as error:
        yield Finding(f"{name}: identity", Status.UNKNOWN, error.blind.sentence)
        return
    yield Finding(f"{name}: identity", Status.PASS, f"account {identity.account} in {loaded.region}, as {identity.arn}")
    if daily.status is Status.PASS:
        yield daily
    now = endpoint.now()
    yield from _calls(open_reader(loaded, endpoint), Settings(loaded, now, settings.window(now, hours=24)))


def _daily(name: str, hours: float) -> Finding:
    """Say when the last daily run was; whoever has none yet has not begun with them."""
    daily = [runbook.name.rpartition("/")[2] for runbook in catalogue.all_runbooks() if runbook.name.startswith("daily/")]
    last = schedule.last_daily(catalogue.reports_folder(), name, daily)
    late = schedule.overdue(last, datetime.now(UTC), hours)
    fine = f"the last began {last:%Y-%m-%d %H:%M} UTC" if last else "none yet: `runbooks schedule` prints what runs them every day"
    return Finding(f"{name}: daily runs", Status.UNKNOWN if late else Status.PASS, late or fine)


def _calls(reader: Reader, scope: Settings) -> Iterator[Finding]:
    """Try every source once, and report by IAM action."""
    problems: dict[str, str] = {}
    used: dict[str, None] = {}
    for source in SOURCES:
        own = reader.scoped(seconds=scope.environment.deadlines.check)
        try:
            bounded(partial(source, own, scope), until=own.until, what=source.__name__)
        except RunbooksError as error:
            if isinstance(error, Unreadable):
                own.blind.append(error.blind)
        for blind in own.blind:
            allow = f"; the statement that allows it: {blind.statement}" if blind.statement else ""
            problems[blind.call] = f"{blind.reason}: {blind.detail}{allow}"
        used |= own.used
    for call in used:
        service, _, operation = call.partition(":")
        action = iam_action(service, operation) if " " not in call else call
        status = Status.UNKNOWN if call in problems else Status.PASS
        yield Finding(f"{scope.environment.name}: {action}", status, problems.get(call, "answers"))


def _kernel() -> Finding:
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415 - only the doctor asks

    found = KernelSpecManager().find_kernel_specs()
    if "python3" in found:
        return Finding("kernel", Status.PASS, "python3 is there")
    return Finding("kernel", Status.FAIL, f"python3 is missing, there is {', '.join(found) or 'none'}: run `make setup`")


def _notebooks() -> Finding:
    try:
        names: Sequence[str] = [runbook.name for runbook in catalogue.all_runbooks()]
    except RunbooksError as error:
        return Finding("notebooks", Status.FAIL, str(error))
    if not names:
        return Finding("notebooks", Status.FAIL, f"there is none in {catalogue.notebooks_folder()}: set RUNBOOKS_NOTEBOOKS")
    return Finding("notebooks", Status.PASS, f"{len(names)} in {catalogue.notebooks_folder()}")


def _room() -> Finding:
    folder = catalogue.reports_folder()
    probe = folder / f".room-{time.monotonic_ns()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return Finding("reports", Status.FAIL, f"{folder} cannot be written: {error.strerror}; set RUNBOOKS_REPORTS")
    status = Status.PASS if free > ROOM else Status.WARN
    return Finding("reports", status, f"{folder}, {free // 2**20} MB free")
