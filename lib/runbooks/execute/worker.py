"""Executes the notebook of a run folder by papermill; one line of JSON on a pipe says how that ended.

Whether the run succeeded is not decided here: papermill calls a notebook complete whose cells never ran.
"""

from __future__ import annotations

import json
import os
import re
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runbooks.errors import RecordError
from runbooks.execute import atomic, notebook, processes
from runbooks.execute.folder import RunFolder
from runbooks.execute.preload import GRAMMARS, without

SCHEME = "atomic:"
_UNLUCKY = re.compile(r"Kernel died before replying|Kernel didn't respond")  # nbclient's words for a start that failed
START_LIMIT = 60  # seconds a kernel may take to answer
AUTOSAVE = 0.5  # seconds between saves within a cell; papermill doubles it where saving is slow
STARTUP = """\
def _listen():
    import os, pathlib
    from runbooks.execute import background
    background.listen(pathlib.Path(os.environ["RUNBOOKS_RUN"]))
_listen()
del _listen
"""


class Stopped(Exception):  # noqa: N818 - it names why the notebook goes no further, not a mistake
    """The notebook is not to go on: a cell left it, or the run was asked to stop."""


@dataclass(frozen=True, slots=True)
class _Whole:
    """How papermill reads and saves: only ever the notebook of this run, and a reader never sees a part of it."""

    folder: RunFolder

    def read(self, _path: str) -> str:
        return self.folder.partial.read_text(encoding="utf-8")

    def write(self, text: str, _path: str) -> None:
        atomic.write(self.folder.partial, notebook.whole_text(text).encode(), durable=False)

    def pretty_path(self, path: str) -> str:
        return path.removeprefix(SCHEME)


def work(folder: RunFolder, pipe: int) -> None:
    """Execute the notebook, and say on `pipe` how it went: {"ending", "error"}."""
    ending, error = _executed(folder)
    if _never_started(folder, error):
        ending, error = _executed(folder)
    os.write(pipe, json.dumps({"ending": ending, "error": error[:2000]}).encode() + b"\n")


def _never_started(folder: RunFolder, error: str) -> bool:
    """Say whether it was the start of the kernel that failed: two that start at once may be given the same port, so try again."""
    if not _UNLUCKY.search(error):
        return False
    left, damage = notebook.load(folder.partial, "")
    return not damage and notebook.reached(left) == notebook.NOWHERE


def _executed(folder: RunFolder) -> tuple[str, str]:
    with without(GRAMMARS):
        import papermill  # noqa: PLC0415 - a second of imports that only this process needs
        from nbclient.exceptions import DeadKernelError  # noqa: PLC0415
        from papermill.exceptions import PapermillExecutionError  # noqa: PLC0415

    try:
        _run(papermill, folder)
    except PapermillExecutionError as error:
        return "cell-error", f"{error.ename}: {error.evalue}"
    except DeadKernelError:
        return "kernel-died", ""
    except RecordError as error:
        return "cannot-save", str(error)
    except Stopped as error:
        return "stopped", str(error)
    except Exception as error:  # noqa: BLE001 - whatever ended it goes into the record
        text = f"{type(error).__name__}: {error}"
        return ("kernel-died" if "kernel died" in text.lower() else "not-run"), text
    return "ran", ""


def _run(papermill: Any, folder: RunFolder) -> None:
    asked = json.loads(folder.request.read_bytes())
    path = f"{SCHEME}{asked['notebook']}"
    if "{" in path:  # papermill takes a path as a format string
        path = f"{SCHEME}notebook.ipynb"
    _write_startup(folder)
    papermill.iorw.papermill_io.register(SCHEME, _Whole(folder))
    papermill.execute_notebook(
        path,
        path,
        parameters=asked["parameters"],
        engine_name=asked["engine"],
        kernel_name=asked["kernel"] or _kernel(folder.partial),
        language="python",
        progress_bar=False,
        start_timeout=START_LIMIT,
        autosave_cell_every=AUTOSAVE,
        kernel_manager_class=_manager(),
        **_stops(folder),
    )


def _write_startup(folder: RunFolder) -> None:
    """Put what the kernel runs first where IPython looks for it: IPYTHONDIR lies in the run folder."""
    place = folder.path / "ipython" / "profile_default" / "startup"
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RecordError(atomic.sentence(place, error)) from error
    atomic.write(place / "background.py", STARTUP.encode())


def _kernel(path: Path) -> str:
    spec = json.loads(path.read_bytes())["metadata"].get("kernelspec", {})
    return str(spec.get("name") or "python3")


def _stops(folder: RunFolder) -> dict[str, Any]:
    """Return the hooks of nbclient that let a notebook go no further: on a signal, and after `exit()`, which a kernel survives.

    On the signal what has come so far is saved at once, because the kill may follow before papermill's next save.
    """
    asked: list[int] = []
    executing: list[Any] = []

    def on_signal(number: int, _: object) -> None:
        asked.append(number)
        for each in executing:
            with suppress(RecordError):  # the next save says it
                atomic.write(folder.partial, notebook.whole_text(json.dumps(each, ensure_ascii=False)).encode())

    def begin(*, notebook: Any, **_: Any) -> None:
        executing.append(notebook)

    def before(**_: Any) -> None:
        if asked:
            raise Stopped("asked to stop")

    def after(*, execute_reply: dict[str, Any] | None = None, **_: Any) -> None:
        payload = (execute_reply or {}).get("content", {}).get("payload", ())
        if any(item.get("source") == "ask_exit" for item in payload):
            raise Stopped("a cell called exit() or quit: a runbook ends at its last cell, remove the call")

    signal.signal(signal.SIGUSR1, on_signal)
    return {"on_notebook_start": begin, "on_cell_execute": before, "on_cell_executed": after}


def _manager() -> type:
    from jupyter_client.manager import AsyncKernelManager  # noqa: PLC0415

    parent = os.getpid()

    class LeashedKernelManager(AsyncKernelManager):
        """Starts a kernel that dies with this process, also when it holds the GIL and so cannot see that its parent has gone."""

        async def _async_start_kernel(self, **options: Any) -> None:
            await super()._async_start_kernel(**options, preexec_fn=lambda: processes.die_with_parent(signal.SIGKILL, parent))

        start_kernel = _async_start_kernel

    return LeashedKernelManager
