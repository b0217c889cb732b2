"""Secrets that show by their own shape, whatever stands beside them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from runbooks.redact.names import entropy, looks_random
from runbooks.redact.views import Find, mask

_CREDENTIAL_PAIR = 200  # characters after an access key id in which its secret key is looked for
_PEM_TAIL = 8192


def _shape(what: str, hint: str, pattern: str) -> tuple[str, str, re.Pattern[str]]:
    return mask(what), hint, re.compile(pattern)


# (mask, a literal that must be there, pattern; the group "secret", or else all of it, is masked). Repetitions that may be long
# are possessive, and what opens a pattern is a literal or a token's start: hostile text costs one pass.
_SHAPES = (
    _shape("AWS access key", "AKIA", r"(?<![A-Za-z0-9])AKIA[A-Z0-9]{8,124}+(?![a-z])"),
    _shape("AWS access key", "ASIA", r"(?<![A-Za-z0-9])ASIA[A-Z0-9]{8,124}+(?![a-z])"),
    _shape("AWS session token", "", r"(?<![A-Za-z0-9+/])(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz|AQoDYXdz)[A-Za-z0-9+/=%_-]*+"),
    _shape("AWS session token", "IQoJb3Jp", r"(?<![A-Za-z0-9+/])IQoJb3Jp[A-Za-z0-9+/=%_-]*+"),
    _shape("JWT", "eyJ", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{6,}+\.(?:eyJ)?[A-Za-z0-9_-]*+(?:\.[A-Za-z0-9_-]*+){0,3}"),
    _shape("JWT", "eyJ", r"(?<![A-Za-z0-9_-])eyJ(?:hbGci|0eXAi|raWQi|jdHki|lbmMi)[A-Za-z0-9_=-]*+"),
    _shape("tunnel token", "eyJhIjoi", r"(?<![A-Za-z0-9_-])eyJhIjoi[A-Za-z0-9_=+/-]*+"),
    _shape("password hash", "2", r"(?:\\*\$|%24)2[abxy]?(?:\\*\$|%24)\d\d(?:\\*\$|%24)[./A-Za-z0-9]{1,60}+"),
    _shape("password hash", "$", r"\\*\$(?:argon2(?:id|i|d)|scrypt|pbkdf2[\w-]{0,16}|[156y])\\*\$[^\s\"'<>]{8,512}+"),
    _shape("Slack token", "xox", r"(?<![A-Za-z0-9])xox[a-z]-[A-Za-z0-9-]{6,}+"),
    _shape("Slack token", "xapp-", r"(?<![A-Za-z0-9])xapp-[A-Za-z0-9-]{6,}+"),
    _shape(
        "Slack webhook",
        "hooks.slack.com",
        r"hooks\.slack\.com(?:/|%2F)(?:services|workflows|triggers)(?:/|%2F)(?P<secret>[A-Za-z0-9/%_-]++)",
    ),
    _shape("GitHub token", "gh", r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{8,}+"),
    _shape("GitHub token", "github_pat_", r"github_pat_[A-Za-z0-9_]{4,}+"),
    _shape("GitLab token", "glpat-", r"glpat-[A-Za-z0-9_-]{8,}+"),
    _shape("npm token", "npm_", r"(?<![A-Za-z0-9])npm_(?=[A-Za-z]{0,36}\d)[A-Za-z0-9]{10,}+"),
    _shape("Stripe key", "_", r"(?<![A-Za-z0-9])(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{6,}+"),
    _shape("Stripe key", "whsec_", r"whsec_[A-Za-z0-9+/=]{8,}+"),
    _shape("API key", "AIza", r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{12,}+"),
    _shape("API key", "sk-", r"(?<![A-Za-z0-9-])sk-(?=[A-Za-z_-]{0,40}\d)[A-Za-z0-9_-]{20,}+"),
    _shape("API key", "SG.", r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{10,}+\.?[A-Za-z0-9_-]*+"),
    _shape("token", "_pat_", r"dckr_pat_[A-Za-z0-9_-]{6,}+"),
    _shape("token", "hvs.", r"(?<![A-Za-z0-9])hvs\.[A-Za-z0-9_-]{12,}+"),
    _shape("token", "pypi-AgE", r"pypi-AgE[A-Za-z0-9_-]++"),
    _shape("private key", "MII", r"(?<![A-Za-z0-9+/])MII[A-J][A-Za-z0-9+/]{2}IBA(?:AKC|DAN)[A-Za-z0-9+/=]*+"),
    _shape("private key", "AGE-SECRET", r"AGE-SECRET-KEY-1[A-Z0-9]++"),
    _shape("one-time password seed", "otpauth", r"otpauth(?:-migration)?(?:://|%3A%2F%2F)(?P<secret>[^\s\"'<>\\]++)"),
    _shape("bearer token", "", r"(?i:bearer)(?:\s|%20|\+){1,3}(?P<secret>(?=[A-Za-z._~+/-]{0,64}[\d=])[A-Za-z0-9._~+/=-]{8,}+)"),
    _shape("signature", "ignature=", r"[Ss]ignature=(?P<secret>[0-9a-f]{16,}+|[A-Za-z0-9~_+/%-]{40,}+)"),
    _shape("password", "-u", r"\s-u\s{0,3}[\"']?[\w.@-]{1,64}:(?!\d{1,6}\b)(?P<secret>[^\s\"'<>]{1,256}+)"),
)
_USERINFO = re.compile(r"://(?P<user>[^\s/:@\"'<>?#]{0,128}+)(?::(?P<secret>[^\s/\"'<>?]{1,256})(?=@[\w\[.-])|(?=@))")
_PEM_TITLE = r"-----{0}(?:[A-Z0-9 ]{{0,40}})(?:PRIVATE KEY(?: BLOCK)?|TUNNEL TOKEN)-----"
_BREAK = r"(?:\s|\\+[nrt]|[\"'+,|]|<br/?>|%0A|&#10;|\\$){1,32}+"
_PEM = re.compile(
    _PEM_TITLE.format("BEGIN")
    + rf"(?:{_BREAK}(?:Proc-Type|DEK-Info|Comment|Version): ?[^\n\\]{{0,100}}+)*+"
    + rf"(?:(?:{_BREAK})?[A-Za-z0-9+/=]++)?(?:{_BREAK}[A-Za-z0-9+/=]{{20,}}+)*+"
    + rf"(?:{_BREAK}[A-Za-z0-9+/=]{{1,76}}+(?=(?:{_BREAK})?-----END))?"
    + rf"(?:(?:{_BREAK})?{_PEM_TITLE.format('END')})?"
)
_PEM_END = re.compile(_PEM_TITLE.format("END"))
_GAP_REVERSED = r"(?:[\s\"'+,|\\]|[nr]\\)"
_PEM_BODY_REVERSED = re.compile(
    rf"{_GAP_REVERSED}{{0,32}}+[A-Za-z0-9+/=]{{1,76}}+(?:{_GAP_REVERSED}{{1,32}}+[A-Za-z0-9+/=]{{16,76}}+)*+"
)
_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")
_SECRET_KEY_BITS = 4.4  # 40 even characters of 64 have about 4.8; names and paths have under 4.3
_MIXED = re.compile(r"(?=.*[a-z])(?=.*[A-Z].*[A-Z].*[A-Z])(?=.*\d.*\d)")
_TOKEN_AS_USER = re.compile(r".{16,}")
_SECRET_KEY_CUT = re.compile(r"(?<![A-Za-z0-9+/=_.-])[A-Za-z0-9+/]{8,39}+(?=\.\.\.|…)")
_ACCESS_KEY = re.compile(r"(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{8,124}+")
_BASIC = re.compile(r"(?i:\bbasic)(?:\s|%20|\+){1,3}(?P<secret>[A-Za-z0-9+/_-]{4,}+(?:=|%3D){0,2})")


def shapes(text: str) -> Iterator[Find]:
    """Yield every secret that shows by its shape."""
    for words, hint, pattern in _SHAPES:
        if hint in text:
            for match in pattern.finditer(text):
                group = "secret" if "secret" in pattern.groupindex else 0
                yield Find(match.start(group), match.end(group), words)
    yield from _private_keys(text)
    yield from _secret_keys(text)
    yield from _passwords_in_urls(text)
    yield from _basic(text)


def _private_keys(text: str) -> Iterator[Find]:
    """Yield private keys: whole, in one line, cut at the end, and cut at the beginning (only the end line is left)."""
    if "-----" not in text:
        return
    for match in _PEM.finditer(text):
        yield Find(match.start(), match.end(), mask("private key"))
    last = 0
    for match in _PEM_END.finditer(text):
        before = text[max(last, match.start() - _PEM_TAIL) : match.start()]
        body = _PEM_BODY_REVERSED.match(before[::-1])
        last = match.end()
        yield Find(match.start() - (body.end() if body else 0), last, mask("private key"))


def _secret_keys(text: str) -> Iterator[Find]:
    """Yield AWS secret keys that stand alone (40 characters, evenly spread), and what follows an access key id."""
    for match in _SECRET_KEY.finditer(text):
        if _MIXED.match(match[0]) and entropy(match[0]) >= _SECRET_KEY_BITS:
            yield Find(match.start(), match.end(), mask("AWS secret key"))
    if "KIA" in text or "SIA" in text:
        for key in _ACCESS_KEY.finditer(text):
            for pattern in (_SECRET_KEY, _SECRET_KEY_CUT):
                for match in pattern.finditer(text, key.end(), key.end() + _CREDENTIAL_PAIR):
                    yield Find(match.start(), match.end(), mask("AWS secret key"))


def _passwords_in_urls(text: str) -> Iterator[Find]:
    if "://" not in text:
        return
    for match in _USERINFO.finditer(text):
        if match["secret"]:
            yield Find(match.start("secret"), match.end("secret"), mask("password"))
        elif _TOKEN_AS_USER.fullmatch(match["user"]) and looks_random(match["user"]):
            yield Find(match.start("user"), match.end("user"), mask("credential"))


def _basic(text: str) -> Iterator[Find]:
    """Yield the credentials of Basic authentication: base64 of "user:password" (RFC 7617)."""
    for match in _BASIC.finditer(text):
        value = match["secret"].replace("%3D", "=").rstrip("=")
        try:
            opened = base64.urlsafe_b64decode(value.replace("+", "-").replace("/", "_") + "=" * (-len(value) % 4))
        except (binascii.Error, ValueError):
            continue
        if b":" in opened and opened.isascii():
            yield Find(match.start("secret"), match.end("secret"), mask("basic credentials"))
