"""The estate as plain data, in one canonical form: two estates are the same when their dumps are."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account
    from runbooks.sandbox.estate.series import Series

METRIC_HOURS = 6


def canonical(account: Account) -> dict[str, Any]:
    """Return everything the estate holds that somebody could read, as JSON values in a fixed order."""
    parts = {
        "names": account.names,
        "account": [
            account.alarm_history,
            account.composite_alarms,
            account.trail,
            account.stack_events,
            account.managed_instances,
            account.recovery_points,
            account.exports,
            sorted(account.provisioned.items()),
            sorted(account.overrides.items()),
            vars(account.edge),
            account.broken,
        ],
        "functions": _functions(account),
        "tables": _tables(account),
        "backups": {arn: backup.summary for arn, backup in backends.of(account, "dynamodb").backups.items()},
        "cloudwatch": _cloudwatch(account),
        "logs": _logs(account),
        "stack": _stack(account),
        "network": _network(account),
        "edges": _edges(account),
    }
    plain: dict[str, Any] = json.loads(json.dumps(parts, default=_plain, sort_keys=True))
    return plain


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value.decode() if isinstance(value, bytes) else str(value)


def _functions(account: Account) -> list[Any]:
    found = backends.of(account, "lambda").list_functions(None)
    roles = backends.of(account, "iam").roles.values()
    described = [{**each.get_configuration(), "reserved": each.reserved_concurrency} for each in found]
    return [sorted(described, key=lambda each: each["FunctionName"]), sorted((role.name, role.policies) for role in roles)]


def _tables(account: Account) -> dict[str, Any]:
    found = {}
    for name, table in backends.of(account, "dynamodb").tables.items():
        described = table.describe()["TableDescription"]
        rows = sorted(json.dumps(item.to_json(), sort_keys=True) for item in table.all_items())
        found[name] = [described, table.ttl, table.continuous_backups, table.tags, rows]
    return found


def _cloudwatch(account: Account) -> dict[str, Any]:
    backend = backends.of(account, "cloudwatch")
    kept = (
        "namespace",
        "metric_name",
        "state_value",
        "state_reason",
        "actions_enabled",
        "alarm_actions",
        "threshold",
        "state_updated_timestamp",
    )
    alarms = {name: {key: getattr(alarm, key) for key in kept} for name, alarm in backend.alarms.items()}
    return {
        "alarms": alarms,
        "dashboards": {name: each.body for name, each in backend.dashboards.items()},
        "series": _recent(backend.series),
    }


def _recent(series: Series) -> dict[str, Any]:
    now = round(series.now().timestamp())
    start, end = (datetime.fromtimestamp(at, series.now().tzinfo) for at in (now - METRIC_HOURS * 3600, now))
    return {f"{name.namespace} {name.metric} {name.dimensions}": list(series.samples(name, start, end)) for name in series.kept}


def _logs(account: Account) -> dict[str, Any]:
    return {
        name: [
            group.retention_in_days,
            {key: [(each.timestamp, each.message) for each in stream.events] for key, stream in group.streams.items()},
        ]
        for name, group in backends.of(account, "logs").groups.items()
    }


def _stack(account: Account) -> list[Any]:
    return [
        [
            each.name,
            each.status,
            each.outputs,
            sorted((row.logical_resource_id, row.physical_resource_id) for row in each.stack_resources),
        ]
        for each in backends.of(account, "cloudformation").stacks.values()
    ]


def _network(account: Account) -> dict[str, Any]:
    backend = backends.of(account, "ec2")
    return {
        "instances": [[each.id, each.state, each.private_ip, each.launch_time] for each in backend.all_instances()],
        "nat": [[each.id, each.state] for each in backend.nat_gateways.values()],
        "endpoints": sorted(backend.vpc_end_points),
        "routes": {
            key: sorted((each.destination_cidr_block or "", str(each.nat_gateway and each.nat_gateway.id)) for each in table.routes)
            for key, table in backend.route_tables.items()
        },
        "groups": {
            key: sorted((str(rule.from_port), str(rule.ip_range)) for rule in group.ingress_rules)
            for key, group in backend.groups[account.names["vpc_id"]].items()
            if group.name != "default"
        },
        "snapshots": {each.id: each.start_time for each in backend.snapshots.values()},
    }


def _edges(account: Account) -> dict[str, Any]:
    api = backends.of(account, "apigateway").apis[account.names["rest_api_id"]]
    secrets = backends.of(account, "secretsmanager").secrets
    s3 = backends.of(account, "s3")
    found = backends.of(account, "acm").list_certificates([], {})
    return {
        "stages": {name: stage.deployment_id for name, stage in api.stages.items()},
        "deployments": [each.to_json() for each in api.deployments.values()],
        "routes": sorted((each.get_path(), sorted(each.resource_methods)) for each in api.resources.values()),
        "certificates": {each.arn: each.describe()["Certificate"] for each in found},
        "secrets": {name: [each.secret_string, each.deleted_date, each.last_changed_date] for name, each in secrets.items()},
        "topics": {
            arn: [each.subscriptions_pending, each.subscriptions_confimed]
            for arn, each in backends.of(account, "sns").topics.items()
        },
        "buckets": {
            name: [
                each.policy,
                str(vars(each.public_access_block)) if each.public_access_block else "",
                [(key, kept.size, kept.last_modified) for key, kept in each.keys.items()],
            ]
            for name, each in s3.buckets.items()
        },
    }
