"""VPC, NAT gateway, S3 gateway endpoint, and the one instance that carries the tunnel; its snapshots; how SSM sees it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.ec2.models.instances import Instance

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

IMAGE = "ami-0c2b8ca1dad447f8a"
SNAPSHOT_AGES = (2, 9, 16, 33, 61)  # days
UP_DAYS = 41


def build(account: Account) -> None:
    """Create the network from the outside in, then the instance."""
    backend = backends.of(account, "ec2")
    suffix, names = account.environment.suffix, account.names
    vpc = backend.create_vpc("10.0.0.0/16", tags=[{"Key": "Name", "Value": f"CloudflareTunnel-VPC-{suffix}"}])
    zones = [f"{account.environment.region}{letter}" for letter in "ab"]
    public, private = (
        [backend.create_subnet(vpc.id, f"10.0.{first + n}.0/24", availability_zone=zone) for n, zone in enumerate(zones)]
        for first in (0, 2)
    )
    names["vpc_id"], names["private_subnet_id"] = vpc.id, private[0].id
    tables = _routes(account, backend, vpc.id, public, private)
    endpoint = backend.create_vpc_endpoint(
        vpc_id=vpc.id, service_name=f"com.amazonaws.{account.environment.region}.s3", endpoint_type="Gateway", policy_document=None,
        route_table_ids=tables, tags={"Name": f"S3-VPCEndpoint-{suffix}"},
    )  # fmt: skip
    names["vpc_endpoint_id"] = endpoint.id
    group = backend.create_security_group(
        f"{account.environment.stack}-TunnelSecurityGroup", "Security group for the tunnel instance", vpc.id
    )
    names["security_group_id"] = group.id
    for port in (22, 80):
        backend.authorize_security_group_ingress(group.id, "tcp", str(port), str(port), [{"CidrIp": "0.0.0.0/0"}], vpc_id=vpc.id)
    _instance(account, backend, group.id)


def instance(account: Account) -> Any:
    """Return moto's instance."""
    return backends.of(account, "ec2").get_instance(account.names["instance_id"])


def _routes(account: Account, backend: Any, vpc: str, public: list[Any], private: list[Any]) -> list[str]:
    """Create the routes; returns the ids of the private route tables."""
    gateway = backend.create_internet_gateway()
    backend.attach_internet_gateway(gateway.id, vpc)
    address = backend.allocate_address("vpc")
    nat = backend.create_nat_gateway(public[0].id, address.allocation_id)
    nat._created_at = backends.naive(account.clock.now() - timedelta(days=44))  # noqa: SLF001 - it would be the real time's
    account.names["nat_gateway_id"] = nat.id
    ids = []
    for subnet in [*public, *private]:
        table = backend.create_route_table(vpc)
        backend.associate_route_table(table.id, subnet_id=subnet.id)
        target = {"gateway_id": gateway.id} if subnet in public else {"nat_gateway_id": nat.id}
        backend.create_route(table.id, "0.0.0.0/0", **target)
        ids.append(table.id)
    account.names["private_route_table_id"] = ids[-1]
    return ids[len(public) :]


def _instance(account: Account, backend: Any, group: str) -> None:
    now = account.clock.now()
    reservation = backend.run_instances(
        IMAGE, 1, None, [], security_group_ids=[group], instance_type="t3.micro", subnet_id=account.names["private_subnet_id"],
        region_name=account.environment.region, is_instance_type_default=False, placement=f"{account.environment.region}a",
        tags={"instance": {"Name": f"CloudflareTunnel-Instance-{account.environment.suffix}"}}, iam_instance_profile_name=None,
        iam_instance_profile_arn=None, key_name=None, monitoring_state="disabled",
    )  # fmt: skip
    made: Instance = reservation.instances[0]
    made.launch_time = backends.naive(now - timedelta(days=UP_DAYS))
    account.names["instance_id"] = made.id
    volume = next(iter(made.block_device_mapping.values())).volume_id
    account.names["volume_id"] = volume
    backend.get_volume(volume).attachment.attach_time = made.launch_time
    for age in SNAPSHOT_AGES:
        snapshot = backend.create_snapshot(volume, f"Tunnel instance, {age} days old", owner_id=account.environment.account)
        snapshot.start_time = backends.naive(now - timedelta(days=age))
    account.managed_instances = [managed(account)]


def managed(account: Account) -> dict[str, Any]:
    """Return how SSM lists the instance while its agent is online."""
    now = account.clock.now()
    return {
        "InstanceId": account.names["instance_id"],
        "PingStatus": "Online",
        "LastPingDateTime": now - timedelta(seconds=40),
        "AgentVersion": "3.3.1611.0",
        "IsLatestVersion": True,
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2",
        "ResourceType": "EC2Instance",
        "IPAddress": instance(account).private_ip,
        "ComputerName": f"ip-{instance(account).private_ip.replace('.', '-')}.ec2.internal",
        "AssociationStatus": "Success",
    }
