"""Executable runbooks: `open_run` is what a notebook starts with; `sources` and `checks` are what it asks and how it judges."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbooks.runbook import Run, open_report, open_run

__all__ = ["Run", "open_report", "open_run"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Import the run only when it is asked for: the command line must start without boto3, pydantic and IPython."""
    if name in __all__:
        return getattr(import_module("runbooks.runbook"), name)
    raise AttributeError(f"module 'runbooks' has no attribute '{name}'")
