"""No account is asked more often than AWS takes: by threads, by processes, and whatever dies meanwhile."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import botocore.session
import pytest

from runbooks.errors import CallError, RefusedError, Unreadable
from runbooks.gateway import batch, rates, threads
from runbooks.gateway.clients import SERVICES
from runbooks.gateway.quotas import _TABLE, quota
from runbooks.gateway.rates import OwnBuckets, Rates, SharedBuckets
from runbooks.model import Reason
from tests.gateway import stub


class Clock:
    """A time that only passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def bucket(clock: Clock, *, share: float = 1.0) -> Rates:
    return Rates("111122223333-us-east-1", buckets=OwnBuckets(), share=share, clock=clock, sleep=clock.sleep)


def test_a_burst_goes_at_once_and_what_follows_goes_at_the_rate() -> None:
    clock = Clock()
    own = bucket(clock)
    waits = [own.take("cloudwatch", "DescribeAlarms") for _ in range(9 + 4)]
    assert waits[:9] == [0] * 9
    assert waits[9:] == pytest.approx([1 / 9] * 4)


def test_a_pause_fills_the_bucket_and_never_more_than_the_burst() -> None:
    clock = Clock()
    own = bucket(clock)
    for _ in range(9):
        own.take("cloudwatch", "DescribeAlarms")
    clock.now += 3600
    waits = [own.take("cloudwatch", "DescribeAlarms") for _ in range(10)]
    assert waits == pytest.approx([0] * 9 + [1 / 9])


@pytest.mark.parametrize("share", [1.0, 0.25, 0.01])
def test_a_share_of_the_rate_is_that_share(share: float) -> None:
    clock = Clock()
    own = bucket(clock, share=share)
    limit = quota("logs", "FilterLogEvents")
    began, count = clock.now, 200
    for _ in range(count):
        own.take("logs", "FilterLogEvents")
    assert clock.now - began == pytest.approx((count - max(limit.burst * share, 1)) / (limit.rate * share))


def test_operations_of_one_group_share_its_rate_and_others_do_not() -> None:
    clock = Clock()
    own = bucket(clock)
    for operation in ("GetFunctionConfiguration", "ListFunctions", "GetFunctionConcurrency") * 5:
        assert own.take("lambda", operation) == 0
    assert own.take("lambda", "ListAliases") > 0
    assert own.take("lambda", "GetPolicy") == 0


def test_accounts_and_regions_do_not_share() -> None:
    clock, kept = Clock(), OwnBuckets()
    for place in ("111122223333-us-east-1", "111122223333-eu-west-1", "444455556666-us-east-1"):
        own = Rates(place, buckets=kept, clock=clock, sleep=clock.sleep)
        assert [own.take("cloudtrail", "LookupEvents") for _ in range(2)] == [0, 0]


def test_a_turn_after_the_deadline_of_the_check_is_not_taken_and_says_which_limit() -> None:
    own = Rates("place", buckets=OwnBuckets())

    def ask_much() -> None:
        for _ in range(30):
            own.take("cloudtrail", "LookupEvents")

    with pytest.raises(Unreadable, match=r"rate limit of cloudtrail:LookupEvents, 2/s") as caught:
        threads.bounded(ask_much, until=time.monotonic() + 0.3, what="the trail")
    assert caught.value.blind.reason is Reason.DEADLINE
    refused = [threads.bounded(lambda: _refusal(own), until=time.monotonic() + 0.3, what="it") for _ in range(20)]
    assert any(refused)  # and the ones that were refused did not make the queue any longer
    time.sleep(0.6)
    assert threads.bounded(lambda: own.take("cloudtrail", "LookupEvents"), until=time.monotonic() + 5, what="it") < 1


def _refusal(own: Rates) -> bool:
    try:
        own.take("cloudtrail", "LookupEvents")
    except Unreadable:
        return True
    return False


COUNT = """
import sys, time
from pathlib import Path
from runbooks.gateway.rates import Rates, SharedBuckets
own = Rates("place", buckets=SharedBuckets(Path(sys.argv[1])))
print("ready", flush=True); sys.stdin.readline()
end, n = time.monotonic() + 2, 0
while time.monotonic() < end:
    own.take("cloudwatch", "ListMetrics")
    n += 1
print(n)
"""


