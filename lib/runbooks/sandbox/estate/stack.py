"""The CloudFormation stack as a record: resources with their names, outputs with their suffixes, and events per resource.

moto would have to parse a template and skips types it does not know (alarms and secrets among them), so the record is made here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.cloudformation.models import Stack

from runbooks.sandbox.estate import alarms, api, backends, chance, dashboards, functions, items, tables
from runbooks.sandbox.estate.roles import role_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbooks.sandbox.accounts import Account

UPDATED_DAYS = 12
_LAMBDA = "AWS::Lambda::Function"


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource of the stack, with the attribute names that moto's answers look for."""

    logical_resource_id: str
    physical_resource_id: str
    cf_resource_type: str


class Record(Stack):
    """A stack that is what it says, without a template behind it."""

    def __init__(self, account: Account) -> None:
        environment = account.environment
        super().__init__(account.names["stack_id"], environment.stack, {}, {}, environment.account, environment.region)
        now = account.clock.now()
        self.resources = list(_resources(account))
        self.texts = _outputs(account)
        self.status, self.description = "UPDATE_COMPLETE", "Boat listing platform"
        self.creation_time = backends.naive(now - timedelta(days=44, hours=2))
        self.last_updated_time = backends.naive(now - timedelta(days=UPDATED_DAYS, hours=3))

    @property
    def stack_resources(self) -> list[Any]:
        """Every resource."""
        return self.resources

    @property
    def stack_name(self) -> str:
        """The name, under the word by which ListStacks looks for it."""
        return str(self.name)

    @property
    def stack_status(self) -> str:
        """The status, under the word by which ListStacks looks for it."""
        return str(self.status)

    @property
    def outputs(self) -> list[dict[str, Any]]:
        """The outputs; none is exported."""
        return [{"OutputKey": key, "OutputValue": value} for key, value in self.texts.items()]


def build(account: Account) -> None:
    """Put the stack's record and its events."""
    kind: Any = Record  # abstract by its type hints only
    record = kind(account)
    backends.of(account, "cloudformation").stacks[record.stack_id] = record
    created, updated = record.creation_time, record.last_updated_time
    for resource in record.resources:
        event(account, resource, "CREATE_COMPLETE", backends.aware(created + timedelta(minutes=4)))
        if resource.cf_resource_type == _LAMBDA:
            event(account, resource, "UPDATE_COMPLETE", backends.aware(updated))
    whole = itself(account)
    for status, at in (("CREATE_IN_PROGRESS", created), ("CREATE_COMPLETE", created + timedelta(minutes=7))):
        event(account, whole, status, backends.aware(at))
    for status, at in (("UPDATE_IN_PROGRESS", updated - timedelta(minutes=3)), ("UPDATE_COMPLETE", updated + timedelta(minutes=1))):
        event(account, whole, status, backends.aware(at))
    account.stack_events.sort(key=lambda item: item["Timestamp"], reverse=True)


def of(account: Account) -> Any:
    """Return the stack's record."""
    return backends.of(account, "cloudformation").stacks[account.names["stack_id"]]


def itself(account: Account) -> Resource:
    """Return the stack as a resource of its own, which its events are about."""
    return Resource(account.environment.stack, account.names["stack_id"], "AWS::CloudFormation::Stack")


def event(account: Account, resource: Resource, status: str, at: datetime, reason: str = "") -> None:
    """Add an event; DescribeStackEvents lists them newest first, so the caller keeps the order."""
    digest = chance.uuid4(chance.dice(items.seed_of(account), resource.logical_resource_id, status, at.isoformat()))
    made = {
        "StackId": account.names["stack_id"],
        "EventId": digest if resource.cf_resource_type.endswith("Stack") else f"{resource.logical_resource_id}-{status}-{digest}",
        "StackName": account.environment.stack,
        "LogicalResourceId": resource.logical_resource_id,
        "PhysicalResourceId": resource.physical_resource_id,
        "ResourceType": resource.cf_resource_type,
        "Timestamp": at,
        "ResourceStatus": status,
    }
    account.stack_events.append({**made, "ResourceStatusReason": reason} if reason else made)


def _resources(account: Account) -> Iterator[Resource]:
    names, suffix = account.names, account.environment.suffix
    for function in functions.FUNCTIONS:
        yield Resource(function.logical, names[function.name], _LAMBDA)
        yield Resource(_role_id(account, function.name), role_name(account, function.name), "AWS::IAM::Role")
    for name, logical in zip(tables.BY_NAME, TABLE_IDS, strict=True):
        yield Resource(logical, name, "AWS::DynamoDB::Table")
    for alarm in alarms.ALARMS:
        yield Resource(alarm.logical, alarms.name_of(account, alarm.stem), "AWS::CloudWatch::Alarm")
    for stem, logical in (("admin-service", "AdminDashboard4B71F08D"), ("cloudflare-tunnel", "MonitoringTunnelDashboard9E30A5C6")):
        yield Resource(logical, dashboards.name_of(account, stem), "AWS::CloudWatch::Dashboard")
    for key, logical, kind in FIXED:
        yield Resource(logical, names[key], kind)
    yield Resource("BoatListingApiCustomDomainE2A97F13", account.environment.hosts.api, "AWS::ApiGateway::DomainName")
    yield Resource("MonitoringTunnelLogGroup27368010", f"/aws/ec2/cloudflare-tunnel/{suffix}", "AWS::Logs::LogGroup")
    yield Resource(names["TunnelInstanceRoleId"], names["TunnelInstanceRole"], "AWS::IAM::Role")
    yield from _routes(account)


