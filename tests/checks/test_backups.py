"""Backups and what is beside them: plain rows in, a result out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from runbooks.checks import backups, recovery
from runbooks.estate import Backup, Export, FileCopies, Proof, RecoveryWindow, StoredFile, TableCopies, TableExports
from runbooks.model import CheckResult, Status
from runbooks.settings import Backups, FileBackup, Settings, TableBackups
from tests.checks.conftest import NOW

MADE = NOW - timedelta(days=100)
SIZE = 1_000_000


def backup(
    hours: float, kind: str = "on-demand", *, table_id: str = "one", status: str = "AVAILABLE", size: int | None = SIZE
) -> Backup:
    return Backup(f"b-{hours}", kind, status, NOW - timedelta(hours=hours), size, table_id if kind == "on-demand" else "")


def nightly(kind: str = "on-demand", count: int = 8, status: str = "AVAILABLE") -> tuple[Backup, ...]:
    return tuple(backup(20 + 24 * night, kind, status=status) for night in range(count))


LISTINGS = TableCopies("boat-listings", "one", "arn", MADE, SIZE, 2_000, (*nightly(), *nightly("vault")))
SESSIONS = TableCopies("boat-admin-sessions", "one", "arn", MADE, SIZE, 2_000, nightly())
WINDOW = RecoveryWindow("boat-listings", True, True, 35, NOW - timedelta(days=35), NOW - timedelta(minutes=5))
PROOF = Proof("boat-listings", NOW - timedelta(days=10), "b-1", 24.0)


def alone(table: TableCopies, *backups_of: Backup) -> TableCopies:
    return replace(table, backups=tuple(sorted(backups_of, key=lambda each: each.created, reverse=True)))


def said(result: CheckResult) -> tuple[Status, str]:
    return result.status, result.summary


class TestFresh:
    def test_a_backup_of_last_night_of_each_kind_is_good(self, scope: Settings) -> None:
        assert backups.backups_fresh([LISTINGS, SESSIONS], scope).status is Status.PASS

    @pytest.mark.parametrize(("hours", "status"), [(26, Status.PASS), (26.1, Status.FAIL)])
    def test_the_limit_is_to_the_hour(self, scope: Settings, hours: float, status: Status) -> None:
        assert backups.backups_fresh([alone(SESSIONS, backup(hours))], scope).status is status

    def test_each_wanted_kind_is_asked_for_by_itself(self, scope: Settings) -> None:
        """A good backup of DynamoDB's own does not stand in for the one in the vault."""
        result = backups.backups_fresh([alone(LISTINGS, *nightly())], scope)
        assert said(result) == (Status.FAIL, "boat-listings: has no available vault backup")

    def test_every_table_is_judged_and_not_the_first_alone(self, scope: Settings) -> None:
        result = backups.backups_fresh([LISTINGS, alone(SESSIONS)], scope)
        assert [row.resource for row in result.evidence] == ["boat-admin-sessions"]

    @pytest.mark.parametrize(("hours", "status"), [(0.5, Status.WARN), (3, Status.FAIL)])
    def test_a_backup_that_is_being_made_is_none(self, scope: Settings, hours: float, status: Status) -> None:
        making = backup(hours, status="CREATING", size=None)
        result = backups.backups_fresh([alone(SESSIONS, making, *nightly())], scope)
        assert result.status is status
        assert "CREATING" in result.summary
        assert backups.backups_fresh([alone(SESSIONS, making)], scope).status is Status.FAIL

    @pytest.mark.parametrize("status", ["EXPIRED", "PARTIAL", "STOPPED", "DELETING", "a word of tomorrow"])
    def test_a_point_that_is_not_complete_is_none(self, scope: Settings, status: str) -> None:
        table = alone(LISTINGS, *nightly(), backup(20, "vault", status=status))
        assert backups.backups_fresh([table], scope).status is Status.FAIL

    def test_what_aws_left_of_a_deleted_table_is_not_a_backup_of_last_night(self, scope: Settings) -> None:
        assert backups.backups_fresh([alone(SESSIONS, backup(5, "system"))], scope).status is Status.FAIL

    def test_without_rows_nothing_is_known(self, scope: Settings) -> None:
        assert backups.backups_fresh([], scope).status is Status.UNKNOWN


