"""The style sheets: the parts that every fragment has, and the colours in light and dark."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from markupsafe import Markup

from runbooks.render.markup import html
from runbooks.render.palette import variables

# JupyterLab's sheet for outputs is more particular than parts.css: it boxes code, stripes rows, indents lists and floats labels
PLAIN = """.rb.rb{background:none}
.rb.rb.rb :is(code,tr){padding:0;background:none}
.rb.rb.rb code{color:inherit;font-size:.875em}
.rb.rb.rb ul{padding-left:0}
.rb.rb.rb ul.rb-list{padding-left:1.15em}
.rb.rb.rb :is(th,td){line-height:1.5}
.rb.rb.rb :is(dt,dd){display:block;float:none;width:auto;margin:0}"""
SHEETS = Path(__file__).parents[1] / "templates" / "report"


@cache
def style() -> Markup:
    """Return the <style> of a fragment in JupyterLab, which says by an attribute of its body whether it is dark."""
    dark = f'[data-jp-theme-light="false"] .rb{{{variables("dark")}}}'
    return _element(f".rb{{{variables('light')}}}", dark, _sheet("parts.css"), PLAIN)


@cache
def page_style() -> Markup:
    """Return the <style> of a page of its own, which follows the reader's system; paper is always light."""
    dark = f"@media screen and (prefers-color-scheme:dark){{:root{{{variables('dark')}}}}}"
    return _element(f":root{{{variables('light')}}}", dark, _sheet("parts.css"), _sheet("report.css"))


def _sheet(name: str) -> str:
    """Return a sheet without its indentation."""
    return "\n".join(text for row in (SHEETS / name).read_text(encoding="utf-8").splitlines() if (text := row.strip()))


def _element(*sheets: str) -> Markup:
    return html("<style>{css}</style>", css=Markup("\n".join(sheets)))  # noqa: S704 - our own files and colours, nothing from outside
