"""Checks judge rows and return one CheckResult; they are pure: no network, no clock.

A check is a function `(rows, settings) -> CheckResult`, named as the claim that should hold; the first line of its docstring is the
claim in words. It judges the whole population: no rows means that nothing was seen, which is UNKNOWN.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runbooks.checks import (
        admins,
        alarms,
        anomalies,
        areas,
        backups,
        budgets,
        capacity,
        day,
        exposure,
        failures,
        health,
        invocations,
        latency,
        logins,
        probe,
        recovery,
        secrets,
        trails,
        web,
    )

__all__ = [
    "admins",
    "alarms",
    "anomalies",
    "areas",
    "backups",
    "budgets",
    "capacity",
    "day",
    "exposure",
    "failures",
    "health",
    "invocations",
    "latency",
    "logins",
    "probe",
    "recovery",
    "secrets",
    "trails",
    "web",
]


def __getattr__(name: str) -> Any:
    """Load a module of checks when it is asked for: a runbook needs a few of them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
