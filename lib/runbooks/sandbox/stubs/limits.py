"""DynamoDB: what an account may consume. Source: API reference, DescribeLimits; defaults of us-east-1."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

ACCOUNT, TABLE = 80_000, 40_000  # units a second


def describe_limits(_: Account, __: Call, ___: Ask) -> Answer:
    """AWS tells how much all tables, and each of them, may be provisioned with; on demand, the same holds for a table's traffic."""
    return {
        f"{whose}Max{way}CapacityUnits": units
        for whose, units in (("Account", ACCOUNT), ("Table", TABLE))
        for way in ("Read", "Write")
    }
