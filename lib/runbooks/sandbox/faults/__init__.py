"""Known faults, by name: each changes everything that the real one would change, as far as it can be seen from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.errors import CallError
from runbooks.sandbox import estate
from runbooks.sandbox.faults import (
    access,
    alarms,
    backups,
    benign,
    certificates,
    edge,
    functions,
    load,
    logins,
    recovery,
    security,
    services,
    stack,
    tables,
)
from runbooks.sandbox.faults.fault import Fault, Finding

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

__all__ = ["CATALOGUE", "Fault", "Finding", "break_", "mend"]

AREAS = (functions, load, tables, alarms, edge, stack, access, certificates, security, logins, backups, recovery, services, benign)
CATALOGUE: dict[str, Fault] = {fault.name: fault for area in AREAS for fault in area.FAULTS}


def break_(account: Account, name: str) -> None:
    """Break one thing in a seeded account; raises CallError for a name that is not in the catalogue."""
    if name not in CATALOGUE:
        raise CallError(f"unknown fault '{name}': choose one of {', '.join(sorted(CATALOGUE))}")
    fault = CATALOGUE[name]
    fault.apply(account)
    account.broken[name] = fault.title


def mend(account: Account) -> None:
    """Build the account's platform anew, as if nothing had ever been broken or written."""
    account.reset()
    estate.build(account)
