"""The listings that the API shows: rows of the account's own table, read from moto in process."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from moto.backends import get_backend
from moto.dynamodb.models.dynamo_type import DynamoType

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

TABLE = "boat-listings"
USERS = "boat-users"

Row = dict[str, Any]


class DatabaseError(Exception):
    """The table cannot be read: it is not there, or not active."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some listings, and the token of the next page; empty at the end."""

    listings: list[Row]
    token: str


def page(account: Account, limit: int, token: str) -> Page:
    """Return a page as the function makes it: it reads `limit` rows and only then drops those that are not active.

    So a page can be short, or empty, while there are more. Raises DatabaseError, and ValueError for a token it never gave.
    """
    rows = _rows(account, TABLE)
    start = _offset(token)
    read = [row.to_regular_json() for row in rows[start : start + limit]]
    following = start + limit
    active = [row for row in read if row.get("status") == "active"]
    return Page(active, _token(following) if following < len(rows) else "")


def one(account: Account, listing: str) -> Row | None:
    """Return a listing and count the view, as the function does; None where there is none. Raises DatabaseError."""
    for row in _rows(account, TABLE):
        if row.hash_key.value == listing:
            views = row.attrs.get("views")
            row.attrs["views"] = DynamoType({"N": str(int(views.value if views else 0) + 1)})
            return dict(row.to_regular_json())
    return None


def active(account: Account, at_most: int = 1000) -> list[Row]:
    """Return the active ones among the first `at_most` rows. Raises DatabaseError."""
    return page(account, at_most, "").listings


def users(account: Account) -> int:
    """Return the number of users. Raises DatabaseError."""
    return len(_rows(account, USERS))


def _rows(account: Account, name: str) -> list[Any]:
    """Return the rows of a table as moto holds them, in one stable order."""
    environment = account.environment
    table = get_backend("dynamodb")[environment.account][environment.region].tables.get(name)
    status = account.overrides.get(("dynamodb", name), {}).get("TableStatus", "ACTIVE")
    if table is None or status not in {"ACTIVE", "UPDATING"}:  # a table that is UPDATING serves
        raise DatabaseError(f"table {name} is {'missing' if table is None else status}")
    return list(table.items.values())


def _token(offset: int) -> str:
    return base64.b64encode(json.dumps({"offset": offset}).encode()).decode()


def _offset(token: str) -> int:
    if not token:
        return 0
    try:
        offset = json.loads(base64.b64decode(token, validate=True))["offset"]
    except (ValueError, KeyError, TypeError):
        raise ValueError("nextToken is not one of this API's") from None
    if not isinstance(offset, int) or offset < 0:
        raise ValueError("nextToken is not one of this API's")
    return offset
