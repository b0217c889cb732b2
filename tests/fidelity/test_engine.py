"""What a run on our engine leaves behind, how it ends, and what it says while it goes on: as a plain kernel, or nothing."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from runbooks.execute import processes
from tests.fidelity import compare, runs, torture
from tests.fidelity.runs import OURS, PLAIN

pytestmark = pytest.mark.skipif(not processes.LINUX, reason="elsewhere our engine is the plain one")


def write(folder: Path, name: str, *cells: str, tags: tuple[str, ...] = ()) -> None:
    """Write a notebook of these cells."""
    made = torture.notebook({f"cell-{number}": (cell, list(tags)) for number, cell in enumerate(cells, 1)})
    (folder / f"{name}.ipynb").write_text(torture.writes(made), encoding="utf-8")


def done(folder: Path, *orders: tuple[str, str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Execute notebooks in one process, in this order: engine, name of the notebook, words for papermill."""
    return list(runs.api(folder, json.dumps(orders)))


def texts(result: dict[str, Any]) -> list[str]:
    """Return what each cell printed."""
    return [
        "".join("".join(output["text"]) for output in cell["outputs"] if output["output_type"] == "stream")
        for cell in result["notebook"]["cells"]
        if cell["cell_type"] == "code" and cell["metadata"]["name"] != "folder"
    ]


def saved(path: Path) -> list[dict[str, Any]]:
    """Return the cells of a notebook as they are on disk."""
    return list(json.loads(path.read_text(encoding="utf-8"))["cells"])


SET = """
import os, sys, warnings, random, logging, builtins, locale, signal, atexit, decimal
import numpy as np, pandas as pd, matplotlib
pd.set_option("display.max_columns", 3); np.set_printoptions(precision=1); matplotlib.rcParams["lines.linewidth"] = 77
os.environ["LEAK"] = "x"; os.chdir("/"); os.umask(0); sys.leak = builtins.leak = 1; sys.path.insert(0, "/leak"); sys.modules["leak"] = sys
warnings.simplefilter("ignore"); logging.getLogger().setLevel(1); random.seed(7); np.random.seed(7); decimal.getcontext().prec = 3
signal.signal(signal.SIGUSR2, signal.SIG_IGN); sys.setrecursionlimit(500); sys.argv.append("leak")
leak = 1
atexit.register(print, "leaked by atexit")
"""
ASK = """
import os, sys, warnings, random, logging, builtins, signal, decimal
import numpy as np, pandas as pd, matplotlib
print(pd.get_option("display.max_columns"), np.get_printoptions()["precision"], matplotlib.rcParams["lines.linewidth"])
print(os.environ.get("LEAK"), os.getcwd() == "/", hasattr(sys, "leak"), hasattr(builtins, "leak"), "/leak" in sys.path, "leak" in sys.modules)
print(any(each[0] == "ignore" and each[2] is Warning and each[1] is None for each in warnings.filters), logging.getLogger().level)
print(decimal.getcontext().prec, signal.getsignal(signal.SIGUSR2) is signal.SIG_DFL, sys.getrecursionlimit(), "leak" in sys.argv, "leak" in globals())
print(get_ipython().execution_count, len(In), Out)
"""


def test_nothing_of_a_run_is_there_in_the_next_of_the_same_process(tmp_path: Path) -> None:
    """Not in the next notebook, which sees what it would see first, and not in the process that called papermill."""
    write(tmp_path, "set", SET)
    write(tmp_path, "ask", ASK)
    setting, asking, plain = done(tmp_path, (OURS, "set", {}), (OURS, "ask", {}), (PLAIN, "ask", {}))
    assert [result["error"] for result in (setting, asking, plain)] == [{}] * 3
    assert texts(asking) == texts(plain)
    for result in (setting, asking):
        assert result["before"] == result["after"]
    assert setting["fds"] == asking["fds"]


def test_two_runs_do_not_share_a_seed(tmp_path: Path) -> None:
    cell = (
        "import random, uuid, secrets, tempfile\nimport numpy as np\n"
        "print(random.random())\nprint(np.random.rand())\nprint(np.random.default_rng().random())\nprint(uuid.uuid4())\n"
        "print(secrets.token_hex())\nprint(tempfile.mktemp())"
    )
    write(tmp_path, "random", cell)
    one, other = done(tmp_path, (OURS, "random", {}), (OURS, "random", {}))
    pairs = list(zip(texts(one)[0].splitlines(), texts(other)[0].splitlines(), strict=True))
    assert len(pairs) == 6
    assert all(left != right for left, right in pairs), pairs


