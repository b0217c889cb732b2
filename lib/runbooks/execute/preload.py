"""What a run imports and makes ready, done once before it is forked: everything, and nothing of a run.

Not matplotlib_inline, which hooks into the shell that imports it, and not pyplot, which looks for one.
"""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

NEEDED = (
    "papermill", "runbooks.execute.engine", "runbooks.execute.worker", "runbooks.execute.driver", "runbooks.execute.kernel",
    "runbooks.execute.record", "ipykernel.debugger", "IPython.core.completerlib", "IPython.core.debugger",
    "IPython.core.oinspect", "IPython.extensions.storemagic", "sqlite3", "faulthandler", "psutil", "tornado.platform.asyncio",
    "runbooks.runbook",
)  # fmt: skip
PARTS = ("runbooks.sources", "runbooks.checks")  # loaded module by module where a runbook asks for them
GRAMMARS = "rfc3987_syntax"  # an option of jsonschema, for addresses that no notebook has; it takes 1.3 s to build
DEBUGGER = "debugpy"  # an option of ipykernel, for JupyterLab


@contextmanager
def without(*names: str) -> Iterator[None]:
    """Import without optional packages, as if they were not installed; those that are loaded already stay."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]  # documented: an import of None fails
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def preload(also: Sequence[str], *, eager: bool = True) -> None:
    """Import what a run needs and, if `eager`, what any runbook may need and the modules `also`, calling the `preload` of each.

    Without, the first run starts sooner, and each run imports the rest itself. Raises SystemExit when this has started a thread:
    a process with threads must not be forked from.
    """
    with without(GRAMMARS, DEBUGGER):
        for name in NEEDED:
            importlib.import_module(name)
        _use_once()
        if eager:
            for name in PARTS:
                package = importlib.import_module(name)
                for part in package.__all__:
                    getattr(package, part)
            make_ready(also)
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise SystemExit("the warm process has more than one thread and cannot be forked from")
    gc.collect()
    gc.freeze()  # so that collections in the children do not copy these pages


def make_ready(modules: Sequence[str]) -> None:
    """Import modules and have each prepare itself."""
    for name in modules:
        importlib.import_module(name).preload()


def _use_once() -> None:
    """Use what is made at its first use."""
    import nbformat  # noqa: PLC0415

    from runbooks.execute.engine import kernel_command  # noqa: PLC0415
    from runbooks.gateway import clients  # noqa: PLC0415

    clients.preload()
    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")]))
    kernel_command("python3")
