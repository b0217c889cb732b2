"""Backups, windows, exports and proofs as AWS tells them: of all types, to the last page, and never assumed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import boto3
import pytest

from runbooks import settings
from runbooks.errors import Unreadable
from runbooks.gateway import Reader, locate, open_reader
from runbooks.model import Reason
from runbooks.settings import Settings
from runbooks.sources import backups, recovery
from tests.checks.conftest import NOW
from tests.conftest import Control
from tests.gateway import stub

ARN = "arn:aws:dynamodb:us-east-1:111122223333:table/boat-listings"
TABLE = {
    "Table": {
        "TableName": "boat-listings", "TableId": "one", "TableArn": ARN, "CreationDateTime": 1_700_000_000, "TableSizeBytes": 9,
        "ItemCount": 1, "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }
}  # fmt: skip


def summary(number: int, kind: str = "USER") -> dict[str, Any]:
    return {
        "TableName": "boat-listings", "TableId": "one", "TableArn": ARN, "BackupArn": f"{ARN}/backup/{number}", "BackupName": f"b{number}",
        "BackupCreationDateTime": 1_790_000_000 + number, "BackupStatus": "AVAILABLE", "BackupType": kind, "BackupSizeBytes": number,
    }  # fmt: skip


def scope(*kinds: str, sandboxed: bool = False) -> Settings:
    """Return the settings of an environment in which the listings alone are critical."""
    environment = settings.load("sandbox")
    listings = environment.backups.tables["boat-listings"].model_copy(update={"kinds": kinds})
    only = environment.backups.model_copy(update={"tables": {"boat-listings": listings}})
    environment = environment.model_copy(update={"backups": only})
    now = locate(environment).now() if sandboxed else NOW
    return Settings(environment, now, settings.window(now, hours=24))


def asked(
    answers: Callable[[str, Mapping[str, Any]], dict[str, Any]], source: Callable[[Reader, Settings], Any], *kinds: str
) -> Any:
    with stub.server(answers) as address:
        reader = stub.reader(address).scoped(seconds=20)
        return source(reader, scope(*kinds)), reader


class TestCopies:
    def test_all_types_and_all_pages_are_asked_for(self) -> None:
        """A backup that AWS Backup made, and one that a deleted table left, are hidden from whoever asks for the default."""
        calls: list[Mapping[str, Any]] = []

        def answers(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
            if operation == "DescribeTable":
                return TABLE
            calls.append(given)
            if "ExclusiveStartBackupArn" in given:
                return {"BackupSummaries": [summary(3, "SYSTEM"), summary(2, "AWS_BACKUP")]}
            return {"BackupSummaries": [summary(1)], "LastEvaluatedBackupArn": f"{ARN}/backup/1"}

        (table,), _ = asked(answers, backups.copies, "on-demand")
        assert [call["BackupType"] for call in calls] == ["ALL", "ALL"]
        assert [(backup.name, backup.kind) for backup in table.backups] == [("b3", "system"), ("b2", "vault"), ("b1", "on-demand")]

    def test_a_table_that_is_gone_still_has_its_backups(self) -> None:
        def answers(operation: str, _: Mapping[str, Any]) -> dict[str, Any]:
            if operation == "DescribeTable":
                raise stub.Refused("ResourceNotFoundException")
            return {"BackupSummaries": [summary(1)]}

        (table,), _ = asked(answers, backups.copies, "on-demand")
        assert not table.exists
        assert len(table.backups) == 1

    @pytest.mark.parametrize("lost", ["TableId", "BackupStatus", "BackupCreationDateTime"])
    def test_a_backup_that_lacks_what_it_is_judged_by_could_not_be_read(self, lost: str) -> None:
        def answers(operation: str, _: Mapping[str, Any]) -> dict[str, Any]:
            row = {key: value for key, value in summary(1).items() if key != lost}
            return TABLE if operation == "DescribeTable" else {"BackupSummaries": [row]}

        rows, reader = asked(answers, backups.copies, "on-demand")
        assert rows == []
        assert [(blind.reason, blind.resource) for blind in reader.blind] == [(Reason.NOT_AN_ANSWER, "boat-listings")]

    def test_an_empty_vault_is_told_and_noted_as_unproven(self, control: Control) -> None:
        control("break", {"environment": "sandbox", "fault": "vault-empty"})
        here = scope("on-demand", "vault", sandboxed=True)
        reader = open_reader(here.environment, locate(here.environment)).scoped(seconds=20)
        (table,) = backups.copies(reader, here)
        assert {backup.kind for backup in table.backups} == {"on-demand", "system"}
        assert [(blind.call, blind.reason) for blind in reader.blind] == [("backup:ListRecoveryPointsByResource", Reason.NO_DATA)]


def test_a_point_of_the_vault_tells_its_vault_and_its_status(control: Control) -> None:
    control("break", {"environment": "sandbox", "fault": "vault-points-partial"})
    here = scope("vault", sandboxed=True)
    (table,) = backups.copies(open_reader(here.environment, locate(here.environment)).scoped(seconds=20), here)
    points = [backup for backup in table.backups if backup.kind == "vault"]
    assert {point.place for point in points} == {"boat-backups-prod"}
    assert points[0].status == "PARTIAL"
    assert "window" in points[0].problem
    assert not points[0].available
    assert points[-1].available


class TestWindows:
    def test_only_tables_that_want_a_window_are_asked(self) -> None:
        rows, reader = asked(lambda *_: pytest.fail("asked"), recovery.windows, "on-demand")
        assert (rows, reader.used) == ([], {})

    def test_a_table_that_is_gone_has_no_window(self) -> None:
        def answers(_: str, __: Mapping[str, Any]) -> dict[str, Any]:
            raise stub.Refused("TableNotFoundException")

        (window,), _ = asked(answers, recovery.windows, "point-in-time")
        assert (window.exists, window.on) == (False, False)

    def test_a_window_without_its_bounds_could_not_be_read(self) -> None:
        window = {"PointInTimeRecoveryStatus": "ENABLED", "RecoveryPeriodInDays": 35}
        answer = {"ContinuousBackupsDescription": {"ContinuousBackupsStatus": "ENABLED", "PointInTimeRecoveryDescription": window}}
        rows, reader = asked(lambda *_: answer, recovery.windows, "point-in-time")
        assert rows == []
        assert "EarliestRestorableDateTime" in reader.blind[0].detail


class TestExports:
    @staticmethod
    def answers(count: int, described: list[str]) -> Callable[[str, Mapping[str, Any]], dict[str, Any]]:
        """Play so many exports, 25 a page; the last one is the newest."""

        def answer(operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
            if operation == "DescribeExport":
                described.append(given["ExportArn"][-3:])
                at = 1_790_000_000 + int(given["ExportArn"][-3:])
                return {"ExportDescription": {"ExportArn": given["ExportArn"], "ExportStatus": "COMPLETED", "ExportTime": at}}
            at = int(given.get("NextToken", "0"))
            rows = [{"ExportArn": f"{ARN}/export/{n:03d}", "ExportStatus": "COMPLETED"} for n in range(at, min(at + 25, count))]
            return {"ExportSummaries": rows, **({"NextToken": str(at + 25)} if at + 25 < count else {})}

        return answer

    def test_the_newest_of_all_pages_are_looked_into(self) -> None:
        """AWS promises no order, and boto3 has no pages for this listing."""
        described: list[str] = []
        (table,), _ = asked(self.answers(60, described), recovery.exports, "export")
        assert sorted(described) == ["055", "056", "057", "058", "059"]
        assert [export.name for export in table.exports] == ["059", "058", "057", "056", "055"]

    def test_more_than_the_budget_is_not_taken_for_all(self) -> None:
        rows, reader = asked(self.answers(300, []), recovery.exports, "export")
        assert rows == []
        assert reader.blind[0].reason is Reason.PARTIAL


class TestProofs:
    @staticmethod
    def of(**tags: str) -> Any:
        rows = [{"Key": key.replace("_", "-"), "Value": value} for key, value in tags.items()]
        return asked(lambda *_: {"Tags": rows}, recovery.proofs, "on-demand")

    def test_the_record_is_three_tags(self) -> None:
        (proof,), _ = self.of(
            restore_proven_at="2026-11-20T05:00:00+02:00", restore_proven_from="b-1", restore_proven_minutes="23", owner="x"
        )
        assert proof.at is not None
        assert (proof.at.isoformat(), proof.source, proof.minutes) == ("2026-11-20T03:00:00+00:00", "b-1", 23.0)

    @pytest.mark.parametrize(
        ("tags", "words"),
        [
            ({"restore_proven_at": "last Tuesday"}, "cannot be read"),
            ({"restore_proven_at": "2026-11-20T05:00:00"}, "has no zone"),
            ({"restore_proven_at": "2026-11-20T05:00:00Z", "restore_proven_minutes": "long"}, "cannot be read"),
            ({"restore_proven_at": "2026-11-20T05:00:00Z", "restore_proven_minutes": "nan"}, "cannot be read"),
        ],
    )
    def test_a_record_that_somebody_wrote_wrong_proves_nothing(self, tags: dict[str, str], words: str) -> None:
        (proof,), _ = self.of(**tags)
        assert proof.at is None
        assert words in proof.problem

    def test_no_record_is_no_proof_and_no_fault_of_the_table(self) -> None:
        rows, reader = self.of(owner="somebody")
        assert rows == []
        assert "no tag restore-proven-at" in reader.blind[0].detail


@pytest.mark.usefixtures("sandbox")
class TestFiles:
    def test_a_bucket_that_is_not_there_holds_no_copy(self) -> None:
        here = scope("on-demand", sandboxed=True)
        gone = here.environment.backups.files["tunnel configuration"].model_copy(update={"bucket": "no-such-bucket-{account}"})
        held = here.environment.backups.model_copy(update={"files": {"tunnel configuration": gone}})
        environment = here.environment.model_copy(update={"backups": held})
        reader = open_reader(environment, locate(environment)).scoped(seconds=20)
        (file,) = backups.files(reader, Settings(environment, here.now, here.window))
        assert (file.bucket, file.copies) == ("no-such-bucket-111122223333", ())

    def test_the_newest_copies_come_first_and_what_is_not_configured_is_told(self) -> None:
        here = scope("on-demand", sandboxed=True)
        rows = backups.files(open_reader(here.environment, locate(here.environment)).scoped(seconds=20), here)
        tunnel, secret = rows
        assert [round((here.now - copy.written) / timedelta(days=1)) for copy in tunnel.copies] == [2, 9, 16, 23]
        assert (secret.name, secret.bucket, secret.copies) == ("signing secret", "", ())


def test_a_backup_that_the_plan_would_make_is_seen_by_the_next_run(sandbox: dict[str, Any], control: Control) -> None:
    control("break", {"environment": "sandbox", "fault": "backup-missing"})
    here = scope("on-demand", sandboxed=True)
    before = backups.copies(open_reader(here.environment, locate(here.environment)).scoped(seconds=20), here)
    client = boto3.client(
        "dynamodb", endpoint_url=sandbox["aws"], region_name="us-east-1", aws_access_key_id="sandbox-111122223333",
        aws_secret_access_key="x",
    )  # fmt: skip
    client.create_backup(TableName="boat-listings", BackupName="by-hand")
    after = backups.copies(open_reader(here.environment, locate(here.environment)).scoped(seconds=20), here)
    assert len(after[0].backups) == len(before[0].backups) + 1
    newest = after[0].backups[0]
    assert (newest.name, newest.table_id, newest.available) == ("by-hand", after[0].id, True)
    assert newest.size == after[0].size


def test_what_the_reader_refuses_is_refused_here_too() -> None:
    """A denied listing is no empty one."""

    def answers(_: str, __: Mapping[str, Any]) -> dict[str, Any]:
        raise stub.Refused("AccessDeniedException")

    rows, reader = asked(answers, backups.copies, "on-demand")
    assert rows == []
    assert reader.blind[0].reason is Reason.DENIED
    with pytest.raises(Unreadable):
        asked(answers, backups.members)
