"""Secrets and personal data, masked: a net, not a wall. The wall is that a source reads only what may be shown."""

from runbooks.redact.redactor import Redactor

__all__ = ["Redactor"]
