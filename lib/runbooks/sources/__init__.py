"""Sources read the outside world and return plain typed rows; they have no opinions.

A source is a function `(reader, settings) -> list of rows`. It returns the whole population, never only the offenders, so that an
empty list means that nothing was seen.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbooks.sources import (
        admins,
        alarms,
        api,
        audit,
        backups,
        capacity,
        certificates,
        courses,
        dashboards,
        exposure,
        functions,
        logins,
        logs,
        metrics,
        performance,
        probe,
        records,
        recovery,
        secrets,
        stack,
        tables,
        web,
        witnesses,
    )

__all__ = [
    "admins",
    "alarms",
    "api",
    "audit",
    "backups",
    "capacity",
    "certificates",
    "courses",
    "dashboards",
    "exposure",
    "functions",
    "logins",
    "logs",
    "metrics",
    "performance",
    "probe",
    "records",
    "recovery",
    "secrets",
    "stack",
    "tables",
    "web",
    "witnesses",
]


def __getattr__(name: str) -> Any:
    """Load a module of sources when it is asked for: a runbook needs a few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
