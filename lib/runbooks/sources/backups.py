"""Backups of the critical tables, of every kind: DynamoDB's own (ListBackups) and AWS Backup's (ListRecoveryPointsByResource).

DynamoDB shows USER backups unless it is asked for ALL, and none that AWS Backup keeps in a vault of its own.
"""

from __future__ import annotations

from typing import Any

from runbooks.errors import Unreadable
from runbooks.estate import Backup, FileCopies, RecoveryWindow, StoredFile, TableCopies
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.settings import FileBackup, Settings, utc
from runbooks.sources import recovery, stack

KINDS = {"USER": "on-demand", "SYSTEM": "system", "AWS_BACKUP": "vault"}
FILES = 20  # newest copies of a file that are told; the rest is only counted by whoever looks into the bucket


def copies(reader: Reader, settings: Settings) -> list[TableCopies]:
    """Return every critical table with all its backups, newest first (DescribeTable, ListBackups, ListRecoveryPointsByResource).

    AWS Backup is asked only about tables that the environment file wants in a vault.
    """
    return reader.map(lambda name: _copies(reader, settings, name), settings.environment.backups.tables)


def moments(reader: Reader, settings: Settings) -> list[TableCopies | RecoveryWindow]:
    """Return the backups and the recovery window of every critical table: all the moments that it can be brought back to."""
    return [*copies(reader, settings), *recovery.windows(reader, settings)]


def members(reader: Reader, settings: Settings) -> list[str]:
    """Return the names of all tables of the stack, critical or not (ListStackResources)."""
    return [member.physical for member in stack.resources(reader, settings, "AWS::DynamoDB::Table")]


def files(reader: Reader, settings: Settings) -> list[FileCopies]:
    """Return the copies of what lies outside the tables, newest first (ListObjectsV2); the content is not read."""
    wanted = settings.environment.backups.files
    return reader.map(lambda name: _files(reader, name, wanted[name], settings.environment.account), wanted)


def _copies(reader: Reader, settings: Settings, name: str) -> TableCopies:
    kinds = settings.environment.backups.tables[name].kinds
    rows = reader.listing("dynamodb", "ListBackups", "BackupSummaries", TableName=name, BackupType="ALL")
    found = {row["BackupArn"]: _backup(row) for row in rows}
    about = _table(reader, name)
    if "vault" in kinds:
        points = reader.listing(
            "backup", "ListRecoveryPointsByResource", "RecoveryPoints", ResourceArn=recovery.table_arn(settings, name)
        )
        found |= {row["RecoveryPointArn"]: _point(row) for row in points}  # some of them stand in both lists
        if not points:  # nothing proves that this is all: what else is said of the table cannot be better than unknown
            detail = "no vault holds a recovery point of it, and one is wanted"
            call = "backup:ListRecoveryPointsByResource"
            reader.blind.append(Blind(call=call, reason=Reason.NO_DATA, resource=name, detail=detail))
    newest_first = tuple(sorted(found.values(), key=lambda backup: backup.created, reverse=True))
    if about is None:
        return TableCopies(table=name, id="", arn="", created=None, size=0, items=0, backups=newest_first)
    return TableCopies(
        table=name,
        id=about["TableId"],
        arn=about["TableArn"],
        created=utc(about["CreationDateTime"]),
        size=about["TableSizeBytes"],
        items=about["ItemCount"],
        backups=newest_first,
    )


def _table(reader: Reader, name: str) -> Answer | None:
    """Return what DynamoDB says about a table, None where there is no such table."""
    try:
        about: Answer = reader.read("dynamodb", "DescribeTable", TableName=name)["Table"]
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return None
    if not about["KeySchema"]:
        detail = "the answer describes a table without a key, which there cannot be"
        raise Unreadable(Blind(call="dynamodb:DescribeTable", reason=Reason.NOT_AN_ANSWER, resource=name, detail=detail))
    return about


def _backup(row: Answer) -> Backup:
    return Backup(
        name=row["BackupName"],
        kind=KINDS.get(row["BackupType"], "of an unknown type"),
        status=row["BackupStatus"],
        created=utc(row["BackupCreationDateTime"]),
        size=row.get("BackupSizeBytes"),  # left out while it is being made
        table_id=row["TableId"],
    )


def _point(row: Answer) -> Backup:
    return Backup(
        name=row["RecoveryPointArn"].rpartition(":")[2],
        kind="vault",
        status=row["Status"],
        created=utc(row["CreationDate"]),
        size=row.get("BackupSizeBytes"),
        place=row["BackupVaultName"],
        problem=row.get("StatusMessage", ""),  # only there when something is to be explained
    )


def _files(reader: Reader, name: str, wanted: FileBackup, account: str) -> FileCopies:
    bucket = wanted.bucket.replace("{account}", account)
    if not bucket:
        return FileCopies(name, "", ())
    try:
        pages = reader.pages("s3", "ListObjectsV2", Bucket=bucket, Prefix=wanted.prefix)
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return FileCopies(name, bucket, ())
    found = [_file(row) for page in pages for row in page.get("Contents", [])]  # S3 leaves it out where nothing lies there
    newest_first = sorted(found, key=lambda copy: copy.written, reverse=True)
    return FileCopies(name, bucket, tuple(newest_first[:FILES]))


def _file(row: dict[str, Any]) -> StoredFile:
    return StoredFile(key=row["Key"], written=utc(row["LastModified"]), size=row["Size"])
