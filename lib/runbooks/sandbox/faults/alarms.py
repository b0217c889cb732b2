"""Faults of the alarms themselves and of the dashboards: ringing, silent, blind, flapping, gone."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import alarms, backends, dashboards
from runbooks.sandbox.estate.series import Name
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import Fault, Finding

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account


def _disabled(account: Account) -> None:
    name = alarms.name_of(account, "admin-function-errors")
    backends.of(account, "cloudwatch").alarms[name].actions_enabled = False
    effects.done(account, effects.ago(account, 60 * 26), "DisableAlarmActions", name)


def _deleted(account: Account) -> None:
    name = alarms.name_of(account, "admin-function-duration")
    del backends.of(account, "cloudwatch").alarms[name]
    effects.done(account, effects.ago(account, 60 * 30), "DeleteAlarms", name)


def _no_action(account: Account) -> None:
    name = alarms.name_of(account, "cloudflare-tunnel-high-cpu")
    backends.of(account, "cloudwatch").alarms[name].alarm_actions = []
    effects.done(account, effects.ago(account, 60 * 50), "PutMetricAlarm", name)


def _pending_subscriber(account: Account) -> None:
    """Somebody subscribed and never followed the link in the mail: still nobody who is told."""
    topic = backends.of(account, "sns").topics[account.names["admin_topic"]]
    topic.subscriptions_pending = 1
    effects.done(account, effects.ago(account, 60 * 40), "Subscribe", account.names["admin_topic"])


def _topic_deleted(account: Account) -> None:
    arn = account.names["tunnel_topic"]
    del backends.of(account, "sns").topics[arn]
    effects.done(account, effects.ago(account, 60 * 20), "DeleteTopic", arn)


def _flapping(account: Account) -> None:
    name = alarms.name_of(account, "cloudflare-tunnel-high-cpu")
    for number in range(12):
        old, new = ("OK", "ALARM") if number % 2 == 0 else ("ALARM", "OK")
        at = effects.ago(account, 20 * (12 - number))
        alarms.turn(account, name, new, at, f"1 datapoint was around the threshold (80.0), {old} before")

    def concerns(series: Name) -> bool:
        return series.metric == "CPUUtilization"

    effects.change(account, concerns, effects.ago(account, 240), lambda slot, _: ((78.5 + (slot // 300 % 8) * 0.6, 1.0),))


def _blind(account: Account) -> None:
    """ThrottledRequests by table alone is never published; the stack has two such alarms, this is a third, and not accepted."""
    alarm = alarms.Alarm(
        "listings-throttles",
        "",
        "AWS/DynamoDB",
        "ThrottledRequests",
        ("TableName", "boat-listings"),
        "Sum",
        300,
        1,
        1,
        topic="admin_topic",
    )
    name = alarms.name_of(account, alarm.stem)
    alarms.put(account, alarm, name, effects.ago(account, 60 * 70))
    effects.done(account, effects.ago(account, 60 * 70), "PutMetricAlarm", name)


def _stale_dimension(account: Account) -> None:
    """The instance was replaced long ago; the alarm still watches its forerunner and sees nothing."""
    alarm = backends.of(account, "cloudwatch").alarms[alarms.name_of(account, "cloudflare-tunnel-high-cpu")]
    alarm.dimensions[0].value = "i-0badc0ffee0ddf00d"
    alarms.turn(
        account, alarm.name, "INSUFFICIENT_DATA", effects.ago(account, 60 * 9), "Insufficient Data: 3 datapoints were unknown."
    )


def _composite(account: Account) -> None:
    made = alarms.composite(account, "ALARM", effects.ago(account, 15))
    account.composite_alarms[made["AlarmName"]] = made
    alarms.history(account, made["AlarmName"], effects.ago(account, 15), "OK", "ALARM", made["StateReason"], kind="CompositeAlarm")
    alarms.sort_history(account)


def _high_cpu(account: Account) -> None:
    since = effects.ago(account, 55)
    effects.change(account, lambda series: series.metric == "CPUUtilization", since, effects.always(93.2))
    effects.ring(
        account,
        "cloudflare-tunnel-high-cpu",
        since + timedelta(minutes=17),
        "3 datapoints [93.2, 93.2, 93.2] were greater than or equal to the threshold (80.0).",
    )


def _credits(account: Account) -> None:
    since = effects.ago(account, 200)
    effects.change(account, lambda series: series.metric == "CPUUtilization", since, effects.always(10.1))
    effects.change(account, lambda series: series.metric == "CPUCreditBalance", since, effects.always(0.0))
    account.edge.site = "slow"


def _dashboard_deleted(account: Account) -> None:
    name = dashboards.name_of(account, "cloudflare-tunnel")
    del backends.of(account, "cloudwatch").dashboards[name]
    effects.done(account, effects.ago(account, 60 * 15), "DeleteDashboards", name)


def _dead_widget(account: Account) -> None:
    gone = [["AWS/Lambda", "Invocations", "FunctionName", f"{account.environment.stack}-AdminFunction", {"stat": "Sum"}]]
    found = backends.of(account, "cloudwatch").dashboards[dashboards.name_of(account, "cloudflare-tunnel")]
    kept = json.loads(found.body)["widgets"]
    dashboards.put(account, "cloudflare-tunnel", [*kept, dashboards.widget(account, "Admin Traffic", gone, 4)])
    effects.done(account, effects.ago(account, 60 * 18), "PutDashboard", found.name)


FAULTS = (
    Fault(
        "alarm-actions-disabled",
        "The admin error alarm rings and tells nobody: its actions are disabled",
        _disabled,
        (Finding("alarms_notify", "admin-function-errors-*"),),
        "F28",
    ),
    Fault(
        "alarm-deleted",
        "The admin duration alarm was deleted",
        _deleted,
        (Finding("alarms_complete", "admin-function-duration-*"),),
        "F28",
    ),
    Fault(
        "alarm-without-action",
        "The CPU alarm has no action at all",
        _no_action,
        (Finding("alarms_notify", "cloudflare-tunnel-high-cpu-*"),),
        "F28",
    ),
    Fault("subscription-pending", "A subscriber of the admin topic never confirmed", _pending_subscriber, platform="F28"),
    Fault(
        "topic-deleted",
        "The tunnel's alert topic was deleted; its alarms send into the void",
        _topic_deleted,
        (Finding("alarms_notify", "cloudflare-tunnel-alerts-*"),),
        "F28",
    ),
    Fault(
        "alarm-flapping",
        "The CPU alarm turns every twenty minutes",
        _flapping,
        (Finding("alarms_steady", "cloudflare-tunnel-high-cpu-*", "WARN"),),
        "F27",
    ),
    Fault(
        "alarm-blind",
        "A new throttle alarm watches a metric that AWS never publishes",
        _blind,
        (Finding("alarms_can_fire", "listings-throttles-*"),),
    ),
    Fault(
        "alarm-stale-dimension",
        "The CPU alarm watches an instance that is no more",
        _stale_dimension,
        (Finding("alarms_can_fire", "cloudflare-tunnel-high-cpu-*", "WARN"),),
        "F24",
    ),
    Fault(
        "composite-alarm",
        "The tunnel's composite alarm is in ALARM",
        _composite,
        (Finding("alarms_quiet", "cloudflare-tunnel-health-composite-*"),),
    ),
    Fault(
        "high-cpu",
        "The tunnel's instance computes at its limit",
        _high_cpu,
        (Finding("alarms_quiet", "cloudflare-tunnel-high-cpu-*"),),
    ),
    Fault(
        "cpu-credits-exhausted",
        "The instance has used up its CPU credits; the CPU alarm never fires",
        _credits,
        (Finding("endpoints_answer", "https://*/", "WARN"),),
        "F26",
    ),
    Fault(
        "dashboard-deleted",
        "The tunnel's dashboard was deleted",
        _dashboard_deleted,
        (Finding("dashboards_alive", "cloudflare-tunnel-*"),),
    ),
    Fault(
        "dashboard-dead-widget",
        "A widget shows a function by a name that does not exist",
        _dead_widget,
        (Finding("dashboards_alive", "cloudflare-tunnel-* / Admin Traffic", "WARN"),),
    ),
)
