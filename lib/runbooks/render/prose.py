"""Markdown of a notebook as HTML: escaped, one heading level lower, with links that can only lead, not act or load."""

from __future__ import annotations

from functools import cache

from markupsafe import Markup
from mistune import HTMLRenderer, Markdown, create_markdown

from runbooks.render.markup import html, text
from runbooks.render.text import plain

SOURCE = 10_000  # characters of one cell
LEADS = ("https://", "http://", "mailto:")
LOWEST = 6


class _Renderer(HTMLRenderer):
    """mistune's escaping renderer, narrowed: no image, no target but a web or mail address, no class from the text."""

    def heading(self, text: str, level: int, **attrs: object) -> str:  # noqa: ARG002 - mistune's signature
        lower = min(level + 1, LOWEST)
        return f"<h{lower}>{text}</h{lower}>\n"

    def link(self, text: str, url: str, title: str | None = None) -> str:
        if url.lower().startswith(LEADS):
            return super().link(text, url, title)
        return text + html(" (<code>{url}</code>)", url=url)

    def image(self, text: str, url: str, title: str | None = None) -> str:  # noqa: ARG002 - mistune's signature
        return html("[image not shown: <code>{url}</code>] ", url=url) + Markup(text)  # noqa: S704 - escaped by mistune already

    def block_code(self, code: str, info: str | None = None) -> str:  # noqa: ARG002 - mistune's signature
        return html("<pre>{code}</pre>", code=text(code))

    def table(self, text: str) -> str:
        return f'<div class="wide" role="region" aria-label="Table" tabindex="0"><table>{text}</table></div>\n'

    def table_cell(self, text: str, align: str | None = None, *, head: bool = False) -> str:  # noqa: ARG002 - mistune's signature
        return f'<th scope="col">{text}</th>' if head else f"<td>{text}</td>"


def prose_html(source: object) -> Markup:
    """Return a Markdown cell as HTML, at most ten thousand characters of it."""
    safe = plain(source, limit=SOURCE)
    try:
        rendered = str(_markdown()(safe))
    except RecursionError:
        return html("<pre>{source}</pre>", source=text(safe))
    return Markup(rendered)  # noqa: S704 - mistune escapes text and HTML; what it makes of links and images is decided above


@cache
def _markdown() -> Markdown:
    return create_markdown(renderer=_Renderer(escape=True), plugins=["table", "strikethrough"])
