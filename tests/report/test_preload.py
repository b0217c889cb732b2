"""A process that is ready, and pages that are written at once."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runbooks import report
from tests.report import sample_run

READY = """
import json, os, sys
from pathlib import Path
from runbooks import report

report.preload()
threads, loaded = len(os.listdir("/proc/self/task")), set(sys.modules)
children = []
for record in sys.argv[1:]:
    child = os.fork()
    if not child:
        report.write(Path(record))
        Path(record).with_suffix(".new").write_text(json.dumps(sorted(set(sys.modules) - loaded)))
        os._exit(0)
    children.append(child)
ends = [os.waitpid(child, 0)[1] for child in children]
print(json.dumps([threads, ends, sorted(loaded & {"matplotlib.pyplot", "matplotlib_inline", "pandas", "ipykernel"})]))
"""


def records(folder: Path, count: int) -> list[Path]:
    paths = [folder / f"{n}.ipynb" for n in range(count)]
    for n, path in enumerate(paths):
        path.write_text(json.dumps(sample_run.notebook(sample_run.verdict(run_id=f"run {n}"))))
    return paths


def test_children_of_a_ready_process_render_at_once(tmp_path: Path) -> None:
    """One thread is left after preload, nothing hooks into IPython, and no child that writes a page has to import anything."""
    paths = records(tmp_path, 4)
    variables = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", READY, *map(str, paths)], capture_output=True, check=True, env=variables)
    assert json.loads(done.stdout) == [1, [0, 0, 0, 0], []]
    for path in paths:
        assert json.loads(path.with_suffix(".new").read_text()) == []
        page = path.with_suffix(".html").read_bytes()
        assert page == report.write(path).read_bytes()


@pytest.mark.slow
def test_a_ready_process_may_have_to_look_for_fonts_first(tmp_path: Path) -> None:
    """On a machine where matplotlib has not yet listed the fonts, preload leaves one thread too."""
    variables = os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLCONFIGDIR": str(tmp_path / "new")}
    done = subprocess.run([sys.executable, "-c", READY], capture_output=True, check=True, env=variables)
    assert json.loads(done.stdout) == [1, [], []]
    shutil.rmtree(tmp_path / "new")


def test_threads_may_write_pages_at_once(tmp_path: Path) -> None:
    """Pages that threads write at the same time are those that are written one after the other."""
    paths = records(tmp_path, 12)
    alone = [report.write(path).read_bytes() for path in paths]
    for path in paths:
        path.with_suffix(".html").unlink()
    with ThreadPoolExecutor(4) as pool:
        together = [page.read_bytes() for page in pool.map(report.write, paths)]
    assert together == alone
