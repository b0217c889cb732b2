"""The redactor: the second net behind projection at the source (the first: never fetch what must not be shown)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeVar, cast

from runbooks.redact.assignments import HEADERS, assignments
from runbooks.redact.known import Known, spell
from runbooks.redact.names import is_empty, is_house_name, looks_random, telling
from runbooks.redact.packed import packed
from runbooks.redact.people import people
from runbooks.redact.shapes import shapes
from runbooks.redact.tables import columns, variables
from runbooks.redact.views import HIDING, MASK, WRAPPING, Find, mask, without

T = TypeVar("T")
_VARIABLE = mask("variable")
_PAIR = 2
_NAME_KEYS = ("Name", "name", "ParameterKey", "Key", "key")
_VALUE_KEYS = frozenset({"value", "parametervalue"})
_ROUNDS = 6  # a mask can bring a name and a value together; two rounds are usual


class Redactor:
    """Masks secrets and personal data in texts and in nested plain data; what it returns, it would not change again."""

    def __init__(self, *, emails: Literal["mask", "keep"] = "mask") -> None:
        """Mask e-mail addresses and phone numbers too, or keep both."""
        self._people = emails == "mask"
        self._known: dict[str, Known] = {}
        self.count = 0

    def know(self, secret: str, *, what: str = "secret") -> None:
        """Take a value that was fetched, so that it is masked wherever it stands, also encoded or cut to 8 characters or more.

        A JSON object (as Secrets Manager keeps them) is taken value by value: those under telling names and those that look
        generated. A value under 4 characters is left alone: masking it would hide ordinary text.
        """
        for value in _inner_values(secret) or [secret]:
            if (known := spell(value, what)) is not None:
                self._known[value] = known

    def text(self, value: str) -> str:
        """Return the text with every secret masked; what is masked already stays as it is."""
        for _ in range(_ROUNDS):
            clean = self._pass(value)
            if clean == value:
                break
            value = clean
        return value

    def data(self, value: T) -> T:
        """Return plain data with every secret masked, of the same shape: dict, list, tuple, set, str and bytes are walked.

        Values under telling names and in `Variables` maps go whole; anything else that is no container is returned as it is.
        """
        return cast("T", self._data(value))

    def _pass(self, source: str) -> str:
        """Mask once; what is a mask already is shown to the rules as a line break, and is never written over."""
        masked = without(MASK, source, by="\n")
        plain = without(HIDING, masked.text)
        finds = _merged(masked.back(plain.back(find)) for find in self._finds(plain.text))
        parts, last = [], 0
        for find in _outside(finds, source):
            parts += [source[last : find.start], find.mask]
            last = find.end
            self.count += 1
        return "".join([*parts, source[last:]])

    def _finds(self, text: str) -> Iterator[Find]:
        yield from self._inside(text)
        yield from packed(text, self._inside)
        if self._people:
            yield from people(text)

    def _inside(self, text: str) -> Iterator[Find]:
        yield from self._known_finds(text)
        yield from _secrets(text)

    def _known_finds(self, text: str) -> Iterator[Find]:
        if self._known:
            condensed = without(WRAPPING, text)
            for known in self._known.values():
                yield from known.finds(text)
                for find in known.wrapped(condensed.text):
                    yield condensed.back(find)

    def _data(self, value: Any) -> Any:
        if isinstance(value, str):
            clean = self.text(value)
            return value if clean == value else clean
        if isinstance(value, bytes):
            return self.text(value.decode("latin-1")).encode("latin-1")
        if isinstance(value, Mapping):
            return self._mapping(value)
        if isinstance(value, tuple) and hasattr(value, "_fields"):
            return type(value)(*self._items(tuple(value)))
        if isinstance(value, (list, tuple, set, frozenset)):
            return type(value)(self._items(value))
        return value

    def _items(self, values: Any) -> list[Any]:
        items = list(values)
        if isinstance(values, (list, tuple)) and len(items) == _PAIR and all(isinstance(each, str) for each in items):
            name, item = items
            said = telling(name)
            if said is not None and (said.what in HEADERS or looks_random(item)):
                return [self._data(name), self._whole(item, mask(said.what))]
        return [self._data(item) for item in items]

    def _mapping(self, value: Mapping[Any, Any]) -> Any:
        clean: dict[Any, Any] = {}
        named = next((value[key] for key in _NAME_KEYS if isinstance(value.get(key), str)), "")
        for key, item in value.items():
            shown = self._data(key)
            while shown in clean:  # two names that both became the same mask
                shown = f"{shown}'"
            lower = str(key).lower()
            if lower == "variables" and isinstance(item, Mapping):
                clean[shown] = self._whole(item, _VARIABLE)
            else:
                clean[shown] = self._under(named if lower in _VALUE_KEYS else key, item)
        return clean

    def _under(self, name: object, item: Any) -> Any:
        """Mask what stands under a telling name whole; rows under a plural ("secrets") are walked as any rows."""
        said = telling(name) if isinstance(name, str) else None
        rows = str(name).endswith("s") and isinstance(item, (list, tuple)) and any(isinstance(each, Mapping) for each in item)
        if said is None or rows or (isinstance(item, str) and is_house_name(str(name), item)):
            return self._data(item)
        if not said.sure and not (isinstance(item, str) and looks_random(item)):
            return self._data(item)
        return self._whole(item, mask(said.what))

    def _whole(self, item: Any, words: str) -> Any:
        """Mask every leaf under a telling name but booleans, None and what says nothing; containers keep their shape."""
        if isinstance(item, Mapping):
            return {self._data(key): self._whole(each, words) for key, each in item.items()}
        if isinstance(item, (list, tuple, set, frozenset)):
            items = [self._whole(each, words) for each in item]
            return type(item)(*items) if hasattr(item, "_fields") else type(item)(items)
        if item is None or isinstance(item, bool) or (words != _VARIABLE and is_empty(str(item))) or MASK.fullmatch(str(item)):
            return item
        self.count += 1
        return words.encode() if isinstance(item, bytes) else words


def _secrets(text: str) -> Iterator[Find]:
    yield from shapes(text)
    yield from variables(text)
    yield from assignments(text)
    yield from columns(text)


def _merged(finds: Iterable[Find]) -> list[Find]:
    """Join finds that overlap; the words are those of the rule that comes first."""
    merged: list[tuple[int, Find]] = []
    for rank, find in sorted(enumerate(finds), key=lambda ranked: ranked[1][:2]):
        if merged and find.start < merged[-1][1].end:
            before, last = merged[-1]
            words = last.mask if before <= rank else find.mask
            merged[-1] = (min(before, rank), Find(last.start, max(last.end, find.end), words))
        elif find.start < find.end:
            merged.append((rank, find))
    return [find for _, find in merged]


def _outside(finds: list[Find], source: str) -> Iterator[Find]:
    """Yield the parts of finds that are no masks and hold a letter or a digit."""
    masks = [match.span() for match in MASK.finditer(source)]
    at = 0
    for find in finds:
        start = find.start
        while at < len(masks) and masks[at][1] <= start:
            at += 1
        pieces = []
        while at < len(masks) and masks[at][0] < find.end:
            pieces.append((start, masks[at][0]))
            start = masks[at][1]
            at += 1
        pieces.append((start, find.end))
        for begin, end in pieces:
            if any(map(str.isalnum, source[begin:end])):
                yield Find(begin, end, find.mask)


def _inner_values(secret: str) -> list[str]:
    """Return the values that matter in a secret which is a JSON object."""
    if not secret.lstrip().startswith("{"):
        return []
    try:
        found = json.loads(secret)
    except (ValueError, RecursionError):
        return []
    values, waiting = [], [("", found)]
    while waiting:
        name, item = waiting.pop()
        if isinstance(item, dict):
            waiting += item.items()
        elif isinstance(item, list):
            waiting += [(name, each) for each in item]
        elif isinstance(item, (str, int)) and not isinstance(item, bool):
            said = telling(name)
            if (said and said.sure and not is_empty(str(item))) or looks_random(str(item)):
                values.append(str(item))
    return values
