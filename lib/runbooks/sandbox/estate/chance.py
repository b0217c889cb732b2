"""Reproducible chance: everything in the estate that looks random comes from the environment's seed and a few words."""

from __future__ import annotations

import string
from random import Random
from uuid import UUID

_MASK = (1 << 64) - 1
BASE36 = string.digits + string.ascii_lowercase


def dice(seed: int, *words: object) -> Random:
    """Return a generator that is the same for the same seed and words."""
    return Random("/".join(map(str, (seed, *words))))  # noqa: S311 - made-up data, no secret


def uuid4(chance: Random) -> str:
    """Return a UUID of version 4."""
    return str(UUID(int=chance.getrandbits(128), version=4))


def word(chance: Random, length: int, letters: str = BASE36) -> str:
    """Return `length` letters."""
    return "".join(chance.choices(letters, k=length))


def hexadecimal(chance: Random, length: int) -> str:
    """Return `length` lower-case hex digits."""
    return word(chance, length, "0123456789abcdef")


def unit(key: int, slot: int) -> float:
    """Return a number in [0, 1) for a series and a point in time: one splitmix64 step, quick enough for whole weeks of points."""
    mixed = (key ^ (slot * 0x9E3779B97F4A7C15)) & _MASK
    mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((mixed ^ (mixed >> 31)) >> 11) / (1 << 53)
