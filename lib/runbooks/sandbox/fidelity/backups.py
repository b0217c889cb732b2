"""DynamoDB: table ids, sizes in bytes, and the moving end of a recovery window.

Source: API reference, DescribeTable, ListBackups, DescribeBackup and DescribeContinuousBackups.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid5

from moto.backends import get_backend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

ROW_BYTES = 420  # of a typical row of the platform
MOTOS = 123  # the size that moto gives every backup
BEHIND = timedelta(minutes=5)  # "typically 5 minutes before the current time"


def describe_table(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS gives every table an id, new for one that is made anew, and its size in bytes."""
    about = ask()["Table"]
    table = _backend(call).tables[about["TableName"]]
    return {"Table": {**about, "TableId": table_id(table), "TableSizeBytes": ROW_BYTES * about["ItemCount"]}}


def list_backups(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS tells of which table a backup is, by id, and how large it is."""
    answer = ask()
    return {**answer, "BackupSummaries": [{**each, **_of(call, each)} for each in answer["BackupSummaries"]]}


def describe_backup(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS tells the same of one backup."""
    about = ask()["BackupDescription"]
    details, source = about["BackupDetails"], about["SourceTableDetails"]
    told = _of(call, details)
    source = {**source, "TableId": told["TableId"], "TableSizeBytes": told["BackupSizeBytes"]}
    details = {**details, "BackupSizeBytes": told["BackupSizeBytes"]}
    return {"BackupDescription": {**about, "BackupDetails": details, "SourceTableDetails": source}}


def describe_continuous_backups(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS moves the window on: it ends some minutes ago, and begins when it was turned on or the set days ago."""
    about, now = ask()["ContinuousBackupsDescription"], account.clock.now()
    window = about["PointInTimeRecoveryDescription"]
    if window["PointInTimeRecoveryStatus"] != "ENABLED":
        return {"ContinuousBackupsDescription": about}
    table = _backend(call).tables[call.parameters["TableName"].rpartition("/")[2]]
    latest = now - table.continuous_backups.get("sandbox_behind", BEHIND)
    earliest = max(_moment(window["EarliestRestorableDateTime"]), now - timedelta(days=window["RecoveryPeriodInDays"]))
    moved = {**window, "EarliestRestorableDateTime": min(earliest, latest), "LatestRestorableDateTime": latest}
    return {"ContinuousBackupsDescription": {**about, "PointInTimeRecoveryDescription": moved}}


def table_id(table: Any) -> str:
    """Return the id of a table of moto's: the same as long as it is the same table."""
    return str(uuid5(NAMESPACE_URL, f"{table.table_arn} {table.created_at.isoformat()}"))


def _of(call: Call, backup: Mapping[str, Any]) -> dict[str, Any]:
    held = _backend(call).backups[backup["BackupArn"]]
    size = backup["BackupSizeBytes"]
    if size == MOTOS:
        size = ROW_BYTES * held.table.describe()["TableDescription"]["ItemCount"]
    return {"TableId": table_id(held.table), "BackupSizeBytes": size}


def _backend(call: Call) -> Any:
    return get_backend("dynamodb")[call.account][call.region]


def _moment(value: datetime | float) -> datetime:
    return value.astimezone(UTC) if isinstance(value, datetime) else datetime.fromtimestamp(value, UTC)
