"""Records in S3: uploaded once, as a whole, listed; and kept here when S3 does not take them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from runbooks import batch
from runbooks.batch import storage
from runbooks.errors import CallError, RecordError
from tests.batch.conftest import Planner, keys, silent
from tests.conftest import Control

TO = "s3://records/nightly"


@pytest.mark.parametrize("wrong", ["s3://", "s3://A/b", "s3://records/a b", "s3://records//x", "s3://records/../x?y"])
def test_what_is_no_address_is_refused_before_anything_runs(wrong: str, plan: Planner) -> None:
    with pytest.raises(CallError, match="is not an address like s3://bucket/prefix"):
        batch.run(plan(), on_entry=silent, on_done=silent, to=wrong)


def test_a_slash_at_the_end_of_an_address_changes_nothing() -> None:
    assert storage.address("s3://records/nightly/") == storage.address("s3://records/nightly") == "s3://records/nightly"


def test_each_file_of_a_run_is_uploaded_once_and_nothing_is_left_here(
    bucket: Any, control: Control, plan: Planner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    control("requests", method="DELETE")
    results = batch.run(plan(), on_entry=silent, on_done=silent, to=f"{TO}/")
    assert control("status")["requests"]["s3:PutObject"] == 4 * len(results)
    for found in results:
        assert (found.status, found.exit_code, found.notebook) == ("PASS", 0, None)
        stem = found.place.removeprefix("s3://records/")
        assert stem.startswith(f"nightly/{found.environment}/20")
        assert stem.endswith(f"/quiet-{found.run_id}")
        kinds = {key.removeprefix(stem) for key in keys(bucket) if key.startswith(stem)}
        assert kinds == {".ipynb", ".html", ".json", ".journal.jsonl"}
        verdict = json.loads(bucket.get_object(Bucket="records", Key=f"{stem}.json")["Body"].read())
        assert verdict["run_id"] == found.run_id
    assert [path.name for path in (tmp_path / "scratch").iterdir()] == []
    assert not (tmp_path / "reports").exists()


def test_the_list_in_s3_names_the_newest_runs_and_says_that_there_are_older_ones(
    bucket: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from runbooks.report import listing

    monkeypatch.setattr(listing, "LISTED", 3)
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        for environment in ("east", "west"):
            stem = f"nightly/{environment}/{day}/quiet-{day.replace('-', '')}T050000Z-00000a"
            told = {"status": "WARN", "outcome": "completed", "title": "Quiet", "environment": environment, "summary": f"of {day}"}
            bucket.put_object(Bucket="records", Key=f"{stem}.json", Body=json.dumps(told))
            bucket.put_object(Bucket="records", Key=f"{stem}.html", Body="page")
    assert batch.index(TO) == f"{TO}/index.html"
    page = bucket.get_object(Bucket="records", Key="nightly/index.html")["Body"].read().decode()
    assert page.count("of 2026-01-03") == 2
    assert page.count("of 2026-01-02") == 1
    assert "of 2026-01-01" not in page
    assert 'href="./west/2026-01-03/quiet-20260103T050000Z-00000a.html"' in page
    assert "The newest 3 runs; older ones are in their folders." in page


@pytest.mark.slow
def test_old_dates_are_not_even_listed(bucket: Any, control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    from runbooks.report import listing

    monkeypatch.setattr(listing, "LISTED", 1)
    for number in range(1, 29):
        stem = f"nightly/east/2026-01-{number:02}/quiet-202601{number:02}T050000Z-00000a"
        bucket.put_object(Bucket="records", Key=f"{stem}.json", Body="{}")
    control("requests", method="DELETE")
    batch.index(TO)
    assert control("status")["requests"]["s3:ListObjectsV2"] <= 4


def test_a_record_that_cannot_be_uploaded_is_kept_named_and_never_health(
    bucket: Any, control: Control, plan: Planner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    control("rules", {"service": "s3", "operation": "PutObject", "deny": True})
    (found,) = batch.run(plan(["east"]), on_entry=silent, on_done=silent, to=TO, whole=True)
    assert (found.status, found.outcome, found.exit_code) == ("UNKNOWN", "cannot-save", 3)
    assert found.verdict is not None
    assert found.verdict["outcome"] == "cannot-save"
    assert f"{TO} cannot be used for records: AccessDenied" in found.error
    kept = Path(found.place)
    assert kept.is_relative_to(tmp_path / "scratch")
    assert str(kept.parent) in found.error
    assert kept.with_suffix(".ipynb").exists()
    assert kept.with_suffix(".html").exists()
    assert json.loads(kept.with_suffix(".json").read_bytes())["status"] == "PASS"
    assert keys(bucket) == []


@pytest.mark.usefixtures("bucket")
def test_a_store_that_does_not_answer_in_time_is_said(tmp_path: Path, control: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "LIMIT", 0.3)
    control("rules", {"service": "s3", "operation": "PutObject", "delay": 30})
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RecordError, match="s3://records/nightly cannot be used for records: no answer in time"):
        storage.upload(tmp_path / "records", TO)
