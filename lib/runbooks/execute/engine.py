"""papermill's engine `runbooks`: a kernel forked from the process that has papermill, instead of one that is started.

It is an entry point (`papermill.engine`) and loaded by every `import papermill`: it imports nothing that is not there already.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from papermill.engines import Engine, NBClientEngine, NotebookExecutionManager
from papermill.iorw import papermill_io


class Progress(NotebookExecutionManager):
    """Saves the notebook before each code cell, with all that came before, and at the end.

    papermill saves before and after every cell, of prose too, each time in many lines; what a kill leaves behind is the same.
    """

    _due = True

    def save(self, **_: Any) -> None:
        """Write the notebook as it is now; papermill writes the final one."""
        if self.output_path and self._due:
            papermill_io.write(json.dumps(self.nb, ensure_ascii=False), self.output_path)
            self.last_save_time = self.now()

    def cell_start(self, cell: Any, cell_index: int | None = None, **words: Any) -> None:
        """Note the start of a cell, and save if it is one of code."""
        self._due = cell.cell_type == "code"
        super().cell_start(cell, cell_index, **words)
        self._due = True

    def cell_complete(self, cell: Any, cell_index: int | None = None, **words: Any) -> None:
        """Note the end of a cell; the next start saves it."""
        self._due = False
        super().cell_complete(cell, cell_index, **words)
        self._due = True


class RunbooksEngine(Engine):
    """Executes a notebook in a fresh process forked from this one, where that is possible; else as papermill does."""

    @classmethod
    def execute_notebook(
        cls,
        nb: Any,
        kernel_name: str,
        output_path: str | None = None,
        progress_bar: Any = True,  # noqa: FBT002
        log_output: bool = False,  # noqa: FBT001, FBT002
        autosave_cell_every: float = 30,
        **words: Any,
    ) -> Any:
        """Execute a notebook and return it, saving it as it grows."""
        with _no_thread_for_the_bar(progress_bar):
            progress = Progress(nb, output_path, log_output, progress_bar, autosave_cell_every)
        progress.notebook_start()
        try:
            cls.execute_managed_notebook(progress, kernel_name, log_output=log_output, **words)
        finally:
            progress.cleanup_pbar()
            progress.notebook_complete()
        return progress.nb

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        execution_timeout: Any = None,
        **kwargs: Any,
    ) -> Any:
        """Execute all cells of `nb_man.nb`; words and errors are those of papermill's own engine."""
        reason = _why_not(kernel_name)
        if reason:
            logging.getLogger(__name__).warning("the kernel is started anew: %s", reason)
            return NBClientEngine.execute_managed_notebook(
                nb_man, kernel_name, execution_timeout=execution_timeout, **kwargs
            )  # fmt: skip
        from runbooks.execute.driver import ForkedClient  # noqa: PLC0415 - a third of a second of imports

        for word in ("input_path", "timeout", "start_timeout", "startup_timeout", "kernel_manager_class"):
            kwargs.pop(word, None)
        return ForkedClient(nb_man, timeout=execution_timeout, kernel_name=kernel_name, **kwargs).execute()


@contextmanager
def _no_thread_for_the_bar(progress_bar: object) -> Iterator[None]:
    """Have tqdm start no thread to look after its bars: a process with threads must not be forked from."""
    if not progress_bar:
        yield
        return
    from tqdm import tqdm  # noqa: PLC0415 - for a bar alone

    before, tqdm.monitor_interval = tqdm.monitor_interval, 0
    try:
        yield
    finally:
        tqdm.monitor_interval = before


def _why_not(kernel_name: str) -> str:
    """Return why a kernel cannot be forked here; empty when it can."""
    if sys.platform != "linux":
        return f"forking one is not done on {sys.platform}"
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        return "a process with threads must not be forked from"
    argv = kernel_command(kernel_name)
    ours = {
        sys.executable,
        "python",
        f"python{sys.version_info[0]}",
        "python{}.{}".format(*sys.version_info),
    }  # as jupyter_client reads it
    if argv[1:3] != ["-m", "ipykernel_launcher"] or argv[0] not in ours:
        return f"the kernel '{kernel_name}' is not this Python's own"
    return ""


@cache
def kernel_command(name: str) -> list[str]:
    """Return the command that a kernel specification gives; raises jupyter_client's NoSuchKernel."""
    from jupyter_client.kernelspec import KernelSpecManager  # noqa: PLC0415

    return list(KernelSpecManager().get_kernel_spec(name).argv)
