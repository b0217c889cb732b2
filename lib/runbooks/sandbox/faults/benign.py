"""What looks like a fault and is none: on these no runbook may cry wolf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbooks.sandbox.estate import alarms, stack
from runbooks.sandbox.faults import effects
from runbooks.sandbox.faults.fault import Fault
from runbooks.sandbox.faults.stack import put_state

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account


def _maintenance(account: Account) -> None:
    """A deployment that began three minutes ago and goes as it should."""
    at = effects.ago(account, 3)
    put_state(account, "UPDATE_IN_PROGRESS", at, "User Initiated")
    culprit = next(each for each in stack.of(account).resources if each.logical_resource_id.startswith("MediaFunction"))
    stack.event(account, culprit, "UPDATE_IN_PROGRESS", effects.ago(account, 2))
    account.stack_events.sort(key=lambda item: item["Timestamp"], reverse=True)
    effects.modified(account, "MediaFunction", effects.ago(account, 2))
    over = {
        "LastUpdateStatus": "InProgress",
        "LastUpdateStatusReason": "The function is being updated.",
        "LastUpdateStatusReasonCode": "Creating",
    }
    effects.overlay(account, "lambda", account.names["MediaFunction"], **over)
    effects.overlay(account, "dynamodb", "boat-admin-sessions", TableStatus="UPDATING")
    effects.done(account, at, "UpdateStack", account.environment.stack, "github-actions-deploy")
    effects.done(account, effects.ago(account, 2), "UpdateTable", "boat-admin-sessions", "github-actions-deploy")


def _new_alarm(account: Account) -> None:
    alarm = alarms.Alarm(
        "listing-function-errors",
        "",
        "AWS/Lambda",
        "Errors",
        ("FunctionName", "ListingFunction"),
        "Sum",
        300,
        2,
        5,
        topic="admin_topic",
    )
    at = effects.ago(account, 4)
    made = alarms.put(account, alarm, alarms.name_of(account, alarm.stem), at)
    made.state_value, made.state_reason = "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"
    made.state_updated_timestamp = made.configuration_updated_timestamp
    account.alarm_history.append(
        {
            "AlarmName": made.name,
            "AlarmType": "MetricAlarm",
            "Timestamp": at,
            "HistoryItemType": "ConfigurationUpdate",  # its creation; a change of state there has been none
            "HistorySummary": f'Alarm "{made.name}" created',
            "HistoryData": '{"version":"1.0","type":"Create"}',
        }
    )
    alarms.sort_history(account)
    effects.done(account, at, "PutMetricAlarm", made.name)


def _load_test(account: Account) -> None:
    """Eight times the traffic, some more refusals, response times a little up: within all limits."""
    since = effects.ago(account, 30)
    effects.change(
        account,
        lambda name: name.namespace in {"AWS/ApiGateway", "AWS/Lambda"} and name.metric != "5XXError",
        since,
        effects.more(8),
    )
    effects.change(account, effects.api_metric("4XXError"), since, effects.share(0.04))
    effects.change(account, effects.api_metric("Latency", "IntegrationLatency"), since, effects.times(1.3))


def _crawler(account: Account) -> None:
    """A search engine follows deep links of the site, which answer with the page and status 404; some reach the API."""
    effects.change(
        account, lambda name: name.metric in {"NetworkPacketsOut", "NetworkOut"}, effects.ago(account, 80), effects.times(2.2)
    )
    effects.change(account, effects.api_metric("4XXError"), effects.ago(account, 80), effects.share(0.06))
    text = "INFO\tListing not found"
    effects.console(account, "ListingFunction", effects.ago(account, 80), text, every=5)


def _idle(account: Account) -> None:
    over = {"State": "Inactive", "StateReason": "The function has not been invoked for a while.", "StateReasonCode": "Idle"}
    effects.overlay(account, "lambda", account.names["EmailFunction"], **over)
    metrics = effects.function_metric(
        account, "EmailFunction", "Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"
    )
    effects.change(account, metrics, effects.ago(account, 60 * 24 * 30), effects.nothing)


FAULTS = (
    Fault("maintenance-window", "A deployment began three minutes ago", _maintenance, benign=True),
    Fault("new-alarm-without-data", "An alarm was created four minutes ago and has no data yet", _new_alarm, benign=True),
    Fault("load-test", "A load test sends eight times the traffic", _load_test, benign=True),
    Fault("crawler", "A search engine follows deep links", _crawler, benign=True),
    Fault("idle-function", "Lambda put the e-mail function to sleep for want of calls", _idle, benign=True),
)
