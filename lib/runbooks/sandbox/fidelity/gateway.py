"""API Gateway: the paging that moto leaves out. Source: API reference, GetRestApis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE, MOST = 25, 500


def get_rest_apis(_: Account, call: Call, ask: Ask) -> Answer:
    """AWS returns 25 a page unless `limit` says otherwise (at most 500), and the next one's `position`."""
    size = min(call.parameters.get("limit") or PAGE, MOST)
    try:
        shown, position = page(ask()["items"], size, call.parameters.get("position"))
    except BadTokenError:
        raise Refusal("BadRequestException", "Invalid position parameter specified") from None
    return {"items": shown, **({"position": position} if position else {})}