def test_an_error_is_raised_with_the_same_words(tmp_path: Path) -> None:
    """Class, text, traceback, count and source of PapermillExecutionError; and what was printed went to the given file."""
    write(tmp_path, "fails", "def f():\n    raise KeyError('no \u2603')", "print('said')\nf()")
    ours, plain = done(tmp_path, (OURS, "fails", {}), (PLAIN, "fails", {}))
    assert ours["error"] == plain["error"]
    assert (ours["error"]["type"], ours["error"]["ename"]) == ("PapermillExecutionError", "KeyError")
    assert ours["stdout"] == plain["stdout"] == "said\n"


HANGING = {
    "time.sleep": "import time\nprint('begun')\ntime.sleep(60)",
    "a loop": "print('begun')\nwhile True: pass",
    "an await": "import asyncio\nprint('begun')\nawait asyncio.sleep(60)",
    "a regular expression that holds the GIL": "import re\nprint('begun')\nre.match('(a+)+$', 'a' * 40 + 'b')",
    "an interrupt that is swallowed": "import time\nprint('begun')\nwhile True:\n    try: time.sleep(60)\n    except KeyboardInterrupt: pass",
    "a child": "import subprocess\nprint('begun')\nsubprocess.run(['sleep', '60'])",
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.slow if name != "time.sleep" else ()) for name in HANGING])
def test_a_cell_that_takes_too_long_ends_in_the_same_error(tmp_path: Path, name: str) -> None:
    write(tmp_path, "hangs", "print('before')", HANGING[name], "print('never')")
    words = {"execution_timeout": 2}
    ours, plain = done(tmp_path, (OURS, "hangs", words), (PLAIN, "hangs", words))
    assert ours["error"] == plain["error"]
    assert ours["error"]["type"] == "CellTimeoutError"
    found = compare.differences(plain["notebook"], ours["notebook"])
    assert found == [], "\n".join(map(str, found))
    assert ours["before"] == ours["after"]


ENDINGS = {
    "_exit": "os._exit(3)",
    "a segmentation fault": "import ctypes; ctypes.string_at(0)",
    "SIGKILL": "os.kill(os.getpid(), 9)",
}


@pytest.mark.slow
@pytest.mark.parametrize("name", ENDINGS)
def test_a_kernel_that_dies_ends_in_the_same_error(tmp_path: Path, name: str) -> None:
    write(
        tmp_path, "dies", "print('before')", f"import os, time\nprint('last words', flush=True)\ntime.sleep(0.5)\n{ENDINGS[name]}"
    )
    ours, plain = done(tmp_path, (OURS, "dies", {}), (PLAIN, "dies", {}))
    assert ours["error"] == plain["error"]
    assert ours["error"]["type"] == "DeadKernelError"
    found = compare.differences(plain["notebook"], ours["notebook"])
    assert found == [], "\n".join(map(str, found))


@pytest.mark.slow
@pytest.mark.parametrize(
    "cell", ["exit()", "quit()", "import sys\nsys.exit(0)", "import sys\nsys.exit(3)", "raise SystemExit('text')"]
)
def test_a_cell_that_leaves_does_what_it_does_on_a_plain_kernel(tmp_path: Path, cell: str) -> None:
    """After exit() a kernel ends as soon as it has nothing to do: in the next cell that waits."""
    write(
        tmp_path, "leaves", "print('before')", f"print('leaving')\n{cell}", "import asyncio\nawait asyncio.sleep(2)\nprint('after')"
    )
    ours, plain = done(tmp_path, (OURS, "leaves", {}), (PLAIN, "leaves", {}))
    assert ours["error"] == plain["error"]
    found = compare.differences(plain["notebook"], ours["notebook"])
    assert found == [], "\n".join(map(str, found))


