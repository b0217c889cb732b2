"""Text becomes HTML here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import LiteralString, TypeVar

from markupsafe import Markup, escape

from runbooks.render.text import line

T = TypeVar("T")
NOTHING = Markup()


def _as_is(part: object) -> object:
    return part


def html(template: LiteralString, **parts: object) -> Markup:
    """Fill a literal piece of HTML: markup goes in as it is, everything else as one harmless, escaped line."""
    filled = {name: part if isinstance(part, Markup) else escape(line(part)) for name, part in parts.items()}
    # str.format is ten times as fast as Markup.format, and nothing is left to escape: each part is markup by now
    return Markup(template.format(**filled))  # noqa: S704 - the template is a literal of ours


def text(value: str) -> Markup:
    """Escape text that is harmless already and may have more than one line (see `plain`)."""
    return escape(value)


def joined(parts: Iterable[Markup]) -> Markup:
    """Put pieces of markup one after another."""
    return NOTHING.join(parts)


def items(parts: Sequence[T], *, cap: int, style: LiteralString = "rb-list", made: Callable[[T], object] = _as_is) -> Markup:
    """Return a list of at most `cap` items, each `made` of a part, and say how many more there are; nothing for no parts."""
    if not parts:
        return NOTHING
    shown = [html("<li>{part}</li>", part=made(part)) for part in parts[:cap]]
    if len(parts) > cap:
        shown.append(html('<li class="rb-more">{n} more</li>', n=len(parts) - cap))
    return html('<ul class="{style}">{shown}</ul>', style=style, shown=joined(shown))


def folded(title: str, content: Markup) -> Markup:
    """Return content that opens on a click, and lies open on paper."""
    return html('<details class="rb-fold"><summary>{title}</summary>{content}</details>', title=title, content=content)
