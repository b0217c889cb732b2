"""A notebook looks the same whichever engine executed it: a plain kernel, or ours."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from runbooks import execute
from runbooks.execute import processes
from runbooks.gateway import local
from runbooks.model import VERDICT_MIME
from tests.fidelity import compare, runs, torture
from tests.fidelity.expected import DIFFERENT, DIFFERENT_WARM
from tests.fidelity.runs import OURS, PLAIN, Executed
from tests.notebooks.test_shape import NOTEBOOKS

pytestmark = pytest.mark.skipif(not processes.LINUX, reason="elsewhere our engine is the plain one")

PAGE = Path(__file__).parents[2] / "docs" / "engine.md"
ENDS_THE_RUN = "errors.exit-of-shell"  # an exit() that the runner takes for what it is; papermill goes on


@pytest.fixture
def warm() -> Iterator[None]:
    """Have a warm process."""
    with execute.warmed():
        yield


def written(folder: Path, notebook: Any) -> Path:
    path = folder / "in.ipynb"
    path.write_text(torture.writes(notebook), encoding="utf-8")
    return path


def report(found: list[compare.Difference]) -> str:
    return "\n".join(map(str, found))


def unexecuted(notebook: dict[str, Any]) -> list[str]:
    """Return the names of the cells of code that never ran; those without code, and those to be skipped, do not count."""
    code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code" and "skip-execution" not in cell["metadata"]["tags"])
    return [cell["metadata"]["name"] for cell in code if cell["execution_count"] is None and "".join(cell["source"])]


def shown(notebook: dict[str, Any], mime: str) -> int:
    """Count the outputs of this kind."""
    return sum(mime in output.get("data", ()) for cell in notebook["cells"] for output in cell.get("outputs", ()))


def judge(plain: Executed, ours: Executed, folder: Path, expected: set[str]) -> None:
    """Demand that every cell ran, and that these cells differ and no others."""
    assert unexecuted(plain.notebook) == unexecuted(ours.notebook) == []
    found = compare.differences(plain.notebook, ours.notebook, masks=[*runs.folders(folder), *runs.RUN_MASKS])
    assert set(compare.named(found)) == expected, report(found)
    assert plain.code == ours.code
    assert "anew" not in ours.said  # what our engine says when it leaves a notebook to the plain one


@pytest.mark.parametrize("cells", [torture.quick_cells, pytest.param(torture.cells, marks=pytest.mark.slow)])
def test_the_torture_notebook_differs_in_the_named_cells_alone(tmp_path: Path, cells: Callable[[], torture.Cells]) -> None:
    """In a process that has imported all that a run needs, as the warm one."""
    path = written(tmp_path, torture.notebook(cells()))
    plain, ours = runs.both(lambda engine: runs.by_engine(engine, path, tmp_path))
    judge(plain, ours, tmp_path, {*DIFFERENT, *DIFFERENT_WARM} & {*cells()})
    assert shown(plain.notebook, "image/png") > 0 < shown(plain.notebook, "image/svg+xml")


@pytest.mark.slow
@pytest.mark.parametrize("part", torture.parts())
@pytest.mark.usefixtures("warm")
def test_so_it_does_forked_from_the_warm_process(tmp_path: Path, part: str) -> None:
    cells = torture.parts()[part]
    cells.pop(ENDS_THE_RUN, None)
    path = written(tmp_path, torture.notebook(cells, parameters='environment: str = "sandbox"  # where'))
    plain, ours = runs.both(lambda engine: runs.by_runner(engine, path, tmp_path))
    judge(plain, ours, tmp_path, {*DIFFERENT, *DIFFERENT_WARM} & {*cells})


@pytest.mark.slow
@pytest.mark.parametrize("part", torture.parts())
def test_so_it_does_by_papermills_own_command(tmp_path: Path, part: str) -> None:
    cells = torture.parts()[part]
    path = written(tmp_path, torture.notebook(cells))
    plain, ours = runs.both(lambda engine: runs.by_papermill(engine, path, tmp_path))
    judge(plain, ours, tmp_path, {*DIFFERENT} & {*cells})


@pytest.mark.slow
def test_the_plain_kernel_does_not_differ_from_itself(tmp_path: Path) -> None:
    """What is masked is all that differs between two runs on the same engine."""
    path = written(tmp_path, torture.notebook(torture.cells()))
    one, other = (runs.by_engine(PLAIN, path, tmp_path / name) for name in ("one", "two"))
    assert unexecuted(one.notebook) == unexecuted(other.notebook) == []
    masks = [pair for name in ("one", "two") for pair in runs.folders(tmp_path / name)]
    found = compare.differences(one.notebook, other.notebook, masks=masks)
    assert set(compare.named(found)) <= {"magics.connection"}, report(found)  # the ports are others each time


def test_the_page_names_every_difference_and_no_other() -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `([a-z.-]+)` \| (.+) \|$", text, re.MULTILINE))
    assert rows == DIFFERENT | DIFFERENT_WARM


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Have a sandbox whose clock stands still: two runs on it, one after the other, look at the same day."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("sandbox")))
        patch.delenv(local.VARIABLE, raising=False)
        patch.setenv(local.VARIABLE, str(local.up(port=0, edge_port=0, now=datetime.now(UTC).isoformat())))
        yield
        local.down()


def judge_runbook(plain: Executed, ours: Executed, folder: Path) -> None:
    """Demand that both runs came to a verdict, and that nothing differs."""
    for executed in (plain, ours):
        outputs = executed.notebook["cells"][-1]["outputs"]
        assert [VERDICT_MIME in output["data"] for output in outputs] == [True], executed.said[-1000:]
    found = compare.differences(plain.notebook, ours.notebook, masks=[*runs.folders(folder), *runs.RUN_MASKS])
    assert found == [], report(found)
    assert plain.code == ours.code


FIRST = [pytest.param(path, marks=pytest.mark.slow if path.stem != "system-health" else ()) for path in NOTEBOOKS]


@pytest.mark.parametrize("path", FIRST, ids=[path.stem for path in NOTEBOOKS])
@pytest.mark.usefixtures("still", "warm")
def test_a_runbook_is_the_same_on_both_engines(path: Path, tmp_path: Path) -> None:
    name = f"{path.parent.name}/{path.stem}"
    plain, ours = (runs.by_runner(engine, path, tmp_path, runbook=name) for engine in (PLAIN, OURS))
    judge_runbook(plain, ours, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("still")
def test_so_it_is_by_papermills_own_command(path: Path, tmp_path: Path) -> None:
    plain, ours = (runs.by_papermill(engine, path, tmp_path) for engine in (PLAIN, OURS))
    judge_runbook(plain, ours, tmp_path)


def test_a_cell_that_fails_ends_the_notebook_in_the_same_words(tmp_path: Path) -> None:
    """Traceback, banners, statuses, exit code, and what papermill prints."""
    cells = {"one": "def f(x):\n    return 1 / x", "two": "print('out')\nf(0)", "three": "print('never')"}
    path = written(tmp_path, torture.notebook({name: (source, []) for name, source in cells.items()}))
    plain, ours = runs.both(lambda engine: runs.by_papermill(engine, path, tmp_path))
    found = compare.differences(plain.notebook, ours.notebook, masks=runs.folders(tmp_path))
    assert found == [], report(found)
    assert plain.code == ours.code == 1
    error = "papermill.exceptions.PapermillExecutionError"
    assert plain.said.partition(error)[2] == ours.said.partition(error)[2] != ""
    assert "anew" not in ours.said  # what our engine says when it leaves the notebook to the plain one
