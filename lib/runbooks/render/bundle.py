"""What a notebook cell publishes: data first, and beside it the same for eyes and for terminals."""

from __future__ import annotations

from typing import Any

from runbooks.model import CHART_MIME, RESULT_MIME, VERDICT_MIME, Chart, CheckResult, Plan, Verdict
from runbooks.render.chart import chart_svg
from runbooks.render.day import REPORT, day_html
from runbooks.render.markup import NOTHING
from runbooks.render.plan import plan_html, plan_text
from runbooks.render.result import result_html, result_text
from runbooks.render.style import style
from runbooks.render.terminal import verdict_text
from runbooks.render.text import plain
from runbooks.render.verdict import verdict_html


def bundle(value: CheckResult | Chart | Verdict | Plan, *, styled: bool = True) -> dict[str, Any]:
    """Return the mime bundle of a result, a chart, a verdict or a plan, as `_repr_mimebundle_` wants it.

    The data under our own mime type is the record; reports are made from it and never from the HTML beside it. A notebook needs
    the style sheet once: `styled` says whether this bundle brings it.
    """
    data, sheet = value.model_dump(mode="json"), style() if styled else NOTHING
    match value:
        case CheckResult():
            return {RESULT_MIME: data, "text/html": str(sheet + result_html(value)), "text/plain": result_text(value)}
        case Chart():
            return {CHART_MIME: data, "image/svg+xml": chart_svg(value), "text/plain": plain(value.words)}
        case Verdict():
            seen = day_html(value) if value.runbook == REPORT else verdict_html(value)
            return {VERDICT_MIME: data, "text/html": str(sheet + seen), "text/plain": verdict_text(value)}
        case Plan():
            return {"text/html": str(sheet + plan_html(value)), "text/plain": plan_text(value)}
