"""CloudTrail: LookupEvents. Source: API reference, LookupEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 50
OF_EVENT = ("EventId", "EventName", "ReadOnly", "Username", "EventSource", "AccessKeyId")
OF_RESOURCE = ("ResourceType", "ResourceName")


def lookup_events(account: Account, call: Call, _: Ask) -> Answer:
    """AWS takes one attribute, both bounds inclusive, newest first, at most 50 a page."""
    given = call.parameters
    start, end, attributes = given.get("StartTime"), given.get("EndTime"), given.get("LookupAttributes") or []
    if start and end and start > end:
        raise Refusal("InvalidTimeRangeException", "The start time is later than the end time.")
    if len(attributes) > 1:
        raise Refusal("InvalidLookupAttributesException", "You can have only one lookup attribute.")
    events = [
        each
        for each in account.trail
        if (start is None or each["EventTime"] >= start)
        and (end is None or each["EventTime"] <= end)
        and all(_has(each, attribute["AttributeKey"], attribute["AttributeValue"]) for attribute in attributes)
    ]
    events.sort(key=lambda each: each["EventTime"], reverse=True)
    try:
        shown, token = page(events, min(given.get("MaxResults") or PAGE, PAGE), given.get("NextToken"))
    except BadTokenError:
        raise Refusal("InvalidNextTokenException", "The next token is invalid.") from None
    return {"Events": shown, **({"NextToken": token} if token else {})}


def _has(event: Mapping[str, Any], key: str, value: str) -> bool:
    if key in OF_EVENT:
        return bool(event.get(key) == value)
    if key in OF_RESOURCE:
        return any(each.get(key) == value for each in event.get("Resources", []))
    raise Refusal("InvalidLookupAttributesException", f"Invalid lookup attribute: {key}")
