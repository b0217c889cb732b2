"""What the benchmarks stand on: costs are whole, what was not measured has not passed, the same question is known again."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from tests.benchmarks.contest import pairs, sampled
from tests.benchmarks.meter import metered
from tests.benchmarks.sheet import Target
from tests.benchmarks.tape import Request, Tape

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
UNWATCHED = """
import os, signal, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
if os.fork() == 0:
    while time.process_time() < 0.3: pass
    os._exit(0)
try: os.wait()
except ChildProcessError: pass
"""


def asked(account: str = "111122223333", *, body: str, operation: str = "X.GetMetricData") -> Request:
    signed = f"AWS4-HMAC-SHA256 Credential=sandbox-{account}/20260302/us-east-1/monitoring/aws4_request, Signature=0"
    return Request("POST", "/", {"authorization": signed, "x-amz-target": operation}, body.encode())


@pytest.fixture
def tape() -> Tape:
    return Tape({}, NOW)


def test_processor_time_of_a_child_that_nobody_waits_for_is_counted() -> None:
    with metered() as reading:
        subprocess.run([sys.executable, "-c", UNWATCHED], check=True)
    if math.isnan(reading.cost.cpu):
        pytest.skip("this kernel does not count the processor time of a process tree")
    assert reading.cost.cpu > 0.3


@pytest.mark.parametrize(("measured", "verdict"), [(0.5, "PASS"), (0.51, "MISS"), (math.nan, "skipped: no registry")])
def test_a_target_that_was_not_measured_has_not_passed(measured: float, verdict: str) -> None:
    assert Target("a ratio", measured, 0.5, why="no registry").verdict == verdict


def test_a_window_that_moved_by_microseconds_is_the_same_question(tape: Tape) -> None:
    first = tape.aws(asked(body=f'{{"StartTime": {NOW.timestamp() - 3600}}}'))
    later = tape.aws(asked(body=f'{{"StartTime": {NOW.timestamp() - 3600 + 0.004}}}'))
    assert first == later


def test_a_time_in_words_and_one_in_a_form_are_distances_too(tape: Tape) -> None:
    hour = (NOW - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "now-60min" in tape.aws(asked(body=f"StartTime={hour.replace(':', '%3A')}")).body


@pytest.mark.parametrize(
    "other",
    [
        asked(body='{"StartTime": 1772449201}'),
        asked("444455556666", body='{"StartTime": 1772445600}'),
        asked(body='{"StartTime": 1772445600}', operation="X.DescribeAlarms"),
    ],
    ids=["another window", "another account", "another operation"],
)
def test_another_question_is_another(tape: Tape, other: Request) -> None:
    assert tape.aws(asked(body='{"StartTime": 1772445600}')) != tape.aws(other)


def test_a_sample_of_the_runs_takes_each_environment_alike() -> None:
    every = pairs([f"daily/x-{number}" for number in range(16)])
    environments = [environment for _, environment in sampled(every, 12)]
    assert {environments.count(each) for each in environments} == {4}
    assert len(set(sampled(every, 12))) == 12
