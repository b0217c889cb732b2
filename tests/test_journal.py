"""The journal keeps what it was given, in order, and shows when somebody touched it."""

from __future__ import annotations

import fcntl
import hashlib
import json
import math
import os
import signal
import stat
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from runbooks import journal
from runbooks.errors import RecordError
from runbooks.journal import Journal, read, verify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

NOON = datetime(2025, 10, 1, 12, 0, 0, 123456, tzinfo=UTC)
Lines = list[bytes]


def written(path: Path, count: int = 6) -> Journal:
    """A journal with some lines."""
    book = Journal(path, clock=lambda: NOON)
    for number in range(count):
        book.append("step", number=number, name=f"step {number}")
    return book


def start(code: str, *words: object) -> subprocess.Popen[str]:
    """A Python of its own."""
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, text=True)


def test_a_line_holds_number_time_kind_facts_and_the_hash_of_the_line_before(tmp_path: Path) -> None:
    written(tmp_path / "j", 2)
    first, second = (tmp_path / "j").read_bytes().splitlines()
    assert json.loads(first) == {
        "n": 1, "at": "2025-10-01T12:00:00.123Z", "kind": "step", "number": 0, "name": "step 0", "previous": "",
    }  # fmt: skip
    assert json.loads(second)["previous"] == hashlib.sha256(first).hexdigest()


def test_the_head_is_the_hash_of_the_last_line_and_can_be_computed_again_from_the_record(tmp_path: Path) -> None:
    book = written(tmp_path / "j")
    again = json.dumps(read(tmp_path / "j")[-1], sort_keys=True, separators=(",", ":"))
    assert book.head == hashlib.sha256(again.encode()).hexdigest()


def test_a_new_journal_has_no_head(tmp_path: Path) -> None:
    assert Journal(tmp_path / "j").head == ""


def test_times_of_other_zones_are_written_in_utc(tmp_path: Path) -> None:
    Journal(tmp_path / "j", clock=lambda: NOON.astimezone(timezone(timedelta(hours=5)))).append("step")
    assert read(tmp_path / "j")[0]["at"] == "2025-10-01T12:00:00.123Z"


def test_the_file_is_for_its_owner_alone_also_when_it_was_open_to_all(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        written(tmp_path / "j")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600
    (tmp_path / "j").chmod(0o644)
    Journal(tmp_path / "j")
    assert stat.S_IMODE((tmp_path / "j").stat().st_mode) == 0o600


def test_a_second_object_continues_the_chain(tmp_path: Path) -> None:
    written(tmp_path / "j", 3)
    book = written(tmp_path / "j", 3)
    assert [line["n"] for line in read(tmp_path / "j")] == [1, 2, 3, 4, 5, 6]
    assert verify(tmp_path / "j", head=book.head) == journal.Check(ok=True, lines=6, problem="")


def test_two_objects_on_one_file_take_turns(tmp_path: Path) -> None:
    one, two = Journal(tmp_path / "j"), Journal(tmp_path / "j")
    for _ in range(5):
        one.append("one")
        two.append("two")
    assert [line["kind"] for line in read(tmp_path / "j")] == ["one", "two"] * 5
    assert verify(tmp_path / "j", head=two.head).ok


def test_text_that_no_encoding_likes_is_kept(tmp_path: Path) -> None:
    words = "\ud800 \x00 \r \n \u2028 \x85 ü 🛥"
    Journal(tmp_path / "j").append("step", words=words)
    assert read(tmp_path / "j")[0]["words"] == words
    assert verify(tmp_path / "j").ok


def test_times_and_paths_have_a_json_form(tmp_path: Path) -> None:
    Journal(tmp_path / "j").append("step", when=NOON, where=tmp_path)
    assert read(tmp_path / "j")[0]["when"] == NOON.isoformat()
    assert read(tmp_path / "j")[0]["where"] == str(tmp_path)


@pytest.mark.parametrize("fact", [object(), math.nan, {1: 2, "a": 3}, b"bytes", {"set"}])
def test_a_fact_without_a_json_form_is_refused_and_nothing_is_written(tmp_path: Path, fact: Any) -> None:
    book = written(tmp_path / "j", 1)
    with pytest.raises(RecordError, match="'odd'"):
        book.append("odd", fact=fact)
    assert verify(tmp_path / "j", head=book.head).lines == 1


def test_a_fact_cannot_take_the_name_of_a_field_of_the_chain(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="previous"):
        Journal(tmp_path / "j").append("step", previous="0" * 64)


def edited(lines: Lines) -> Lines:
    return [*lines[:2], lines[2].replace(b"step 2", b"step 9"), *lines[3:]]


def removed(lines: Lines) -> Lines:
    return [*lines[:2], *lines[3:]]


def first_removed(lines: Lines) -> Lines:
    return lines[1:]


def swapped(lines: Lines) -> Lines:
    return [lines[0], lines[2], lines[1], *lines[3:]]


def inserted(lines: Lines) -> Lines:
    record = json.loads(lines[2]) | {"name": "never happened"}
    return [*lines[:3], journal.canonical(record | {"previous": hashlib.sha256(lines[2][:-1]).hexdigest()}) + b"\n", *lines[3:]]


def doubled(lines: Lines) -> Lines:
    return [*lines[:3], lines[2], *lines[3:]]


def torn(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1][:30]]


