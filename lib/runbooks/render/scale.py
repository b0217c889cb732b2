"""The two axes of a chart: what they span, where their ticks stand and what these say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.dates import AutoDateLocator

STEPS = (1, 2, 2.5, 5, 10)  # ticks stand at multiples of these
TICKS = 6  # at most so many spaces between them
MARGIN = 0.05  # of the span, beyond what is drawn
NARROWEST = 1 / 1440  # days on the axis of time


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight scale: from `low` to `high`, with its ticks inside, and a note for what all ticks have in common."""

    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]
    note: str = ""

    def share(self, value: float) -> float:
        """Return where a value stands, from 0 to 1."""
        return (value - self.low) / (self.high - self.low)


def of_values(values: Sequence[float], limit: float | None) -> Scale:
    """Return a scale for numbers, from zero where none is below it: a cut axis makes a small change look large."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 - whoever draws has matplotlib already

    low, high = min(values), max(values)
    span = high - low or abs(high) or 1.0
    low, high = (0.0 if low >= 0 else low - MARGIN * span), high + MARGIN * span
    if limit is not None:
        low, high = min(low, limit), max(high, limit + 0.08 * (high - low))
    ticks = MaxNLocator(TICKS, steps=list(STEPS)).tick_values(low, high)
    return Scale(low, high, tuple((float(at), f"{at + 0.0:.10g}") for at in ticks if low <= at <= high))


def of_times(days: Sequence[float]) -> Scale:
    """Return a scale for times in days since 1970, in UTC; its note is the date of its end."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter, num2date  # noqa: PLC0415 - as above

    low, high = min(days), max(days)
    pad = max(0.02 * (high - low), NARROWEST / 2)
    low, high = low - pad, high + pad
    locator: AutoDateLocator = AutoDateLocator(tz=UTC, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    found = locator.tick_values(num2date(low, UTC), num2date(high, UTC))  # type: ignore[no-untyped-call]
    ticks = [float(at) for at in found if low <= at <= high]
    formatter = ConciseDateFormatter(locator, tz=UTC, usetex=False)  # type: ignore[no-untyped-call]
    said = formatter.format_ticks(ticks)  # type: ignore[no-untyped-call]
    return Scale(low, high, tuple(zip(ticks, said, strict=True)), formatter.get_offset())  # type: ignore[no-untyped-call]
