"""Boats for sale: rows of the listings table in the form that its index demands (location and createdAt as strings)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from runbooks.sandbox.estate import chance
from runbooks.sandbox.estate.backends import millis, stamp
from runbooks.sandbox.estate.people import STATES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from runbooks.sandbox.estate.people import Person
    from runbooks.sandbox.estate.tables import Row

COUNT = 200
KINDS = {
    "Sailboat": (18, 52),
    "Motor Yacht": (30, 85),
    "Catamaran": (28, 60),
    "Fishing Boat": (16, 38),
    "Trawler": (32, 60),
    "Pontoon": (16, 28),
}
MAKERS = ("Northwind", "Seaform", "Halyard", "Blue Cape", "Drifter", "Marlin Works", "Oakhull")
FEATURES = ("GPS", "Radar", "Autopilot", "Bow thruster", "Solar panels", "Air conditioning", "Dinghy", "Trailer", "New sails")
CONDITIONS = ("Excellent", "Good", "Fair", "Needs Work")


def rows(seed: int, people: Sequence[Person], born: datetime, now: datetime) -> list[Row]:
    """Return all listings, most of them active."""
    sellers = [person for person in people if person.role == "user" and person.status == "active"]
    return [_row(seed, number, sellers, born, now) for number in range(COUNT)]


def _row(seed: int, number: int, sellers: Sequence[Person], born: datetime, now: datetime) -> Row:
    dice = chance.dice(seed, "listing", number)
    created = born + timedelta(seconds=round(dice.uniform(0.02, 0.99) * (now - born).total_seconds(), 3))
    kind = dice.choice(list(KINDS))
    length = dice.randint(*KINDS[kind])
    year, maker = dice.randint(1984, 2025), dice.choice(MAKERS)
    images = [f"listings/{number:04}/{each}.jpg" for each in range(dice.randint(1, 8))]
    return {
        "id": f"{millis(created)}-{chance.word(dice, 9)}",
        "ownerId": dice.choice(sellers).id,
        "title": f"{year} {maker} {length} ft {kind}",
        "description": f"{kind} of {length} ft, {dice.choice(CONDITIONS).lower()} engine, lying afloat.",
        "price": round(length**2 * dice.uniform(22, 160), -2),
        "location": dice.choice(STATES),
        "boatDetails": {
            "type": kind, "manufacturer": maker, "model": f"{maker[:2].upper()}{length}", "year": year, "length": length,
            "beam": round(length / 3.1, 1), "hours": dice.randint(40, 4200), "condition": dice.choice(CONDITIONS),
        },
        "features": dice.sample(FEATURES, dice.randint(1, 5)),
        "images": images,
        "videos": [],
        "thumbnails": [image.replace(".jpg", "-thumb.jpg") for image in images],
        "status": dice.choices(("active", "sold", "inactive", "rejected", "pending_changes"), (78, 12, 6, 2, 2))[0],
        "views": dice.randint(0, 900),
        "createdAt": stamp(created),
        "updatedAt": millis(created + timedelta(hours=dice.uniform(0, 48))),
    }  # fmt: skip
