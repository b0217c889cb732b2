"""Every exception of ours, in one tree.

    RunbooksError
    ├── CallError         the caller asked for something that does not exist or has the wrong type      exit 2
    ├── RefusedError      doing it would be wrong: other account, no approval, moved world              exit 4
    │   └── LockedError   somebody else is doing it                                                     exit 4
    ├── Unreadable        a fact could not be read; carries why, and becomes UNKNOWN                     exit 3
    ├── NotAReadError     a source asked for an operation that is not a read: a defect of ours           exit 3
    └── RecordError       a record cannot be written or read back                                       exit 3

A message is one sentence that names the thing, the value and the way out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbooks.model import Blind


class RunbooksError(Exception):
    """The root: whatever this package raises on purpose."""


class CallError(RunbooksError):
    """The call itself is wrong: unknown environment, runbook or parameter, wrong type or range."""


class RefusedError(RunbooksError):
    """The call is understood and must not be done here."""


class LockedError(RefusedError):
    """Somebody else holds what this run needs."""


class Unreadable(RunbooksError):  # noqa: N818 - it names a state of the world, not a mistake
    """A fact could not be read; `blind` says which call, why, and what would allow it."""

    def __init__(self, blind: Blind) -> None:
        super().__init__(blind.sentence)
        self.blind = blind


class NotAReadError(RunbooksError):
    """An operation that is not a List or Read action was asked of a Reader."""


class RecordError(RunbooksError):
    """A record cannot be written, or what is there is not a record."""
