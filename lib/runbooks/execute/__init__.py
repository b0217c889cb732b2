"""One notebook, executed: in processes that are owned, within a deadline, with a record whatever happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.execute.parameters import Parameter, checked, declared
from runbooks.execute.recovery import recover, unfinished
from runbooks.execute.requested import Request, request
from runbooks.execute.signals import listening
from runbooks.execute.supervisor import run
from runbooks.execute.warm import running as warmed

if TYPE_CHECKING:
    from runbooks.execute.record import Record, read

__all__ = [
    "Parameter",
    "Record",
    "Request",
    "checked",
    "declared",
    "listening",
    "read",
    "recover",
    "request",
    "run",
    "unfinished",
    "warmed",
]


def __getattr__(name: str) -> object:
    """Load what handles records when it is asked for: it brings pydantic, which takes longer than all the rest."""
    if name in ("Record", "read"):
        from runbooks.execute import record  # noqa: PLC0415

        return getattr(record, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