def _routes(account: Account) -> Iterator[Resource]:
    """API resources, methods and the functions' permissions: most of the stack's rows, and the reason why it has two pages."""
    made = {resource.get_path(): resource for resource in api.rest_api(account).resources.values()}
    for path, methods in api.ROUTES.items():
        word = "".join(part.strip("{}+").title() for part in path.split("/"))
        dice = chance.dice(0, path)
        yield Resource(f"BoatListingApi{word}{chance.hexadecimal(dice, 8).upper()}", made[path].id, "AWS::ApiGateway::Resource")
        for verb, function in {**methods, "OPTIONS": ""}.items():
            digest = chance.hexadecimal(dice, 8).upper()
            physical = f"{account.environment.stack[:5]}-{word[:9]}-{chance.word(dice, 12)}"
            yield Resource(f"BoatListingApi{word}{verb}{digest}", physical, "AWS::ApiGateway::Method")
            if function:
                for test in ("", "Test"):
                    logical = f"BoatListingApi{word}{verb}ApiPermission{test}{chance.hexadecimal(dice, 8).upper()}"
                    yield Resource(logical, f"{account.environment.stack}-{chance.word(dice, 12)}", "AWS::Lambda::Permission")


def _role_id(account: Account, function: str) -> str:
    return account.names[f"{function}ServiceRoleId" if function.endswith("Function") else f"{function}RoleId"]


TABLE_IDS = (
    "ListingsTable2E6B9F41",
    "UsersTable9725E9C8",
    "AuditLogsTable1A3D7C60",
    "AdminSessionsTableB08E4F25",
    "LoginAttemptsTable63F1C9D7",
)
FIXED = (
    ("rest_api_id", "BoatListingApi5B9A8C3E", "AWS::ApiGateway::RestApi"),
    ("deployment_id", "BoatListingApiDeployment0C1D2E3F8a4b6c7d9e0f1a2b3c4d5e6f7a8b9c0d", "AWS::ApiGateway::Deployment"),
    ("stage", "BoatListingApiDeploymentStageprodA1F4B7C2", "AWS::ApiGateway::Stage"),
    ("secret_arn", "AdminJwtSecret7D20E5B3", "AWS::SecretsManager::Secret"),
    ("admin_topic", "AdminAlertTopic4E8C1A96", "AWS::SNS::Topic"),
    ("tunnel_topic", "MonitoringAlertTopic8E3118CE", "AWS::SNS::Topic"),
    ("instance_id", "CloudflareTunnelInstanceF06B2D94", "AWS::EC2::Instance"),
    ("vpc_id", "CloudflareTunnelVpc3C9E7A15", "AWS::EC2::VPC"),
    ("nat_gateway_id", "CloudflareTunnelVpcPublicSubnet1NATGateway5D81F2B0", "AWS::EC2::NatGateway"),
    ("vpc_endpoint_id", "CloudflareTunnelS3Endpoint8B24C6E7", "AWS::EC2::VPCEndpoint"),
    ("security_group_id", "CloudflareTunnelSecurityGroup72E0A9D3", "AWS::EC2::SecurityGroup"),
    ("media_bucket", "MediaBucketBCBB02BA", "AWS::S3::Bucket"),
    ("frontend_bucket", "FrontendBucketEFE2E19C", "AWS::S3::Bucket"),
)


def _outputs(account: Account) -> dict[str, str]:
    names, environment = account.names, account.environment
    region, host = environment.region, environment.hosts.api
    console = f"https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#dashboards:name="
    website = f"http://{names['frontend_bucket']}.s3-website-{region}.amazonaws.com"
    return {
        "ApiUrl": f"https://{host}", "FrontendUrl": f"https://{environment.hosts.site}", "CustomApiUrl": f"https://{host}",
        "S3WebsiteUrl": website, "MediaBucketName": names["media_bucket"], "FrontendBucketName": names["frontend_bucket"],
        "AdminFunctionName": names["AdminFunction"],
        "AdminFunctionArn": backends.arn(account, "lambda", f"function:{names['AdminFunction']}"),
        "AuditLogsTableName": "boat-audit-logs", "AdminSessionsTableName": "boat-admin-sessions",
        "LoginAttemptsTableName": "boat-login-attempts", "AdminJwtSecretArn": names["secret_arn"],
        "AdminAlertTopicArn": names["admin_topic"], "AdminDashboardUrl": console + dashboards.name_of(account, "admin-service"),
        "BoatListingApiEndpoint72AD0C4A": f"https://{names['rest_api_id']}.execute-api.{region}.amazonaws.com/prod/",
        "CloudflareTunnelVpcId00DBE04A": names["vpc_id"], "CloudflareTunnelVpcEndpointIdDB8D4010": names["vpc_endpoint_id"],
        "CloudflareTunnelTunnelInstanceId07E72FB1": names["instance_id"], "CloudflareTunnelS3WebsiteEndpoint4EF90534": website,
        "MonitoringDashboardUrlDB84D4CA": console + dashboards.name_of(account, "cloudflare-tunnel"),
        "MonitoringAlertTopicArn8E3118CE": names["tunnel_topic"], "MonitoringTunnelLogGroup27368010": names["tunnel_log_group"],
    }  # fmt: skip
