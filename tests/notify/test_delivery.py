"""What cannot be sent is a sentence, costs seconds, is sent the next time, and gives no address away."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from runbooks import notify
from runbooks.notify import courier, delivery, letter
from runbooks.notify.delivery import address
from runbooks.settings import Address, Environment
from tests.notify.days import environment, letters, result, tell, verdict

SECRET = "slack://T0000/B1111/s3cr3tt0k3n"
BROKEN = verdict(result("functions_active", "AdminFunction"))
FAKE = """
import json, os, sys, time
class AppriseAsset:
    def __init__(self, **kwargs): pass
class Apprise:
    def __init__(self, asset): self.address = None
    def add(self, addresses):
        (self.address,) = addresses
        print("adding", self.address); print("adding", self.address, file=sys.stderr)
        return not self.address.startswith("nonsense://")
    def notify(self, **said):
        if "hang" in self.address:
            open({folder!r} + "/pid", "w").write(str(os.getpid())); time.sleep(60)
        if "crash" in self.address: raise RuntimeError(self.address)
        said["address"] = self.address; said["variables"] = sorted(os.environ)
        open({folder!r} + "/sent.jsonl", "a").write(json.dumps(said) + "\\n")
        return "refuse" not in self.address
"""


@pytest.fixture
def apprise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put something in the place of apprise that writes down what it is asked, and return its file."""
    (tmp_path / "fake").mkdir()
    (tmp_path / "fake" / "apprise.py").write_text(FAKE.replace("{folder!r}", repr(str(tmp_path))), encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "fake"))
    return tmp_path / "sent.jsonl"


def live(folder: Path, incidents: str, **telling: object) -> Environment:
    """Return an environment that is not played, whose #incidents has this address."""
    where = environment(folder, **telling).model_copy(update={"sandbox": None})
    (folder / "incidents.address").write_text(incidents, encoding="utf-8")
    return where


def test_a_message_goes_to_the_library_as_plain_text(tmp_path: Path, apprise: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-a-messenger")
    (told,) = tell(live(tmp_path, f"{SECRET}?a=1,2\n"), tmp_path, BROKEN)
    sent = apprise.read_text(encoding="utf-8")
    assert told.problem == ""
    assert '"body_format": "text"' in sent
    assert '"notify_type": "failure"' in sent
    assert f'"address": "{SECRET}?a=1,2"' in sent  # a comma does not make two of it
    assert "AWS_SECRET_ACCESS_KEY" not in sent


@pytest.mark.parametrize(
    ("kept", "words"),
    [
        (f"{SECRET}-refuse", "the service refused it or did not answer"),
        (f"{SECRET}-crash", "the messenger broke off"),
        (SECRET.replace("slack", "nonsense"), "is no address that can be used"),
        ("file:///no/such/folder/s3cr3tt0k3n", "is no address that can be used"),
        ("s3cr3tt0k3n", "holds is no address like slack://"),
        ("slack://s3cr3tt0k3n\x1b[2J", "holds is no address like slack://"),
        ("", "put its address in"),
    ],
)
def test_what_does_not_arrive_is_said_without_the_address(
    tmp_path: Path, apprise: Path, capfd: pytest.CaptureFixture[str], kept: str, words: str
) -> None:
    (told,) = tell(live(tmp_path, kept), tmp_path, BROKEN)
    assert words in told.problem
    assert told.sentence.startswith("#incidents was not told: ")
    assert told.sentence.endswith("; it is told with the next run")
    remembered = (tmp_path / "reports" / "sandbox" / "told.json").read_text(encoding="utf-8")
    printed = capfd.readouterr()
    for text in (told.sentence, repr(told), remembered, printed.out, printed.err):
        assert "s3cr3tt0k3n" not in text


def test_what_did_not_arrive_is_told_the_next_time_and_then_no_more(tmp_path: Path) -> None:
    where = environment(tmp_path)
    good = (tmp_path / "incidents.address").read_text(encoding="utf-8")
    (tmp_path / "incidents.address").write_text("", encoding="utf-8")
    assert tell(where, tmp_path, BROKEN)[0].problem
    (tmp_path / "incidents.address").write_text(good, encoding="utf-8")
    assert [one.problem for one in tell(where, tmp_path, BROKEN, day=1)] == [""]
    assert tell(where, tmp_path, BROKEN, day=2) == []
    assert len(letters(tmp_path)) == 1


def test_what_came_and_went_while_nobody_could_be_told_is_not_told(tmp_path: Path) -> None:
    where = environment(tmp_path)
    (tmp_path / "incidents.address").write_text("", encoding="utf-8")
    assert tell(where, tmp_path, BROKEN)[0].problem
    assert tell(where, tmp_path, verdict(result("functions_active")), day=1) == []


def test_a_server_that_hangs_costs_its_seconds_and_nothing_is_left_of_it(tmp_path: Path, apprise: Path) -> None:
    where, began = live(tmp_path, f"{SECRET}-hang", seconds=4.0), time.monotonic()
    (told,) = tell(where, tmp_path, BROKEN)
    assert told.problem == "no answer within 4 s"
    assert time.monotonic() - began < 15
    pid = (tmp_path / "pid").read_text(encoding="utf-8")
    assert not Path(f"/proc/{pid}").exists()


def test_a_channel_that_hangs_holds_up_no_other(tmp_path: Path, apprise: Path) -> None:
    where = live(tmp_path, f"{SECRET}-hang", seconds=4.0)
    cleanup = verdict(result("volumes_used", "vol-1"), runbook="maintenance/resource-cleanup")
    problems = {told.channel: told.problem for told in tell(where, tmp_path, BROKEN, cleanup)}
    assert problems == {"#incidents": "no answer within 4 s", "#alerts": ""}


def test_without_the_library_only_files_can_be_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "apprise.py").write_text("raise ImportError('not here')", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "none"))
    (told,) = tell(live(tmp_path, SECRET), tmp_path, BROKEN)
    assert "pip install 'runbooks[notify]'" in told.problem