class TestIdentity:
    def test_a_table_that_was_made_anew_has_backups_of_another_table(self, scope: Settings) -> None:
        anew = replace(SESSIONS, id="two", created=NOW - timedelta(hours=2))
        result = backups.backups_of_this_table([anew], scope)
        assert result.status is Status.FAIL
        assert "8 of 8 backups are of the table before" in result.summary
        fresh = backups.backups_fresh([anew], scope)
        assert said(fresh)[1] == "boat-admin-sessions: has no on-demand backup: the 8 of its name are of an earlier table"

    def test_a_vault_does_not_tell_the_id_so_the_time_decides(self, scope: Settings) -> None:
        anew = replace(alone(LISTINGS, *nightly("vault")), created=NOW - timedelta(hours=2))
        assert backups.backups_of_this_table([anew], scope).status is Status.FAIL

    def test_a_table_that_is_gone_says_what_is_left(self, scope: Settings) -> None:
        gone = replace(SESSIONS, id="", created=None)
        assert said(backups.backups_of_this_table([gone], scope)) == (
            Status.FAIL,
            "boat-admin-sessions: does not exist; of its 8 backups the newest is b-20",
        )


class TestRpo:
    def test_the_window_meets_an_rpo_of_minutes_and_a_backup_does_not(self, scope: Settings) -> None:
        assert backups.rpo_met([LISTINGS, WINDOW], scope).status is Status.PASS
        off = replace(WINDOW, on=False, earliest=None, latest=None)
        assert said(backups.rpo_met([LISTINGS, off], scope)) == (
            Status.FAIL,
            "boat-listings: what was written in the last 20 h would be lost, RPO 15 minutes",
        )

    def test_a_window_that_could_not_be_read_is_unknown_and_not_lost(self, scope: Settings) -> None:
        assert backups.rpo_met([LISTINGS], scope).status is Status.UNKNOWN

    def test_a_table_without_a_window_is_judged_by_its_backups(self, scope: Settings) -> None:
        assert backups.rpo_met([SESSIONS], scope).status is Status.PASS

    def test_nothing_at_all_is_said_as_such(self, scope: Settings) -> None:
        assert "cannot be brought back at all" in backups.rpo_met([alone(SESSIONS)], scope).summary


class TestSize:
    @pytest.mark.parametrize(
        ("size", "table", "before", "status"),
        [
            (SIZE, SIZE, SIZE, Status.PASS),
            (400_000, SIZE, SIZE, Status.FAIL),  # not all of the table
            (SIZE, 400_000, SIZE, Status.WARN),  # the table has shrunk since
            (400_000, 400_000, SIZE, Status.WARN),  # it had shrunk before
            (100, 5_000, 5_000, Status.PASS),  # too small to tell
            (0, SIZE, SIZE, Status.FAIL),
        ],
    )
    def test_a_backup_is_about_as_large_as_its_table_and_the_one_before(
        self, scope: Settings, size: int, table: int, before: int, status: Status
    ) -> None:
        held = alone(replace(SESSIONS, size=table), backup(20, size=size), backup(44, size=before))
        assert backups.sizes_plausible([held], scope).status is status

    @pytest.mark.parametrize("held", [alone(SESSIONS), alone(SESSIONS, backup(2, size=None))])
    def test_without_a_size_nothing_is_known(self, scope: Settings, held: TableCopies) -> None:
        assert backups.sizes_plausible([held], scope).status is Status.UNKNOWN


class TestRetention:
    @pytest.mark.parametrize(("count", "status"), [(7, Status.PASS), (6, Status.FAIL)])
    def test_too_few_is_a_finding(self, scope: Settings, count: int, status: Status) -> None:
        assert backups.retention_kept([alone(SESSIONS, *nightly(count=count))], scope).status is status

    @pytest.mark.parametrize(("days", "status"), [(30.9, Status.PASS), (31.1, Status.WARN)])
    def test_too_old_is_a_warning(self, scope: Settings, days: float, status: Status) -> None:
        assert backups.retention_kept([alone(SESSIONS, *nightly(), backup(days * 24))], scope).status is status

    def test_what_aws_left_of_a_deleted_table_does_not_count_as_too_old(self, scope: Settings) -> None:
        assert backups.retention_kept([alone(SESSIONS, *nightly(), backup(34 * 24, "system"))], scope).status is Status.PASS

    def test_many_that_are_no_good_are_too_few(self, scope: Settings) -> None:
        held = alone(SESSIONS, *nightly(count=20, status="DELETED"))
        assert backups.retention_kept([held], scope).status is Status.FAIL


def test_a_table_of_the_stack_that_nobody_planned_for_is_named(scope: Settings) -> None:
    assert said(backups.tables_covered(["boat-users", "boat-new"], scope)) == (
        Status.WARN,
        "boat-new: is in the stack, and no one has said how it is backed up",
    )


