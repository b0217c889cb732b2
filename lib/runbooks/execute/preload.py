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

MODULES = (
    "papermill", "runbooks.execute.engine", "runbooks.execute.worker", "runbooks.execute.driver", "runbooks.execute.kernel",
    "runbooks.execute.record", "ipykernel.debugger", "IPython.core.completerlib",
    "IPython.core.debugger", "IPython.core.oinspect", "IPython.extensions.storemagic", "sqlite3", "faulthandler",
    "tornado.platform.asyncio", "runbooks.runbook", "runbooks.sources",
    "runbooks.checks", "boto3.session", "botocore.paginate", "botocore.retries.standard", "matplotlib.figure", "matplotlib.dates",
    "matplotlib.backends.backend_svg", "urllib3",
)  # fmt: skip
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


def preload(also: Sequence[str]) -> None:
    """Import all that a run needs, and the modules `also`, each of which has a `preload` of its own.

    Raises SystemExit when this has started a thread: a process with threads must not be forked from.
    """
    with without(GRAMMARS, DEBUGGER):
        for name in (*MODULES, *also):
            importlib.import_module(name)
    _use_once()
    for name in also:
        importlib.import_module(name).preload()
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise SystemExit("the warm process has more than one thread and cannot be forked from")
    gc.collect()
    gc.freeze()  # so that collections in the children do not copy these pages


def _use_once() -> None:
    """Use what is made at its first use."""
    import nbformat  # noqa: PLC0415

    from runbooks.execute.engine import kernel_command  # noqa: PLC0415

    nbformat.validate(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("")]))
    kernel_command("python3")
