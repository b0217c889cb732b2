"""What is the same for all runs of a batch is read once, and says when; a failure, a stranger's file or an old one is no answer."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from runbooks.errors import Unreadable
from runbooks.gateway import Reader, batch
from runbooks.gateway.snapshot import FAILED_SECONDS, SECONDS, TRIES, Snapshots
from runbooks.model import Blind, Reason
from tests.gateway import stub

MOMENT = datetime(2026, 11, 24, 3, 30, 0, 123456, tzinfo=UTC)
CALL = "cloudwatch:DescribeAlarms"


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(batch.FOLDER, str(tmp_path))
    tmp_path.chmod(0o700)
    return tmp_path / "snapshots"


class Account:
    """An account with one certificate; it counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuse = ""

    def __call__(self, operation: str, _: Mapping[str, Any]) -> dict[str, Any]:
        self.asked.append(operation)
        if self.refuse:
            raise stub.Refused(self.refuse)
        row = {"CertificateArn": "arn:aws:acm:us-east-1:111122223333:certificate/1", "NotAfter": MOMENT.timestamp()}
        return {"CertificateSummaryList": [row]}


@pytest.fixture
def account() -> Account:
    return Account()


@pytest.fixture
def address(account: Account) -> Iterator[str]:
    with stub.server(account) as address:
        yield address


def certificates(reader: Reader) -> list[Any]:
    return reader.scoped(seconds=5).listing("acm", "ListCertificates", "CertificateSummaryList", shared=True)


def test_the_second_run_of_a_batch_takes_what_the_first_one_read(shared: Path, account: Account, address: str) -> None:
    first, second = stub.reader(address), stub.reader(address)
    assert certificates(first) == certificates(second)
    assert len(account.asked) == 1
    assert second.counts() == {}


def test_times_are_times_again_and_a_missing_key_is_still_unreadable(shared: Path, address: str) -> None:
    certificates(stub.reader(address))
    (row,) = certificates(stub.reader(address))
    assert row["NotAfter"] == MOMENT
    with pytest.raises(Unreadable, match="acm:ListCertificates: not an answer: the answer lacks 'DomainName'"):
        row["DomainName"]


def test_only_the_run_that_took_it_says_how_old_it_is(shared: Path, address: str) -> None:
    before = datetime.now(UTC)
    first, second = stub.reader(address).scoped(seconds=5), stub.reader(address).scoped(seconds=5)
    for reader in (first, second, second):
        reader.listing("acm", "ListCertificates", "CertificateSummaryList", shared=True)
    assert first.as_of is None
    assert second.as_of is not None
    assert before <= second.as_of <= datetime.now(UTC)


def test_a_check_that_remembers_the_answer_of_another_check_is_as_old(shared: Path, address: str) -> None:
    certificates(stub.reader(address))
    run = stub.reader(address)
    certificates(run)
    later = run.scoped(seconds=5)
    later.listing("acm", "ListCertificates", "CertificateSummaryList", shared=True)
    assert later.as_of is not None


def test_without_a_batch_or_where_all_must_be_fresh_nothing_is_shared(
    shared: Path, account: Account, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates(stub.reader(address))
    certificates(stub.reader(address, fresh=True))
    monkeypatch.delenv(batch.FOLDER)
    certificates(stub.reader(address))
    assert len(account.asked) == 3


def test_what_a_source_does_not_share_is_asked_by_every_run(shared: Path, account: Account, address: str) -> None:
    for _ in range(2):
        stub.reader(address).listing("acm", "ListCertificates", "CertificateSummaryList")
    assert len(account.asked) == 2


@pytest.mark.parametrize("other", [{"account": "444455556666"}, {"region": "eu-west-1"}, {"profile": "observer"}])
def test_it_never_crosses_to_another_account_region_or_profile(
    other: dict[str, Any], shared: Path, account: Account, address: str
) -> None:
    certificates(stub.reader(address))
    certificates(stub.reader(address, **other))
    assert len(account.asked) == 2


def test_it_never_crosses_to_other_parameters(shared: Path, account: Account, address: str) -> None:
    for types in (["RSA_2048"], ["EC_prime256v1"]):
        stub.reader(address).listing("acm", "ListCertificates", "CertificateSummaryList", shared=True, Includes={"keyTypes": types})
    assert len(account.asked) == 2


def test_an_old_one_is_read_anew(tmp_path: Path) -> None:
    now = [MOMENT]
    snapshots = Snapshots(tmp_path, "place", clock=lambda: now[0])
    asked: list[int] = []

    def ask() -> list[dict[str, Any]]:
        asked.append(1)
        return [{"n": len(asked)}]

    def read() -> tuple[list[dict[str, Any]], datetime | None]:
        return snapshots.pages(CALL, "", ask, until=time.monotonic() + 5)

    assert read() == ([{"n": 1}], None)
    now[0] += timedelta(seconds=SECONDS)
    assert read() == ([{"n": 1}], MOMENT)
    now[0] += timedelta(seconds=1)
    assert read() == ([{"n": 2}], None)
    now[0] -= timedelta(seconds=10)
    assert read() == ([{"n": 3}], None), "one from the future is not believed"


def test_the_time_is_that_before_the_reading_began(tmp_path: Path) -> None:
    now = [MOMENT]
    snapshots = Snapshots(tmp_path, "place", clock=lambda: now[0])

    def slow() -> list[dict[str, Any]]:
        now[0] += timedelta(seconds=30)
        return [{}]

    snapshots.pages(CALL, "", slow, until=time.monotonic() + 5)
    assert snapshots.pages(CALL, "", slow, until=time.monotonic() + 5)[1] == MOMENT


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '"x"', "{}", '{"at": {"$time": "yesterday"}}', '{"at": {"$time": 3}}', "[" * 100_000],
    ids=lambda text: text[:20] or "empty",
)
def test_a_damaged_one_is_read_anew(content: str, shared: Path, account: Account, address: str) -> None:
    certificates(stub.reader(address))
    (path,) = shared.glob("*.json")
    path.write_text(content, encoding="utf-8")
    certificates(stub.reader(address))
    certificates(stub.reader(address))
    assert len(account.asked) == 2, "and it was written anew"