def written_with_spaces(lines: Lines) -> Lines:
    return [*lines[:-1], lines[-1].replace(b":", b": ", 1)]


def split_by_a_carriage_return(lines: Lines) -> Lines:
    return [lines[0], b"\r" + lines[1], *lines[2:]]


TAMPERED = [
    edited, removed, first_removed, swapped, inserted, doubled, torn, written_with_spaces, split_by_a_carriage_return,
]  # fmt: skip


@pytest.mark.parametrize("tamper", TAMPERED)
def test_tampering_shows_without_any_outside_knowledge(tmp_path: Path, tamper: Callable[[Lines], Lines]) -> None:
    written(tmp_path / "j")
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    (tmp_path / "j").write_bytes(b"".join(tamper(lines)))
    found = verify(tmp_path / "j")
    assert not found.ok
    assert found.problem.startswith("line ")


@pytest.mark.parametrize("tamper", [t for t in TAMPERED if t is not torn])
def test_a_tampered_journal_is_not_continued_and_stays_as_it_is(tmp_path: Path, tamper: Callable[[Lines], Lines]) -> None:
    written(tmp_path / "j")
    evidence = b"".join(tamper((tmp_path / "j").read_bytes().splitlines(keepends=True)))
    (tmp_path / "j").write_bytes(evidence)
    with pytest.raises(RecordError, match="evidence"):
        Journal(tmp_path / "j")
    assert (tmp_path / "j").read_bytes() == evidence


def test_a_cut_tail_shows_only_against_the_head_kept_elsewhere(tmp_path: Path) -> None:
    """A chain vouches for what is there; what was cut from its end left no trace in it."""
    head = written(tmp_path / "j").head
    lines = (tmp_path / "j").read_bytes().splitlines(keepends=True)
    (tmp_path / "j").write_bytes(b"".join(lines[:-2]))
    assert verify(tmp_path / "j").ok
    assert not verify(tmp_path / "j", head=head).ok
    assert not verify(tmp_path / "j", head=head, later=True).ok


def test_a_journal_written_anew_shows_against_the_head(tmp_path: Path) -> None:
    head = written(tmp_path / "j").head
    (tmp_path / "j").unlink()
    forged = Journal(tmp_path / "j")
    forged.append("step", name="another story")
    assert verify(tmp_path / "j").ok
    assert not verify(tmp_path / "j", head=head).ok


