"""What the platform's functions answer behind the REST API, to good requests and to bad ones.

Nobody can log in: the sandbox knows no password, and a failed try writes no row.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from runbooks.sandbox import boats
from runbooks.sandbox.exchange import Reply, Request, application, application_error

if TYPE_CHECKING:
    from runbooks.sandbox.accounts import Account

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


def health(account: Account, _: Request) -> Reply:
    """Return that all is well: the function looks at nothing, so it says so whenever it runs at all."""
    now = account.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return application({"status": "healthy", "timestamp": now, "service": "auth-service"})


def listings(account: Account, request: Request) -> Reply:
    """Return a page of listings; `total` counts this page alone."""
    limit = request.query.get("limit", str(DEFAULT_LIMIT))
    if not (limit.isascii() and limit.isdecimal() and 1 <= int(limit) <= MAX_LIMIT):
        return application_error(400, "INVALID_LIMIT", f"Limit must be between 1 and {MAX_LIMIT}")
    try:
        page = boats.page(account, int(limit), request.query.get("nextToken", ""))
    except ValueError:
        return application_error(400, "INVALID_TOKEN", "Invalid pagination token")
    except boats.DatabaseError:
        return database_error()
    body = {"listings": page.listings, "total": len(page.listings)}
    return application({**body, "nextToken": page.token} if page.token else body)


def listing(account: Account, request: Request) -> Reply:
    """Return one listing, and count the view: a probe of this route changes data."""
    try:
        found = boats.one(account, request.path.rsplit("/", 1)[-1])
    except boats.DatabaseError:
        return database_error()
    return application({"listing": found}) if found else application_error(404, "NOT_FOUND", "Listing not found")


def search(account: Account, request: Request) -> Reply:
    """Return the active listings whose title or description holds `query`, of the first 1000 rows."""
    wanted = _posted(request)
    if wanted is None:
        return application_error(400, "VALIDATION_ERROR", "Request body must be valid JSON")
    text = str(wanted.get("query", "")).lower()
    try:
        rows = boats.active(account)
    except boats.DatabaseError:
        return database_error()
    found = [row for row in rows if text in f"{row.get('title', '')} {row.get('description', '')}".lower()]
    return application({"results": found[:DEFAULT_LIMIT], "total": len(found)})


def statistics(account: Account, _: Request) -> Reply:
    """Return the numbers of the front page."""
    try:
        return application({"activeListings": len(boats.active(account)), "totalUsers": boats.users(account)})
    except boats.DatabaseError:
        return database_error()


def login(_: Account, request: Request) -> Reply:
    """Refuse: incomplete requests for what they lack, complete ones because the credentials are wrong."""
    given = _posted(request)
    if given is None or not given.get("email") or not given.get("password"):
        return application_error(400, "MISSING_FIELDS", "Email and password are required")
    return application_error(401, "INVALID_CREDENTIALS", "Invalid email or password")


def register(_: Account, __: Request) -> Reply:
    """Refuse: no account is made here."""
    return application_error(400, "MISSING_FIELDS", "Name, email and password are required")


def unauthorized(_: Account, request: Request) -> Reply:
    """Refuse, with or without a token: none is valid here."""
    if request.headers.get("authorization"):
        return application_error(401, "INVALID_TOKEN", "Invalid or expired token")
    return application_error(401, "UNAUTHORIZED", "Authorization token is required")


def database_error() -> Reply:
    """Return what every function answers when DynamoDB refuses it, whatever the reason."""
    return application_error(500, "DATABASE_ERROR", "Database operation failed")


def _posted(request: Request) -> dict[str, Any] | None:
    try:
        posted = json.loads(request.body)
    except (ValueError, RecursionError):
        return None
    return posted if isinstance(posted, dict) else None
