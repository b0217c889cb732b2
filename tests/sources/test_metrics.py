"""A series that AWS could not read to its end is unreadable, never a short series."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from runbooks.errors import Unreadable
from runbooks.sources.metrics import _joined

FIRST, SECOND = datetime(2026, 11, 24, 3, tzinfo=UTC), datetime(2026, 11, 24, 4, tzinfo=UTC)


def row(status: str, moment: datetime = FIRST) -> dict[str, Any]:
    return {"Id": "m0", "StatusCode": status, "Timestamps": [moment], "Values": [1.0]}


def test_pages_are_joined_in_time_order() -> None:
    assert _joined([row("PartialData", SECOND), row("Complete", FIRST)]) == {"m0": ((FIRST, 1.0), (SECOND, 1.0))}


@pytest.mark.parametrize("status", ["PartialData", "InternalError", "Forbidden"])
def test_a_series_that_does_not_end_complete_is_unreadable(status: str) -> None:
    with pytest.raises(Unreadable, match=f"not complete: {status}"):
        _joined([row("Complete"), row(status)])
