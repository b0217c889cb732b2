"""The nine alarms as the stack defines them, two of them blind, the topics they tell, and a little history."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

GREATER_OR_EQUAL, LESS = "GreaterThanOrEqualToThreshold", "LessThanThreshold"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm; `dimension` is (name, key in the account's names)."""

    stem: str
    logical: str
    namespace: str
    metric: str
    dimension: tuple[str, str]
    statistic: str
    period: int
    periods: int
    threshold: float
    missing: str = "notBreaching"
    comparison: str = GREATER_OR_EQUAL
    topic: str = "tunnel_topic"


_ADMIN = ("FunctionName", "AdminFunction")
_INSTANCE = ("InstanceId", "instance_id")
ALARMS = (
    Alarm(
        "admin-function-errors",
        "AdminFunctionErrorAlarm8C1B3F52",
        "AWS/Lambda",
        "Errors",
        _ADMIN,
        "Sum",
        300,
        2,
        5,
        topic="admin_topic",
    ),
    Alarm(
        "admin-function-duration",
        "AdminFunctionDurationAlarm0D4E7A91",
        "AWS/Lambda",
        "Duration",
        _ADMIN,
        "Average",
        300,
        3,
        25000,
        topic="admin_topic",
    ),
    Alarm(
        "admin-function-throttles",
        "AdminFunctionThrottleAlarm5B20C6E8",
        "AWS/Lambda",
        "Throttles",
        _ADMIN,
        "Sum",
        300,
        1,
        1,
        topic="admin_topic",
    ),
    Alarm(
        "audit-logs-throttles",
        "AuditLogsThrottleAlarm71F3D2A4",
        "AWS/DynamoDB",
        "ThrottledRequests",
        ("TableName", "boat-audit-logs"),
        "Sum",
        300,
        1,
        1,
        topic="admin_topic",
    ),
    Alarm(
        "admin-sessions-throttles",
        "AdminSessionsThrottleAlarmE94A0B17",
        "AWS/DynamoDB",
        "ThrottledRequests",
        ("TableName", "boat-admin-sessions"),
        "Sum",
        300,
        1,
        1,
        topic="admin_topic",
    ),
    Alarm(
        "cloudflare-tunnel-instance-status",
        "MonitoringInstanceStatusAlarm3A6C9D05",
        "AWS/EC2",
        "StatusCheckFailed",
        _INSTANCE,
        "Maximum",
        60,
        2,
        1,
        "breaching",
    ),
    Alarm(
        "cloudflare-tunnel-system-status",
        "MonitoringSystemStatusAlarmB7E21F48",
        "AWS/EC2",
        "StatusCheckFailed_System",
        _INSTANCE,
        "Maximum",
        60,
        2,
        1,
        "breaching",
    ),
    Alarm(
        "cloudflare-tunnel-high-cpu",
        "MonitoringHighCpuAlarm60D8A3C2",
        "AWS/EC2",
        "CPUUtilization",
        _INSTANCE,
        "Average",
        300,
        3,
        80,
    ),
    Alarm(
        "cloudflare-tunnel-network",
        "MonitoringNetworkAlarmC5F19E7B",
        "AWS/EC2",
        "NetworkPacketsOut",
        _INSTANCE,
        "Sum",
        300,
        3,
        10,
        "breaching",
        LESS,
    ),
)


def build(account: Account) -> None:
    """Create the topics without subscribers, and the alarms in state OK."""
    for topic in ("admin_topic", "tunnel_topic"):
        backends.of(account, "sns").create_topic(account.names[topic].rsplit(":", 1)[-1])
    created = account.clock.now() - timedelta(days=44)
    for alarm in ALARMS:
        name = name_of(account, alarm.stem)
        account.names[alarm.stem] = name
        put(account, alarm, name, created)
        history(account, name, created + timedelta(minutes=2), "INSUFFICIENT_DATA", "OK", "was created and has data")
    admin = name_of(account, "admin-function-errors")
    for days, minutes in ((23, 11), (9, 9)):
        at = created + timedelta(days=44 - days)
        history(account, admin, at, "OK", "ALARM", "6 errors in five minutes, after a deployment")
        history(account, admin, at + timedelta(minutes=minutes), "ALARM", "OK", "no error in five minutes")
    sort_history(account)


