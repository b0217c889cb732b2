"""EC2 snapshots: the owner and the page size that moto ignores. Source: API reference, DescribeSnapshots."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 1_000


def describe_snapshots(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS shows the snapshots of the owners that are named; `self` is the caller."""
    given = call.parameters
    owners = {call.account if owner == "self" else owner for owner in given.get("OwnerIds") or []}
    snapshots = [each for each in ask()["Snapshots"] if not owners or each["OwnerId"] in owners]
    try:
        shown, token = page(snapshots, given.get("MaxResults") or PAGE, given.get("NextToken"))
    except BadTokenError:
        raise Refusal("InvalidParameterValue", "Unable to parse pagination token") from None
    return {"Snapshots": shown, **({"NextToken": token} if token else {})}
