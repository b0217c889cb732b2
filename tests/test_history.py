"""What changed, since when, and an index that may be deleted: from records alone, whatever lies among them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from runbooks.history import Index, Kind, changes, files
from runbooks.history.index import FILE
from runbooks.history.since import since
from runbooks.model import Acceptance, Blind, CheckResult, Evidence, Outcome, Reason, Status, Verdict, Window

NOW = datetime(2026, 11, 24, 5, tzinfo=UTC)
BLIND = Blind(call="a:B", reason=Reason.DENIED, detail="no", resource="x")
KNOWN = Acceptance(check="c", resource="*", reason="known", owner="team lead", expires=NOW + timedelta(days=90))


def check(*rows: Evidence, name: str = "c", status: Status | None = None, blind: tuple[Blind, ...] = ()) -> CheckResult:
    """A result of rows; its status is that of the worst open row."""
    bad = [row.status for row in rows if row.accepted is None]
    found = status or (Status.UNKNOWN if blind else max(bad, key=list(Status).index, default=Status.PASS))
    return CheckResult(name=name, claim="It holds.", status=found, summary=f"{name} says {found}", evidence=rows, blind=blind)


def row(resource: str = "x", status: Status = Status.FAIL, accepted: Acceptance | None = None) -> Evidence:
    """A row that is wrong."""
    return Evidence(resource=resource, status=status, summary=f"{resource} is {status}", accepted=accepted)


def verdict(*results: CheckResult, day: int = 0, outcome: Outcome = Outcome.COMPLETED, **other: object) -> Verdict:
    """What daily/a said so many days ago."""
    at = NOW - timedelta(days=day)
    facts = {
        "run_id": f"{at:%Y%m%dT%H%M%SZ}-00000{day}", "runbook": "daily/a", "title": "A", "environment": "sandbox", "account": "1" * 12,
        "region": "us-east-1", "window": Window(start=at - timedelta(days=1), end=at), "started": at, "finished": at, "operator": "o",
        "outcome": outcome, "status": max((r.status for r in results), key=list(Status).index, default=Status.UNKNOWN),
        "summary": "said", "results": results, "calls": {"a:B": 1}, **other,
    }  # fmt: skip
    return Verdict.model_validate(facts)


WRONG, GOOD, BLIND_DAY = check(row()), check(), check(blind=(BLIND,))
NOT_RUN: tuple[CheckResult, ...] = ()


@pytest.mark.parametrize(
    ("before", "now", "kind"),
    [
        ((GOOD,), (WRONG,), Kind.NEW),
        ((WRONG,), (WRONG,), Kind.STILL),
        ((WRONG,), (GOOD,), Kind.RECOVERED),
        ((WRONG,), (BLIND_DAY,), Kind.UNSEEN),
        ((WRONG,), (check(row("y"), blind=(BLIND,)),), Kind.UNSEEN),
        ((WRONG,), (check(row(status=Status.PASS), blind=(BLIND,)),), Kind.RECOVERED),
        ((WRONG,), NOT_RUN, Kind.UNSEEN),
        ((WRONG,), (check(status=Status.SKIP),), Kind.UNSEEN),
        ((BLIND_DAY,), (WRONG,), Kind.NEW),
        ((WRONG,), (check(row(accepted=KNOWN)),), Kind.RECOVERED),
        ((check(row(accepted=KNOWN)),), (WRONG,), Kind.NEW),
        ((GOOD,), (GOOD,), None),
        ((GOOD,), (BLIND_DAY,), None),
    ],
)
def test_a_row_is_in_one_group_and_never_recovers_unseen(
    before: tuple[CheckResult, ...], now: tuple[CheckResult, ...], kind: Kind | None
) -> None:
    found = changes([verdict(*before, day=1)], [verdict(*now)])
    assert [change.kind for change in found.rows if change.row == ("daily/a", "c", "x")] == ([kind] if kind else [])


def test_a_check_that_could_not_look_is_a_finding_itself_and_recovers_when_it_can() -> None:
    new = changes([verdict(GOOD, day=1)], [verdict(BLIND_DAY)])
    gone = changes([verdict(BLIND_DAY, day=1)], [verdict(GOOD)])
    assert [(c.row, c.kind, c.now) for c in new.rows] == [(("daily/a", "c", ""), Kind.NEW, Status.UNKNOWN)]
    assert [(c.row, c.kind, c.now) for c in gone.rows] == [(("daily/a", "c", ""), Kind.RECOVERED, None)]


def test_a_run_that_breaks_off_is_new_and_takes_nothing_for_recovered() -> None:
    found = changes([verdict(WRONG, day=1)], [verdict(outcome=Outcome.DEADLINE)])
    assert {c.row: c.kind for c in found.rows} == {("daily/a", "", ""): Kind.NEW, ("daily/a", "c", "x"): Kind.UNSEEN}


def test_a_run_that_is_missing_says_nothing() -> None:
    assert [c.kind for c in changes([verdict(WRONG, day=1)], []).rows] == [Kind.UNSEEN]


def test_a_plan_that_could_not_be_made_is_gone_when_the_next_one_can() -> None:
    plan = check(name="plan_backup", blind=(BLIND,))
    assert [c.kind for c in changes([verdict(plan, GOOD, day=1)], [verdict(GOOD)]).rows] == [Kind.RECOVERED]


def test_the_age_of_a_row_reaches_over_days_that_could_not_look() -> None:
    days = [[verdict(each, day=n)] for n, each in enumerate((WRONG, BLIND_DAY, WRONG, WRONG, GOOD))]
    (still,) = [c for c in changes(days[1], days[0], earlier=days[2:]).rows if c.row.resource == "x"]
    assert (still.kind, still.since) == (Kind.STILL, NOW - timedelta(days=3))


def test_a_first_day_says_that_nothing_is_known_before() -> None:
    (new,) = changes([], [verdict(WRONG)]).rows
    assert (new.kind, new.known) == (Kind.NEW, False)


def test_a_row_that_comes_and_goes_is_flapping_and_nothing_else() -> None:
    days = [[verdict(WRONG if n % 2 == 0 else GOOD, day=n)] for n in range(5)]
    (flapping,) = changes(days[1], days[0], earlier=days[2:]).rows
    assert (flapping.kind, flapping.now, flapping.flips) == (Kind.FLAPPING, Status.FAIL, 4)


def test_what_gets_worse_is_still_there_and_said_to_be_worse() -> None:
    (still,) = changes([verdict(check(row(status=Status.WARN)), day=1)], [verdict(WRONG)]).rows
    assert (still.kind, still.worse) == (Kind.STILL, True)
    assert not changes([verdict(check(row(status=Status.WARN)), day=1)], [verdict(WRONG)]).quiet
    assert changes([verdict(WRONG, day=1)], [verdict(WRONG)]).quiet


def test_of_several_runs_of_a_day_the_newest_counts() -> None:
    later = verdict(GOOD).model_copy(update={"window": Window(start=NOW, end=NOW + timedelta(hours=1))})
    assert [c.kind for c in changes([verdict(WRONG, day=1)], [later, verdict(WRONG)]).rows] == [Kind.RECOVERED]


def keep(reports: Path, said: Verdict, text: str = "") -> Path:
    """Put a record into a folder."""
    folder = reports / said.environment / f"{said.started:%Y-%m-%d}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{said.runbook.rpartition('/')[2]}-{said.run_id}.json"
    path.write_text(text or said.model_dump_json(), encoding="utf-8")
    return path


def answers(reports: Path, *, anew: bool = False) -> tuple[object, ...]:
    """All that an index can be asked."""
    with Index(reports, anew=anew) as index:
        return index.runs(), index.rows("*"), since(index, "*"), since(index, "c", "x")


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """Five days: good, wrong, blind, wrong, good today; and a damaged record of today."""
    for number, each in enumerate((GOOD, WRONG, BLIND_DAY, WRONG, GOOD)):
        keep(tmp_path, verdict(each, day=number))
    keep(tmp_path, verdict(day=0, run_id="20261124T060000Z-00000f"), '{"status": "PA')
    return tmp_path


def test_since_when_is_answered_with_the_days_that_could_not_look(reports: Path) -> None:
    (reports / "sandbox" / "2026-11-24" / "a-20261124T050000Z-000000.json").unlink()
    with Index(reports) as index:
        (course,) = since(index, "c", "x")
    assert (course.status, course.since, course.before) == (Status.FAIL, NOW - timedelta(days=3), NOW - timedelta(days=4))
    assert (course.at, course.times) == (NOW - timedelta(days=1), 1)
    assert "FAIL since 2026-11-21 05:00 UTC" in course.sentence


def test_an_index_that_was_deleted_gives_the_same_answers(reports: Path) -> None:
    first = answers(reports)
    (reports / FILE).unlink()
    assert answers(reports) == first
    assert answers(reports, anew=True) == first
    assert (reports / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", [b"", b"not a database at all" * 100, b"SQLite format 3\x00" + b"\xff" * 4096])
def test_an_index_that_is_damaged_is_made_anew(reports: Path, content: bytes) -> None:
    first = answers(reports)
    (reports / FILE).write_bytes(content)
    assert answers(reports) == first


def test_where_no_index_can_be_kept_the_answers_are_the_same(reports: Path) -> None:
    first = answers(reports)
    (reports / FILE).unlink()
    (reports / FILE).mkdir()
    assert answers(reports) == first


def test_an_index_follows_its_records(reports: Path) -> None:
    answers(reports)
    gone = keep(reports, verdict(day=0, run_id="20261124T060000Z-00000f"))
    with Index(reports) as index:
        assert next(run for run in index.runs() if run.run_id.endswith("00000f")).trouble == ""
    gone.unlink()
    with Index(reports) as index:
        assert not [run for run in index.runs() if run.run_id.endswith("00000f")]


def test_what_cannot_be_believed_is_said_and_never_read_as_health(tmp_path: Path) -> None:
    good = verdict(GOOD)
    keep(tmp_path, good, good.model_copy(update={"environment": "production"}).model_dump_json())
    keep(tmp_path, good.model_copy(update={"run_id": "20261124T050000Z-00000a"}), good.model_dump_json())
    keep(tmp_path, good.model_copy(update={"run_id": "20261124T050000Z-00000b"}), json.dumps({"a": [[]] * 9}))
    keep(tmp_path, good.model_copy(update={"run_id": "20261124T050000Z-00000c"}), "[" * 100_000)
    folder = tmp_path / "sandbox" / "2026-11-24"
    os.mkfifo(folder / "a-20261124T050000Z-00000d.json")
    (folder / "a-20261124T050000Z-00000e.json").symlink_to("/dev/zero")
    (folder / "a-99999999T999999Z-00000e.json").write_text("{}")
    (folder / "<b>-20261124T050000Z-00000e.json").write_text(good.model_dump_json())
    with Index(tmp_path) as index:
        runs = index.runs()
    assert len(runs) == 6
    assert {run.status for run in runs} == {Status.UNKNOWN}
    assert all(run.trouble for run in runs)


def test_texts_of_records_are_kept_as_texts(tmp_path: Path) -> None:
    hostile = "'; DROP TABLE runs; -- \u202e<script>alert(1)</script>\x00*[a-z]"
    keep(tmp_path, verdict(check(row(hostile), name=hostile), summary=hostile))
    with Index(tmp_path) as index:
        (run,) = index.runs()
        assert run.summary == hostile
        assert [resource for *_, resource in index.rows("*")] == [hostile]
        (course,) = since(index, "*")
    assert course.resource == hostile


def test_a_run_that_left_no_record_is_known_by_its_folder(tmp_path: Path) -> None:
    (tmp_path / "sandbox" / "2026-11-24" / ".a-20261124T050000Z-00000a").mkdir(parents=True)
    assert files.unended(tmp_path, "sandbox", "a") == [NOW]