@pytest.mark.parametrize("change", [{"place": "other"}, {"call": "other"}, {"params": "other"}, {"pages": 3}, {"at": 0}])
def test_one_that_says_something_else_of_itself_is_read_anew(
    change: dict[str, Any], shared: Path, account: Account, address: str
) -> None:
    certificates(stub.reader(address))
    (path,) = shared.glob("*.json")
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | change), encoding="utf-8")
    certificates(stub.reader(address))
    assert len(account.asked) == 2


def test_one_of_another_user_or_behind_a_link_is_read_anew(
    shared: Path, account: Account, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates(stub.reader(address))
    (path,) = shared.glob("*.json")
    path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(tmp_path / "elsewhere.json")
    certificates(stub.reader(address))
    assert len(account.asked) == 2
    monkeypatch.setattr(os, "fstat", lambda handle, real=os.fstat: _foreign(real(handle)))
    certificates(stub.reader(address))
    assert len(account.asked) == 3


def _foreign(about: os.stat_result) -> os.stat_result:
    return os.stat_result([*about[:4], about.st_uid + 1, *about[5:10]])


def test_nobody_else_can_read_it(shared: Path, address: str) -> None:
    certificates(stub.reader(address))
    assert {path.stat().st_mode & 0o077 for path in [shared, *shared.iterdir()]} == {0}


def test_a_failure_is_no_answer_the_next_run_asks_itself(shared: Path, account: Account, address: str) -> None:
    account.refuse = "AccessDeniedException"
    with pytest.raises(Unreadable, match="denied"):
        certificates(stub.reader(address))
    account.refuse = ""
    assert certificates(stub.reader(address))


def test_after_some_in_vain_no_run_asks_for_a_while_and_each_says_why(shared: Path, account: Account, address: str) -> None:
    account.refuse = "AccessDeniedException"
    for _ in range(TRIES + 2):
        with pytest.raises(Unreadable) as caught:
            certificates(stub.reader(address))
        assert caught.value.blind.reason is Reason.DENIED
        assert caught.value.blind.statement is not None
    assert len(account.asked) == TRIES
    assert f"not asked again: {TRIES} runs of this batch asked in vain; the permission acm:ListCertificates is missing" in str(
        caught.value
    )


def test_after_a_minute_they_ask_again(tmp_path: Path) -> None:
    now = [MOMENT]
    snapshots = Snapshots(tmp_path, "place", clock=lambda: now[0])
    asked: list[int] = []

    def fail() -> list[dict[str, Any]]:
        asked.append(1)
        raise Unreadable(Blind(call=CALL, reason=Reason.SERVICE_ERROR, detail="500"))

    for seconds in (0, 0, 0, 0, FAILED_SECONDS + 1):
        now[0] += timedelta(seconds=seconds)
        with pytest.raises(Unreadable):
            snapshots.pages(CALL, "", fail, until=time.monotonic() + 5)
    assert len(asked) == TRIES + 1


def test_many_runs_at_once_ask_once(shared: Path, account: Account, address: str) -> None:
    readers = [stub.reader(address) for _ in range(8)]
    work = [threading.Thread(target=certificates, args=(reader,)) for reader in readers]
    for each in work:
        each.start()
    for each in work:
        each.join()
    assert len(account.asked) == 1
    assert sum(reader.counts().get("acm:ListCertificates", 0) for reader in readers) == 1


HOLD = """
import sys, time
from pathlib import Path
from runbooks.gateway.snapshot import Snapshots
def ask():
    print("asking", flush=True)
    time.sleep(60)
Snapshots(Path(sys.argv[1]), "place").pages("cloudwatch:DescribeAlarms", "", ask, until=time.monotonic() + 5)
"""


def test_whoever_waits_for_another_run_waits_no_longer_than_its_own_deadline_and_one_that_dies_is_not_waited_for(
    tmp_path: Path,
) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    snapshots = Snapshots(tmp_path, "place")
    with pytest.raises(Unreadable, match="another run of this batch is reading it"):
        snapshots.pages(CALL, "", lambda: [{}], until=time.monotonic() + 0.3)
    holder.kill()
    holder.wait()
    assert snapshots.pages(CALL, "", lambda: [{}], until=time.monotonic() + 5) == ([{}], None)


def test_where_nothing_can_be_written_everybody_asks(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "gone", "place")
    for _ in range(2):
        assert snapshots.pages(CALL, "", lambda: [{"n": 1}], until=time.monotonic() + 5) == ([{"n": 1}], None)
