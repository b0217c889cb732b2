"""Brings one message to one address, as a program of its own: what hangs is ended from outside, what it prints goes nowhere.

It reads {"address": ..., "letter": ...} from standard input, so that no list of processes shows an address, and says how it went
by its exit code. It imports nothing of ours: it has to be up in a moment.
"""

from __future__ import annotations

import json
import os
import sys
from importlib import import_module
from typing import Any

SENT, REFUSED, MISSING, SENSELESS = 0, 10, 11, 12
FILE = "file://"
MODE = 0o600
SHORT = {
    "pagerduty": 1000
}  # characters that a service takes at most; it refuses more (Events API v2: 1024), the library does not cut


def deliver(address: str, letter: dict[str, str]) -> int:
    """Bring a message to an address of apprise, or append it to a file as a line of JSON; return how it went."""
    if address.startswith(FILE):
        return _append(address.removeprefix(FILE), letter)
    try:
        apprise: Any = import_module("apprise")  # an extra; whoever tells into a file does without
    except ImportError:
        return MISSING
    told = apprise.Apprise(asset=apprise.AppriseAsset(app_id="Runbooks", async_mode=False))
    if not told.add([address]):  # a list: a comma in an address is not the end of it
        return SENSELESS
    body = letter["body"]
    if (most := SHORT.get(address.partition("://")[0].lower())) is not None:
        body = shortened(body, most - len(letter["title"]))
    sent = told.notify(title=letter["title"], body=body, notify_type=letter["kind"], body_format="text")
    return SENT if sent else REFUSED


def shortened(body: str, most: int) -> str:
    """Return a message without lines of its middle, so that its first one and the link at its end fit into `most` characters."""
    lines = body.split("\n")
    while len("\n".join(lines)) > most and len(lines) > 2:  # noqa: PLR2004 - the first and the last
        del lines[-2]
    return "\n".join(lines)[:most]


def _append(path: str, letter: dict[str, str]) -> int:
    line = json.dumps(letter, sort_keys=True) + "\n"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, MODE)
    except OSError:
        return SENSELESS
    try:
        os.write(fd, line.encode())
    finally:
        os.close(fd)
    return SENT


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    sys.exit(deliver(asked["address"], asked["letter"]))
