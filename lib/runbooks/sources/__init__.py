"""Sources read the outside world and return plain typed rows; they have no opinions.

A source is a function `(reader, settings) -> list of rows`. It returns the whole population, never only the offenders, so that an
empty list means that nothing was seen.
"""

from runbooks.sources import alarms, api, audit, certificates, dashboards, functions, logs, metrics, stack, tables, web

__all__ = ["alarms", "api", "audit", "certificates", "dashboards", "functions", "logs", "metrics", "stack", "tables", "web"]
