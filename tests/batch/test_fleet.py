"""A fleet of two worker processes that share no folder: the same results as here, and nothing lost when one is killed."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runbooks import batch, catalogue
from tests.batch.conftest import Planner, keys, silent
from tests.conftest import Control

pytestmark = pytest.mark.slow
distributed = pytest.importorskip("distributed")
SANDBOXED = ("sandbox", "sandbox-staging", "sandbox-dev")
TO = "s3://records/nightly"


@pytest.fixture
def cluster(bucket: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start two worker processes, one run each at a time, that know neither notebooks nor environments nor sandbox."""
    from dask import config

    for name in ("TMPDIR", "HOME"):
        (tmp_path / name).mkdir()
    elsewhere = {
        "RUNBOOKS_NOTEBOOKS": "/nowhere", "RUNBOOKS_ENVIRONMENTS": "/nowhere", "RUNBOOKS_REPORTS": "/nowhere",
        "RUNBOOKS_SANDBOX": "", "TMPDIR": str(tmp_path / "TMPDIR"), "HOME": str(tmp_path / "HOME"),
    }  # fmt: skip
    with (
        config.set({"distributed.worker.daemon": False, "distributed.nanny.environ": elsewhere}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50,
            local_directory=str(tmp_path / "scratch"), host="127.0.0.1",
        ) as cluster,
    ):  # fmt: skip
        yield cluster


def everything(reports: Path) -> list[Any]:
    looks = [runbook for runbook in catalogue.all_runbooks() if not runbook.tells]
    return batch.plan(looks, SANDBOXED, [], batch.About(reports))


@pytest.mark.usefixtures("control")
def test_a_killed_worker_loses_no_record_and_the_summary_is_that_of_this_machine(
    cluster: Any, bucket: Any, control: Control, tmp_path: Path
) -> None:
    control("break", {"environment": "sandbox-staging", "fault": "tunnel-down"})
    control("rules", {"service": "sts", "operation": ".*", "delay": 1.5})  # so that both are at work when one is killed
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())
    killed = threading.Event()

    def kill() -> None:
        while not control("status")["requests"].get("sts:GetCallerIdentity", 0):
            time.sleep(0.05)
        os.kill(pids[0], signal.SIGKILL)
        killed.set()

    control("requests", method="DELETE")
    threading.Thread(target=kill, daemon=True).start()
    fleet = batch.Fleet(cluster.scheduler_address)
    far = batch.run(everything(tmp_path), on_entry=silent, on_done=silent, to=TO, fleet=fleet)
    assert killed.is_set()
    near = batch.run(everything(tmp_path / "near"), on_entry=silent, on_done=silent)

    def told(results: list[batch.Result]) -> list[tuple[str, ...]]:
        return [(r.runbook, r.environment, r.status, r.outcome, str(r.exit_code)) for r in results]

    assert told(far) == told(near)
    assert {status for _, _, status, _, _ in told(far)} == {"PASS", "FAIL"}
    stored = set(keys(bucket))
    for result in far:
        stem = result.place.removeprefix("s3://records/")
        assert {f"{stem}{kind}" for kind in (".ipynb", ".html", ".json", ".journal.jsonl")} <= stored
        verdict = json.loads(bucket.get_object(Bucket="records", Key=f"{stem}.json")["Body"].read())
        assert (verdict["status"], verdict["run_id"]) == (result.status, result.run_id)
    assert batch.index(TO) == f"{TO}/index.html"


def test_what_may_write_is_not_begun_again_when_its_worker_dies(cluster: Any, plan: Planner, tmp_path: Path) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    cell = f"import os, time, uuid; open('{marks}/' + uuid.uuid4().hex, 'w').close(); time.sleep(4); check('fine')"
    with distributed.Client(cluster, set_as_default=False) as client:
        pids = list(client.run(os.getpid).values())

    def kill() -> None:
        while not list(marks.iterdir()):
            time.sleep(0.05)
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    threading.Thread(target=kill, daemon=True).start()
    fleet = batch.Fleet(cluster.scheduler_address, shared_folder=True)
    (result,) = batch.run(plan(["east"], approve="0123456789ab", writes=cell), on_entry=silent, on_done=silent, fleet=fleet)
    assert result.exit_code == 3
    assert "it is not begun again" in result.error
    assert len(list(marks.iterdir())) == 1


def test_a_signal_ends_the_runs_of_all_workers_and_the_next_batch_is_not_harmed(
    cluster: Any, plan: Planner, tmp_path: Path
) -> None:
    marks = tmp_path / "marks"
    marks.mkdir()
    cell = f"open('{marks}/' + environment, 'w').close(); time.sleep(60)"
    requests = plan(["east", "west", "north"], long=cell)

    def ask() -> None:
        while len(list(marks.iterdir())) < 2:
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=ask, daemon=True).start()
    fleet = batch.Fleet(cluster.scheduler_address, shared_folder=True)
    results = batch.run(requests, on_entry=silent, on_done=silent, fleet=fleet)
    assert [(each.outcome, each.began) for each in results] == [
        ("interrupted", True),
        ("interrupted", True),
        ("interrupted", False),
    ]
    assert [each.notebook is not None and each.notebook.exists() for each in results] == [True, True, False]
    (after,) = batch.run(plan(["east"]), on_entry=silent, on_done=silent, fleet=fleet)
    assert (after.status, after.exit_code) == ("PASS", 0)


def test_without_a_shared_folder_the_records_must_go_to_s3(plan: Planner) -> None:
    from runbooks.errors import CallError

    with pytest.raises(CallError, match="give --out s3://bucket/prefix, or say --shared-out"):
        batch.run(plan(), on_entry=silent, on_done=silent, fleet=batch.Fleet("tcp://127.0.0.1:1"))


def test_a_scheduler_that_does_not_answer_is_one_sentence(plan: Planner, monkeypatch: pytest.MonkeyPatch) -> None:
    from runbooks.batch import fleet
    from runbooks.errors import RunbooksError

    monkeypatch.setattr(fleet, "ANSWER", 0.5)
    with pytest.raises(RunbooksError, match=r"no dask scheduler answers at 'tcp://127.0.0.1:1'.*start one with `dask scheduler`"):
        batch.run(plan(), on_entry=silent, on_done=silent, to=TO, fleet=batch.Fleet("tcp://127.0.0.1:1"))
