"""Messages on their way: each by a process of its own, all at once, none longer than it may."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from runbooks.notify import courier
from runbooks.notify.letter import Letter
from runbooks.settings import Address, Environment

AT_ONCE = 8
LARGEST = 4096  # characters of an address
_WORDS = {
    courier.REFUSED: "the service refused it or did not answer",
    courier.MISSING: "the package apprise is not installed: pip install 'runbooks[notify]'",
    courier.SENSELESS: "what is kept there is no address that can be used",
}


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message for a channel of an environment, by its name; where it goes is a secret."""

    environment: Environment
    channel: str
    letter: Letter
    to: str = field(repr=False)


def address(environment: Environment, channel: str) -> tuple[str, str]:
    """Return the address of a channel and, when there is none, why, in a sentence that does not hold it."""
    kept = environment.telling.channels.get(channel) or environment.telling.roles.get(channel)
    if kept is None:
        return "", f"it has no address: name one in [telling] of the environment {environment.name}"
    found, why = _read(kept)
    if found and environment.sandbox is not None and not found.startswith(courier.FILE):
        return "", f"{environment.name} is played by the sandbox, which only tells into files: put file:///PATH in {kept.place}"
    return found, why


def _read(kept: Address) -> tuple[str, str]:
    if not kept.file:
        text = os.environ.get(kept.variable, "")
    else:
        try:
            with Path(kept.file).open(encoding="utf-8") as file:
                text = file.readline(LARGEST + 2)
        except (OSError, UnicodeDecodeError) as error:
            return "", f"its address cannot be read from {kept.file} ({type(error).__name__})"
    text = text.strip()
    if not text:
        return "", f"it is not set up: put its address in {kept.place}"
    if len(text) > LARGEST or "://" not in text or not text.isprintable():
        return "", f"what {kept.place} holds is no address like slack://... or mailtos://..."
    return text, ""


def deliver(parcels: Sequence[Parcel]) -> list[str]:
    """Send all of them; return for each why it did not arrive, empty when it did."""
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="courier") as couriers:
        return list(couriers.map(_sent, parcels))


def _sent(parcel: Parcel) -> str:
    seconds = parcel.environment.telling.seconds
    asked = json.dumps({"address": parcel.to, "letter": parcel.letter.as_data()}).encode()
    command = [sys.executable, "-P", courier.__file__]
    try:
        done = subprocess.run(
            command, input=asked, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=_variables(os.environ),
            timeout=seconds, check=False, start_new_session=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return f"no answer within {seconds:g} s"
    except OSError as error:
        return f"no process can be started for it ({error.strerror})"
    return "" if done.returncode == courier.SENT else _WORDS.get(done.returncode, "the messenger broke off")


def _variables(mine: Mapping[str, str]) -> dict[str, str]:
    """Return the variables without those that only this process needs: credentials of AWS, and the other addresses."""
    return {name: value for name, value in mine.items() if not name.startswith(("AWS_", "RUNBOOKS_"))}
