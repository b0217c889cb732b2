"""Repairs of the places where moto answers what AWS would not, one module a service.

Each repair says in one sentence what AWS does. REPAIRS stand around moto's answers, PATCHES change moto itself.
"""

from __future__ import annotations

from runbooks.sandbox.fidelity import (
    alarms,
    backups,
    functions,
    gateway,
    identity,
    logs,
    metrics,
    secrets,
    snapshots,
    stacks,
    tables,
)
from runbooks.sandbox.handlers import Handler

REPAIRS: tuple[Handler, ...] = (
    Handler("apigateway", "GetRestApis", gateway.get_rest_apis),
    Handler("cloudformation", "ListStackResources", stacks.list_stack_resources),
    Handler("cloudwatch", "DescribeAlarms", alarms.describe_alarms),
    Handler("cloudwatch", "GetMetricData", metrics.get_metric_data),
    Handler("cloudwatch", "GetMetricStatistics", metrics.get_metric_statistics),
    Handler("cloudwatch", "SetAlarmState", alarms.set_alarm_state),
    Handler("dynamodb", "DescribeBackup", backups.describe_backup),
    Handler("dynamodb", "DescribeContinuousBackups", backups.describe_continuous_backups),
    Handler("dynamodb", "DescribeTable", backups.describe_table),
    Handler("dynamodb", "DescribeTable", tables.describe_table),
    Handler("dynamodb", "ListBackups", backups.list_backups),
    Handler("dynamodb", "ListBackups", tables.list_backups),
    Handler("dynamodb", "RestoreTableFromBackup", tables.restore_table),
    Handler("dynamodb", "RestoreTableToPointInTime", tables.restore_table_to_point_in_time),
    Handler("ec2", "DescribeSnapshots", snapshots.describe_snapshots),
    Handler("lambda", "CreateFunction", functions.create_function),
    Handler("lambda", "GetFunction", functions.get_function),
    Handler("lambda", "GetFunctionConfiguration", functions.get_function_configuration),
    Handler("lambda", "ListFunctions", functions.list_functions),
    Handler("lambda", "PublishVersion", functions.publish_version),
    Handler("lambda", "PutFunctionConcurrency", functions.put_function_concurrency),
    Handler("lambda", "UpdateFunctionCode", functions.update_function_code),
    Handler("lambda", "UpdateFunctionConfiguration", functions.update_function_configuration),
    Handler("logs", "FilterLogEvents", logs.filter_log_events),
    Handler("secretsmanager", "RotateSecret", secrets.rotate_secret),
    Handler("sts", "GetCallerIdentity", identity.get_caller_identity),
)
PATCHES = (alarms.new_alarms_know_nothing, tables.other_types_never_match)


def install() -> None:
    """Patch moto; a second time changes nothing."""
    for patch in PATCHES:
        patch()
