"""Which dimensions AWS publishes its metrics with: an alarm on any other set sees nothing, for ever, and stays green.

From the metrics pages of each service's user guide (Lambda, DynamoDB, API Gateway REST, EC2).
"""

from __future__ import annotations

from runbooks.estate import Metric

Sets = tuple[frozenset[str], ...]


def _sets(*names: str) -> Sets:
    return tuple(frozenset(name.split()) for name in names)


_FUNCTION = _sets("FunctionName", "FunctionName Resource", "FunctionName Resource ExecutedVersion", "")
_TABLE = _sets("TableName")
_TABLE_OR_INDEX = _sets("TableName", "TableName GlobalSecondaryIndexName")
_OPERATION = _sets("TableName Operation")
_API = _sets("ApiName", "ApiName Stage", "ApiName Stage Method Resource")
_INSTANCE = _sets("InstanceId", "AutoScalingGroupName", "ImageId", "InstanceType", "")

_METRICS: dict[str, dict[str, Sets]] = {
    "AWS/Lambda": dict.fromkeys(("Invocations", "Errors", "Throttles", "Duration", "ConcurrentExecutions"), _FUNCTION),
    "AWS/DynamoDB": {
        **dict.fromkeys(("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"), _TABLE_OR_INDEX),
        **dict.fromkeys(("ProvisionedReadCapacityUnits", "ProvisionedWriteCapacityUnits"), _TABLE_OR_INDEX),
        **dict.fromkeys(("ReadThrottleEvents", "WriteThrottleEvents"), _TABLE_OR_INDEX),
        **dict.fromkeys(("ThrottledRequests", "SuccessfulRequestLatency", "SystemErrors", "ReturnedItemCount"), _OPERATION),
        **dict.fromkeys(("ConditionalCheckFailedRequests", "TimeToLiveDeletedItemCount"), _TABLE),
        "UserErrors": _sets(""),
    },
    "AWS/ApiGateway": dict.fromkeys(("Count", "4XXError", "5XXError", "Latency", "IntegrationLatency"), _API),
    "AWS/EC2": dict.fromkeys(
        (
            "StatusCheckFailed", "StatusCheckFailed_Instance", "StatusCheckFailed_System", "CPUUtilization",
            "NetworkIn", "NetworkOut", "NetworkPacketsIn", "NetworkPacketsOut", "CPUCreditBalance", "CPUCreditUsage",
        ),
        _INSTANCE,
    ),
}  # fmt: skip


def never_published(metric: Metric) -> bool:
    """Say whether AWS never publishes this metric with these dimensions; for namespaces this list does not know, no."""
    known = _METRICS.get(metric.namespace)
    return known is not None and frozenset(name for name, _ in metric.dimensions) not in known.get(metric.name, ())
