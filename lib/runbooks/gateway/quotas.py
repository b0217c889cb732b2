"""How many requests a second AWS takes, by account, region and group of operations, as AWS publishes it.

The sources are pages of AWS's documentation, and the operations' own pages in botocore's models; all are defaults that an
account may have had raised. Where AWS publishes nothing there is a cautious number of ours, and it says so. Burst: what AWS
documents, else what a second fills.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

OURS = "not published, a cautious number of ours"
CLOUDWATCH = "CloudWatch user guide, CloudWatch service quotas"
LOGS = "CloudWatch Logs user guide, CloudWatch Logs quotas"
LAMBDA = "Lambda developer guide, Lambda quotas, API requests"
GATEWAY = "API Gateway developer guide, quotas for creating, deploying and managing an API"
DYNAMODB = "DynamoDB developer guide, quotas, API-specific limits"
DYNAMODB_API = "DynamoDB API reference, the operation's page"
ACM = "ACM user guide, quotas, API rate quotas"
SNS = "SNS API reference, the operation's page; SNS quotas"
STS = "IAM user guide, IAM and STS quotas"
TRAIL = "CloudTrail user guide, quotas"
EC2 = "EC2 API reference, request throttling, non-mutating actions"
SECRETS = "Secrets Manager user guide, quotas"
TAGGING = "Resource Groups Tagging API user guide, quotas"
S3 = "S3 user guide, request rate by prefix"


@dataclass(frozen=True, slots=True)
class Quota:
    """What one group of operations may do: requests a second, and how many at once after a pause."""

    group: str
    rate: float
    burst: float
    source: str


# service, operations that share one quota, requests a second, burst, source; no operations: all others of the service together
_TABLE: tuple[tuple[str, tuple[str, ...], float, float, str], ...] = (
    ("cloudwatch", ("DescribeAlarms",), 9, 9, CLOUDWATCH),
    ("cloudwatch", ("DescribeAlarmHistory",), 3, 3, CLOUDWATCH),
    ("cloudwatch", ("DescribeAlarmsForMetric",), 3, 3, CLOUDWATCH),
    ("cloudwatch", ("GetDashboard",), 10, 10, CLOUDWATCH),
    ("cloudwatch", ("ListDashboards",), 10, 10, CLOUDWATCH),
    ("cloudwatch", ("GetMetricData",), 50, 50, CLOUDWATCH),
    ("cloudwatch", ("GetMetricStatistics",), 400, 400, CLOUDWATCH),
    ("cloudwatch", ("ListMetrics",), 25, 25, CLOUDWATCH),
    ("cloudwatch", ("GetMetricWidgetImage",), 20, 20, CLOUDWATCH),
    ("cloudwatch", (), 3, 3, OURS),
    ("logs", ("FilterLogEvents",), 5, 5, LOGS),
    ("logs", ("StartQuery",), 5, 5, LOGS),
    ("logs", ("GetQueryResults",), 5, 5, LOGS),
    ("logs", ("GetLogEvents",), 10, 10, LOGS),
    ("logs", ("DescribeLogGroups",), 5, 5, LOGS),
    ("logs", ("DescribeLogStreams",), 25, 25, LOGS),
    ("logs", (), 5, 5, LOGS),
    ("lambda", ("GetFunction",), 100, 100, LAMBDA),
    ("lambda", ("GetPolicy",), 15, 15, LAMBDA),
    ("lambda", (), 15, 15, LAMBDA),
    ("apigateway", (), 10, 40, GATEWAY),
    ("dynamodb", ("DescribeBackup",), 10, 10, DYNAMODB_API),
    ("dynamodb", ("DescribeContinuousBackups",), 10, 10, DYNAMODB_API),
    ("dynamodb", ("ListBackups",), 5, 5, DYNAMODB_API),
    ("dynamodb", ("ListTagsOfResource",), 10, 10, DYNAMODB_API),
    ("dynamodb", ("Scan", "Query", "GetItem", "BatchGetItem"), 200, 200, OURS),  # bound by capacity, see the budgets of a stream
    ("dynamodb", (), 2500, 2500, DYNAMODB),
    ("dynamodb", ("ListExports",), 5, 5, OURS),
    ("dynamodb", ("DescribeExport",), 5, 5, OURS),
    ("backup", (), 5, 5, OURS),
    ("acm", ("ListCertificates",), 8, 8, ACM),
    ("acm", (), 10, 10, ACM),
    ("sns", ("ListPlatformApplications",), 15, 15, SNS),
    ("sns", (), 30, 30, SNS),
    ("sts", (), 600, 600, STS),
    ("cloudtrail", ("LookupEvents",), 2, 2, TRAIL),
    ("cloudtrail", (), 10, 10, TRAIL),
    ("ec2", (), 10, 50, EC2),
    ("secretsmanager", (), 40, 40, SECRETS),
    ("resourcegroupstaggingapi", (), 15, 15, TAGGING),
    ("s3", (), 5500, 5500, S3),
    ("cloudformation", (), 10, 10, OURS),
    ("iam", (), 5, 10, OURS),
    ("", (), 5, 10, OURS),
)


@cache
def quota(service: str, operation: str) -> Quota:
    """Return the quota that `operation` of boto3's `service` shares with the others of its group."""
    best: Quota | None = None
    for owner, operations, rate, burst, source in _TABLE:
        if owner == service and operation in operations:
            return Quota(f"{service}:{operations[0]}", rate, burst, source)
        if owner in (service, "") and not operations and best is None:
            best = Quota(f"{service}:others" if owner else f"{service}:all", rate, burst, source)
    if best is None:  # the last row is for every service
        raise AssertionError(service)
    return best
