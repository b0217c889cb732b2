"""The executed notebook as a page to read, to mail and to print; and the list of all runs.

A page is made from data and text alone. No HTML, Markdown output, SVG or script that came out of a kernel is used; nothing
is fetched; a content security policy stands behind it all.
"""

from __future__ import annotations

from runbooks.report.listing import index
from runbooks.report.page import build, write
from runbooks.report.preload import preload

__all__ = ["build", "index", "preload", "write"]
