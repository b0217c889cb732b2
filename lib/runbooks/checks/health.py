"""Is everything there, whole, and in a state to serve: stack, functions, tables, API stage."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from runbooks.checks.judgement import judge
from runbooks.estate import ABSENT, FunctionState, StackState, StageState, TableState
from runbooks.model import CheckResult, Evidence, Fact, Status
from runbooks.settings import FunctionNeeds, Settings, utc

# AWS Lambda developer guide, "Runtimes": the day from which functions on it can no longer be updated
RUNTIMES_BLOCKED = {
    "nodejs14.x": date(2024, 3, 12),
    "nodejs16.x": date(2025, 1, 30),
    "nodejs18.x": date(2027, 3, 3),
    "python3.8": date(2025, 2, 28),
    "python3.9": date(2027, 2, 15),
}


def stack_settled(stacks: Sequence[StackState], settings: Settings) -> CheckResult:
    """The stack is complete: no update under way, none that failed."""
    result = judge(
        stack_settled, stacks, [_stack(stack, settings) for stack in stacks], settings,
        good=f"{settings.environment.stack} is complete", expected="CREATE_COMPLETE or UPDATE_COMPLETE",
    )  # fmt: skip
    return _deployed(result, [(stack.name, stack.changed) for stack in stacks], settings)


def _deployed(result: CheckResult, changed: Sequence[tuple[str, datetime]], settings: Settings) -> CheckResult:
    """Return the result with what was deployed within the window: what changed is the first question about whatever is wrong."""
    told = {row.resource for row in result.evidence}
    rows = [
        Evidence(
            resource=name,
            status=Status.PASS,
            summary=f"was deployed at {at:%Y-%m-%d %H:%M} UTC",
            facts={"deployed": at.isoformat()},
        )
        for name, when in changed
        if settings.window.start <= (at := utc(when)) <= settings.window.end and name not in told
    ]
    return result.model_copy(update={"evidence": (*result.evidence, *rows)}) if rows else result


def _stack(stack: StackState, settings: Settings) -> Evidence | None:
    if stack.status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"}:
        return None
    facts = {"status": stack.status, "changed": stack.changed.isoformat()}
    if "ROLLBACK" not in stack.status and stack.status.endswith("_IN_PROGRESS"):
        return _under_way(stack.name, f"is {stack.status}", stack.changed, settings)
    why = f": {stack.reason}" if stack.reason else ""
    # after a rollback the stack is whole again, but what was deployed is not what somebody meant to deploy
    status = Status.WARN if stack.status == "UPDATE_ROLLBACK_COMPLETE" else Status.FAIL
    return Evidence(resource=stack.name, status=status, summary=f"is {stack.status}{why}", facts=facts)


def functions_active(functions: Sequence[FunctionState], settings: Settings) -> CheckResult:
    """Every function of the stack is active, and its last update went through."""
    result = judge(
        functions_active, functions, [_function(function, settings) for function in functions], settings,
        good=f"{len(functions)} functions are active", expected="State Active, LastUpdateStatus Successful",
    )  # fmt: skip
    return _deployed(result, [(function.name, function.modified) for function in functions], settings)


def _function(function: FunctionState, settings: Settings) -> Evidence | None:
    if function.state == "Active" and function.update == "InProgress":
        return _under_way(function.name, "is being updated", function.modified, settings)
    if function.state == "Pending" and function.update != "Failed":
        return _under_way(function.name, f"is Pending ({function.state_reason or 'being set up'})", function.modified, settings)
    wrong = _wrong_function(function)
    if wrong is None:
        return None
    facts: dict[str, Fact] = {"state": function.state, "last update": function.update, "modified": function.modified.isoformat()}
    return Evidence(resource=function.name, status=wrong[0], summary=wrong[1], facts=facts)


def _wrong_function(function: FunctionState) -> tuple[Status, str] | None:
    """Say what is wrong with a function that nobody is changing, and how bad it is."""
    if function.state == ABSENT:
        return Status.FAIL, "does not exist, though the stack lists it"
    if function.update == "Failed":
        why = function.update_reason.rstrip(".") or "no reason given"
        return Status.FAIL, f"its last update failed: {why}; the code before it still serves"
    if function.state == "Inactive":
        return Status.WARN, "is Inactive: Lambda took it down after long idleness; the next call wakes it and is slow"
    if function.state != "Active":
        return Status.FAIL, f"is {function.state}: {function.state_reason or function.state_reason_code or 'no reason given'}"
    return None


def functions_configured(functions: Sequence[FunctionState], settings: Settings) -> CheckResult:
    """Every function has the variables, the memory and the time it needs."""
    there = [function for function in functions if function.state != ABSENT]
    evidence = [_needs(function, needs) for function in there if (needs := _needs_of(function, settings))]
    absent = [
        Evidence(resource=logical, status=Status.FAIL, summary="the stack holds no function of this name")
        for logical in settings.environment.functions
        if functions and not any(function.logical.startswith(logical) for function in functions)
    ]
    return judge(
        functions_configured, functions, [*evidence, *absent], settings,
        good="required variables, memory and timeouts are there",
        expected="at least what the environment file says each function needs",
        next_step="troubleshooting/lambda-function",
    )  # fmt: skip


def _needs_of(function: FunctionState, settings: Settings) -> FunctionNeeds | None:
    return next((n for start, n in settings.environment.functions.items() if function.logical.startswith(start)), None)


def _needs(function: FunctionState, needs: FunctionNeeds) -> Evidence | None:
    if function.variables is None:
        summary = "its variables cannot be read: the key that encrypts them refuses (kms:Decrypt)"
        return Evidence(resource=function.name, status=Status.UNKNOWN, summary=summary)
    lost = [name for name in needs.variables if name not in function.variables]
    problems = [f"lacks {len(lost)} of {len(needs.variables)} variables it needs: {', '.join(lost)}"] if lost else []
    if function.memory < needs.memory:
        problems.append(f"has {function.memory} MB, needs {needs.memory} MB")
    if function.timeout < needs.timeout:
        problems.append(f"has {function.timeout} s, needs {needs.timeout} s")
    if not problems:
        return None
    facts = {"memory MB": function.memory, "timeout s": function.timeout, "modified": function.modified.isoformat()}
    return Evidence(resource=function.name, status=Status.FAIL, summary="; ".join(problems), facts=facts)


def runtimes_supported(functions: Sequence[FunctionState], settings: Settings) -> CheckResult:
    """Every function runs on a runtime that can still be updated for the next six months."""
    return judge(
        runtimes_supported, functions, [_runtime(function, settings.now) for function in functions], settings,
        good="all runtimes are supported", expected="updates possible for at least 180 days",
        next_step="troubleshooting/lambda-function",
    )  # fmt: skip


def _runtime(function: FunctionState, now: datetime) -> Evidence | None:
    blocked = RUNTIMES_BLOCKED.get(function.runtime)
    if blocked is None or blocked - now.date() > timedelta(days=180):
        return None
    when = "since" if blocked <= now.date() else "from"
    summary = f"runs on {function.runtime}; updates are blocked {when} {blocked}"
    status = Status.FAIL if blocked <= now.date() else Status.WARN
    return Evidence(resource=function.name, status=status, summary=summary, facts={"runtime": function.runtime})


def tables_active(tables: Sequence[TableState], settings: Settings) -> CheckResult:
    """Every table exists and is active, and so is each of its indexes."""
    evidence = [row for table in tables for row in _table(table, settings)]
    return judge(
        tables_active, tables, evidence, settings,
        good=f"{len(tables)} tables and {sum(len(table.indexes) for table in tables)} indexes are active",
        expected="TableStatus and every IndexStatus ACTIVE",
    )  # fmt: skip


def _table(table: TableState, settings: Settings) -> list[Evidence]:
    if table.status == ABSENT:
        return [Evidence(resource=table.name, status=Status.FAIL, summary="does not exist")]
    rows = [] if table.status == "ACTIVE" else [_not_active(table.name, table.status)]
    for index in table.indexes:
        name = f"{table.name} / {index.name}"
        if index.status != "ACTIVE":
            rows.append(_not_active(name, index.status + (", backfilling" if index.backfilling else "")))
        elif index.backfilling:
            rows.append(_not_active(name, "ACTIVE, backfilling"))
    known = {index.name for index in table.indexes}
    wanted = settings.environment.expected.tables.get(table.name, ())
    return rows + [
        Evidence(resource=f"{table.name} / {name}", status=Status.FAIL, summary="the answer holds no such index")
        for name in wanted
        if name not in known
    ]


def _not_active(resource: str, status: str) -> Evidence:
    # UPDATING serves; CREATING an index does not, and DELETING, ARCHIVED or a lost key serve nobody
    mild = status == "UPDATING" or status.endswith("backfilling")
    why = {
        "INACCESSIBLE_ENCRYPTION_CREDENTIALS": "its encryption key cannot be used",
        "CREATING": "is not usable yet",
        "DELETING": "is being deleted",
        "UPDATING": "is being changed and serves meanwhile",
    }.get(status, "")
    summary = f"is {status}" + (f": {why}" if why else "")
    return Evidence(resource=resource, status=Status.WARN if mild else Status.FAIL, summary=summary, facts={"status": status})


def api_deployed(stages: Sequence[StageState], settings: Settings) -> CheckResult:
    """The API's stage serves the newest deployment."""
    return judge(
        api_deployed, stages, [_stage(stage) for stage in stages], settings,
        good="the stage serves the newest deployment", expected="the stage's deployment is the newest one",
        next_step="troubleshooting/api-gateway",
    )  # fmt: skip


def _stage(stage: StageState) -> Evidence | None:
    if stage.deployment == stage.newest:
        return None
    summary = (
        f"serves deployment {stage.deployment}; {stage.newest} was made {stage.newest_created:%Y-%m-%d %H:%M} UTC and is not live"
    )
    # a roll-back looks exactly like this, so it is a warning: whether it hurts, the endpoints tell
    return Evidence(
        resource=stage.stage, status=Status.WARN, summary=summary, facts={"serves": stage.deployment, "newest": stage.newest}
    )


def _under_way(resource: str, summary: str, since: datetime, settings: Settings) -> Evidence:
    """Judge a change that is going on: normal for a while, stuck after the limit."""
    minutes = (settings.now - since).total_seconds() / 60
    limit = settings.environment.limits.settle_minutes
    stuck = minutes > limit
    text = f"{summary} for {minutes:.0f} minutes, limit {limit}"
    return Evidence(
        resource=resource, status=Status.FAIL if stuck else Status.WARN, summary=text, facts={"minutes": round(minutes)}
    )
