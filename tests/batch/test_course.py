"""The course of a batch: order, isolation, what is begun again and what never, and the end that was asked for."""

from __future__ import annotations

import os
import signal
import stat
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from runbooks import batch
from runbooks.batch import local, planning, result, running
from runbooks.batch.result import Result
from runbooks.batch.task import Task
from tests.batch.conftest import Planner, silent

EAST_TO_SOUTH = ("east", "west", "north", "south")
Script = Callable[["Scripted", Task, Future[Result]], None]


def ended(task: Task, status: str = "PASS", code: int = 0) -> Result:
    return Result("id", task.request.runbook, task.request.environment, status, "completed", "said", "", code)


class Scripted:
    """An executor whose tasks end as a test says; `begun` is what it was given."""

    def __init__(self, script: Script, width: int = 2) -> None:
        self.script = script
        self.width = width
        self.begun: list[str] = []
        self.open: list[tuple[Task, Future[Result]]] = []
        self.interrupted = 0

    def seats(self) -> int:
        return self.width

    def begin(self, task: Task, _: object) -> Future[Result]:
        self.begun.append(task.request.environment)
        future: Future[Result] = Future()
        self.script(self, task, future)
        return future

    def interrupt(self) -> None:
        self.interrupted += 1
        for task, future in self.open:
            future.set_result(ended(task, "UNKNOWN", 3))


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Scripted]:
    """Let the next batch run on an executor that follows a script."""

    def put(script: Script, width: int = 2) -> Scripted:
        executor = Scripted(script, width)

        @contextmanager
        def instead(*_: object, **__: object) -> Iterator[Scripted]:
            yield executor

        monkeypatch.setattr(running, "_executor", instead)
        return executor

    return put


def test_results_come_in_the_order_of_the_plan_whatever_ends_first(plan: Planner, scripted: Callable[..., Scripted]) -> None:
    def last_first(executor: Scripted, task: Task, future: Future[Result]) -> None:
        executor.open.insert(0, (task, future))
        if len(executor.open) == len(EAST_TO_SOUTH):
            for each, promise in executor.open:
                promise.set_result(ended(each))

    scripted(last_first, width=9)
    ends: list[str] = []
    results = batch.run(plan(EAST_TO_SOUTH), on_entry=silent, on_done=lambda done: ends.append(done.environment))
    assert [each.environment for each in results] == list(EAST_TO_SOUTH)
    assert sorted(ends) == sorted(EAST_TO_SOUTH)


def test_there_are_never_more_at_a_time_than_seats(plan: Planner, scripted: Callable[..., Scripted]) -> None:
    def two_at_most(executor: Scripted, task: Task, future: Future[Result]) -> None:
        executor.open = [(each, promise) for each, promise in executor.open if not promise.done()]
        executor.open.append((task, future))
        assert len(executor.open) <= executor.width
        if len(executor.open) == executor.width:
            first, promise = executor.open[0]
            promise.set_result(ended(first))
        if len(executor.begun) == len(EAST_TO_SOUTH):
            for each, promise in executor.open:
                if not promise.done():
                    promise.set_result(ended(each))

    scripted(two_at_most)
    assert len(batch.run(plan(EAST_TO_SOUTH), on_entry=silent, on_done=silent)) == len(EAST_TO_SOUTH)


def test_the_runs_of_one_environment_are_not_begun_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """They would queue for the rates of its account; but they stay near each other, so that they share what was read."""
    assert [("aabbcc"[number]) for number in planning.spread("aabbcc")] == list("abcabc")
    monkeypatch.setattr(planning, "SPREAD", 2)
    assert [("aabbcc"[number]) for number in planning.spread("aabbcc")] == list("ababcc")
    assert sorted(planning.spread("aabbcc")) == list(range(6))


def test_what_a_lost_worker_had_is_begun_once_more(plan: Planner, scripted: Callable[..., Scripted]) -> None:
    def lose_the_first(executor: Scripted, task: Task, future: Future[Result]) -> None:
        if executor.begun == ["east"]:
            future.set_exception(RuntimeError("its worker died"))
        else:
            future.set_result(ended(task))

    executor = scripted(lose_the_first, width=1)
    results = batch.run(plan(), on_entry=silent, on_done=silent)
    assert executor.begun == ["east", "east", "west"]
    assert [each.status for each in results] == ["PASS", "PASS"]


def test_what_is_lost_twice_is_unknown_and_the_batch_goes_on(plan: Planner, scripted: Callable[..., Scripted]) -> None:
    def lose_east(_: Scripted, task: Task, future: Future[Result]) -> None:
        if task.request.environment == "east":
            future.set_exception(RuntimeError("its worker died"))
        else:
            future.set_result(ended(task))

    executor = scripted(lose_east, width=1)
    east, west = batch.run(plan(), on_entry=silent, on_done=silent, whole=True)
    assert executor.begun == ["east", "east", "west"]
    assert (east.status, east.outcome, east.exit_code) == ("UNKNOWN", "failed", 3)
    assert east.error == "its worker died, and so it was the second time"
    assert east.verdict is not None
    assert east.verdict["status"] == "UNKNOWN"
    assert (west.status, west.exit_code) == ("PASS", 0)


