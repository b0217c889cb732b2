"""A stream: the pages of one long listing, one at a time, bounded by a budget of pages and by the deadline. None is kept."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from runbooks.errors import Unreadable
from runbooks.model import Blind, Reason


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows as boto3 returns them, and the whole answer around them."""

    rows: list[dict[str, Any]]
    answer: dict[str, Any]


class Stream:
    """Iterate over it for pages. What stops early does not end like a listing that was read: look at `complete`.

    A page that cannot be read raises Unreadable. The budget, the deadline and `stop` end the iteration with `complete` False and
    the reason in `stopped`: what came until then is true, and is not all.
    """

    def __init__(self, call: str, pages: Callable[[], Iterator[tuple[Page, bool]]], *, budget: int, until: float) -> None:
        self.call = call
        self.complete = False
        self.stopped = ""
        self.pages = 0
        self._open = pages
        self._budget = budget
        self._until = until

    def __iter__(self) -> Iterator[Page]:
        """Yield the pages; the first request leaves with the first one."""
        pages = self._open()
        while not self.stopped:
            try:
                page, more = next(pages)
            except Unreadable as error:
                self._ended_by(error)
                return
            self.pages += 1
            yield page
            if not more:
                self.complete = not self.stopped
                return
            self._look_at_bounds()

    def stop(self, why: str) -> None:
        """End the stream after this page; `why` completes the sentence "stopped after 3 pages, ..."."""
        self.stopped = self.stopped or why

    @property
    def blind(self) -> Blind:
        """Return that the listing was not read to its end, and why; to be noted by whoever judges by a part."""
        detail = f"stopped after {self.pages} {'page' if self.pages == 1 else 'pages'}, {self.stopped}"
        return Blind(call=self.call, reason=Reason.PARTIAL, detail=detail)

    def _look_at_bounds(self) -> None:
        if self.pages >= self._budget:
            self.stop("the budget of this reading")
        elif time.monotonic() >= self._until:
            self.stop("as the time for this check is over")

    def _ended_by(self, error: Unreadable) -> None:
        """The deadline ends a stream that has pages already; anything else, and one that has none, is unreadable."""
        if error.blind.reason is not Reason.DEADLINE or not self.pages:
            raise error
        self.stop(f"then {error.blind.detail}")
