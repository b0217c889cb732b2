"""Lambda functions of the stack, one by one: the listing call never returns a state."""

from __future__ import annotations

from datetime import datetime

from runbooks.errors import Unreadable
from runbooks.estate import FunctionState, StackResource
from runbooks.gateway import Reader
from runbooks.model import Reason
from runbooks.settings import Settings, utc
from runbooks.sources import stack


def states(reader: Reader, settings: Settings) -> list[FunctionState]:
    """Return every function of the stack with its state (GetFunctionConfiguration; ListFunctions leaves the state out)."""
    members = stack.resources(reader, settings, "AWS::Lambda::Function")
    return reader.map(lambda member: _state(reader, member), members, name=lambda member: member.physical)


def _state(reader: Reader, member: StackResource) -> FunctionState:
    try:
        row = reader.read("lambda", "GetFunctionConfiguration", FunctionName=member.physical)
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return FunctionState.absent(member)
    return FunctionState(
        name=row["FunctionName"],
        logical=member.logical,
        state=row["State"],
        state_reason=row.get("StateReason", ""),  # only there when something is to be explained
        state_reason_code=row.get("StateReasonCode", ""),
        update=row["LastUpdateStatus"],
        update_reason=row.get("LastUpdateStatusReason", ""),
        modified=utc(datetime.fromisoformat(row["LastModified"])),
        runtime=row.get("Runtime", ""),  # container images have none
        memory=row["MemorySize"],
        timeout=row["Timeout"],
        variables=_variables(row),
    )


def _variables(row: dict[str, object]) -> frozenset[str] | None:
    """Return the names of the variables: the values may be secrets and never leave this function."""
    block = row.get("Environment")  # AWS leaves the block out where a function has no variables
    if not isinstance(block, dict):
        return frozenset()
    return None if "Error" in block else frozenset(block["Variables"])
