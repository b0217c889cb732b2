"""Personal data: e-mail addresses and phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbooks.redact.views import Find, mask

_EMAIL = re.compile(
    r"(?<![\w.+*-])(?P<first>[^\W_])[\w.+'-]{0,63}+(?P<at>@|%40|\\u0040|&#64;)(?P<domain>(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24})(?![\w*])"
)
_INTERNATIONAL = re.compile(r"(?<![\w+.])(?:\+|%2B)[1-9](?:(?:[ ().-]|%20){0,2}\d){9,14}(?![\w-])")
_NATIONAL = re.compile(r"(?<![\w.+/:-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w.-]{0,32}\w)")
_NAMED = re.compile(
    r"(?i:(?:phone|mobile|telephone|tel|fax)(?:[ _-]?(?:no|nr|number))?)[\"']?[ \t]{0,4}[:=]"
    r"[ \t]{0,4}[\"']?(?P<secret>[+(]?\d[\d ().-]{5,20}\d)"
)


def people(text: str) -> Iterator[Find]:
    """Yield e-mail addresses, which keep the first letter and the domain, and phone numbers."""
    if "@" in text or "%40" in text or "u0040" in text or "&#64;" in text:
        for match in _EMAIL.finditer(text):
            if not match[0].startswith("git@"):
                yield Find(match.start(), match.end(), f"{match['first']}***{match['at']}{match['domain']}")
    for pattern in (_INTERNATIONAL, _NATIONAL):
        for match in pattern.finditer(text):
            yield Find(match.start(), match.end(), mask("phone number"))
    for match in _NAMED.finditer(text):
        yield Find(match.start("secret"), match.end("secret"), mask("phone number"))
