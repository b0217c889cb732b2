"""The five DynamoDB tables: keys, indexes, TTL attributes as declared, and rows put straight into moto."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from moto.dynamodb.models import table as models
from moto.dynamodb.models.dynamo_type import DynamoType, Item

from runbooks.sandbox.estate import backends

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runbooks.sandbox.accounts import Account

Row = dict[str, Any]
moto: Any = models  # its classes are abstract by their type hints only


@dataclass(frozen=True, slots=True)
class Index:
    """A global secondary index over all attributes."""

    name: str
    hash_key: str
    range_key: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table; all keys are strings. `reads` and `writes` are its requests for each request to the API."""

    name: str
    hash_key: str
    range_key: str = ""
    indexes: tuple[Index, ...] = ()
    ttl: str = ""
    reads: float = 0.0
    writes: float = 0.0


TABLES = (
    Table("boat-listings", "id", indexes=(Index("location-index", "location", "createdAt"),), reads=1.4, writes=0.05),
    Table("boat-users", "id", indexes=(Index("email-index", "email"),), reads=0.4, writes=0.08),
    Table(
        "boat-audit-logs",
        "id",
        "timestamp",
        ttl="ttl",
        reads=0.05,
        writes=0.2,
        indexes=(
            Index("user-index", "userId", "timestamp"),
            Index("action-index", "action", "timestamp"),
            Index("resource-index", "resource", "timestamp"),
        ),
    ),
    Table(
        "boat-admin-sessions",
        "sessionId",
        indexes=(Index("user-index", "userId", "lastActivity"),),
        ttl="expiresAt",
        reads=0.1,
        writes=0.06,
    ),
    Table(
        "boat-login-attempts",
        "id",
        "timestamp",
        ttl="ttl",
        reads=0.02,
        writes=0.12,
        indexes=(Index("email-index", "email", "timestamp"), Index("ip-index", "ipAddress", "timestamp")),
    ),
)
BY_NAME = {table.name: table for table in TABLES}


def build(account: Account) -> None:
    """Create the tables, empty: on demand, TTL where declared, point-in-time recovery off, no streams."""
    backend = backends.of(account, "dynamodb")
    for table in TABLES:
        made = moto.Table(
            table.name,
            account_id=account.environment.account,
            region=account.environment.region,
            schema=_schema(table.hash_key, table.range_key),
            attr=[{"AttributeName": name, "AttributeType": "S"} for name in _key_names(table)],
            billing_mode="PAY_PER_REQUEST",
            global_indexes=[
                {
                    "IndexName": index.name,
                    "KeySchema": _schema(index.hash_key, index.range_key),
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in table.indexes
            ],
        )
        made.created_at = backends.naive(account.clock.now() - timedelta(days=44))
        if table.ttl:
            made.ttl = {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl}
        backend.tables[table.name] = made
        account.names[table.name] = table.name


def put(account: Account, name: str, rows: Iterable[Row]) -> None:
    """Put rows, plain Python values, into a table without a request for each."""
    fill(backends.of(account, "dynamodb").tables[name].items, BY_NAME[name], rows)


def fill(kept: dict[Any, Any], table: Table, rows: Iterable[Row]) -> None:
    """Put rows into the items of a moto table."""
    for row in rows:
        attributes = {name: DynamoType(typed(value)) for name, value in row.items()}
        key = attributes[table.hash_key]
        sort = attributes[table.range_key] if table.range_key else None
        item = Item(key, sort, {})
        dict.update(item.attrs, attributes)  # past moto's check of the size, which counts the whole row for each attribute
        if sort is None:
            kept[key] = item
        else:
            kept[key][sort] = item


def typed(value: Any) -> dict[str, Any]:
    """Return a value in DynamoDB's notation."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [typed(inner) for inner in value]}
    if isinstance(value, dict):
        return {"M": {key: typed(inner) for key, inner in value.items()}}
    return {"S": value}


def _schema(hash_key: str, range_key: str) -> list[dict[str, str]]:
    keys = [{"AttributeName": hash_key, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": range_key, "KeyType": "RANGE"}] if range_key else keys


def _key_names(table: Table) -> list[str]:
    names = [table.hash_key, table.range_key]
    for index in table.indexes:
        names += [index.hash_key, index.range_key]
    return [name for name in dict.fromkeys(names) if name]
