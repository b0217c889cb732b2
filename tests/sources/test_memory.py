"""Memory stays flat: ten times the rows are not more megabytes."""

from __future__ import annotations

import pytest

from tests.benchmarks import streams


@pytest.mark.slow
@pytest.mark.parametrize("kind", streams.KINDS)
def test_ten_times_the_entries_do_not_take_more_memory(kind: str) -> None:
    """Both have as many pages in flight; only their number differs."""
    few, many = 40_000 if kind == "rows" else 200_000, 1_000_000 if kind == "lines" else 400_000
    peaks = []
    for total in (few, many):
        with streams.served(total) as address:
            peaks.append(streams.measure(kind, address)["peak"])
    assert peaks[1] < streams.LARGEST
    assert peaks[1] - peaks[0] < 100  # as a list of dicts they would take 1,400 MB a million
