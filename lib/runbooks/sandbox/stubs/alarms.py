"""CloudWatch: alarm history and composite alarms. Source: API reference, DescribeAlarmHistory and PutCompositeAlarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 100


def describe_alarm_history(account: Account, call: Call, _: Ask) -> Answer:
    """AWS shows metric alarms only unless told otherwise, newest first, 100 a page, both bounds inclusive."""
    given = call.parameters
    types, start, end = given.get("AlarmTypes") or ["MetricAlarm"], given.get("StartDate"), given.get("EndDate")
    items = [
        each
        for each in account.alarm_history
        if given.get("AlarmName") in {None, "", each["AlarmName"]}
        and each.get("AlarmType", "MetricAlarm") in types
        and given.get("HistoryItemType") in {None, each["HistoryItemType"]}
        and (start is None or each["Timestamp"] >= start)
        and (end is None or each["Timestamp"] <= end)
    ]
    newest_first = given.get("ScanBy", "TimestampDescending") == "TimestampDescending"
    items.sort(key=lambda each: each["Timestamp"], reverse=newest_first)
    try:
        shown, token = page(items, min(given.get("MaxRecords") or PAGE, PAGE), given.get("NextToken"))
    except BadTokenError:
        raise Refusal("InvalidNextToken", "The next token specified is invalid.") from None
    return {"AlarmHistoryItems": shown, **({"NextToken": token} if token else {})}


def put_composite_alarm(account: Account, call: Call, _: Ask) -> Answer:
    """AWS starts a new composite alarm in INSUFFICIENT_DATA; one that is put again keeps its state."""
    given, now = call.parameters, account.clock.now()
    name = given["AlarmName"]
    earlier = account.composite_alarms.get(name, {})
    state: dict[str, Any] = {
        "StateValue": earlier.get("StateValue", "INSUFFICIENT_DATA"),
        "StateReason": earlier.get("StateReason", "Unchecked: Initial alarm creation"),
        "StateUpdatedTimestamp": earlier.get("StateUpdatedTimestamp", now),
    }
    account.composite_alarms[name] = {
        "AlarmArn": f"arn:aws:cloudwatch:{call.region}:{call.account}:alarm:{name}",
        "ActionsEnabled": True,
        "AlarmActions": [],
        "OKActions": [],
        "InsufficientDataActions": [],
        **{key: value for key, value in given.items() if key != "Tags"},
        **state,
        "AlarmConfigurationUpdatedTimestamp": now,
    }
    return {}


def delete_alarms(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS deletes metric and composite alarms by the same call."""
    for name in call.parameters.get("AlarmNames") or []:
        account.composite_alarms.pop(name, None)
    return ask()