def test_lines_after_the_known_head_are_allowed_only_on_request(tmp_path: Path) -> None:
    book = written(tmp_path / "j")
    head = book.head
    book.append("ended")
    assert not verify(tmp_path / "j", head=head).ok
    assert verify(tmp_path / "j", head=head, later=True).ok


def test_an_emptied_journal_proves_nothing(tmp_path: Path) -> None:
    written(tmp_path / "j")
    (tmp_path / "j").write_bytes(b"")
    assert not verify(tmp_path / "j").ok


def test_a_journal_that_shrinks_while_in_use_is_noticed_at_the_next_line(tmp_path: Path) -> None:
    book = written(tmp_path / "j")
    os.truncate(tmp_path / "j", 10)
    with pytest.raises(RecordError, match="cut"):
        book.append("step")


def test_a_journal_that_is_deleted_while_in_use_is_noticed_at_the_next_line(tmp_path: Path) -> None:
    book = written(tmp_path / "j")
    (tmp_path / "j").unlink()
    with pytest.raises(RecordError, match="No such file"):
        book.append("step")


def test_reading_leaves_out_a_torn_last_line(tmp_path: Path) -> None:
    written(tmp_path / "j", 2)
    with (tmp_path / "j").open("ab") as file:
        file.write(b'{"n":3,"at":')
    assert [line["n"] for line in read(tmp_path / "j")] == [1, 2]


@pytest.mark.parametrize("rubbish", [b"<html>\n", b"\n", b"[]\n", b'{"n":1}\n', b"\xff\xfe\n", b"[" * 100_000 + b"\n"])
def test_reading_rubbish_is_an_error_and_not_an_empty_answer(tmp_path: Path, rubbish: bytes) -> None:
    (tmp_path / "j").write_bytes(rubbish)
    with pytest.raises(RecordError, match="line 1"):
        read(tmp_path / "j")
    assert not verify(tmp_path / "j").ok


def test_what_is_not_there_cannot_be_read_or_verified(tmp_path: Path) -> None:
    for ask in (read, verify):
        with pytest.raises(RecordError, match="cannot be read"):
            ask(tmp_path / "none")


def test_a_torn_line_is_cut_off_by_the_next_writer_and_the_journal_says_so(tmp_path: Path) -> None:
    written(tmp_path / "j", 2)
    rest = b'{"at":"2025-10-01T12'
    with (tmp_path / "j").open("ab") as file:
        file.write(rest)
    Journal(tmp_path / "j").append("resumed")
    lines = read(tmp_path / "j")
    assert [line["kind"] for line in lines] == ["step", "step", "torn", "resumed"]
    assert (lines[2]["bytes"], lines[2]["sha256"]) == (len(rest), hashlib.sha256(rest).hexdigest())
    assert verify(tmp_path / "j").ok


KILLED = """
import sys
from pathlib import Path
from runbooks.journal import Journal
book = Journal(Path(sys.argv[1]))
for number in range(1_000_000):
    book.append("step", durable=number % 7 == 0, number=number, filler="x" * 9000)
    print(book.head, flush=True)
"""


def test_sigkill_at_any_moment_loses_no_line_that_append_had_returned_for(tmp_path: Path) -> None:
    """SIGKILL cannot be caught; a line is one write(2), so the kernel has it or has not."""
    path, heads = tmp_path / "j", []
    for seconds in (0.0, 0.003, 0.011, 0.02, 0.03):
        worker = start(KILLED, path)
        assert worker.stdout is not None
        heads.append(worker.stdout.readline().strip())
        threading.Event().wait(seconds)
        worker.send_signal(signal.SIGKILL)
        heads += [line for line in worker.stdout.read().split("\n")[:-1] if line]
        worker.wait()
    Journal(path).append("resumed")
    assert verify(path).ok
    kept = {hashlib.sha256(line).hexdigest() for line in path.read_bytes().splitlines()}
    assert len(heads) >= 5
    assert set(heads) <= kept


