"""The environment of a run, from its file; and the time and window of the run."""

from __future__ import annotations

from runbooks.settings.environment import (
    Deadlines,
    Environment,
    Expectation,
    Expected,
    FunctionNeeds,
    Hosts,
    Limits,
    Mail,
    SandboxEstate,
    Severity,
)
from runbooks.settings.files import SHIPPED, load, names
from runbooks.settings.scope import MOST_HOURS, Settings, utc, window

__all__ = [
    "MOST_HOURS",
    "SHIPPED",
    "Deadlines",
    "Environment",
    "Expectation",
    "Expected",
    "FunctionNeeds",
    "Hosts",
    "Limits",
    "Mail",
    "SandboxEstate",
    "Settings",
    "Severity",
    "load",
    "names",
    "utc",
    "window",
]
