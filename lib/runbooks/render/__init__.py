"""Model to HTML, text and SVG: the one place where text becomes HTML, and the only one that knows colours.

Whatever a value says, its markup is ours: strings are shown as text, with terminal sequences removed, invisible and
reversing characters made visible, and length bounded.
"""

from __future__ import annotations

from runbooks.render.bundle import bundle
from runbooks.render.chart import chart_svg
from runbooks.render.day import REPORT, day_html
from runbooks.render.markup import html
from runbooks.render.plan import plan_html, plan_text
from runbooks.render.result import badge, result_html, result_text
from runbooks.render.style import page_style
from runbooks.render.terminal import verdict_text
from runbooks.render.text import UNRECORDED, line, moment, plain
from runbooks.render.verdict import anchor, verdict_html

__all__ = [
    "REPORT",
    "UNRECORDED",
    "anchor",
    "badge",
    "bundle",
    "chart_svg",
    "day_html",
    "html",
    "line",
    "moment",
    "page_style",
    "plain",
    "plan_html",
    "plan_text",
    "result_html",
    "result_text",
    "verdict_html",
    "verdict_text",
]
