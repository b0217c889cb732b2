"""What is kept is whole: yesterday's record or today's, never a part; and a full disk is one clear sentence."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runbooks import execute
from runbooks.errors import RecordError
from runbooks.execute import atomic
from runbooks.execute.notebook import whole_text
from runbooks.model import Outcome
from tests.execute.conftest import Runner, kept


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(place)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


FILL = """
with open({path!r}, 'wb') as filler:
    try:
        while True:
            filler.write(bytes(4096))
            filler.flush()
    except OSError:
        pass
"""


def test_a_full_disk_stops_the_run_and_touches_nothing_that_was_there(run_cells: Runner, small_disk: Path, tmp_path: Path) -> None:
    """Papermill truncates first: a full disk destroys yesterday's report, after two more cells have acted."""
    yesterday = small_disk / "sandbox" / "2020-01-01" / "tiny-20200101T000000Z-000000.ipynb"
    yesterday.parent.mkdir(parents=True)
    yesterday.write_text("{}")
    fill = "try:\n" + FILL.format(path=str(small_disk / "filler")).replace("\n", "\n    ") + "\nexcept OSError:\n    pass"
    record = run_cells("check('a')", fill, f"open({str(tmp_path / 'acted')!r}, 'w')", out=small_disk)
    assert (record.outcome, record.exit_code, record.verdict.outcome) == (Outcome.CANNOT_SAVE, 3, Outcome.CANNOT_SAVE)
    assert record.error.endswith("cannot be saved (No space left on device): free some space and start again")
    assert not (tmp_path / "acted").exists()
    assert yesterday.read_text() == "{}"
    assert list(small_disk.glob("*/*/*.ipynb")) == [yesterday]
    assert not list(small_disk.glob("*/*/*.json"))
    assert [result.name for result in record.verdict.results] == ["a"]
    assert json.loads((record.notebook or Path()).read_text())["nbformat"] == 4

    (small_disk / "filler").unlink()
    (folder,) = execute.unfinished(small_disk)
    assert [result.name for result in execute.recover(folder).verdict.results] == ["a"]


def test_a_disk_that_is_full_before_the_start_is_refused_before_any_cell(run_cells: Runner, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(6_000_000))
    record = run_cells("check('a')", out=small_disk)
    assert (record.outcome, record.exit_code, record.notebook) == (Outcome.CANNOT_SAVE, 3, None)
    assert "KiB free" in record.error
    assert record.verdict.summary == f"did not finish: {record.error}"


@pytest.mark.parametrize("place", ["file", "file/below"])
def test_a_place_that_is_no_folder_is_refused_before_any_cell(run_cells: Runner, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("kept")
    record = run_cells("check('a')", out=tmp_path / place)
    assert (record.outcome, record.exit_code, record.notebook) == (Outcome.CANNOT_SAVE, 3, None)
    assert "cannot be saved" in record.error
    assert (tmp_path / "file").read_text() == "kept"


def test_two_runs_at_once_give_two_whole_records_and_no_reader_sees_a_part(
    write_notebook: Callable[..., Path], tmp_path: Path
) -> None:
    out = tmp_path / "reports"
    notebook = write_notebook("check('a')", "for n in range(20):\n    print('x' * 50_000)\n    time.sleep(0.02)", "check('b')")
    asked = execute.Request(notebook, "daily/tiny", "sandbox", out=out, deadline=100)
    done, reads, torn = threading.Event(), 0, []

    def poll() -> None:
        nonlocal reads
        while not done.wait(0.002):
            for path in [*out.glob("*/*/*.ipynb"), *out.glob("*/*/.tiny*/partial.ipynb"), *out.glob("*/*/*Z-??????.json")]:
                try:
                    text = path.read_text()
                except FileNotFoundError:
                    continue
                reads += 1
                try:
                    json.loads(text)
                except ValueError:
                    torn.append(path)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        with ThreadPoolExecutor(2) as pool:
            records = list(pool.map(execute.run, [asked, asked]))
    finally:
        done.set()
        reader.join()
    assert [(record.outcome, record.error) for record in records] == [(Outcome.COMPLETED, "")] * 2
    assert records[0].notebook != records[1].notebook
    assert all([result.name for result in record.verdict.results] == ["a", "b"] for record in records)
    assert reads > 20
    assert torn == []


def test_large_and_strange_outputs_are_cut_and_kept_private(run_cells: Runner) -> None:
    old = os.umask(0)
    try:
        record = run_cells(
            "check('a')",
            "print('x' * 3_000_000)",
            "print('nul \\0, bom \\ufeff')",
            "display({'image/png': 'A' * 2_000_000}, raw=True)",
        )
    finally:
        os.umask(old)
    assert (record.outcome, record.error) == (Outcome.COMPLETED, "")
    large, strange, image = (cell["outputs"][0] for cell in kept(record)["cells"][-4:-1])
    assert "".join(large["text"]).endswith("… cut here: 2000001 more characters")
    assert "".join(strange["text"]) == "nul \0, bom \ufeff\n"
    assert "image/png was left out" in "".join(image["data"]["text/plain"])
    assert record.notebook is not None
    assert {path.stat().st_mode & 0o777 for path in record.notebook.parent.iterdir()} == {0o600}


@pytest.mark.slow
def test_an_output_that_the_kernel_cannot_send_fails_the_run(run_cells: Runner) -> None:
    """A printed lone surrogate is lost in ipykernel (7.4), which only logs the error; nothing of it may look like health."""
    record = run_cells("check('a')", "print('lone \\ud800')")
    assert (record.outcome, record.exit_code) == (Outcome.FAILED, 3)
    assert record.error.startswith("UnicodeEncodeError")
    kept(record)


def test_half_a_surrogate_pair_is_replaced_and_a_whole_one_is_its_sign() -> None:
    assert whole_text("a\ud800b \ud83d\ude00") == "a\ufffdb \U0001f600"


def test_a_record_says_nothing_of_this_machines_paths(run_cells: Runner, tmp_path: Path) -> None:
    record = run_cells("check('a')")
    assert kept(record)["metadata"]["papermill"]["input_path"] == "tiny.ipynb"
    assert str(tmp_path) not in json.dumps(kept(record)["metadata"])


def test_the_source_notebook_is_never_written(run_cells: Runner, tmp_path: Path) -> None:
    record = run_cells("check('a')")
    source = json.loads((tmp_path / "tiny.ipynb").read_text())
    assert record.outcome is Outcome.COMPLETED
    assert all(not cell.get("outputs") for cell in source["cells"])


def test_writing_replaces_a_link_and_not_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "target").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    atomic.write(tmp_path / "link", b"new")
    assert ((tmp_path / "target").read_text(), (tmp_path / "link").read_text()) == ("kept", "new")


def test_when_one_file_cannot_be_written_none_appears(tmp_path: Path) -> None:
    (tmp_path / "old").write_text("kept")
    files = {tmp_path / "old": b"new", tmp_path / ("n" * 300): b"too long a name"}
    with pytest.raises(RecordError, match="cannot be saved"):
        atomic.write_all(files, beside=tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"old": "kept"}
