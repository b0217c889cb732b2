"""The Run, and how to open one."""

from runbooks.runbook.reports import open_report
from runbooks.runbook.run import Run, open_run

__all__ = ["Run", "open_report", "open_run"]
