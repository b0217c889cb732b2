"""Secrets inside base64, hex and gzip: opened, looked into, and masked whole where something is found."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Callable, Iterable, Iterator

from runbooks.redact.views import Find, mask

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{16,}+={0,2}")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){16,}+")
_GZIP = b"\x1f\x8b"
_BUDGET = 4  # characters that may be opened for each character of the text: a gzip bomb ends here


def packed(text: str, look: Callable[[str], Iterable[object]]) -> Iterator[Find]:
    """Yield every packed run in which `look` finds something."""
    budget = _BUDGET * len(text) + 65_536
    for match in _BASE64.finditer(text):
        run = match[0]
        for start in sorted({0, max(0, run.find("H4sI")), run.rfind("/") + 1}):  # a run may begin as a path
            inner = _open(run[start:], budget)
            budget -= len(inner)
            if inner and any(True for _ in look(inner)):
                yield Find(match.start() + start, match.end(), mask("packed secret"))
                break


def _open(run: str, limit: int) -> str:
    """Return the text inside a run, or nothing: most runs are hashes and names."""
    if limit <= 0:
        return ""
    try:
        data = bytes.fromhex(run) if _HEX.fullmatch(run) else _from_base64(run)
        if data.startswith(_GZIP):
            data = zlib.decompressobj(wbits=31).decompress(data, limit)
        return data.decode()
    except (binascii.Error, ValueError, zlib.error):
        return ""


def _from_base64(run: str) -> bytes:
    """Open base64 of either alphabet, also when its end is cut."""
    plain = run.rstrip("=").replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) - (len(plain) % 4 == 1)]
    return base64.b64decode(plain + "=" * (-len(plain) % 4))