def put(account: Account, alarm: Alarm, name: str, configured: datetime, **changes: Any) -> Any:
    """Create an alarm in moto, OK since soon after it was configured; `changes` go to moto as they are. Returns moto's alarm."""
    dimension, key = alarm.dimension
    arguments: dict[str, Any] = {
        "name": name,
        "namespace": alarm.namespace,
        "metric_name": alarm.metric,
        "comparison_operator": alarm.comparison,
        "evaluation_periods": alarm.periods,
        "datapoints_to_alarm": None,
        "period": alarm.period,
        "threshold": float(alarm.threshold),
        "statistic": alarm.statistic,
        "description": "",
        "dimensions": [{"Name": dimension, "Value": account.names[key]}],
        "alarm_actions": [account.names[alarm.topic]],
        "actions_enabled": True,
        "treat_missing_data": alarm.missing,
    }
    made = backends.of(account, "cloudwatch").put_metric_alarm(**(arguments | changes))
    made.configuration_updated_timestamp = backends.naive(configured)
    made.state_updated_timestamp = backends.naive(configured + timedelta(minutes=2))
    made.state_value, made.state_reason = "OK", "Threshold Crossed: 1 datapoint was not past the threshold."
    return made


def name_of(account: Account, stem: str) -> str:
    """Return an alarm's name in this environment."""
    return f"{stem}-{account.environment.suffix}"


def turn(account: Account, name: str, state: str, at: datetime, reason: str) -> None:
    """Put an alarm into a state as CloudWatch does: state, reason, time, and a line of history."""
    alarm = backends.of(account, "cloudwatch").alarms[name]
    history(account, name, at, alarm.state_value, state, reason)
    alarm.state_value, alarm.state_reason, alarm.state_updated_timestamp = state, reason, backends.naive(at)
    alarm.state_reason_data = json.dumps({"version": "1.0", "queryDate": backends.stamp(at)})
    sort_history(account)


def history(account: Account, name: str, at: datetime, old: str, new: str, reason: str, kind: str = "MetricAlarm") -> None:
    """Add a change of state to the history."""
    data = {"version": "1.0", "oldState": {"stateValue": old}, "newState": {"stateValue": new, "stateReason": reason}}
    account.alarm_history.append(
        {
            "AlarmName": name,
            "AlarmType": kind,
            "Timestamp": at,
            "HistoryItemType": "StateUpdate",
            "HistorySummary": f"Alarm updated from {old} to {new}",
            "HistoryData": json.dumps(data),
        }
    )


def sort_history(account: Account) -> None:
    """Put the history in order, newest first."""
    account.alarm_history.sort(key=lambda item: item["Timestamp"], reverse=True)


def composite(account: Account, state: str, at: datetime) -> dict[str, Any]:
    """Return the optional composite alarm over the tunnel's alarms, as DescribeAlarms gives it; it has no actions."""
    name = name_of(account, "cloudflare-tunnel-health-composite")
    parts = [name_of(account, f"cloudflare-tunnel-{part}") for part in ("instance-status", "system-status", "network")]
    return {
        "AlarmName": name,
        "AlarmArn": backends.arn(account, "cloudwatch", f"alarm:{name}"),
        "AlarmRule": " OR ".join(f"ALARM({part})" for part in parts),
        "ActionsEnabled": True,
        "AlarmActions": [],
        "OKActions": [],
        "InsufficientDataActions": [],
        "AlarmConfigurationUpdatedTimestamp": at - timedelta(days=20),
        "StateValue": state,
        "StateReason": f"{parts[0]} transitioned to {state}",
        "StateUpdatedTimestamp": at,
    }
