"""Many runs in one process leave nothing behind: no process, no descriptor, no memory."""

from __future__ import annotations

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from runbooks import execute
from runbooks.execute import processes
from runbooks.model import Outcome

RUNS, FIRST, AT_ONCE = 500, 60, 4
ROOM = 12 * 1024 * 1024  # bytes that an allocator may keep


@pytest.mark.slow
@pytest.mark.skipif(not processes.LINUX, reason="there is a warm process on Linux alone")
def test_five_hundred_runs_leave_nothing_behind(write_notebook: Callable[..., Path], tmp_path: Path) -> None:
    request = execute.Request(
        write_notebook("check('a')", "print('x' * 1000)"), "daily/tiny", "sandbox", out=tmp_path, deadline=120
    )

    def run(_: int) -> Outcome:
        return execute.run(request).outcome

    with execute.listening(), execute.warmed(), ThreadPoolExecutor(AT_ONCE) as pool:
        assert set(pool.map(run, range(FIRST))) == {Outcome.COMPLETED}
        before = held()
        assert set(pool.map(run, range(RUNS - FIRST))) == {Outcome.COMPLETED}
        after = held()
    assert {name: (descriptors, below) for name, (descriptors, below, _) in after.items()} == {
        name: (descriptors, below) for name, (descriptors, below, _) in before.items()
    }
    grown = {name: memory - before[name][2] for name, (_, _, memory) in after.items()}
    assert all(bytes_ < ROOM for bytes_ in grown.values()), f"memory grew by {grown}"
    assert len(list(tmp_path.glob("*/*/*.ipynb"))) == RUNS
    assert not list(tmp_path.glob("*/*/.*"))


def held() -> dict[str, tuple[int, int, int]]:
    """Return, of this process and of the warm one: descriptors, processes below, and bytes of its own (USS)."""
    gc.collect()
    this = psutil.Process()
    (warm,) = (each for each in this.children() if any("execute.warm" in word for word in each.cmdline()))
    return {
        "this": (this.num_fds(), len(this.children(recursive=True)), this.memory_full_info().uss),
        "warm": (warm.num_fds(), len(warm.children()), warm.memory_full_info().uss),
    }
