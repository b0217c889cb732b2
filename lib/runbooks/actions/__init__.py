"""Actions plan changes and touch nothing: a function `(rows, settings) -> Plan`, pure like a check."""

from runbooks.actions import backups

__all__ = ["backups"]
