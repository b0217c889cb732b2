"""Secrets that show by the name beside them: JSON, repr, YAML, environment, query, header, XML, HTML, command line, prose."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runbooks.redact.names import Telling, is_empty, is_house_name, is_prose, looks_random, telling
from runbooks.redact.views import Find, mask

_QUOTE = r"(?:\\*[\"'`]|&quot;|&#0?3[49];|&#x2[27];|&apos;|%2[27]|\\+u002[27])"
_GAP = r"(?:[ \t]|\\+[nt]|%20|\n[ \t]{0,16}){0,4}"
_NAME = re.compile(
    r"(?:pass(?:word|wd|phrase|code)s?|pwd|_pass|(?<=[a-z])Pass|secrets?|token|jwt|key|authorization|cookies?"
    r"|sess(?:ion)?[ _.-]?id|(?:connect\.|\b)sid|session|signature|credentials?|codes?|otp|mfa|seed|cvv|cvc|auth|salt|dsn"
    r"|conn(?:ection)?[ _-]?str(?:ing)?|(?:key|secret)[ _-]?(?:pem|hash)|secret[ _-]?id|x-amz-credential)"
    r"(?:[ _-]?(?:value|string|plain|plaintext|text|old|new|current|previous|hash|hashed|enc|encrypted|b64|base64|\d{1,3})){0,2}"
    rf"(?P<close>\"\"|{_QUOTE})?(?P<sep>\]?{_GAP}(?::=|=>|==?|:|%3D|%3A|\\+u003d)|,{_GAP}(?={_QUOTE})"
    rf"|\s?</t[hd]>\s{{0,64}}<t[hd][^>]{{0,100}}>|>|[ \t]{{1,40}}\|?[ \t]{{0,40}}(?:(?:is|was)[ \t])?)",
    re.IGNORECASE,
)
_PAIR = re.compile(  # {"Name": "DB_PASSWORD", "Value": "..."}
    rf"(?P<close>{_QUOTE}),{_GAP}(?:{_QUOTE})(?:value|parametervalue|secret_?string)(?:{_QUOTE}){_GAP}:", re.IGNORECASE
)
_OPEN = re.compile(rf"{_GAP}(?:(?:[(\[{{]|{_QUOTE}?[SNB]{_QUOTE}?{_GAP}:){_GAP}){{0,3}}[bBrRuUfF]{{0,2}}(?P<quote>{_QUOTE})")
_NEXT_FIELD = r"(?:%26|&amp;|[&;,])(?:[\w.%\[\]-]{1,64}(?:=|%3D|:)|(?=[\s\"'`<>]|\Z))"
_LOOSE = re.compile(rf"(?:[ \t]|%20|\+(?=\w)){{0,40}}(?P<value>(?:[^\s\"'`<>&;,%]|(?!{_NEXT_FIELD})[&;,%])*+)")
_REST = re.compile(r"[^\s\"'`<>]*+")
_FIRST = re.compile(r"[ \t]{0,40}(?P<value>[^\s\"'`<>]{0,256})")
_LINE = re.compile(r"[ \t]{0,40}(?P<value>[^\n\r\"'`<>]*+)")
_WHOLE_LINE = re.compile(r"[ \t]{0,40}(?P<value>[^\n\r]*+)")
_ELEMENT = re.compile(r"\s{0,64}(?P<value>[^<\n]*+)")
_BLOCK = re.compile(r"[ \t]*[|>][+-]?\d?[ \t]*\n(?P<value>(?:[ \t]+[^\n]*\n?)++)")
_NEXT_VARIABLE = re.compile(r"\s+(?=[A-Za-z_]\w{0,64}=)|\s+#\s|\s*\\n")
_LINE_START = re.compile(r"(?:^|[\n\r])[ \t]{0,80}(?:-[ \t]+|export[ \t]+|declare -x[ \t]+)?[\"']?\Z")
_SCHEME = re.compile(r"[ \t]*(?:bearer|basic|token|apikey|digest|negotiate)[ \t]+[^\s\"'`<>,]*+", re.IGNORECASE)
_WORD = re.compile(r"[\w.-]*+")
_LONGEST_NAME = 64
_PROBE = 512
_SURE_SEPARATOR = re.compile(r":|=|%3D|%3A|\\|>|</", re.IGNORECASE)
_TAG = re.compile(r">|<.*>", re.DOTALL)
HEADERS = frozenset({"cookie", "Authorization header"})
_WORD_END = re.compile(r"[\s\"'<>,;()]")
_LONGEST_OPEN = 65_536


def assignments(text: str) -> Iterator[Find]:
    """Yield every value that stands beside a telling name; each step goes on behind what the last one took."""
    place = 0
    while match := _NAME.search(text, place):
        place = match.end()
        begin = match.start() - len(_before(text, match.start()))
        name = text[begin : match.start("close") if match["close"] else match.start("sep")]
        said = telling(name)
        if said is None or _in_arn(text, begin):
            place = max(match.start() + 1, match.end() - len(match["sep"]) if said is None else match.end())
            continue
        find = _value(text, begin, match, name, said)
        if find is not None and find.start < find.end:
            place = max(place, find.end)
            yield find


def _before(text: str, place: int) -> str:
    """Return the rest of the name that ends at a place."""
    found = _WORD.match(text[max(0, place - _LONGEST_NAME) : place][::-1])
    return found[0][::-1] if found else ""


def _in_arn(text: str, place: int) -> bool:
    """Say whether a name is a part of an ARN, as in arn:aws:secretsmanager:...:secret:name."""
    arn = text.rfind("arn:", max(0, place - 160), place)
    return arn >= 0 and _WORD_END.search(text, arn, place) is None


def _value(text: str, begin: int, match: re.Match[str], name: str, said: Telling) -> Find | None:
    """Return the value beside a name, if it is one to mask."""
    pair = _PAIR.match(text, match.start("close")) if match["close"] else None
    place, sep = (pair.end(), ":") if pair else (match.end(), match["sep"].lstrip("]").strip())
    sure = said.sure and (bool(_SURE_SEPARATOR.match(sep)) or name.startswith("--"))
    if (sep == ">" and not text.startswith("<", begin - 1)) or (sep.startswith(",") and not match["close"]):
        return None
    if _TAG.fullmatch(sep):
        span, quoted = _span(_ELEMENT, text, place, None if sure else _PROBE), True
    elif opened := _OPEN.match(text, place):
        doubled = match["close"] == '""' and text.startswith('""', opened.start("quote"))
        span, quoted = _quoted(text, opened, doubled=doubled), True
    elif sep == ":" and (block := _BLOCK.match(text, place)):
        span, quoted = block.span("value"), True
    elif said.what in HEADERS and sure:
        prose = is_prose(name, text[slice(*_span(_FIRST, text, place))])
        span, quoted = (place, place) if prose else _header(text, begin, place), False
    else:
        span, quoted = _bare(text, begin, place, sep, name, sure=sure), False
    return _judged(text, span, mask(said.what), name, sure=sure, quoted=quoted)


def _judged(text: str, span: tuple[int, int], words: str, name: str, *, sure: bool, quoted: bool) -> Find | None:
    """Keep a value unless it is empty, or (where the name is not enough) does not look like a secret."""
    value = text[slice(*span)]
    start = span[0] + len(value) - len(value.lstrip())
    value = value.strip()
    if len(value) <= _PROBE and is_empty(value):
        return None
    first = value.split(maxsplit=1)[0]
    if is_house_name(name, value) or (not quoted and is_prose(name, first)):
        return None
    if not sure and not looks_random(first if not quoted else value):
        return None
    if sure or quoted:
        return Find(start, start + len(value), words)
    rest = _REST.match(text, start + len(first)) if len(first) >= _PROBE // 2 else None
    return Find(start, rest.end() if rest else start + len(first), words)


def _span(pattern: re.Pattern[str], text: str, place: int, limit: int | None = None) -> tuple[int, int]:
    """Return what a pattern calls the value; a value that may be thrown away is read only up to a limit, or time would add up."""
    match = pattern.match(text, place) if limit is None else pattern.match(text, place, place + limit)
    return match.span("value") if match else (place, place)


def _quoted(text: str, opened: re.Match[str], *, doubled: bool) -> tuple[int, int]:
    """Return the span up to the quote that closes it; without one (the text is cut), up to the line's end.

    A quote of d levels of JSON in JSON has k = 2**d - 1 backslashes; with more before it, it closes where an even number of
    escaped ones is left.
    """
    quote, start = opened["quote"], opened.end()
    if doubled:
        quote, start = quote * 2, start + 1
    elif text.startswith(quote * 2, start):  # a triple quote
        quote, start = quote * 3, start + 2 * len(quote)
    level = quote.count("\\") + 1
    place, limit = start, min(len(text), start + _LONGEST_OPEN)
    while (end := text.find(quote, place, limit)) >= 0:
        slashes = 0
        while end - slashes > place and text[end - slashes - 1] == "\\":
            slashes += 1
        if (slashes + level - 1) // level % 2 == 0:
            return start, end
        place = end + len(quote)
    return start, _line_end(text, start)


def _header(text: str, begin: int, place: int) -> tuple[int, int]:
    """Return the span of a header's value: scheme and one word where the scheme is usual, or else the line."""
    if known := _SCHEME.match(text, place):
        return known.span()
    in_quotes = text[max(0, begin - 1) : begin] in {'"', "'", "`"}
    return _span(_LINE if in_quotes else _WHOLE_LINE, text, place)


def _bare(text: str, begin: int, place: int, sep: str, name: str, *, sure: bool) -> tuple[int, int]:
    """Return the span of a value without quotes: the line where the name opens it (YAML, environment), or else one word."""
    opens_line = _LINE_START.search(text, max(0, begin - 96), begin) is not None
    if opens_line and (sep == ":" or (sep == "=" and name.isupper())):
        start, end = _span(_LINE, text, place)
        stop = _NEXT_VARIABLE.search(text, start, end)
        return start, stop.start() if stop else end
    start, end = _span(_LOOSE, text, place, None if sure else _PROBE)
    return start, start + len(text[start:end].rstrip(")]}"))


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end
