"""Names that tell of a secret: which ones do, which only sound like it, and which values beside them are none."""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache
from typing import NamedTuple


class Telling(NamedTuple):
    """What a name says its value is; `sure` is False for names that also stand beside ordinary values."""

    what: str
    sure: bool = True


_KINDS = (
    (r"pass(?:word|wd|phrase|code)s?|pwd|(?:db|database|smtp|mysql|pg|redis|user|admin|root|ftp|ssh|mail)_?pass", "password"),
    (r"secret_?access_?key|secret|secret_?key", "secret"),
    (r"connection_?string|conn_?str|dsn", "connection string"),
    (r"(?:private|ssh|host)_?key(?:_?pem)?", "private key"),
    (r"(?:api|access|signing|encryption|account|shared|auth|master|service|client)_?key|secret_?hash", "key"),
    (r"(?:set_)?cookies?", "cookie"),
    (r"authorization", "Authorization header"),
    (r"sess(?:ion)?_?id|connect_sid|sessid", "session id"),
    (r"x_amz_signature|x_amz_credential", "signature"),
    (r"(?:verification|backup|recovery|mfa|otp|reset)_?codes?|(?:totp|otp|mfa)_?seed|totp|otp|cvv|cvc", "one-time code"),
    (r"tokens?(?<!tokens)|jwt", "token"),
)
_LONGEST = 128  # characters of a name, or of a word of prose
_UNSURE = r"secrets|auth|credentials?|session|salt|key|signature|bearer|secret_?id"
_MODIFIER = re.compile(
    r"_?(?:value|string|plain|plaintext|text|old|new|current|previous|hash|hashed|enc|encrypted|b64|base64|\d{1,3})$"
)
_SURE = tuple((re.compile(rf"(?:{pattern})$"), what) for pattern, what in _KINDS)
_PERHAPS = re.compile(rf"(?:^|_)(?:{_UNSURE})$")
_NOT = re.compile(
    r"(?:^|_)(?:(?:next|client|client_request|continuation|pagination|page|start|starting|creation|idempotency)"
    r"|next_(?:forward|backward|page)|max|num|total|prompt|completion)_?tokens?$"
    r"|^(?:old_?pwd|pwd)$|(?:^|_)(?:public|partition|sort|primary|hash|range|kms|kms_master)_?key$|^(?:is|has|no|get|list|describe|put|create|update|delete|rotate|generate|batch|assume|revoke|validate)_"
)
# An operation of AWS or an action of the platform's audit log, as in secretsmanager:GetSecretValue or PASSWORD_RESET.
_OPERATION = re.compile(
    r"(?:Get|List|Create|Put|Describe|Delete|Update|Rotate|Reset|Restore|Validate|Generate|Revoke|Forgot|Change|Confirm|Assume"
    r"|Batch|Verify|Associate|Cancel|Replicate|Refresh|Initiate|Respond|Invoke|Sign|Set|Decode|Decrypt|Encrypt)[A-Z]\w*"
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|[-. ]+")


@lru_cache(maxsize=4096)
def telling(name: str) -> Telling | None:
    """Return what the value beside a name is, or None if the name says nothing."""
    name = name.rsplit(":", 1)[-1]
    if name == "sid":  # a cookie; an IAM statement has a Sid
        return Telling("session id", sure=False)
    plain = _CAMEL.sub("_", name.strip()).lower().strip("_")
    if len(name) > _LONGEST or _OPERATION.fullmatch(name) or _NOT.search(plain):
        return None
    said = None
    while said is None and plain:
        said = _ending(plain)
        shorter = _MODIFIER.sub("", plain)  # password_hash, token_2
        plain = "" if shorter == plain else shorter
    return said


def _ending(plain: str) -> Telling | None:
    for pattern, what in _SURE:
        if pattern.search(plain):
            return Telling(what)
    return Telling("credential", sure=False) if _PERHAPS.search(plain) else None


_EMPTY = re.compile(
    r"(?i:true|false|null|none|nil|undefined|n/?a|yes|no|on|off)?|[*.x•…-]+|\d{1,3}"
    r"|arn:aws[\w-]*:.*|\$\{.*|\{\{.*|\$\(.*|\$[A-Za-z_]\w*|%\(?\w*\)?s|\{\w*\}|<[\w -]+>"
    r"|(?:~|\.{1,2})?(?:/[\w.-]+){2,}(?<!.{40})|\[redacted: .*",
    re.DOTALL,
)
_STATUS = re.compile(
    r"required|missing|expired|expires?|expiring|invalid|unchanged|rotated|set|unset|empty|absent|present|ok|valid|unknown|denied|not|must|is"
    r"|was|has|string|str|int|bytes|bool|any|optional|secretstr|enabled|disabled|hidden|masked|omitted|mismatch|incorrect|wrong"
    r"|rejected|accepted|failed|reset|changed|revoked|refreshed|created|deleted|updated|throttled|timed|could|cannot|does|will"
    r"|should|can|may|the|a|an|for|in|of|and|or|to|from|with|without|older|last|never|age|it|this|that|we|they|no|access\w+|signed",
    re.IGNORECASE,
)
_CODE = re.compile(
    r"(?:self|cls|os|env|environ|config|settings|event|args|kwargs|process|request|response|options|params|data|row|item|secrets)"
    r"(?:\.\w+|\[)+.*|[a-z_]\w*(?:\.\w+)*\(.*|[a-z_]+\.[a-z_]*(?:secret|password|token|key)"
)
# How the platform names its secrets: boat-listing-admin-jwt-prod; an ARN adds a dash and six characters.
_HOUSE_NAME = re.compile(r"[a-z]+(?:-[a-z0-9]+)+-(?:dev|staging|prod|production|sandbox)(?:-[A-Za-z0-9]{6})?")


def is_empty(value: str) -> bool:
    """Say whether a value is no secret whatever its name: nothing, a boolean, an ARN, a path, a place-holder, a mask."""
    return _EMPTY.fullmatch(value) is not None


def is_prose(name: str, value: str) -> bool:
    """Say whether an unquoted value reads as a word about the secret, or as code that fetches it."""
    if len(value) > _LONGEST:
        return False
    bare = value.strip("()[]{}.,;:!?")
    same = _CAMEL.sub("_", bare).lower() == _CAMEL.sub("_", name).lower()
    return same or _STATUS.fullmatch(bare) is not None or _CODE.fullmatch(value) is not None


def is_house_name(name: str, value: str) -> bool:
    """Say whether the value under "secret" is only what the secret is called."""
    return name.lower().endswith("secret") and _HOUSE_NAME.fullmatch(value.rstrip(".,;:")) is not None


_ORDINARY = re.compile(
    r"[0-9a-fA-F]{7,}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|[\d.,:/T Z+-]+|v?\d+(?:\.\w+)+|arn:.*|\w+://.*"
    r"|[A-Za-z]+(?:[-_/.][A-Za-z]+)*[-_/.]?\d{0,4}|(?:[A-Za-z0-9]+[-_/.]){2,}[A-Za-z0-9]*|(?:i|sg|vpc|subnet|ami)-[0-9a-f]+"
    r"|[a-z_]\w*\.[A-Za-z_]\w*|(?:[A-Z][a-z]+)+[0-9A-F]{8}",
    re.DOTALL,
)


_RANDOM_LENGTHS = range(8, 4097)
_RANDOM_KINDS = 2  # of lower case, upper case, digits, others
_RANDOM_BITS = 2.75  # per character; eight different characters have three
_DIGIT = re.compile(r"[0-9]")


def looks_random(value: str) -> bool:
    """Say whether a value looks generated: 8 characters or more, of several kinds, spread evenly, and no usual identifier."""
    if len(value) not in _RANDOM_LENGTHS or not _DIGIT.search(value) or _ORDINARY.fullmatch(value):
        return False
    kinds = 1 + (value.lower() != value) + (value.upper() != value) + (not value.isalnum())
    return kinds >= _RANDOM_KINDS and entropy(value) >= _RANDOM_BITS


def entropy(value: str) -> float:
    """Return the bits per character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())
