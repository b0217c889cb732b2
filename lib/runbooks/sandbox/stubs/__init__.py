"""AWS operations that moto lacks, answered from the account with real behaviour, and the account's own fields over moto's."""

from __future__ import annotations

from runbooks.sandbox.handlers import Handler
from runbooks.sandbox.stubs import alarms, backups, concurrency, limits, machines, overrides, trail

STUBS: tuple[Handler, ...] = (
    Handler("backup", "ListRecoveryPointsByResource", backups.list_recovery_points_by_resource),
    Handler("cloudformation", "DescribeStackEvents", machines.describe_stack_events),
    Handler("cloudtrail", "LookupEvents", trail.lookup_events),
    Handler("cloudwatch", "DeleteAlarms", alarms.delete_alarms),
    Handler("cloudwatch", "DescribeAlarmHistory", alarms.describe_alarm_history),
    Handler("cloudwatch", "PutCompositeAlarm", alarms.put_composite_alarm),
    Handler("dynamodb", "DescribeExport", backups.describe_export),
    Handler("dynamodb", "ListExports", backups.list_exports),
    Handler("dynamodb", "DescribeLimits", limits.describe_limits),
    Handler("guardduty", "GetFindings", machines.get_findings),
    Handler("guardduty", "ListFindings", machines.list_findings),
    Handler("lambda", "DeleteProvisionedConcurrencyConfig", concurrency.delete_provisioned_concurrency_config),
    Handler("lambda", "GetAccountSettings", concurrency.get_account_settings),
    Handler("lambda", "GetProvisionedConcurrencyConfig", concurrency.get_provisioned_concurrency_config),
    Handler("lambda", "ListProvisionedConcurrencyConfigs", concurrency.list_provisioned_concurrency_configs),
    Handler("lambda", "PutProvisionedConcurrencyConfig", concurrency.put_provisioned_concurrency_config),
    Handler("ssm", "DescribeInstanceInformation", machines.describe_instance_information),
)
OVERRIDES: tuple[Handler, ...] = (
    Handler("cloudformation", "DescribeStacks", overrides.stacks),
    Handler("dynamodb", "DescribeTable", overrides.table),
    Handler("ec2", "DescribeInstances", overrides.instances),
    Handler("ec2", "DescribeInstanceStatus", overrides.instance_statuses),
    Handler("lambda", "GetFunction", overrides.function),
    Handler("lambda", "GetFunctionConfiguration", overrides.function_configuration),
)
BENEATH: tuple[Handler, ...] = (Handler("lambda", "ListFunctions", overrides.functions),)
"""These stand beneath the repairs: the list's repair has the last word on what a list tells."""