def test_the_sandbox_tells_only_into_files(tmp_path: Path, apprise: Path) -> None:
    """Whoever breaks the sandbox with the channels of production in their environment wakes nobody."""
    where = environment(tmp_path)
    (tmp_path / "incidents.address").write_text(SECRET, encoding="utf-8")
    (told,) = tell(where, tmp_path, BROKEN)
    assert "is played by the sandbox, which only tells into files" in told.problem
    assert not apprise.exists()


def test_an_address_comes_from_a_variable_or_a_file_and_the_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNBOOKS_TELL_INCIDENTS", "file:///by/variable")
    kept = tmp_path / "kept"
    kept.write_text("file:///by/file\nanother line\n", encoding="utf-8")
    for addressed, found in (
        (Address(variable="RUNBOOKS_TELL_INCIDENTS"), "file:///by/variable"),
        (Address(variable="RUNBOOKS_TELL_INCIDENTS", file=str(kept)), "file:///by/file"),
    ):
        where = environment(tmp_path, channels={"#incidents": addressed})
        assert address(where, "#incidents") == (found, "")
    assert "cannot be read" in address(environment(tmp_path, channels={"#alerts": Address(file=str(tmp_path))}), "#alerts")[1]
    assert "it has no address" in address(environment(tmp_path, channels={}), "#alerts")[1]


def test_every_channel_can_be_tried(tmp_path: Path) -> None:
    where = environment(tmp_path)
    (tmp_path / "general.address").unlink()
    problems = {told.channel: told.problem for told in notify.tried(where)}
    assert (problems["#incidents"], problems["#alerts"]) == ("", "")
    assert "cannot be read" in problems["#general"]
    assert "This is a trial" in letters(tmp_path)[0]["body"]


def test_a_place_that_cannot_be_written_is_said_and_breaks_nothing(tmp_path: Path) -> None:
    (tmp_path / "reports").write_text("a file", encoding="utf-8")
    (told,) = tell(environment(tmp_path), tmp_path, BROKEN)
    assert told.sentence.startswith("what people were told cannot be kept: ")


def test_two_batches_at_once_tell_once(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from tests.notify.days import *; folder = Path(sys.argv[1]);"
        "tell(environment(folder), folder, verdict(result('functions_active', 'AdminFunction')))"
    )
    running = [subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], cwd=Path(__file__).parents[2]) for _ in range(3)]
    assert [each.wait(60) for each in running] == [0, 0, 0]
    assert len(letters(tmp_path)) == 1


def test_a_parcel_does_not_show_where_it_goes(tmp_path: Path) -> None:
    parcel = delivery.Parcel(environment(tmp_path), "#incidents", letter.trial(environment(tmp_path), "#incidents"), SECRET)
    assert "s3cr3tt0k3n" not in repr(parcel)


def test_a_pager_gets_what_it_takes_with_the_report_at_the_end() -> None:
    body = "\n".join(["in short", *(f"New: {'x' * 90}" for _ in range(20)), "Report: https://reports.harborlist.com/a"])
    short = courier.shortened(body, 900)
    assert len(short) <= 900
    assert short.startswith("in short\nNew: ")
    assert short.endswith("\nReport: https://reports.harborlist.com/a")
    assert courier.shortened("as it is\nReport: none", 900) == "as it is\nReport: none"
