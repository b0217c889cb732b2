"""How busy the platform is: a day with a quiet night, and a weekend that is a little busier."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache

BUSIEST_HOUR = 19.0  # UTC: afternoon on the east coast of the United States
SCALES = {"prod": 1.0, "staging": 0.3, "dev": 0.2}
_SATURDAY = 5


def scale(suffix: str) -> float:
    """Return an environment's share of production's traffic."""
    return SCALES.get(suffix, 0.2)


def activity(moment: datetime) -> float:
    """Return how busy the moment is, 1.0 on average: about 0.25 at night and 1.75 at the busiest hour."""
    hours = moment.hour + moment.minute / 60
    day = 1.0 + 0.75 * math.cos((hours - BUSIEST_HOUR) / 24 * 2 * math.pi)
    return day * (1.15 if moment.weekday() >= _SATURDAY else 0.95)


@lru_cache(maxsize=20_000)
def activity_at(epoch: int) -> float:
    """Return the same for seconds since 1970."""
    return activity(datetime.fromtimestamp(epoch, UTC))
