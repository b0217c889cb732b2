"""CloudWatch alarms: filters, types, paging and first state. Source: API reference, DescribeAlarms and PutMetricAlarm."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.cloudwatch.models import CloudWatchBackend

from runbooks.sandbox.paging import BadTokenError, page
from runbooks.sandbox.refusals import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.handlers import Answer, Ask
    from runbooks.sandbox.wire import Call

PAGE = 50
STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp")


def describe_alarms(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS applies all filters together, shows composite alarms only when asked for, and pages over both kinds."""
    given = call.parameters
    types = given.get("AlarmTypes") or ["MetricAlarm"]
    metric = [each for each in ask()["MetricAlarms"] if _chosen(each, given)] if "MetricAlarm" in types else []
    composite = [each for each in account.composite_alarms.values() if _chosen(each, given)] if "CompositeAlarm" in types else []
    kinds = [("MetricAlarms", each) for each in metric] + [("CompositeAlarms", each) for each in composite]
    try:
        shown, token = page(kinds, given.get("MaxRecords") or PAGE, given.get("NextToken"))
    except BadTokenError:
        raise Refusal("InvalidNextToken", "The next token specified is invalid.") from None
    answer: Answer = {kind: [each for of, each in shown if of == kind] for kind in ("MetricAlarms", "CompositeAlarms")}
    return {**answer, **({"NextToken": token} if token else {})}


def set_alarm_state(account: Account, call: Call, ask: Ask) -> Answer:
    """AWS writes each change of state into the alarm's history, and knows composite alarms too."""
    given = call.parameters
    name, state, now = given["AlarmName"], given["StateValue"], account.clock.now()
    composite = account.composite_alarms.get(name)
    alarms = get_backend("cloudwatch")[call.account][call.region].alarms
    if composite is not None:
        before, answer = composite["StateValue"], {}
        composite |= {"StateValue": state, "StateReason": given["StateReason"], "StateUpdatedTimestamp": now}
    else:
        before = alarms[name].state_value if name in alarms else ""
        answer = ask()
        alarms[name].state_updated_timestamp = now
    if before != state:
        kind = "MetricAlarm" if composite is None else "CompositeAlarm"
        account.alarm_history.insert(0, _change(name, kind, before, state, now))
    return answer


def new_alarms_know_nothing() -> None:
    """AWS: a new alarm starts in INSUFFICIENT_DATA; an alarm that is put again keeps its state. moto: OK, both times."""
    original = CloudWatchBackend.put_metric_alarm
    if hasattr(original, "sandbox"):
        return

    def put_metric_alarm(self: Any, *args: Any, **kwargs: Any) -> Any:
        earlier = self.alarms.get(kwargs.get("name", args[0] if args else ""))
        alarm = original(self, *args, **kwargs)
        if earlier is None:
            alarm.state_value = "INSUFFICIENT_DATA"
        else:
            vars(alarm).update({key: getattr(earlier, key) for key in STATE})
        return alarm

    put_metric_alarm.sandbox = True  # type: ignore[attr-defined]
    CloudWatchBackend.put_metric_alarm = put_metric_alarm  # type: ignore[method-assign]  # the repair itself


def _chosen(alarm: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    names, prefix, state = given.get("AlarmNames"), given.get("AlarmNamePrefix", ""), given.get("StateValue")
    action = given.get("ActionPrefix", "")
    return (
        (not names or alarm["AlarmName"] in names)
        and alarm["AlarmName"].startswith(prefix)
        and (not state or alarm["StateValue"] == state)
        and (not action or any(each.startswith(action) for each in alarm.get("AlarmActions", [])))
    )


def _change(name: str, kind: str, before: str, after: str, now: Any) -> dict[str, Any]:
    return {
        "AlarmName": name,
        "AlarmType": kind,
        "Timestamp": now,
        "HistoryItemType": "StateUpdate",
        "HistorySummary": f"Alarm updated from {before} to {after}",
        "HistoryData": f'{{"version":"1.0","oldState":{{"stateValue":"{before}"}},"newState":{{"stateValue":"{after}"}}}}',
    }
