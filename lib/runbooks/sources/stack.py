"""The CloudFormation stack: its state, and what it is made of."""

from __future__ import annotations

from runbooks.errors import Unreadable
from runbooks.estate import StackResource, StackState
from runbooks.gateway import Reader
from runbooks.model import Blind, Reason
from runbooks.settings import Settings, utc


def state(reader: Reader, settings: Settings) -> list[StackState]:
    """Return the state of the environment's stack."""
    (row,) = reader.read("cloudformation", "DescribeStacks", StackName=settings.environment.stack)["Stacks"]
    changed = row.get("LastUpdatedTime") or row["CreationTime"]
    return [
        StackState(
            name=row["StackName"],
            status=row["StackStatus"],
            reason=row.get("StackStatusReason", ""),  # AWS leaves it out where there is nothing to explain
            changed=utc(changed),
        )
    ]


def resources(reader: Reader, settings: Settings, kind: str = "") -> list[StackResource]:
    """Return the stack's resources, all or of one type ("AWS::Lambda::Function"); raises Unreadable when there are none.

    The names in AWS carry random suffixes, so the stack is the only way to know which resources belong to this environment.
    """
    rows = reader.listing("cloudformation", "ListStackResources", "StackResourceSummaries", StackName=settings.environment.stack)
    found = [
        StackResource(row["LogicalResourceId"], row.get("PhysicalResourceId", ""), row["ResourceType"], row["ResourceStatus"])
        for row in rows
        if kind in ("", row["ResourceType"])
    ]
    if not found:
        what = kind or "resource"
        raise Unreadable(
            Blind(
                call="cloudformation:ListStackResources",
                reason=Reason.NO_DATA,
                resource=settings.environment.stack,
                detail=f"the answer holds no {what}, and a stack of this platform has some",
            )
        )
    return found
