"""Values that were fetched: found again in every spelling that is cheap to know, and when only their beginning is shown."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from runbooks.redact.views import HIDING, WRAPPING, Find, mask, without

SHORTEST = 4  # below this a value is too common to be hidden without hiding the text around it
PREFIX = 8  # pandas shows 16 characters of a long value, other tables fewer
_BASE64 = re.compile(r"[A-Za-z0-9+/_=-]*+")
_WORDLIKE = re.compile(r"[a-z][a-z ._:/-]*+|[A-Z][a-z ._:/-]*+|[A-Z _-]++")


@dataclass(frozen=True, slots=True)
class Known:
    """One value in all its spellings."""

    what: str
    spellings: tuple[str, ...]
    encoded: tuple[str, ...]  # base64 and hex: the whole run around them goes
    whole_words: bool  # a short value counts only where it stands by itself

    def finds(self, plain: str) -> Iterator[Find]:
        """Yield every place of the value, or of a beginning of it, in a text without escape sequences."""
        for spelling in self.spellings:
            yield from self._whole(plain, spelling) if self.whole_words else self._beginnings(plain, spelling)
        for spelling in self.encoded:
            for find in self._beginnings(plain, spelling):
                yield Find(find.start, _run_end(plain, find.end), find.mask)

    def wrapped(self, condensed: str) -> Iterator[Find]:
        """Yield every place of the whole value in a text without white space: a terminal or a table has wrapped it."""
        if not self.whole_words:
            for spelling in {WRAPPING.sub("", each) for each in self.spellings + self.encoded}:
                if len(spelling) >= PREFIX:
                    yield from self._places(condensed, spelling)

    def _places(self, text: str, spelling: str) -> Iterator[Find]:
        start = text.find(spelling)
        while start >= 0:
            yield Find(start, start + len(spelling), mask(self.what))
            start = text.find(spelling, start + len(spelling))

    def _whole(self, text: str, spelling: str) -> Iterator[Find]:
        for find in self._places(text, spelling):
            if not (text[find.start - 1 : find.start].isalnum() or text[find.end : find.end + 1].isalnum()):
                yield find

    def _beginnings(self, text: str, spelling: str) -> Iterator[Find]:
        head = spelling[:PREFIX]
        start = text.find(head)
        while start >= 0:
            end = start + _shared(text, start, spelling)
            if end - start == len(spelling) or _is_cut(text, start, end):
                yield Find(start, end, mask(self.what))
                start = text.find(head, end)
            else:
                start = text.find(head, start + 1)


def spell(secret: str, what: str) -> Known | None:
    """Return a value in all its spellings, or None where it is too short to be told from ordinary text."""
    secret = without(HIDING, secret).text.strip()
    if len(secret) < SHORTEST:
        return None
    raw = secret.encode(errors="surrogatepass")
    in_json, in_ascii = json.dumps(secret, ensure_ascii=False)[1:-1], json.dumps(secret)[1:-1]
    spellings = {
        secret, in_json, in_ascii, json.dumps(in_json, ensure_ascii=False)[1:-1], json.dumps(in_ascii)[1:-1],
        repr(secret)[1:-1], secret.replace("'", "\\'"), secret.replace('"', '""'), secret.replace("'", "''"),
        html.escape(secret), html.escape(secret, quote=False), html.escape(secret).replace("&#x27;", "&#39;"),
        *(text for quoted in (quote(raw, ""), quote(raw), quote_plus(raw)) for text in (quoted, _lower_escapes(quoted))),
    }  # fmt: skip
    short = len(secret) < PREFIX
    encoded = () if short else (raw.hex(), raw.hex().upper(), *_in_base64(raw))
    return Known(what, tuple(sorted(spellings, key=len, reverse=True)), encoded, whole_words=short)


def _in_base64(raw: bytes) -> Iterator[str]:
    """Yield what base64 makes of the value at each of the three places where it may begin in a group of three bytes."""
    for lead, unsure in ((0, 0), (1, 2), (2, 3)):
        text = base64.b64encode(bytes(lead) + raw).decode()
        sure = text[unsure : (lead + len(raw)) * 8 // 6]
        yield sure
        yield sure.translate(str.maketrans("+/", "-_"))


def _lower_escapes(quoted: str) -> str:
    return re.sub(r"%[0-9A-F]{2}", lambda match: match[0].lower(), quoted)


def _shared(text: str, start: int, spelling: str) -> int:
    """Return how many characters of the spelling stand at a place, by halving: each comparison is one of memory."""
    low, high = PREFIX, min(len(spelling), len(text) - start)
    while low < high:
        middle = (low + high + 1) // 2
        if text.startswith(spelling[:middle], start):
            low = middle
        else:
            high = middle - 1
    return low


def _is_cut(text: str, start: int, end: int) -> bool:
    """Say whether a beginning of a value was meant: one of plain words only where it ends there, and stands by itself."""
    if not _WORDLIKE.fullmatch(text, start, end):
        return True
    return not (text[start - 1 : start].isalnum() or text[end : end + 1].isalnum())


def _run_end(text: str, place: int) -> int:
    match = _BASE64.match(text, place)
    return match.end() if match else place
