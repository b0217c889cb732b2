"""STS: every caller is the same assumed role, the one that denials name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.refusals import SESSION, principal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call


def get_caller_identity(_: Account, call: Call, __: Ask) -> Answer:
    """AWS names the session of the role; moto names a user."""
    session = SESSION.rpartition("/")[2]
    return {"Account": call.account, "UserId": f"AROASANDBOX0000000000:{session}", "Arn": principal(call.account)}
