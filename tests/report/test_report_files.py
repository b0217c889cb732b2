"""The files of a report: beside the record, whole or not at all, for their owner only."""

from __future__ import annotations

import json
import os
import re
import stat
from pathlib import Path

import nbformat
import pytest

from runbooks import report
from runbooks.errors import RecordError
from runbooks.model import Outcome, Status, Verdict
from tests.report import sample_run


@pytest.fixture
def record(tmp_path: Path) -> Path:
    """The sample run as a file where runs lie."""
    return put(tmp_path, sample_run.RUN_ID, sample_run.verdict())


def put(root: Path, run_id: str, concluded: Verdict, environment: str = "production") -> Path:
    """Put a run below `root`."""
    path = root / environment / "2026-08-02" / f"system-health-{run_id}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(sample_run.notebook(concluded)))
    return path


def test_page_and_verdict_lie_beside_the_record_for_the_owner_only(record: Path) -> None:
    """Both files have mode 0600 whatever the umask says, nothing else is left, and the verdict reads back as it was."""
    before = os.umask(0)
    try:
        page = report.write(record)
    finally:
        os.umask(before)
    assert page == record.with_suffix(".html")
    assert sorted(p.suffix for p in record.parent.iterdir()) == [".html", ".ipynb", ".json"]
    for path in (page, record.with_suffix(".json")):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Verdict.model_validate_json(record.with_suffix(".json").read_text()) == sample_run.verdict()


def test_the_same_record_gives_the_same_page(record: Path) -> None:
    """Rendering again changes no byte, so that a page can be compared and signed."""
    first = report.write(record).read_bytes()
    assert report.write(record).read_bytes() == first


def test_a_link_in_place_of_the_page_is_replaced_and_not_followed(record: Path, tmp_path: Path) -> None:
    """A symlink with the name of the page loses its place; what it points to stays untouched."""
    other = tmp_path / "other"
    other.write_text("precious")
    record.with_suffix(".html").symlink_to(other)
    page = report.write(record)
    assert other.read_text() == "precious"
    assert not page.is_symlink()


def test_what_stood_there_survives_a_page_that_cannot_be_written(record: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full, yesterday's page stays, no part of the new one is left, and the error says so in one sentence."""
    page = report.write(record)
    page.write_text("yesterday")

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(RecordError, match="cannot be written: No space left on device"):
        report.write(record)
    assert page.read_text() == "yesterday"
    assert not list(record.parent.glob(".*"))


def test_a_file_that_has_its_content_already_is_left_alone(record: Path) -> None:
    """Rendering twice writes once; a file that others may read, or that was changed, is written again."""
    page = report.write(record)
    data = record.with_suffix(".json")
    before = page.stat().st_ino, data.stat().st_ino
    report.write(record)
    assert (page.stat().st_ino, data.stat().st_ino) == before
    page.chmod(0o644)
    data.write_text("{}")
    report.write(record)
    assert stat.S_IMODE(page.stat().st_mode) == 0o600
    assert Verdict.model_validate_json(data.read_text()) == sample_run.verdict()


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff", b"[]", b'"x"', b"null", b'{"nbformat": 3, "worksheets": []}', b"[" * 100_000]
)
def test_what_is_no_notebook_is_an_error_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    """A file that is cut off or something else raises RecordError with its path, and no page appears."""
    path = tmp_path / "x.ipynb"
    path.write_bytes(content)
    with pytest.raises(RecordError, match=re.escape(f"{path} cannot be read as a notebook: ")):
        report.write(path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_record_that_is_not_valid_is_rendered(tmp_path: Path) -> None:
    """A notebook without cells, which nbformat refuses, gives a page that says UNKNOWN."""
    path = tmp_path / "x.ipynb"
    path.write_text('{"nbformat": 4}')
    assert "UNKNOWN" in report.write(path).read_text()


def test_a_missing_notebook_is_an_error(tmp_path: Path) -> None:
    """There is nothing to render."""
    with pytest.raises(RecordError, match="cannot be read as a notebook"):
        report.write(tmp_path / "x.ipynb")


def test_a_record_that_nbformat_reads_back_gives_the_same_page(record: Path) -> None:
    """The way through the file changes nothing: lists of lines and strings are the same text."""
    read = nbformat.read(record, as_version=4)  # type: ignore[no-untyped-call]
    assert report.build(read) == report.build(sample_run.notebook())


def test_the_list_is_newest_first_with_relative_links(tmp_path: Path) -> None:
    """Each run is a line: word, environment, runbook, time, sentence, and a link that works wherever the folder is."""
    good = sample_run.verdict(status=Status.PASS, summary="All is well.", results=(), environment="staging")
    report.write(put(tmp_path, "20260801T030000Z-aaaaaa", good, "staging"))
    report.write(put(tmp_path, sample_run.RUN_ID, sample_run.verdict()))
    listing = report.index(tmp_path)
    page = listing.read_text()
    assert page.index("2 of 9 checks failed") < page.index("All is well.")
    assert f'href="./production/2026-08-02/system-health-{sample_run.RUN_ID}.html"' in page
    assert stat.S_IMODE(listing.stat().st_mode) == 0o600


def test_an_unfinished_run_is_not_green_in_the_list(tmp_path: Path) -> None:
    """PASS with another outcome than completed is UNKNOWN."""
    unfinished = sample_run.verdict(status=Status.PASS, outcome=Outcome.KERNEL_DIED, results=(), summary="did not finish")
    report.write(put(tmp_path, sample_run.RUN_ID, unfinished))
    page = report.index(tmp_path).read_text()
    assert ">UNKNOWN</span>" in page
    assert ">PASS</span>" not in page


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[]", b'{"status": "GREEN"}', b'{"status": "PASS"}', None])
def test_a_broken_verdict_is_listed_as_one_that_cannot_be_read(content: bytes | None, tmp_path: Path) -> None:
    """A half, foreign or missing verdict file is a line of its own, and the other lines stay."""
    report.write(put(tmp_path, sample_run.RUN_ID, sample_run.verdict()))
    broken = put(tmp_path, "20260803T030000Z-bbbbbb", sample_run.verdict()).with_suffix(".json")
    if content is not None:
        broken.write_bytes(content)
    page = report.index(tmp_path).read_text()
    assert "The verdict of this run cannot be read." in page
    assert "2 of 9 checks failed" in page


def test_what_is_no_run_is_not_listed(tmp_path: Path) -> None:
    """Folders of runs under way, other files and an empty root make no line and no error."""
    (tmp_path / "production" / "2026-08-02" / f".system-health-{sample_run.RUN_ID}").mkdir(parents=True)
    (tmp_path / "production" / "2026-08-02" / "notes.html").write_text("x")
    assert "0 runs." in report.index(tmp_path).read_text()
