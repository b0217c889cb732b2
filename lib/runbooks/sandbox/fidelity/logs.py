"""CloudWatch Logs: filter patterns and pages that may be empty. Source: API reference, FilterLogEvents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend

from runbooks.sandbox import paging
from runbooks.sandbox.fidelity.patterns import PatternError, compiled
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 10_000
LOOKED_AT = 5_000
"""How many events one call looks at: a page may hold none of them and still have a next one."""


def filter_log_events(_: Account, call: Call, __: Ask) -> Answer:
    """AWS matches by its pattern syntax, oldest first, and stops after looking at so much, whatever it found."""
    given = call.parameters
    try:
        match = compiled(given.get("filterPattern") or "")
        start = paging.offset(given.get("nextToken"))
    except (PatternError, paging.BadTokenError) as error:
        raise Refusal("InvalidParameterException", str(error)) from None
    events = _events(call)
    limit = min(given.get("limit") or PAGE, PAGE)
    shown: list[dict[str, Any]] = []
    at = start
    while at < len(events) and at - start < LOOKED_AT and len(shown) < limit:
        if match(events[at]["message"]):
            shown.append(events[at])
        at += 1
    answer: Answer = {"events": shown, "searchedLogStreams": []}
    return {**answer, "nextToken": paging.written(at)} if at < len(events) else answer


def _events(call: Call) -> list[dict[str, Any]]:
    """Return the group's events in the window and the streams that are asked for, oldest first."""
    given = call.parameters
    name = given.get("logGroupName") or given.get("logGroupIdentifier", "").removesuffix(":*").rpartition(":log-group:")[2]
    groups: Mapping[str, Any] = get_backend("logs")[call.account][call.region].groups
    name = name or given.get("logGroupIdentifier", "")
    if name not in groups:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    start, end = given.get("startTime") or 0, given.get("endTime") or float("inf")
    wanted, prefix = given.get("logStreamNames"), given.get("logStreamNamePrefix") or ""
    events = [
        {**event.to_filter_dict(), "logStreamName": stream_name}
        for stream_name, stream in groups[name].streams.items()
        if (not wanted or stream_name in wanted) and stream_name.startswith(prefix)
        for event in stream.events
        if start <= event.timestamp <= end
    ]
    return sorted(events, key=lambda each: int(each["timestamp"]))
