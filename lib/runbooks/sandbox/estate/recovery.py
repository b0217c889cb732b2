"""What there is beside the tables' own backups: recovery windows, AWS Backup's vault, exports, copies of files, proven restores."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.s3.models import s3_backends

from runbooks.sandbox.estate import backends, buckets, chance, items

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

CRITICAL = ("boat-listings", "boat-users")  # what the business cannot lose
VAULT, VAULT_DAYS, VAULT_HOUR = "boat-backups", 14, 5  # one point a day, at that hour UTC
EXPORTED, EXPORT_DAYS, EXPORT_HOUR = "boat-listings", 7, 4
TUNNEL = "dev-environment/tunnel-configs/tunnel-config-backup-{:%Y%m%d_%H%M%S}.tar.gz"  # its script writes there everywhere
TUNNEL_DAYS = (2, 9, 16, 23)
PROVEN = {"boat-listings": 9, "boat-users": 9, "boat-audit-logs": 12, "boat-admin-sessions": 12, "boat-login-attempts": 12}  # days
ROW_BYTES = 420


def build(account: Account) -> None:
    """Turn on what is on, and leave what a month of operations leaves."""
    now = account.clock.now()
    account.names["backup_bucket"] = f"boat-listing-backups-{account.environment.account}"
    for table in CRITICAL:
        turn_on(account, table, now - timedelta(days=40))
    _points(account, now - timedelta(days=VAULT_DAYS), now)
    for weeks in range(4, 0, -1):
        export(account, EXPORTED, _last(now, EXPORT_HOUR) - timedelta(days=EXPORT_DAYS * (weeks - 1)))
    _bucket(account, now)
    for table, days in PROVEN.items():
        prove(account, table, now - timedelta(days=days), 24.0)


def append(account: Account, start: datetime, end: datetime) -> None:
    """Make what was due in [start, end): points of the vault, and each week an export and a copy of the tunnel's configuration."""
    _points(account, start, end)
    exported = max((each["ExportTime"] for each in account.exports), default=end)
    while (exported := exported + timedelta(days=EXPORT_DAYS)) < end:
        export(account, EXPORTED, exported)
    kept = backends.of(account, "s3").buckets[account.names["backup_bucket"]].keys
    copied = max((backends.aware(key.last_modified) for _, key in kept.items()), default=end)
    while (copied := copied + timedelta(days=EXPORT_DAYS)) < end:
        copy(account, copied)


def _points(account: Account, start: datetime, end: datetime) -> None:
    """Make AWS Backup's points that were due in [start, end), and let those go that are past their time."""
    due = start.replace(hour=VAULT_HOUR, minute=0, second=0, microsecond=0)
    while due < end:
        if due >= start:
            for table in CRITICAL:
                point(account, table, due)
        due += timedelta(days=1)
    oldest = end - timedelta(days=VAULT_DAYS + 1)
    account.recovery_points = [each for each in account.recovery_points if each["CreationDate"] >= oldest]


def turn_on(account: Account, table: str, since: datetime, days: int = 35) -> None:
    """Let point-in-time recovery be on since then."""
    backends.of(account, "dynamodb").tables[table].continuous_backups["PointInTimeRecoveryDescription"] = {
        "PointInTimeRecoveryStatus": "ENABLED",
        "RecoveryPeriodInDays": days,
        "EarliestRestorableDateTime": since.timestamp(),
        "LatestRestorableDateTime": since.timestamp(),
    }


def point(account: Account, table: str, at: datetime, status: str = "COMPLETED") -> dict[str, Any]:
    """Put a recovery point of a table into the vault."""
    live = backends.of(account, "dynamodb").tables.get(table)
    identity = chance.uuid4(chance.dice(items.seed_of(account), "recovery point", table, at.isoformat()))
    made = {
        "RecoveryPointArn": backends.arn(account, "backup", f"recovery-point:{identity}"),
        "ResourceArn": backends.arn(account, "dynamodb", f"table/{table}"),
        "CreationDate": at,
        "Status": status,
        "BackupSizeBytes": ROW_BYTES * rows(live) if live else 0,
        "BackupVaultName": f"{VAULT}-{account.environment.suffix}",
        "IsParent": False,
        "ResourceName": table,
        "VaultType": "BACKUP_VAULT",
    }
    account.recovery_points.append(made)
    return made


def export(account: Account, table: str, at: datetime, status: str = "COMPLETED", problem: str = "") -> None:
    """Write down an export of a table to S3 as it was at that moment."""
    live = backends.of(account, "dynamodb").tables[table]
    digest = chance.hexadecimal(chance.dice(items.seed_of(account), "export", table, at.isoformat()), 8)
    count = rows(live) if status == "COMPLETED" else 0
    made = {
        "ExportArn": f"{live.table_arn}/export/{backends.millis(at):014d}-{digest}",
        "ExportStatus": status, "StartTime": at, "ExportTime": at, "TableArn": live.table_arn,
        "S3Bucket": account.names["backup_bucket"], "S3Prefix": "exports/", "S3SseAlgorithm": "AES256",
        "ExportFormat": "DYNAMODB_JSON",
        "ExportType": "FULL_EXPORT",
    }  # fmt: skip
    ended = {"EndTime": at + timedelta(minutes=11), "BilledSizeBytes": ROW_BYTES * count, "ItemCount": count}
    failed = {"FailureCode": "S3AccessDenied", "FailureMessage": problem} if problem else {}
    account.exports.append({**made, **(ended if status != "IN_PROGRESS" else {}), **failed})


def prove(account: Account, table: str, at: datetime, minutes: float) -> None:
    """Write down on a table that a backup of it was restored and compared."""
    said = {
        "restore-proven-at": at.isoformat(timespec="seconds"),
        "restore-proven-from": f"{table}-{at - timedelta(days=1):%Y%m%d}",
        "restore-proven-minutes": f"{minutes:.0f}",
    }
    live = backends.of(account, "dynamodb").tables[table]
    live.tags = [each for each in live.tags if each["Key"] not in said] + [{"Key": k, "Value": v} for k, v in said.items()]


def copy(account: Account, at: datetime, size: int = 1_900) -> None:
    """Put a copy of the tunnel's configuration into its bucket."""
    made = backends.of(account, "s3").put_object(account.names["backup_bucket"], TUNNEL.format(at), bytes(size))
    made.last_modified = backends.naive(at)


def rows(table: Any) -> int:
    """Return how many rows a table of moto's holds."""
    return sum(len(each) if table.has_range_key else 1 for each in table.items.values())


def _last(now: datetime, hour: int) -> datetime:
    due = now.replace(hour=hour, minute=0, second=0, microsecond=0)
    return due if due <= now - timedelta(hours=1) else due - timedelta(days=1)


def _bucket(account: Account, now: datetime) -> None:
    """Create the bucket for copies, shut to the public, with the tunnel's configuration of some weeks."""
    backend, name = backends.of(account, "s3"), account.names["backup_bucket"]
    s3_backends.bucket_accounts.pop(name, None)  # moto remembers names of all accounts, also after a reset
    backend.create_bucket(name, account.environment.region)
    backend.put_public_access_block(name, buckets.SHUT)
    for days in TUNNEL_DAYS:
        copy(account, now - timedelta(days=days))
