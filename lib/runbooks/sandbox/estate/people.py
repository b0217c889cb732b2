"""The platform's users: made-up names at example domains, with the statuses, roles and oddities that real accounts have."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import chance
from runbooks.sandbox.estate.backends import stamp

if TYPE_CHECKING:
    from datetime import datetime
    from random import Random

    from runbooks.sandbox.estate.tables import Row

COUNT = 150
FIRST = [
    "Ada",
    "Ben",
    "Cleo",
    "Dan",
    "Eva",
    "Finn",
    "Gina",
    "Hugo",
    "Iris",
    "Jack",
    "Kira",
    "Liam",
    "Mona",
    "Nils",
    "Olga",
    "Paul",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Uwe",
    "Vera",
    "Walt",
    "Xenia",
    "Yann",
    "Zoe",
]
LAST = [
    "Abbott",
    "Barlow",
    "Carver",
    "Dalton",
    "Ellis",
    "Fraser",
    "Garner",
    "Hobbs",
    "Irwin",
    "Jarvis",
    "Kemp",
    "Lowell",
    "Mercer",
    "Norris",
    "Osborn",
    "Porter",
    "Quick",
    "Rowe",
    "Slater",
    "Tate",
]
PERMISSIONS = ["user_management", "content_moderation", "financial_access", "system_config", "analytics_view", "audit_log_view"]
STAFF = ("super_admin", "admin", "admin", "moderator", "moderator", "moderator", "support", "support")
GRANTED = {
    "super_admin": PERMISSIONS,
    "admin": PERMISSIONS[:3] + PERMISSIONS[4:],
    "moderator": PERMISSIONS[1:2],
    "support": PERMISSIONS[:1],
}
STATES = ("CA", "FL", "MA", "MD", "ME", "MI", "NC", "NY", "OR", "RI", "TX", "VA", "WA")
BCRYPT = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Person:
    """One user, as far as the others' rows need it."""

    id: str
    email: str
    name: str
    role: str
    status: str
    mfa: bool
    created: datetime


def population(seed: int, born: datetime) -> list[Person]:
    """Return everybody; `born` is when the platform opened. The first eight are staff."""
    dice = chance.dice(seed, "people")
    return [_person(dice, number, born) for number in range(COUNT)]


def _person(dice: Random, number: int, born: datetime) -> Person:
    first, last = dice.choice(FIRST), dice.choice(LAST)
    staff = number < len(STAFF)
    status = "active" if staff else dice.choices(("active", "pending_verification", "suspended", "banned"), (88, 8, 3, 1))[0]
    domain = "staff.example.com" if staff else dice.choice(("example.com", "example.net", "mail.example.org"))
    return Person(
        id=chance.uuid4(dice),
        email=f"{first}.{last}{number}@{domain}".lower(),
        name=f"{first} {last}",
        role=STAFF[number] if staff else "user",
        status=status,
        mfa=staff or dice.random() < 0.05,  # noqa: PLR2004 - one customer in twenty
        created=born + timedelta(hours=dice.uniform(0, 24 * (1 if staff else 36))),
    )


def row(seed: int, person: Person) -> Row:
    """Return the person's row in the users table."""
    dice = chance.dice(seed, "user", person.id)
    made: Row = {
        "id": person.id, "email": person.email, "name": person.name, "role": person.role, "status": person.status,
        "permissions": list(GRANTED.get(person.role, [])), "emailVerified": person.status != "pending_verification",
        "phoneVerified": False, "mfaEnabled": person.mfa, "password": "$2a$12$" + chance.word(dice, 53, BCRYPT), "loginAttempts": 0,
        "createdAt": stamp(person.created), "updatedAt": stamp(person.created + timedelta(hours=dice.uniform(0, 90))),
    }  # fmt: skip
    if person.mfa:
        made["mfaSecret"] = chance.word(dice, 32, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
    if dice.random() < 0.6:  # noqa: PLR2004 - six in ten tell where they are
        made |= {"phone": f"+1555{dice.randrange(10**7):07}", "location": dice.choice(STATES)}
    if person.status == "pending_verification":
        made |= {
            "emailVerificationToken": chance.uuid4(dice),
            "emailVerificationExpires": stamp(person.created + timedelta(hours=24)),
        }
    if person.role != "user":
        made["sessionTimeout"] = 30 if person.role == "super_admin" else 60
    return made
