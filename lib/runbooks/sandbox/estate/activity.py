"""What people did: logins with the rows they leave, sessions, and the audit trail, hour by hour and always the same for an hour.

Each attempt first writes a row with success false, before the password is checked; a password login that succeeds adds one with
success true. So an unpaired false row is a failure, or a login with a second factor.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import chance, rhythm
from runbooks.sandbox.estate.backends import stamp

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from random import Random

    from runbooks.sandbox.estate.people import Person
    from runbooks.sandbox.estate.tables import Row

VISITS = 1.6  # logins an hour in production, on average
STAFF_CALLS = 2.2  # requests to the admin API an hour
HOUR = timedelta(hours=1)
EDGE = ("172.68.34", "172.68.35", "172.70.110", "162.158.62", "162.158.78", "104.22.11")
"""Networks of Cloudflare: the gateway sees these, never the visitor's own address."""
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.6 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
)
OPERATIONS = (
    ("VIEW_DASHBOARD", "dashboard", "GET", "/admin/dashboard"), ("VIEW_USERS", "users", "GET", "/admin/users"),
    ("VIEW_LISTINGS", "listings", "GET", "/admin/listings"), ("MODERATE_LISTING", "listing", "PUT", "/admin/listings/moderate"),
    ("VIEW_AUDIT_LOGS", "audit_logs", "GET", "/admin/audit-logs"),
    ("VIEW_FAILED_LOGINS", "security", "GET", "/admin/security/failed-logins"),
    ("VIEW_ANALYTICS", "analytics", "GET", "/admin/analytics"), ("UPDATE_USER_STATUS", "user", "PUT", "/admin/users/status"),
)  # fmt: skip
_OPERATION_WEIGHTS = (30, 18, 16, 12, 8, 5, 9, 2)


@dataclass(slots=True)
class Rows:
    """The rows of some hours, by table."""

    attempts: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)
    sessions: list[Row] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Visit:
    """One login: who, when, from where, with what browser."""

    at: datetime
    email: str
    address: str
    agent: str


def between(seed: int, suffix: str, people: Sequence[Person], start: datetime, end: datetime) -> Rows:
    """Return what was written in [start, end)."""
    rows = Rows()
    hour = start.replace(minute=0, second=0, microsecond=0) - 2 * HOUR  # what began then may still have written
    while hour < end:
        _hour(rows, chance.dice(seed, "activity", hour.isoformat()), people, hour, rhythm.scale(suffix))
        hour += HOUR
    low, high = stamp(start), stamp(end)
    kept = Rows()
    kept.attempts = [row for row in rows.attempts if low <= row["timestamp"] < high]
    kept.audit = [row for row in rows.audit if low <= row["timestamp"] < high]
    kept.sessions = [row for row in rows.sessions if low <= row["issuedAt"] < high]
    return kept


def _hour(rows: Rows, dice: Random, people: Sequence[Person], hour: datetime, scale: float) -> None:
    busy = rhythm.activity(hour) * scale
    for _ in range(_count(dice, VISITS * busy)):
        person = dice.choice(people) if dice.random() < 0.9 else dice.choice(people[:8])  # noqa: PLR2004 - staff come daily
        _login(rows, dice, person, _visit(dice, hour, person.email))
    staff = [person for person in people if person.role != "user"]
    for _ in range(_count(dice, STAFF_CALLS * busy)):
        _admin_call(rows, dice, dice.choice(staff), _visit(dice, hour, "system"))


def _login(rows: Rows, dice: Random, person: Person, visit: Visit) -> None:
    """A few mistype their password first, some type an address that nobody has."""
    if dice.random() < 0.09:  # noqa: PLR2004 - share of unknown addresses
        rows.attempts.append(attempt(dice, _at(visit, 0, _mistyped(dice, person.email))))
    wrong = dice.choices((0, 1, 2, 3), (72, 20, 6, 2))[0]
    for number in range(wrong):
        rows.attempts.append(attempt(dice, _at(visit, 8 + number * 11)))
        details = {"userId": person.id, "attempts": number + 1, "locked": False}
        rows.audit.append(audit(dice, _at(visit, 8.3 + number * 11), person.id, "FAILED_LOGIN_ATTEMPT", "security", details))
    rows.attempts.append(attempt(dice, _at(visit, 50)))
    if person.status != "active" or person.mfa or (wrong and dice.random() < 0.25):  # noqa: PLR2004 - gave up or went on elsewhere
        return
    rows.attempts.append(attempt(dice, _at(visit, 50.4 + dice.random() * 0.6), success=True))
    session = _session(dice, person, _at(visit, 51))
    rows.sessions.append(session)
    _session_audit(rows, dice, person, visit, session)


