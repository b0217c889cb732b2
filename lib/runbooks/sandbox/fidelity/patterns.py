"""Filter patterns of CloudWatch Logs: terms, quoted terms, `?any`, `-not`, and JSON selectors.

Source: CloudWatch Logs user guide, "Filter pattern syntax". Terms are case-sensitive and match anywhere in the message.
When `?` terms stand beside other terms they are ignored, as in AWS. Space-delimited and regular expression patterns are
refused instead of matching everything.
"""

from __future__ import annotations

import json
import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

Match = Callable[[str], bool]
Test = Callable[[Any], bool]

TERM = re.compile(r'\s*([?-]?)("(?:[^"\\]|\\.)*"|[^\s"]+)')
TOKEN = re.compile(
    r'\s*(?:(?P<op>&&|\|\||!=|>=|<=|=|>|<|\(|\))|(?P<selector>\$(?:\.[\w-]+|\["[^"]+"\]|\[\d+\])+)'
    r'|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[^\s()=<>&|!]+))'
)
ORDER = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


class PatternError(ValueError):
    """A pattern that AWS would refuse, or one that is not played here."""


@lru_cache(maxsize=256)
def compiled(pattern: str) -> Match:
    """Return the test of a message that a pattern stands for; raises PatternError."""
    stripped = pattern.strip()
    if not stripped:
        return lambda _: True
    if stripped.startswith("{"):
        if not stripped.endswith("}"):
            raise PatternError(f"Invalid filter pattern: {pattern} has no closing brace")
        return _json_match(_Selector(stripped[1:-1]).test())
    if stripped.startswith(("[", "%")):
        raise PatternError(f"Invalid filter pattern: {pattern} is of a kind that the sandbox does not play")
    return _term_match(stripped)


def _term_match(pattern: str) -> Match:
    found = TERM.findall(pattern)
    if "".join(sign + word for sign, word in found) != re.sub(r'\s+(?=(?:[^"]*"[^"]*")*[^"]*$)', "", pattern):
        raise PatternError(f"Invalid filter pattern: {pattern}")
    terms = [(sign, _unquoted(word)) for sign, word in found]
    every = [word for sign, word in terms if not sign]
    never = [word for sign, word in terms if sign == "-"]
    some = [] if every or never else [word for sign, word in terms if sign == "?"]

    def match(message: str) -> bool:
        return (
            all(word in message for word in every)
            and not any(word in message for word in never)
            and (not some or any(word in message for word in some))
        )

    return match


def _unquoted(word: str) -> str:
    return re.sub(r"\\(.)", r"\1", word[1:-1]) if word.startswith('"') and len(word) > 1 else word


def _json_match(test: Test) -> Match:
    def match(message: str) -> bool:
        start = message.find("{")
        if start < 0:
            return False
        try:
            record = json.loads(message[start:])
        except ValueError:
            return False
        return test(record)

    return match


class _Selector:
    """A JSON pattern without its braces: comparisons under && and ||, with parentheses."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            token = TOKEN.match(text, at)
            if token is None or token.lastgroup is None:
                raise self._wrong()
            self.tokens.append((token.lastgroup, token[token.lastgroup]))
            at = token.end()

    def test(self) -> Test:
        whole = self._any()
        if self.tokens:
            raise self._wrong()
        return whole

    def _wrong(self) -> PatternError:
        return PatternError(f"Invalid filter pattern: {{{self.text}}}")

    def _taken(self, *kinds: str) -> tuple[str, str]:
        if not self.tokens or self.tokens[0][0] not in kinds:
            raise self._wrong()
        return self.tokens.pop(0)

    def _skipped(self, word: str) -> bool:
        if self.tokens and self.tokens[0] == ("op", word):
            self.tokens.pop(0)
            return True
        return False

    def _any(self) -> Test:
        tests = [self._all()]
        while self._skipped("||"):
            tests.append(self._all())
        return lambda record: any(test(record) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._skipped("&&"):
            tests.append(self._one())
        return lambda record: all(test(record) for test in tests)

    def _one(self) -> Test:
        if self._skipped("("):
            inside = self._any()
            if not self._skipped(")"):
                raise self._wrong()
            return inside
        steps = re.findall(r'\.([\w-]+)|\["([^"]+)"\]|\[(\d+)\]', self._taken("selector")[1])
        path = [int(index) if index else name or quoted for name, quoted, index in steps]
        if self.tokens and self.tokens[0] == ("word", "EXISTS"):
            raise self._wrong()
        kind, comparison = self._taken("op", "word")
        if kind == "word":
            return self._state(path, comparison)
        kind, value = self._taken("text", "word")
        if comparison in ORDER:
            return _ordered(path, ORDER[comparison], self._number(value))
        if comparison not in {"=", "!="}:
            raise self._wrong()
        same = _same(path, kind, _unquoted(value))
        return same if comparison == "=" else lambda record: _at(record, path) is not _ABSENT and not same(record)

    def _state(self, path: list[str | int], word: str) -> Test:
        if word == "NOT":
            self._taken("word")  # NOT EXISTS
            return lambda record: _at(record, path) is _ABSENT
        if word != "IS":
            raise self._wrong()
        wanted = {"TRUE": True, "FALSE": False, "NULL": None}.get(self._taken("word")[1], _ABSENT)
        if wanted is _ABSENT:
            raise self._wrong()
        return lambda record: _at(record, path) is wanted

    def _number(self, word: str) -> float:
        try:
            return float(word)
        except ValueError:
            raise self._wrong() from None


_ABSENT = object()


def _at(record: Any, path: list[str | int]) -> Any:
    for step in path:
        try:
            record = record[step]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return record


def _ordered(path: list[str | int], compare: Callable[[float, float], bool], number: float) -> Test:
    def test(record: Any) -> bool:
        value = _at(record, path)
        return isinstance(value, int | float) and not isinstance(value, bool) and compare(value, number)

    return test


def _same(path: list[str | int], kind: str, wanted: str) -> Test:
    glob = re.compile(".*".join(re.escape(part) for part in wanted.split("*")), re.DOTALL)

    def test(record: Any) -> bool:
        value = _at(record, path)
        if isinstance(value, str):
            return glob.fullmatch(value) is not None
        if kind == "word" and isinstance(value, int | float) and not isinstance(value, bool):
            try:
                return float(wanted) == value
            except ValueError:
                return False
        return False

    return test
