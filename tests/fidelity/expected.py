"""Where the engine differs from a plain kernel, and why: all of it. `docs/engine.md` says the same."""

from __future__ import annotations

DIFFERENT = {
    "magics.connection": "there is no socket to connect to, so %connect_info has nothing to show and warns",
    "shell.kernel": "the class of the kernel object has another name",
    "process.threads": "the threads that serve sockets (control, heartbeat, shell channel) are not there",
    "process.modules": "what a run imports is imported already",
    "streams.warning-filters": "modules that are imported already have added their warning filters",
    "process.stack-depth": "the engine's own frames stand below a cell, so a recursion ends that many calls earlier",
}
"""Cells of the torture notebook that differ wherever the engine runs, each with its reason."""

DIFFERENT_WARM = {
    "stdin.breakpoint": "there is no debugger, so breakpoint() asks and is refused; with debugpy it silently does nothing",
    "language.breakpoint-hook": "there is no debugger that takes the hook",
    "process.environment": "there is no debugger that sets a variable for itself",
    "process.settings": "the warm process was started with -P, which sys.flags.safe_path shows",
}
"""Cells that differ besides when the run is forked from the warm process, as `runbooks run` does it."""
