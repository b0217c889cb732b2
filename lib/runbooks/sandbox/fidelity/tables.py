"""DynamoDB: backups by time, type and page; restores that take a while; comparisons across types.

Source: API reference, ListBackups, RestoreTableFromBackup, RestoreTableToPointInTime and DescribeTable.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.dynamodb import comparisons

from runbooks.sandbox.refusals import Refusal
from runbooks.settings import utc

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 100
READS_CREATING = 3


def list_backups(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS applies the bounds (lower inclusive, upper exclusive), shows USER backups unless told otherwise, and pages."""
    given = call.parameters
    summaries = sorted(ask()["BackupSummaries"], key=lambda each: each["BackupCreationDateTime"])
    chosen = [each for each in summaries if _listed(each, given)]
    after = given.get("ExclusiveStartBackupArn")
    if after:
        arns = [each["BackupArn"] for each in chosen]
        if after not in arns:
            raise Refusal("ValidationException", "The provided ExclusiveStartBackupArn is invalid")
        chosen = chosen[arns.index(after) + 1 :]
    size = min(given.get("Limit") or PAGE, PAGE)
    answer: Answer = {"BackupSummaries": chosen[:size]}
    if len(chosen) > size:
        answer["LastEvaluatedBackupArn"] = chosen[size - 1]["BackupArn"]
    return answer


def restore_table(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS answers at once and restores for minutes: the table is CREATING and RestoreInProgress is true meanwhile."""
    answer = ask()
    table = _table(call, call.parameters["TargetTableName"])
    table.sandbox_reads_creating = READS_CREATING
    return {"TableDescription": _creating(answer["TableDescription"])}


def restore_table_to_point_in_time(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS refuses where point-in-time recovery is off."""
    source = call.parameters.get("SourceTableName") or str(call.parameters.get("SourceTableArn", "")).rpartition("/")[2]
    table = get_backend("dynamodb")[call.account][call.region].tables.get(source)
    recovery = table.continuous_backups["PointInTimeRecoveryDescription"] if table else {"PointInTimeRecoveryStatus": ""}
    if recovery["PointInTimeRecoveryStatus"] == "DISABLED":
        message = f"Point in time recovery is not enabled for table '{source}'"
        raise Refusal("PointInTimeRecoveryUnavailableException", message)
    return restore_table(account, call, ask)


def describe_table(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS shows a restored table as CREATING until the restore is done; each read brings that one nearer."""
    answer = ask()
    table = _table(call, answer["Table"]["TableName"])
    left: int = getattr(table, "sandbox_reads_creating", 0)
    if left:
        table.sandbox_reads_creating = left - 1
        return {"Table": _creating(answer["Table"])}
    return answer


def other_types_never_match() -> None:
    """AWS: an ordering comparison of different types is no match. moto: an uncaught TypeError, which is a 500."""
    for name in ("OpLessThan", "OpLessThanOrEqual", "OpGreaterThan", "OpGreaterThanOrEqual", "FuncBetween"):
        kind = getattr(comparisons, name)
        if not hasattr(kind.expr, "sandbox"):
            kind.expr = _forgiving(kind.expr)


def _forgiving(original: Any) -> Any:
    def expr(self: Any, item: Any) -> bool:
        try:
            return bool(original(self, item))
        except TypeError:
            return False

    expr.sandbox = True  # type: ignore[attr-defined]
    return expr


def _table(call: Call, name: str) -> Any:
    return get_backend("dynamodb")[call.account][call.region].tables[name.rpartition("/")[2]]


def _creating(description: Mapping[str, Any]) -> dict[str, Any]:
    summary = {**description.get("RestoreSummary", {}), "RestoreInProgress": True}
    return {**description, "TableStatus": "CREATING", "RestoreSummary": summary}


def _listed(summary: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    kind = given.get("BackupType") or "USER"
    created = utc(summary["BackupCreationDateTime"])
    lower, upper = given.get("TimeRangeLowerBound"), given.get("TimeRangeUpperBound")
    return (
        kind in {"ALL", summary["BackupType"]}
        and (lower is None or created >= utc(lower))
        and (upper is None or created < utc(upper))
    )
