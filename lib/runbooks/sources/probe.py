"""A polite look from outside: a few GETs of each public address, one after the other, with a pause between two.

It proves that the platform answers and how soon, from where this runs; it is no load, and says nothing of how much would be too
much. Addresses are asked side by side, so that at most as many requests are under way as there are addresses.
"""

from __future__ import annotations

import time

from runbooks.estate import EndpointAnswer, Probed
from runbooks.gateway import Reader
from runbooks.gateway.reader import MARGIN
from runbooks.settings import Expectation, Settings
from runbooks.sources import web


def answers(reader: Reader, settings: Settings) -> list[Probed]:
    """Return what each public address of the environment file answered, as often as the environment file says."""
    plan = settings.environment.performance.probe
    return several(reader, settings, gets=plan.gets, pause=plan.pause)


def several(reader: Reader, settings: Settings, *, gets: int, pause: float) -> list[Probed]:
    """Return the answers of all public addresses to `gets` GETs each, `pause` seconds apart; fewer where the time is over."""
    return reader.map(
        lambda expected: _several(reader, settings, expected, gets, pause),
        settings.environment.endpoints,
        name=lambda expected: expected.url,
    )


def _several(reader: Reader, settings: Settings, expected: Expectation, gets: int, pause: float) -> Probed:
    origin = f"https://{settings.environment.hosts.site}"
    found: list[EndpointAnswer] = []
    longest = 0.0
    for number in range(gets):
        # the next one might take as long as the longest so far: what is not done by the deadline would be lost whole
        if found and time.monotonic() + pause + 1.5 * longest + MARGIN > reader.until - MARGIN:
            break
        if number:
            time.sleep(pause)
        found.append(web.endpoint(reader, expected, origin))
        longest = max(longest, found[-1].seconds)
    return Probed(expected.name, expected.url, tuple(found), gets)
