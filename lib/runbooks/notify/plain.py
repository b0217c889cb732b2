"""Text from outside for a chat or a mail: it mentions nobody, links nowhere, formats nothing and forges no line.

Services differ in what they take for markup, and a library converts between them, so nothing is escaped: each character that
means something to one of them is replaced by one that looks alike and means nothing.
"""

from __future__ import annotations

import re

from runbooks.redact import Redactor
from runbooks.render.text import line

_LOOK_ALIKE = str.maketrans("@<>&`*~[]|\\{}", "\uff20\u2039\u203a\uff06\u02bc\u2217\u223c()\u00a6\u2216()")
_HEADING = re.compile(r"^[\s#+=-]+|^(?=\d+[.)]\s)")  # at the begin of a text: headings, lists, rules
_EMPHASIS = re.compile(r"(?<![A-Za-z0-9])_+|_+(?![A-Za-z0-9])|__+")
_ADDRESS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{1,20}):(?=//)")
_WWW = re.compile(r"(?i)\bwww\.")
_CHANNEL = re.compile(r"(?<!\w)#(?=\w)")
_EMOJI = re.compile(r":(?=[a-z0-9_+-]+:)", re.IGNORECASE)


def plain(value: object, *, limit: int = 300) -> str:
    """Return any text as one line of at most about `limit` characters that only says something."""
    text = line(Redactor().text(line(value, limit=limit)), limit=limit)
    text = _HEADING.sub("", text).translate(_LOOK_ALIKE)
    text = _ADDRESS.sub("\\1\u2236", _WWW.sub("www\u2024", text))  # neither is a link any more
    text = _EMOJI.sub("\u2236", _CHANNEL.sub("\uff03", text))
    return _EMPHASIS.sub(lambda found: "\uff3f" * len(found[0]), text).strip()
