"""Pages of a list behind an opaque token, as AWS hands them out."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

Item = TypeVar("Item")


class BadTokenError(ValueError):
    """A token that was never handed out."""


def page(items: Sequence[Item], size: int, token: str | None) -> tuple[list[Item], str | None]:
    """Return the page that the token asks for and the token of the next one, None at the end; raises BadTokenError."""
    start = offset(token)
    end = start + size
    return list(items[start:end]), written(end) if end < len(items) else None


def offset(token: str | None) -> int:
    """Return where the page of this token starts; raises BadTokenError."""
    if not token:
        return 0
    try:
        return int(urlsafe_b64decode(token.encode()).decode().removeprefix("at:"))
    except ValueError:
        raise BadTokenError(f"the token {token!r} was not handed out here") from None


def written(start: int) -> str:
    """Return the token of the page that starts there."""
    return urlsafe_b64encode(f"at:{start:08d}".encode()).decode()