class TestWindow:
    @pytest.mark.parametrize(
        ("window", "status", "words"),
        [
            (WINDOW, Status.PASS, "1 tables can be brought back"),
            (replace(WINDOW, on=False), Status.FAIL, "is off"),
            (replace(WINDOW, days=1), Status.FAIL, "keep 1 of at least 7 days"),
            (replace(WINDOW, earliest=NOW - timedelta(hours=20)), Status.WARN, "reaches back 20 h only"),
            (replace(WINDOW, latest=NOW - timedelta(minutes=16)), Status.FAIL, "ends 16 minutes ago"),
            (replace(WINDOW, exists=False), Status.FAIL, "does not exist"),
        ],
    )
    def test_it_is_on_and_reaches_from_a_week_ago_to_now(
        self, scope: Settings, window: RecoveryWindow, status: Status, words: str
    ) -> None:
        result = recovery.recovery_on([window], scope)
        assert result.status is status
        assert words in result.summary

    def test_an_accepted_one_that_is_off_is_shown_and_is_no_finding(self, scope: Settings, bare: Settings) -> None:
        off = replace(WINDOW, table="boat-audit-logs", on=False)
        accepted = recovery.recovery_on([WINDOW, off], scope)
        assert accepted.status is Status.PASS
        assert [row.resource for row in accepted.evidence if row.accepted] == ["boat-audit-logs"]
        assert recovery.recovery_on([WINDOW, off], bare).status is Status.FAIL


class TestExports:
    export = Export("e", "COMPLETED", NOW - timedelta(days=3), 900_000, 2_000, "")

    @pytest.mark.parametrize(
        ("exports", "status", "words"),
        [
            ((export,), Status.PASS, "1 of 1"),
            ((replace(export, status="FAILED", problem="no such bucket", moment=NOW), export), Status.PASS, "1 of 1"),
            ((replace(export, moment=NOW - timedelta(days=8)),), Status.FAIL, "192 h ago"),
            ((replace(export, status="FAILED", problem="no such bucket"),), Status.FAIL, "no such bucket"),
            ((replace(export, status="IN_PROGRESS"),), Status.FAIL, "no complete export"),
            ((replace(export, items=0),), Status.FAIL, "holds no row"),
            ((), Status.FAIL, "no complete export"),
        ],
    )
    def test_a_complete_one_of_the_last_week_is_there(
        self, scope: Settings, exports: tuple[Export, ...], status: Status, words: str
    ) -> None:
        result = recovery.exports_fresh([TableExports("boat-listings", exports)], scope)
        assert result.status is status
        assert words in result.summary


class TestFiles:
    copy = StoredFile("t/1.tar.gz", NOW - timedelta(days=2), 2_000)

    @pytest.mark.parametrize(
        ("copies", "status"),
        [
            ((copy,), Status.PASS),
            ((replace(copy, written=NOW - timedelta(days=8)),), Status.FAIL),
            ((replace(copy, size=12), copy), Status.FAIL),
            ((), Status.FAIL),
        ],
    )
    def test_the_newest_copy_counts(self, scope: Settings, copies: tuple[StoredFile, ...], status: Status) -> None:
        rows = [FileCopies("tunnel configuration", "b", copies), FileCopies("signing secret", "", ())]
        result = recovery.files_copied(rows, scope)
        assert result.status is status
        assert "not configured: signing secret" in result.summary


class TestProof:
    @pytest.mark.parametrize(
        ("proof", "status"),
        [
            (PROOF, Status.PASS),
            (replace(PROOF, minutes=None), Status.PASS),
            (replace(PROOF, at=NOW - timedelta(days=36)), Status.WARN),
            (replace(PROOF, at=NOW - timedelta(days=101)), Status.FAIL),
            (replace(PROOF, minutes=61), Status.WARN),
            (replace(PROOF, at=NOW + timedelta(days=9)), Status.UNKNOWN),
            (replace(PROOF, at=None, problem="its record cannot be read"), Status.UNKNOWN),
        ],
    )
    def test_a_backup_is_as_good_as_its_last_restore(self, scope: Settings, proof: Proof, status: Status) -> None:
        assert recovery.restores_proven([proof], scope).status is status


def test_what_is_not_configured_is_skipped_with_its_reason(scope: Settings) -> None:
    table = TableBackups(kinds=("on-demand",), rpo_minutes=1560, rto_minutes=60)
    few = Backups(tables={"boat-listings": table}, files={"the secret": FileBackup(reason="it can be made anew")})
    bare = replace(scope, environment=scope.environment.model_copy(update={"backups": few}))
    results = [recovery.recovery_on([], bare), recovery.exports_fresh([], bare)]
    results.append(recovery.files_copied([FileCopies("the secret", "", ())], bare))
    assert {result.status for result in results} == {Status.SKIP}
    assert all(result.summary.startswith("not applicable here: ") for result in results)
    assert "the secret: it can be made anew" in results[-1].summary


def test_a_file_without_bucket_and_reason_is_refused() -> None:
    with pytest.raises(ValueError, match="give the bucket that holds the copies, or the reason"):
        FileBackup()
