"""The Run, and how to open one."""

from runbooks.runbook.run import Run, open_run

__all__ = ["Run", "open_run"]
