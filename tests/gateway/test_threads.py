"""Bounded work: nothing outlasts its deadline, nothing is lost, order is kept."""

from __future__ import annotations

import threading
import time

import pytest

from runbooks.errors import Unreadable
from runbooks.gateway.threads import WIDTH, bounded, deadline, doing, fan_out
from runbooks.model import Reason


def later(seconds: float) -> float:
    return time.monotonic() + seconds


def slow_first(number: int) -> int:
    time.sleep(0.02 * (5 - number))
    return number


def test_results_come_in_order_whatever_finishes_first() -> None:
    outcomes = fan_out(slow_first, range(5), until=later(5), what=str)
    assert [outcome.value for outcome in outcomes] == [[0], [1], [2], [3], [4]]


def test_at_most_eight_work_at_a_time() -> None:
    busy, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        time.sleep(0.01)
        with lock:
            busy -= 1

    fan_out(work, range(40), until=later(10), what=str)
    assert 1 < most <= WIDTH


def test_one_that_never_ends_costs_the_deadline_and_the_others_are_kept() -> None:
    forever = threading.Event()
    outcomes = fan_out(lambda n: forever.wait() if n == 1 else n, range(3), until=later(0.3), what=lambda n: f"item {n}")
    assert outcomes[0].value == [0]
    assert outcomes[2].value == [2]
    assert isinstance(outcomes[1].error, Unreadable)
    assert outcomes[1].error.blind.reason is Reason.DEADLINE
    assert outcomes[1].error.blind.call == "item 1"
    forever.set()


def test_what_was_not_done_in_time_names_the_call_it_waited_for() -> None:
    forever = threading.Event()

    def work(_: int) -> None:
        doing("dynamodb:DescribeTable")
        forever.wait()

    (outcome,) = fan_out(work, [1], until=later(0.2), what=lambda n: f"item {n}")
    assert isinstance(outcome.error, Unreadable)
    assert (outcome.error.blind.call, outcome.error.blind.resource) == ("dynamodb:DescribeTable", "item 1")
    forever.set()


def test_an_error_of_the_work_is_raised_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError):
        bounded(lambda: 1 // 0, until=later(5), what="a division")


def test_work_past_its_deadline_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="deadline passed"):
        bounded(lambda: time.sleep(5), until=later(0.05), what="a nap")


def test_work_knows_its_own_deadline_and_other_threads_have_none() -> None:
    until = later(5)
    assert bounded(deadline, until=until, what="the deadline") == until
    assert deadline() == float("inf")


def test_nothing_starts_after_the_deadline() -> None:
    started: list[int] = []
    fan_out(started.append, range(3), until=later(-1), what=str)
    assert started == []
