"""Telling people: only what changed, once, by the escalation matrix, and nothing that is secret."""

from __future__ import annotations

from runbooks.notify.finding import Finding, Look, look, with_daily
from runbooks.notify.memory import known
from runbooks.notify.telling import Told, after, due, shown, tried

__all__ = ["Finding", "Look", "Told", "after", "due", "known", "look", "shown", "tried", "with_daily"]
