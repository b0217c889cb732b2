"""CloudFormation: the paging that moto leaves out. Source: API reference, ListStackResources."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 100


def list_stack_resources(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS returns 100 resources a page, and a stack of this platform has more."""
    try:
        shown, token = page(ask()["StackResourceSummaries"], PAGE, call.parameters.get("NextToken"))
    except BadTokenError:
        raise Refusal("ValidationError", "The specified token is not valid") from None
    return {"StackResourceSummaries": shown, **({"NextToken": token} if token else {})}