def test_what_may_write_is_never_begun_again(plan: Planner, scripted: Callable[..., Scripted]) -> None:
    executor = scripted(lambda _, __, future: future.set_exception(RuntimeError("its worker died")))
    (lost,) = batch.run(plan(["east"], approve="0123456789ab"), on_entry=silent, on_done=silent)
    assert executor.begun == ["east"]
    assert lost.exit_code == 3
    assert "it is not begun again" in lost.error


def test_a_signal_lets_nothing_more_begin_and_the_rest_is_said_not_to_have_begun(
    plan: Planner, scripted: Callable[..., Scripted]
) -> None:
    def asked_to_end(executor: Scripted, task: Task, future: Future[Result]) -> None:
        executor.open.append((task, future))
        if len(executor.begun) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    executor = scripted(asked_to_end)
    done: list[Result] = []
    results = batch.run(plan(EAST_TO_SOUTH), on_entry=silent, on_done=done.append)
    assert executor.begun == ["east", "west"]
    assert executor.interrupted == 1
    assert [each.began for each in results] == [True, True, False, False]
    assert [each.outcome for each in results[2:]] == ["interrupted", "interrupted"]
    assert {each.environment for each in done} == {"east", "west"}
    assert batch.worst_exit(each.exit_code for each in results) == 3


def test_without_workers_for_long_enough_each_run_says_so(
    plan: Planner, scripted: Callable[..., Scripted], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "DESERTED", 0.0)
    executor = scripted(silent, width=0)
    results = batch.run(plan(), on_entry=silent, on_done=silent)
    assert executor.begun == []
    assert {each.error for each in results} == {"there is no worker left to run it"}
    assert {each.exit_code for each in results} == {3}


@pytest.mark.parametrize(
    ("codes", "worst"), [((0, 2, 3, 4, 1), 1), ((0, 2, 3, 4), 4), ((0, 2, 3), 3), ((0, 2), 2), ((0,), 0), ((), 0)]
)
def test_the_exit_code_of_a_batch_is_the_worst(codes: tuple[int, ...], worst: int) -> None:
    assert batch.worst_exit(codes) == worst


def test_a_task_that_raises_is_a_result_with_one_sentence(plan: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    from runbooks.batch.perform import perform
    from runbooks.errors import RefusedError

    (request,) = plan(["east"])
    task = batch.task.packer("", whole=False)(request)
    for error, code, sentence in (
        (ZeroDivisionError("by\nnought"), 3, "ZeroDivisionError: by nought"),
        (RefusedError("no"), 4, "no"),
    ):

        def fail(*_: object, error: Exception = error, **__: object) -> None:
            raise error

        monkeypatch.setattr("runbooks.execute.run", fail)
        found = perform(task)
        assert (found.status, found.error, found.exit_code, found.place) == ("UNKNOWN", sentence, code, "")


def test_a_batch_has_a_private_folder_that_ends_with_it() -> None:
    with local.common(shared=True) as variables:
        folder = Path(variables["RUNBOOKS_BATCH"])
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert not folder.exists()
    with local.common(shared=False) as variables:
        assert variables == {}


def test_a_task_carries_all_that_its_run_needs(plan: Planner, tmp_path: Path) -> None:
    (request,) = plan(["east"])
    task = batch.task.packer("", whole=False)(request)
    for path in (*(tmp_path / "notebooks").iterdir(), *(tmp_path / "environments").iterdir()):
        path.unlink()
    (tmp_path / "there").mkdir()
    asked = task.unpack(tmp_path / "there")
    assert asked.notebook.read_bytes() == task.notebook
    assert set(task.environments) == {"east", "production"}
    assert asked.variables["RUNBOOKS_ENVIRONMENTS"] == str(tmp_path / "there" / "environments")
    assert asked.out == request.out


def test_the_default_number_of_jobs_fits_the_memory_and_is_at_least_two(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory, group = tmp_path / "meminfo", tmp_path / "group"
    group.mkdir()
    monkeypatch.setattr(local, "_MEMORY", memory)
    monkeypatch.setattr(local, "_GROUP", group)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(4)), raising=False)

    def jobs(free: int, limit: str = "max", used: int = 0) -> int:
        memory.write_text(f"MemTotal: 9 kB\nMemAvailable: {free // 1024} kB\n", encoding="ascii")
        (group / "memory.max").write_text(f"{limit}\n", encoding="ascii")
        (group / "memory.current").write_text(f"{used}\n", encoding="ascii")
        return batch.default_jobs()

    assert jobs(free=100 * local.CHILD) == 8
    assert jobs(free=5 * local.CHILD) == 5
    assert jobs(free=local.CHILD) == 2
    assert jobs(free=100 * local.CHILD, limit=str(9 * local.CHILD), used=6 * local.CHILD) == 3
    memory.unlink()
    (group / "memory.max").unlink()
    assert batch.default_jobs() == 8


def test_what_was_not_begun_is_interrupted_and_never_health(plan: Planner) -> None:
    (request,) = plan(["east"])
    found = result.without_run(batch.task.packer("", whole=False)(request), result.NOT_BEGUN, began=False)
    assert (found.status, found.outcome, found.exit_code, found.began) == ("UNKNOWN", "interrupted", 3, False)
