"""Text becomes HTML here and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import LiteralString

from markupsafe import Markup

from runbooks.render.text import line

NOTHING = Markup()


def html(template: LiteralString, **parts: object) -> Markup:
    """Fill a literal piece of HTML: markup goes in as it is, everything else as one harmless, escaped line."""
    filled = {name: part if isinstance(part, Markup) else line(part) for name, part in parts.items()}
    return Markup(template).format(**filled)  # noqa: S704 - the template is a literal of ours; `format` escapes what is not markup


def text(value: str) -> Markup:
    """Escape text that is harmless already and may have more than one line (see `plain`)."""
    return Markup.escape(value)


def joined(parts: Iterable[Markup]) -> Markup:
    """Put pieces of markup one after another."""
    return NOTHING.join(parts)


def items(parts: Iterable[object], *, cap: int, style: LiteralString = "rb-list") -> Markup:
    """Return a list of at most `cap` items, and say how many more there are; nothing for no items."""
    every = list(parts)
    if not every:
        return NOTHING
    shown = [html("<li>{part}</li>", part=part) for part in every[:cap]]
    if len(every) > cap:
        shown.append(html('<li class="rb-more">{n} more</li>', n=len(every) - cap))
    return html('<ul class="{style}">{shown}</ul>', style=style, shown=joined(shown))


def folded(title: str, content: Markup) -> Markup:
    """Return content that opens on a click, and lies open on paper."""
    return html('<details class="rb-fold"><summary>{title}</summary>{content}</details>', title=title, content=content)
