"""What lies open to everybody: buckets by policy and access list, ports by security group; and how long logs are kept."""

from __future__ import annotations

from runbooks.errors import Unreadable
from runbooks.estate import BucketState, GroupState, LogGroupState, Opening
from runbooks.gateway import Answer, Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings
from runbooks.sources import stack

EVERYBODY = ("http://acs.amazonaws.com/groups/global/AllUsers", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers")
WORLD = ("0.0.0.0/0", "::/0")
PROTOCOLS = {"-1": "all"}


def buckets(reader: Reader, settings: Settings) -> list[BucketState]:
    """Return every bucket of the stack (GetBucketPolicyStatus, GetPublicAccessBlock, GetBucketAcl).

    The block of the whole account is not looked at: a bucket that only that one closes would be reported as open.
    """
    members = stack.resources(reader, settings, "AWS::S3::Bucket")
    return reader.map(lambda member: _bucket(reader, member.physical), members, name=lambda member: member.physical)


def groups(reader: Reader, settings: Settings) -> list[GroupState]:
    """Return every security group in the stack's network, with what it opens to the whole internet (DescribeSecurityGroups)."""
    networks = [member.physical for member in stack.resources(reader, settings, "AWS::EC2::VPC")]
    rows = reader.listing(
        "ec2", "DescribeSecurityGroups", "SecurityGroups", Filters=[{"Name": "vpc-id", "Values": networks}]
    )  # fmt: skip
    if not rows:
        detail = "no security group in the network, and each has at least its default one"
        raise Unreadable(Blind(call="ec2:DescribeSecurityGroups", reason=Reason.NO_DATA, resource=networks[0], detail=detail))
    return [_group(row) for row in rows]


def log_groups(reader: Reader, settings: Settings) -> list[LogGroupState]:
    """Return the log groups of the stack's functions and of the tunnel, and for how many days they keep (DescribeLogGroups)."""
    starts = (f"/aws/lambda/{settings.environment.stack}-", f"/aws/ec2/cloudflare-tunnel/{settings.environment.suffix}")
    found = []
    for start in starts:
        rows = reader.listing("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=start)
        found += [LogGroupState(row["logGroupName"], row.get("retentionInDays"), row.get("storedBytes", 0)) for row in rows]
    if not found:
        detail = f"no log group begins with {starts[0]}, and every function that ran has one"
        raise Unreadable(Blind(call="logs:DescribeLogGroups", reason=Reason.NO_DATA, detail=detail))
    return found


def _bucket(reader: Reader, name: str) -> BucketState:
    policy = _optional(reader, "GetBucketPolicyStatus", name, "NoSuchBucketPolicy")
    block = _optional(reader, "GetPublicAccessBlock", name, "NoSuchPublicAccessBlockConfiguration")
    grants = reader.read("s3", "GetBucketAcl", Bucket=name)["Grants"]
    if not grants:
        detail = "the access list is empty, and each has at least its owner"
        raise Unreadable(Blind(call="s3:GetBucketAcl", reason=Reason.NO_DATA, resource=name, detail=detail))
    blocks = block["PublicAccessBlockConfiguration"] if block else {}
    return BucketState(
        name=name,
        policy_public=bool(policy and policy["PolicyStatus"]["IsPublic"]) and not blocks.get("RestrictPublicBuckets", False),
        grants_public=any(grant["Grantee"].get("URI") in EVERYBODY for grant in grants)
        and not blocks.get("IgnorePublicAcls", False),
        blocked=len(blocks) > 0 and all(blocks.values()),
    )


def _optional(reader: Reader, operation: str, bucket: str, absent: str) -> Answer | None:
    """Return the answer, None where the bucket has no such setting; a bucket that is gone is unreadable."""
    try:
        return reader.read("s3", operation, Bucket=bucket)
    except Unreadable as error:
        if error.blind.reason is Reason.NO_SUCH_NAME and error.blind.detail.startswith(absent):
            return None
        raise


def _group(row: Answer) -> GroupState:
    name, identity = row["GroupName"], row["GroupId"]
    openings = [
        Opening(name, identity, PROTOCOLS.get(rule["IpProtocol"], rule["IpProtocol"]), _ports(rule), source)
        for rule in row["IpPermissions"]
        for source in _sources(rule)
        if source in WORLD
    ]
    return GroupState(name, identity, tuple(openings))


def _sources(rule: Answer) -> list[str]:
    return [each["CidrIp"] for each in rule.get("IpRanges", [])] + [each["CidrIpv6"] for each in rule.get("Ipv6Ranges", [])]


def _ports(rule: Answer) -> str:
    first, last = rule.get("FromPort"), rule.get("ToPort")  # left out where the rule is for all
    if first is None or first == -1:
        return "all"
    return str(first) if first == last else f"{first}-{last}"
