"""Point-in-time recovery, exports to S3, and the record of the last restore that was proven good."""

from __future__ import annotations

from datetime import datetime

from runbooks.errors import Unreadable
from runbooks.estate import Export, Proof, RecoveryWindow, TableExports
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc

PROVEN_AT, PROVEN_FROM, PROVEN_MINUTES = "restore-proven-at", "restore-proven-from", "restore-proven-minutes"
EXPORT_PAGE = 25  # the most that ListExports gives
EXPORT_PAGES = 8  # 200 exports of 90 days: two a day
EXPORTS = 5  # newest ones that are looked into


def windows(reader: Reader, settings: Settings) -> list[RecoveryWindow]:
    """Return the recovery window of every critical table that wants one (DescribeContinuousBackups)."""
    return reader.map(lambda name: _window(reader, name), _wanting(settings, "point-in-time"))


def exports(reader: Reader, settings: Settings) -> list[TableExports]:
    """Return the newest exports of every critical table that wants them (ListExports, DescribeExport)."""
    return reader.map(lambda name: _exports(reader, settings, name), _wanting(settings, "export"))


def proofs(reader: Reader, settings: Settings) -> list[Proof]:
    """Return the record of the last proven restore of every critical table (ListTagsOfResource).

    Whoever proves a restore writes it down as tags on the table: `restore-proven-at` (ISO 8601 with a zone),
    `restore-proven-from` (the name of the backup) and `restore-proven-minutes` (until the rows were verified). The record is lost
    with the table, as it should be. A table without it could not be read: an empty list proves nothing.
    """
    return reader.map(lambda name: _proof(reader, settings, name), settings.environment.backups.tables)


def table_arn(settings: Settings, name: str) -> str:
    """Return the ARN of a table of this environment, also of one that is gone."""
    return f"arn:aws:dynamodb:{settings.environment.region}:{settings.environment.account}:table/{name}"


def _wanting(settings: Settings, kind: str) -> list[str]:
    return [name for name, table in settings.environment.backups.tables.items() if kind in table.kinds]


def _window(reader: Reader, name: str) -> RecoveryWindow:
    try:
        about = reader.read("dynamodb", "DescribeContinuousBackups", TableName=name)["ContinuousBackupsDescription"]
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return RecoveryWindow(name, exists=False, on=False, days=0, earliest=None, latest=None)
    window = about["PointInTimeRecoveryDescription"]
    if window["PointInTimeRecoveryStatus"] != "ENABLED":
        return RecoveryWindow(name, exists=True, on=False, days=0, earliest=None, latest=None)
    return RecoveryWindow(
        name,
        exists=True,
        on=True,
        days=window["RecoveryPeriodInDays"],
        earliest=utc(window["EarliestRestorableDateTime"]),
        latest=utc(window["LatestRestorableDateTime"]),
    )


def _exports(reader: Reader, settings: Settings, name: str) -> TableExports:
    arn = table_arn(settings, name)
    names: list[str] = []
    page = reader.read("dynamodb", "ListExports", TableArn=arn, MaxResults=EXPORT_PAGE)
    for _ in range(EXPORT_PAGES):  # boto3 has no paginator for it
        names += [row["ExportArn"] for row in page["ExportSummaries"]]
        if not page.get("NextToken"):
            break
        page = reader.read("dynamodb", "ListExports", TableArn=arn, MaxResults=EXPORT_PAGE, NextToken=page["NextToken"])
    else:
        detail = f"more than {EXPORT_PAGE * EXPORT_PAGES} exports, so the newest is not sure to be among those read"
        raise Unreadable(Blind(call="dynamodb:ListExports", reason=Reason.PARTIAL, resource=name, detail=detail))
    newest = sorted(names, reverse=True)[:EXPORTS]  # an export's id begins with the millisecond of its start
    found = [_export(reader.read("dynamodb", "DescribeExport", ExportArn=each)["ExportDescription"]) for each in newest]
    return TableExports(name, tuple(sorted(found, key=lambda export: export.moment, reverse=True)))


def _export(row: Answer) -> Export:
    return Export(
        name=row["ExportArn"].rpartition("/")[2],
        status=row["ExportStatus"],
        moment=utc(row["ExportTime"]),
        size=row.get("BilledSizeBytes", 0),  # these are left out until it is complete
        items=row.get("ItemCount", 0),
        problem=row.get("FailureMessage", ""),
    )


def _proof(reader: Reader, settings: Settings, name: str) -> Proof:
    try:
        rows = reader.listing("dynamodb", "ListTagsOfResource", "Tags", ResourceArn=table_arn(settings, name))
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return Proof(name, at=None, source="", minutes=None, problem="the table is gone, and its record with it")
    tags = {row["Key"]: row["Value"] for row in rows}
    if PROVEN_AT not in tags:
        detail = f"no restore of it is recorded: it has no tag {PROVEN_AT}"
        raise Unreadable(Blind(call="dynamodb:ListTagsOfResource", reason=Reason.NO_DATA, resource=name, detail=detail))
    source = tags.get(PROVEN_FROM, "")
    try:
        at = datetime.fromisoformat(tags[PROVEN_AT])
        minutes = float(tags[PROVEN_MINUTES]) if PROVEN_MINUTES in tags else None
    except ValueError as error:
        return Proof(name, at=None, source=source, minutes=None, problem=f"its record cannot be read ({error})")
    if minutes is not None and not 0 <= minutes < float("inf"):
        return Proof(name, at=None, source=source, minutes=None, problem="its record cannot be read (no number of minutes)")
    if at.tzinfo is None:
        return Proof(name, at=None, source=source, minutes=None, problem=f"the time of its record, {tags[PROVEN_AT]}, has no zone")
    return Proof(name, at=utc(at), source=source, minutes=minutes)
