"""DynamoDB tables of the stack and their indexes."""

from __future__ import annotations

from runbooks.errors import Unreadable
from runbooks.estate import ABSENT, IndexState, TableState
from runbooks.gateway import Reader
from runbooks.model import Reason
from runbooks.settings import Settings
from runbooks.sources import stack


def states(reader: Reader, settings: Settings) -> list[TableState]:
    """Return every table of the stack, and every expected one the stack has lost, with its indexes (DescribeTable)."""
    members = [member.physical for member in stack.resources(reader, settings, "AWS::DynamoDB::Table")]
    wanted = dict.fromkeys([*members, *settings.environment.expected.tables])
    return reader.map(lambda name: _state(reader, name), wanted)


def _state(reader: Reader, name: str) -> TableState:
    try:
        row = reader.read("dynamodb", "DescribeTable", TableName=name)["Table"]
    except Unreadable as error:
        if error.blind.reason is not Reason.NO_SUCH_NAME:
            raise
        return TableState(name=name, status=ABSENT, billing="", indexes=())
    return TableState(
        name=row["TableName"],
        status=row["TableStatus"],
        billing=row.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),  # AWS leaves it out for provisioned tables
        indexes=tuple(
            IndexState(index["IndexName"], index["IndexStatus"], bool(index.get("Backfilling", False)))
            for index in row.get("GlobalSecondaryIndexes", [])  # left out where there is none
        ),
    )
