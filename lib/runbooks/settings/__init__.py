"""The environment of a run, from its file; and the time and window of the run."""

from __future__ import annotations

from runbooks.settings.backups import Backups, FileBackup, TableBackups
from runbooks.settings.day import Area, Day, Objective
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
)
from runbooks.settings.files import SHIPPED, load, names
from runbooks.settings.performance import Performance, Probe
from runbooks.settings.scope import MOST_HOURS, Settings, utc, window
from runbooks.settings.security import Admin, Logins, Security, Trails
from runbooks.settings.telling import Address, Quiet, Severity, Telling

__all__ = [
    "MOST_HOURS",
    "SHIPPED",
    "Address",
    "Admin",
    "Area",
    "Backups",
    "Day",
    "Deadlines",
    "Environment",
    "Expectation",
    "Expected",
    "FileBackup",
    "FunctionNeeds",
    "Hosts",
    "Limits",
    "Logins",
    "Mail",
    "Objective",
    "Performance",
    "Probe",
    "Quiet",
    "SandboxEstate",
    "Security",
    "Settings",
    "Severity",
    "TableBackups",
    "Telling",
    "Trails",
    "load",
    "names",
    "utc",
    "window",
]