def _session_audit(rows: Rows, dice: Random, person: Person, visit: Visit, session: Row) -> None:
    key = session["sessionId"]
    details = {"userId": person.id, "deviceId": session["deviceId"]}
    rows.audit.append(audit(dice, _at(visit, 51.2), person.id, "USER_LOGIN", "user", details, key))
    for number in range(dice.choices((0, 1, 2, 3), (35, 35, 20, 10))[0]):
        rows.audit.append(
            audit(dice, _at(visit, 51 + 890 * (number + 1)), person.id, "TOKEN_REFRESH", "auth", {"userId": person.id}, key)
        )
    if not session["isActive"]:
        rows.audit.append(audit(dice, _at(visit, 2900), person.id, "USER_LOGOUT", "auth", {"userId": person.id}, key))


def _admin_call(rows: Rows, dice: Random, person: Person, visit: Visit) -> None:
    """An admin request leaves two rows: the access, then the operation with its outcome."""
    action, resource, method, path = dice.choices(OPERATIONS, _OPERATION_WEIGHTS)[0]
    duration = dice.randint(40, 420)
    key = chance.uuid4(dice)
    access = {"path": path, "method": method, "requiredPermissions": ["analytics_view"]}
    outcome = {"path": path, "method": method, "statusCode": 200, "duration": duration}
    rows.audit.append(audit(dice, visit, person.id, "ADMIN_ACCESS", "admin_endpoint", access, key, person.email))
    rows.audit.append(audit(dice, _at(visit, duration / 1000), person.id, action, resource, outcome, key, person.email))


def attempt(dice: Random, visit: Visit, *, success: bool = False) -> Row:
    """Return a row of the login attempts table."""
    row: Row = {
        "id": chance.uuid4(dice), "timestamp": stamp(visit.at), "email": visit.email, "ipAddress": visit.address,
        "userAgent": visit.agent, "success": success,
    }  # fmt: skip
    return row if success else {**row, "failureReason": "Invalid credentials"}


def audit(
    dice: Random,
    visit: Visit,
    user: str,
    action: str,
    resource: str,
    details: Mapping[str, object],
    session: str = "",
    email: str = "system",
) -> Row:
    """Return a row of the audit log."""
    return {
        "id": chance.uuid4(dice), "timestamp": stamp(visit.at), "userId": user, "userEmail": email, "action": action,
        "resource": resource, "details": details, "ipAddress": visit.address, "userAgent": visit.agent,
        "sessionId": session or chance.uuid4(dice),
    }  # fmt: skip


def _session(dice: Random, person: Person, visit: Visit) -> Row:
    return {
        "sessionId": chance.uuid4(dice), "userId": person.id, "deviceId": chance.hexadecimal(dice, 16), "ipAddress": visit.address,
        "userAgent": visit.agent, "issuedAt": stamp(visit.at), "expiresAt": stamp(visit.at + timedelta(days=7)),
        "lastActivity": stamp(visit.at + timedelta(minutes=dice.randint(0, 45))), "isActive": dice.random() < 0.55,  # noqa: PLR2004
    }  # fmt: skip


def _visit(dice: Random, hour: datetime, email: str) -> Visit:
    at = hour + timedelta(seconds=round(dice.uniform(0, 3590), 3))
    return Visit(at, email, f"{dice.choice(EDGE)}.{dice.randint(2, 250)}", dice.choice(AGENTS))


def _at(visit: Visit, seconds: float, email: str = "") -> Visit:
    return Visit(visit.at + timedelta(seconds=round(seconds, 3)), email or visit.email, visit.address, visit.agent)


def _mistyped(dice: Random, email: str) -> str:
    local, domain = email.split("@")
    cut = dice.randrange(len(local))
    return f"{local[:cut]}{local[cut + 1 :]}@{domain}"


def _count(dice: Random, mean: float) -> int:
    return int(mean * dice.uniform(0.5, 1.5) + dice.random())