@pytest.mark.slow
@pytest.mark.parametrize("engine", [OURS, PLAIN])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_of_an_interrupted_papermill(tmp_path: Path, engine: str, number: signal.Signals) -> None:
    """What came so far is saved, and no kernel outlives the command; a plain kernel outlives a killed one by a second."""
    write(tmp_path, "long", "print('before')", "import time\nopen('begun', 'w').close()\ntime.sleep(60)", "print('never')")
    command = [sys.executable, "-m", "papermill", "--engine", engine, "--no-progress-bar", "long.ipynb", "out.ipynb"]
    with subprocess.Popen(
        command, cwd=tmp_path, env=runs.environment(), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE
    ) as papermill:
        until = time.monotonic() + runs.SECONDS
        while not (tmp_path / "begun").exists() and papermill.poll() is None and time.monotonic() < until:
            time.sleep(0.02)
        below = psutil.Process(papermill.pid).children(recursive=True)
        os.kill(papermill.pid, number)
        papermill.communicate(timeout=30)
    assert below
    assert psutil.wait_procs(below, timeout=20)[1] == []
    assert papermill.returncode == (1 if number == signal.SIGINT else -number)
    before, cell, _ = (each for each in saved(tmp_path / "out.ipynb") if each["metadata"]["name"].startswith("cell-"))
    assert "".join(before["outputs"][0]["text"]) == "before\n"
    assert cell["metadata"]["papermill"]["start_time"] is not None


@pytest.mark.slow
def test_half_a_surrogate_pair_is_lost_and_the_kernel_goes_on(tmp_path: Path) -> None:
    """Such text has no JSON. Each engine complains in the words of its machinery, so they are not compared."""
    write(tmp_path, "half", "print('half a pair: \\ud800')", "print('goes on')")
    ours, plain = done(tmp_path, (OURS, "half", {}), (PLAIN, "half", {}))
    for result in (ours, plain):
        assert result["error"] == {}
        assert "surrogates not allowed" in texts(result)[0]
        assert texts(result)[1] == "goes on\n"


@pytest.mark.slow
def test_what_is_long_arrives_whole(tmp_path: Path) -> None:
    """More than a pipe holds, both ways at once: megabytes of output, a thread that never stops talking, a cell of half a megabyte."""
    talk = "import threading\nstop = threading.Event()\ndef talk():\n    while not stop.is_set(): print('z' * 10_000, flush=True)\n"
    start, end = "thread = threading.Thread(target=talk, daemon=True)\nthread.start()", "stop.set()\nthread.join()"
    data = "y" * 500_000
    write(
        tmp_path, "long", "print(('x' * 99 + '\\n') * 50_000, end='')", talk + start, f"data = {data!r}\n{end}", "print(len(data))"
    )
    (ours,) = done(tmp_path, (OURS, "long", {}))
    assert ours["error"] == {}
    first, _, _, last = texts(ours)
    assert (len(first), last) == (5_000_000, "500000\n")


def test_the_bar_of_papermill_does_not_stand_in_the_way(tmp_path: Path) -> None:
    """The command as it is typed, with its progress bar, which would like a thread for itself."""
    write(tmp_path, "bar", "print(type(get_ipython().kernel).__name__)")
    command = [sys.executable, "-m", "papermill", "--engine", OURS, "bar.ipynb", "out.ipynb"]
    ran = subprocess.run(
        command, cwd=tmp_path, env=runs.environment(), capture_output=True, text=True, timeout=runs.SECONDS, check=True
    )
    assert "Executing: 100%" in ran.stderr
    assert "anew" not in ran.stderr
    (cell,) = (each for each in saved(tmp_path / "out.ipynb") if each["metadata"]["name"] == "cell-1")
    assert "".join(cell["outputs"][0]["text"]) == "PipedKernel\n"


def test_the_engine_says_when_it_leaves_a_notebook_to_the_plain_one(tmp_path: Path) -> None:
    """In a process with threads it must not fork; the notebook is executed all the same."""
    write(tmp_path, "plain", "print(type(get_ipython().kernel).__name__)")
    order = f"[[{OURS!r}, 'plain', {{}}]]".replace("'", '"')
    threaded = f"import threading, time\nthreading.Thread(target=time.sleep, args=(3600,), daemon=True).start()\n{runs.API}"
    command = [sys.executable, "-c", threaded, order]
    ran = subprocess.run(
        command, cwd=tmp_path, env=runs.environment(), capture_output=True, text=True, timeout=runs.SECONDS, check=True
    )
    assert "the kernel is started anew: a process with threads must not be forked from" in ran.stderr
    assert '"IPythonKernel\\n"' in ran.stdout
