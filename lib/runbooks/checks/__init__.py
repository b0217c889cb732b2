"""Checks judge rows and return one CheckResult; they are pure: no network, no clock.

A check is a function `(rows, settings) -> CheckResult`, named as the claim that should hold; the first line of its docstring is the
claim in words. It judges the whole population: no rows means that nothing was seen, which is UNKNOWN.
"""

from runbooks.checks import alarms, health, web

__all__ = ["alarms", "health", "web"]