FULL = """
import resource, sys
from pathlib import Path
from runbooks.errors import RecordError
from runbooks.journal import Journal
book = Journal(Path(sys.argv[1]))
book.append("before")
resource.setrlimit(resource.RLIMIT_FSIZE, (400, 400))
try:
    book.append("intent", durable=True, words="x" * 500)
except RecordError as error:
    print(error)
book.append("fits")
print(book.head)
"""


def test_a_full_disk_is_one_sentence_and_leaves_no_part_of_the_line(tmp_path: Path) -> None:
    """Under RLIMIT_FSIZE the kernel first takes what fits, then answers EFBIG: as a full disk does with ENOSPC."""
    worker = start(FULL, tmp_path / "j")
    sentence, head = worker.communicate()[0].splitlines()
    assert str(tmp_path / "j") in sentence
    assert "free some space" in sentence
    assert [line["kind"] for line in read(tmp_path / "j")] == ["before", "fits"]
    assert verify(tmp_path / "j", head=head).ok


def test_an_unconfirmed_fsync_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    book = Journal(tmp_path / "j")
    monkeypatch.setattr(os, "fsync", fail)
    book.append("seen")
    with pytest.raises(RecordError, match="Input/output error"):
        book.append("intent", durable=True)


def test_only_durable_lines_wait_for_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda fd: synced.append(os.fstat(fd).st_size))
    book = Journal(tmp_path / "j")
    book.append("seen")
    assert synced == []
    book.append("intent", durable=True)
    assert synced[0] == (tmp_path / "j").stat().st_size


@pytest.mark.parametrize("kind", ["folder", "link", "pipe", "missing folder"])
def test_only_a_regular_file_can_be_a_journal(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "j"
    if kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to(tmp_path / "elsewhere")
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path = tmp_path / "none" / "j"
    with pytest.raises(RecordError, match="journal"):
        Journal(path)


APPENDING = """
import sys
from pathlib import Path
from runbooks.journal import Journal
book = Journal(Path(sys.argv[1]))
for number in range(150):
    book.append(sys.argv[2], number=number)
"""


def test_two_processes_on_one_journal_keep_one_unbroken_chain(tmp_path: Path) -> None:
    workers = [start(APPENDING, tmp_path / "j", name) for name in ("one", "two")]
    assert [worker.wait() for worker in workers] == [0, 0]
    lines = read(tmp_path / "j")
    for name in ("one", "two"):
        assert [line["number"] for line in lines if line["kind"] == name] == list(range(150))
    assert verify(tmp_path / "j").lines == 300
    assert verify(tmp_path / "j").ok


def test_threads_share_one_object(tmp_path: Path) -> None:
    book = Journal(tmp_path / "j")

    def work(name: str) -> None:
        for number in range(40):
            book.append(name, number=number)

    threads = [threading.Thread(target=work, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(tmp_path / "j", head=book.head).lines == 160
    assert verify(tmp_path / "j", head=book.head).ok


def test_a_forked_child_and_its_parent_do_not_share_a_lock(tmp_path: Path) -> None:
    """Flock belongs to the open file description, which fork shares: one kept open would exclude nobody."""
    book = Journal(tmp_path / "j")
    book.append("parent")
    child = os.fork()
    if child == 0:
        try:
            for number in range(100):
                book.append("child", number=number)
        finally:
            os._exit(0)  # whatever happened, a second pytest must not go on here; a missing line fails the test below
    for number in range(100):
        book.append("parent", number=number)
    assert os.waitpid(child, 0)[1] == 0
    assert verify(tmp_path / "j").lines == 201
    assert verify(tmp_path / "j").ok


def test_a_writer_that_keeps_the_lock_does_not_stop_others_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = Journal(tmp_path / "j")
    monkeypatch.setattr(journal, "PATIENCE", 0.0)
    with (tmp_path / "j").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(RecordError, match="locked by another process"):
            book.append("step")
