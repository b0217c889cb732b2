"""The two dashboards, with the widget that can never show anything: ItemCount is not a CloudWatch metric."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

Metric = list[Any]


def build(account: Account) -> None:
    """Create both dashboards."""
    put(account, "admin-service", _admin(account))
    put(account, "cloudflare-tunnel", _tunnel(account))


def put(account: Account, stem: str, widgets: list[dict[str, Any]]) -> None:
    """Create or replace one dashboard."""
    name = name_of(account, stem)
    made = backends.of(account, "cloudwatch").put_dashboard(name, json.dumps({"widgets": widgets}))
    made.last_modified = backends.naive(account.clock.now())
    account.names[f"dashboard:{stem}"] = name


def name_of(account: Account, stem: str) -> str:
    """Return a dashboard's name in this environment."""
    return f"{stem}-{account.environment.suffix}"


def widget(account: Account, title: str, metrics: list[Metric], position: int, period: int = 300) -> dict[str, Any]:
    """Return a metric widget, twelve by six."""
    properties = {"view": "timeSeries", "title": title, "region": account.environment.region, "period": period, "metrics": metrics}
    return {"type": "metric", "width": 12, "height": 6, "x": position % 2 * 12, "y": position // 2 * 6, "properties": properties}


def _admin(account: Account) -> list[dict[str, Any]]:
    function = account.names["AdminFunction"]
    audit, sessions = "boat-audit-logs", "boat-admin-sessions"
    performance = [
        ["AWS/Lambda", "Invocations", "FunctionName", function, {"stat": "Sum"}],
        [".", "Errors", ".", ".", {"stat": "Sum"}],
        [".", "Duration", ".", ".", {"stat": "Average", "yAxis": "right"}],
    ]
    tables = [
        ["AWS/DynamoDB", metric, "TableName", table, {"stat": "Sum", "yAxis": side}]
        for table, side in ((audit, "left"), (sessions, "right"))
        for metric in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits")
    ]
    security = [["AWS/DynamoDB", "ItemCount", "TableName", table] for table in ("boat-login-attempts", sessions)]
    return [
        widget(account, "Admin Function Performance", performance, 0),
        widget(account, "Admin Tables Performance", tables, 1),
        widget(account, "Security Metrics", security, 2, period=900),
    ]


def _tunnel(account: Account) -> list[dict[str, Any]]:
    def shown(*metrics: str) -> list[Metric]:
        return [["AWS/EC2", metric, "InstanceId", account.names["instance_id"]] for metric in metrics]

    return [
        widget(account, "EC2 Instance Health", shown("StatusCheckFailed_Instance", "StatusCheckFailed_System"), 0, period=60),
        widget(account, "Resource Utilization", shown("CPUUtilization"), 1),
        widget(account, "Network Activity", shown("NetworkPacketsIn", "NetworkPacketsOut", "NetworkIn", "NetworkOut"), 2),
        widget(
            account,
            "Active Alarms",
            shown("StatusCheckFailed", "StatusCheckFailed_System", "CPUUtilization", "NetworkPacketsOut"),
            3,
        ),
    ]
