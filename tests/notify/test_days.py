"""People are told of a change once, and of its end once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from runbooks import notify
from runbooks.model import Outcome, Status
from tests.notify.days import MORNING, environment, letters, result, tell, verdict

WHOLE = verdict(result("functions_active"))
BROKEN = verdict(result("functions_active", "AdminFunction"))


def test_a_quiet_day_tells_nobody(tmp_path: Path) -> None:
    assert tell(environment(tmp_path), tmp_path, WHOLE) == []
    assert letters(tmp_path) == []


def test_one_message_on_the_change_none_on_the_repeat_one_on_recovery(tmp_path: Path) -> None:
    where, counts = environment(tmp_path), []
    for day, said in enumerate((WHOLE, BROKEN, BROKEN, BROKEN, WHOLE, WHOLE)):
        tell(where, tmp_path, said, day=day)
        counts.append(len(letters(tmp_path)))
    assert counts == [0, 1, 1, 1, 2, 2]
    broken, recovered = letters(tmp_path)
    assert broken["title"] == "P1 Sandbox (plays production) FAIL: new: AdminFunction (functions_active)"
    assert recovered["title"] == "Sandbox (plays production) PASS: 1 recovered"
    assert (broken["kind"], recovered["kind"]) == ("failure", "success")


def test_findings_of_several_runbooks_make_one_message(tmp_path: Path) -> None:
    tell(
        environment(tmp_path), tmp_path, BROKEN, verdict(result("backups_fresh", "boat-users"), runbook="daily/backup-verification")
    )
    (said,) = letters(tmp_path)
    assert said["title"].endswith("AdminFunction (functions_active) and 1 more")
    assert "boat-users" in said["body"]


def test_a_second_finding_is_told_beside_the_first_which_is_only_counted(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    tell(where, tmp_path, verdict(result("functions_active", "AdminFunction", "AuthFunction")), day=1)
    body = letters(tmp_path)[1]["body"]
    assert "New: FAIL AuthFunction" in body
    assert "AdminFunction" not in body
    assert "Still open: 1." in body


def test_a_change_of_the_sentence_alone_is_no_news(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    check = result("functions_active", "AdminFunction")
    other = check.model_copy(update={"evidence": (check.evidence[0].model_copy(update={"summary": "broken for 25 h"}),)})
    assert tell(where, tmp_path, verdict(other), day=1) == []


def test_what_becomes_worse_is_told_and_what_becomes_less_bad_is_not(tmp_path: Path) -> None:
    where = environment(tmp_path)
    for day, status in enumerate((Status.UNKNOWN, Status.FAIL, Status.UNKNOWN, Status.FAIL)):
        tell(where, tmp_path, verdict(result("functions_active", "AdminFunction", status=status)), day=day)
    assert [said["kind"] for said in letters(tmp_path)] == ["warning", "failure"]


def test_what_cannot_be_seen_any_more_has_not_recovered(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    tell(where, tmp_path, verdict(result("functions_active", blind=True)), day=1)
    body = letters(tmp_path)[1]["body"]
    assert "Recovered" not in body
    assert "New: UNKNOWN functions_active" in body
    assert "Could not be seen: 1: functions_active" in body
    tell(where, tmp_path, WHOLE, day=2)
    assert letters(tmp_path)[2]["title"].endswith("2 recovered")


def test_a_run_that_broke_off_proves_no_recovery_and_is_told_itself(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    tell(where, tmp_path, verdict(outcome=Outcome.KERNEL_DIED), day=1)
    body = letters(tmp_path)[1]["body"]
    assert "the run of daily/system-health" in body
    assert "Recovered" not in body


def test_a_batch_says_nothing_about_runbooks_that_it_did_not_run(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    assert tell(where, tmp_path, verdict(result("backups_fresh"), runbook="daily/backup-verification"), day=1) == []


def test_warnings_and_what_is_not_required_stay_in_the_report(tmp_path: Path) -> None:
    warned = result("functions_active", "AdminFunction", status=Status.WARN)
    assert tell(environment(tmp_path), tmp_path, verdict(warned, result("optional", blind=True, required=False))) == []


def test_what_a_report_repeats_is_not_told_twice(tmp_path: Path) -> None:
    tell(environment(tmp_path), tmp_path, BROKEN, verdict(result("day_is_good", "sandbox"), runbook="reports/daily-report"))
    assert "day_is_good" not in letters(tmp_path)[0]["body"]


def test_a_deleted_memory_tells_the_present_state_once(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    (tmp_path / "reports" / "sandbox" / "told.json").unlink()
    tell(where, tmp_path, BROKEN, day=1)
    tell(where, tmp_path, BROKEN, day=2)
    assert len(letters(tmp_path)) == 2


def test_a_damaged_memory_is_as_good_as_a_deleted_one(tmp_path: Path) -> None:
    where = environment(tmp_path)
    tell(where, tmp_path, BROKEN)
    for text in ("", "{", "[]", '{"schema_version": 2}', "\x00" * 100):
        (tmp_path / "reports" / "sandbox" / "told.json").write_text(text, encoding="utf-8")
        assert [one.problem for one in tell(where, tmp_path, BROKEN, day=1)] == [""]


def test_what_comes_and_goes_is_told_as_flapping_once_and_again_when_it_has_settled(tmp_path: Path) -> None:
    where, titles = environment(tmp_path), []
    for hour in range(12):
        tell(where, tmp_path, WHOLE if hour % 2 else BROKEN, now=MORNING + timedelta(hours=hour))
        titles.append(len(letters(tmp_path)))
    assert titles == [1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4]
    assert "came and went 4 times since 2026-11-24 05:17 UTC" in letters(tmp_path)[3]["body"]
    tell(where, tmp_path, WHOLE, day=7)
    assert letters(tmp_path)[4]["title"].endswith("1 recovered")
    tell(where, tmp_path, BROKEN, day=8)
    assert "new: AdminFunction" in letters(tmp_path)[5]["title"]


def test_each_severity_is_told_in_its_channel(tmp_path: Path) -> None:
    tell(environment(tmp_path), tmp_path, verdict(result("volumes_used", "vol-1"), runbook="maintenance/resource-cleanup"))
    assert letters(tmp_path) == []
    assert letters(tmp_path, "alerts")[0]["title"].startswith("P3 ")


def test_quiet_hours_hold_back_what_can_wait(tmp_path: Path) -> None:
    where = environment(tmp_path)
    rules = where.telling.model_copy(update={"quiet": where.telling.quiet.model_copy(update={"hours": (22, 7)})})
    where = where.model_copy(update={"telling": rules})
    tell(where, tmp_path, BROKEN, verdict(result("volumes_used", "vol-1"), runbook="maintenance/resource-cleanup"))
    assert (len(letters(tmp_path)), len(letters(tmp_path, "alerts"))) == (1, 0)
    notify.due([where], tmp_path / "reports", MORNING + timedelta(hours=1))
    assert len(letters(tmp_path, "alerts")) == 0
    notify.due([where], tmp_path / "reports", MORNING + timedelta(hours=2))
    assert len(letters(tmp_path, "alerts")) == 1


def test_a_daily_run_that_did_not_come_is_told_with_the_next_and_then_recovers(tmp_path: Path) -> None:
    where = environment(tmp_path)
    for day, late in enumerate(("", "no daily run since 2026-11-22 05:17 UTC, 72 h ago", "")):
        at = MORNING + timedelta(days=day)
        look = notify.with_daily(notify.look([WHOLE], {}, {}, at), late)
        notify.after([(where, look)], tmp_path / "reports", at)
    missed, back = letters(tmp_path, "alerts")
    assert "no daily run since 2026-11-22 05:17 UTC" in missed["body"]
    assert back["title"].endswith("1 recovered")
