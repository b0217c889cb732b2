"""CloudWatch alarms of all types, what they did lately, and whom they tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from runbooks.errors import Unreadable
from runbooks.estate import AlarmHistory, AlarmState, Metric, Topic
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc
from runbooks.sources import metrics

ALL_TYPES = ["MetricAlarm", "CompositeAlarm", "LogAlarm"]


def states(reader: Reader, settings: Settings) -> list[AlarmState]:
    """Return every alarm of this environment, metric, composite and log.

    Raises Unreadable when there is none though some are expected.
    """
    found: list[AlarmState] = []
    for page in reader.pages("cloudwatch", "DescribeAlarms", shared=True, AlarmTypes=ALL_TYPES):
        found += [_state(row, "metric") for row in page["MetricAlarms"]]
        found += [_state(row, "composite") for row in page["CompositeAlarms"]]
        found += [_state(row, "log") for row in page.get("LogAlarms", [])]  # older endpoints know no log alarms
    own = [alarm for alarm in found if _ours(alarm.name, settings)]
    if not own and settings.environment.expected.alarms:
        count = len(settings.environment.expected.alarms)
        raise Unreadable(
            Blind(call="cloudwatch:DescribeAlarms", reason=Reason.NO_DATA, detail=f"no alarm in the answer, {count} are expected")
        )
    return own


def with_data(reader: Reader, settings: Settings) -> list[AlarmState]:
    """Return every alarm that watches one metric, with whether that metric has any data in the window (GetMetricData)."""
    alarms = [alarm for alarm in states(reader, settings) if alarm.metric]
    known = metrics.with_data(reader, settings, {alarm.metric for alarm in alarms if alarm.metric})
    return [replace(alarm, has_data=alarm.metric in known) for alarm in alarms]


def history(reader: Reader, settings: Settings) -> list[AlarmHistory]:
    """Return for each alarm how often its state changed within the window (DescribeAlarmHistory).

    DescribeAlarms says when each alarm changed last. Where none did within the window, nothing more is asked; one that did must be
    in the history, or the history is not to be believed.
    """
    alarms = states(reader, settings)
    restless = [alarm for alarm in alarms if alarm.since > settings.window.start]
    moments = _changes(reader, settings) if restless else {}
    lost = [alarm.name for alarm in restless if not _newborn(alarm) and alarm.kind != "log" and alarm.name not in moments]
    if lost:
        detail = "its last change of state is not in the history"
        raise Unreadable(Blind(call="cloudwatch:DescribeAlarmHistory", reason=Reason.NO_DATA, resource=lost[0], detail=detail))
    return [AlarmHistory(a.name, len(moments.get(a.name, [])), max(moments.get(a.name, []), default=None)) for a in alarms]


def _newborn(alarm: AlarmState) -> bool:
    """An alarm begins in INSUFFICIENT_DATA, and its history has no change of state before the first real one."""
    return alarm.state == "INSUFFICIENT_DATA" and alarm.since <= alarm.configured


def _changes(reader: Reader, settings: Settings) -> dict[str, list[datetime]]:
    """Return the moments within the window at which each alarm changed its state."""
    rows = reader.listing(
        "cloudwatch", "DescribeAlarmHistory", "AlarmHistoryItems",
        AlarmTypes=["MetricAlarm", "CompositeAlarm"], HistoryItemType="StateUpdate",
        StartDate=settings.window.start, EndDate=settings.window.end,
    )  # fmt: skip
    moments: dict[str, list[datetime]] = {}
    for row in rows:
        moments.setdefault(row["AlarmName"], []).append(utc(row["Timestamp"]))
    return moments


def channels(reader: Reader, settings: Settings) -> list[AlarmState | Topic]:
    """Return every alarm, and every topic that they send to: the whole way from a number to a person."""
    return [*states(reader, settings), *topics(reader, settings)]


def topics(reader: Reader, settings: Settings) -> list[Topic]:
    """Return every SNS topic that an alarm of this environment sends to, with its subscribers (GetTopicAttributes)."""
    arns = dict.fromkeys(arn for alarm in states(reader, settings) for arn in alarm.actions if ":sns:" in arn)
    return reader.map(lambda arn: _topic(reader, arn), arns, name=lambda arn: arn.rsplit(":", 1)[-1])


def _topic(reader: Reader, arn: str) -> Topic:
    name = arn.rsplit(":", 1)[-1]
    try:
        attributes = reader.read("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return Topic(name=name, confirmed=0, pending=0, exists=False)
    return Topic(
        name=name,
        confirmed=int(attributes["SubscriptionsConfirmed"]),
        pending=int(attributes["SubscriptionsPending"]),
    )


def _state(row: Answer, kind: str) -> AlarmState:
    return AlarmState(
        name=row["AlarmName"],
        kind=kind,
        state=row["StateValue"],
        reason=row.get("StateReason", ""),
        since=utc(row["StateUpdatedTimestamp"]),
        configured=utc(row["AlarmConfigurationUpdatedTimestamp"]),
        actions_enabled=row["ActionsEnabled"],
        actions=tuple(row.get("AlarmActions", [])),  # left out where there is none
        metric=_metric(row),
    )


def _metric(row: Answer) -> Metric | None:
    """Return the one metric that the alarm watches; composite, log and metric-math alarms have none."""
    if "MetricName" not in row:
        return None
    return Metric(row["Namespace"], row["MetricName"], tuple(sorted((pair["Name"], pair["Value"]) for pair in row["Dimensions"])))


def _ours(name: str, settings: Settings) -> bool:
    """An account may hold several environments: what ends in another one's suffix is that one's."""
    others = tuple(f"-{suffix}" for suffix in settings.environment.suffixes if suffix != settings.environment.suffix)
    return not (others and name.endswith(others))