def test_two_processes_that_share_a_bucket_stay_below_the_rate_together(tmp_path: Path) -> None:
    command = [sys.executable, "-c", COUNT, str(tmp_path)]
    both = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for each in both:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    began = time.monotonic()
    counts = [int(each.communicate("go\n")[0]) for each in both]
    seconds = time.monotonic() - began
    limit = quota("cloudwatch", "ListMetrics")
    assert sum(counts) <= limit.burst + limit.rate * seconds + 1
    assert min(counts) > 10  # neither starves


def test_one_that_dies_with_the_lock_in_its_hand_holds_up_nobody(tmp_path: Path) -> None:
    code = (
        "import fcntl, os, sys, time; h = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600); "
        "fcntl.flock(h, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    )
    shared = SharedBuckets(tmp_path)
    Rates("place", buckets=shared).take("acm", "ListCertificates")
    (path,) = tmp_path.iterdir()
    holder = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert holder.stdout is not None
    holder.stdout.readline()
    handle = os.open(path, os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.close(handle)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert Rates("place", buckets=shared).take("acm", "ListCertificates") == 0


@pytest.mark.parametrize("content", [b"", b"rubbish", b"nan", b"inf", b"1e300", b"\xff" * 40])
def test_a_damaged_bucket_is_one_that_is_full(content: bytes, tmp_path: Path) -> None:
    own = Rates("place", buckets=SharedBuckets(tmp_path))
    own.take("acm", "ListCertificates")
    (path,) = tmp_path.iterdir()
    path.write_bytes(content)
    assert own.take("acm", "ListCertificates") == 0


def test_without_the_folder_of_the_batch_the_process_still_keeps_to_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rates, "_own", OwnBuckets())
    clock = Clock()
    own = Rates("place", buckets=SharedBuckets(tmp_path / "gone"), clock=clock, sleep=clock.sleep)
    assert [own.take("cloudtrail", "LookupEvents") > 0 for _ in range(3)] == [False, False, True]


def test_the_folder_of_a_batch_that_others_may_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(batch.FOLDER, str(tmp_path))
    tmp_path.chmod(0o777)
    with pytest.raises(RefusedError, match="others may write"):
        batch.folder("rates")
    tmp_path.chmod(0o700)
    assert batch.folder("rates") == tmp_path / "rates"


@pytest.mark.parametrize("value", ["0", "-1", "2", "half", "nan"])
def test_a_share_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(batch.SHARE, value)
    with pytest.raises(CallError, match="above 0 and at most 1"):
        batch.share()


def test_every_request_takes_a_token_before_it_is_signed_and_a_retry_too(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[tuple[str, ...]] = []
    monkeypatch.setattr(Rates, "take", lambda _, *call: taken.append(call))
    asked: list[str] = []

    def answers(operation: str, _: object) -> dict[str, object]:
        asked.append(operation)
        if len(asked) == 1:
            raise stub.Refused("ThrottlingException")
        return {"TableNames": []}

    with stub.server(answers) as address:
        reader = stub.reader(address, limited=True)
        signed: list[bool] = []
        events = reader._clients.get("dynamodb").meta.events
        events.register("request-created.dynamodb", lambda request, **_: signed.append("Authorization" in request.headers))
        reader.read("dynamodb", "ListTables")
    assert taken == [("dynamodb", "ListTables")] * 2
    assert signed == [True, True]
    assert reader.counts() == {"dynamodb:ListTables": 2}


def test_each_operation_of_the_table_exists() -> None:
    session = botocore.session.get_session()
    for service, operations, rate, burst, source in _TABLE:
        assert rate > 0
        assert burst >= 1
        assert source
        if service:
            assert set(operations) <= set(session.get_service_model(service).operation_names)


def test_what_a_run_asks_at_once_fits_into_the_bursts() -> None:
    """The daily check of one environment asks nine functions, five tables, two dashboards and two topics, each at once."""
    assert quota("lambda", "GetFunctionConfiguration").burst >= 9
    assert quota("dynamodb", "DescribeTable").burst >= 5
    assert {quota(service, "no such").group for service in SERVICES} >= {"lambda:others", "sts:others"}
    assert quota("a service", "without a row").group == "a service:all"
