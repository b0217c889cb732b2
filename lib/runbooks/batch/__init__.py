"""Many runs: each runbook on each environment, here or on a fleet, a record of each, one exit code, the worst."""

from __future__ import annotations

from runbooks.batch.local import default_jobs
from runbooks.batch.planning import About, plan
from runbooks.batch.rendering import render
from runbooks.batch.result import Result, worst_exit
from runbooks.batch.running import Fleet, run
from runbooks.batch.storage import index

__all__ = ["About", "Fleet", "Result", "default_jobs", "index", "plan", "render", "run", "worst_exit"]
