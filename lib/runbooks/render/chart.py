"""A chart as SVG: the same bytes for the same data, small, with gaps where nothing was measured."""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbooks.model import Chart, Series, Status
from runbooks.render.palette import GROUND, LINES, STATUS, dark_of
from runbooks.render.text import line
from runbooks.settings import utc

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LIGHT = GROUND["light"]
SIZE = (5.8, 2.5)  # inches; about 560 pixels wide, readable when shrunk to a phone
DRAWN = 5  # series; more cannot be told apart
POINTS = 500  # of one series; the highest of each bucket stays
LARGEST = 1e15  # a larger number, like NaN and infinity, cannot be drawn and is a gap
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "runbooks", "svg.fonttype": "none", "text.parse_math": False, "font.family": "DejaVu Sans", "font.size": 9,
    "text.color": LIGHT["ink"], "axes.edgecolor": LIGHT["rule"], "axes.labelcolor": LIGHT["muted"], "xtick.color": LIGHT["muted"],
    "ytick.color": LIGHT["muted"], "axes.spines.top": False, "axes.spines.right": False, "grid.color": LIGHT["rule"],
    "grid.linewidth": 0.6, "timezone": "UTC", "axes.titlelocation": "left", "axes.titlesize": 10, "axes.titleweight": "bold",
}  # fmt: skip


def chart_svg(chart: Chart) -> str:
    """Return the chart as one SVG element that fetches nothing and follows the reader's light or dark setting.

    Text stays text (no font is embedded), is not read as mathematics, and cannot leave its place in the XML.
    """
    # matplotlib takes a third of a second to import, which the command line must not pay
    from matplotlib import rc_context  # noqa: PLC0415
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    out = io.StringIO()
    with rc_context(STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the reader's fonts draw it, not ours
        figure = Figure(figsize=SIZE, facecolor=LIGHT["paper"])
        FigureCanvasSVG(figure)
        axes = figure.add_axes((0.11, 0.25, 0.86, 0.63), facecolor=LIGHT["paper"])
        _draw(axes, chart)
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    drawn = out.getvalue()
    return _with_dark(drawn[drawn.index("<svg") :])


def _draw(axes: Axes, chart: Chart) -> None:
    axes.set_title(line(chart.title, limit=70))
    axes.set_ylabel(line(chart.unit, limit=24))
    axes.grid(visible=True, axis="y")
    axes.tick_params(length=0)
    drawn = [_series(axes, series, n) for n, series in enumerate(chart.series[:DRAWN])]
    if not any(drawn):
        axes.text(0.5, 0.5, "no data", transform=axes.transAxes, ha="center", va="center", color=LIGHT["muted"])
        axes.set(xticks=[], yticks=[])
        return
    if axes.dataLim.y0 >= 0:
        axes.set_ylim(bottom=0)  # a cut axis makes a small change look large
    _time_axis(axes)
    _limit(axes, chart)
    _legend(axes, chart)


def _series(axes: Axes, series: Series, n: int) -> bool:
    """Draw one line; return whether there was anything to draw."""
    points = _thinned([(_day(when), _drawable(value)) for when, value in series.points])
    values = [value for _, value in points]
    if all(math.isnan(v) for v in values):
        return False
    alone = [i for i, v in enumerate(values) if not math.isnan(v) and _gap(values, i - 1) and _gap(values, i + 1)]
    axes.plot(
        [when for when, _ in points], values, color=LINES["light"][n], linestyle=DASHES[n], linewidth=1.6,
        label=line(series.label, limit=40), marker="o", markersize=3, markevery=alone,
    )  # fmt: skip
    return True


def _day(when: datetime) -> float:
    """Return a time as matplotlib counts it: days since 1970, in UTC."""
    return utc(when).timestamp() / 86_400


def _drawable(value: float | None) -> float:
    return math.nan if value is None or not abs(value) <= LARGEST else float(value)


def _gap(values: Sequence[float], i: int) -> bool:
    return not 0 <= i < len(values) or math.isnan(values[i])


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Keep the highest point of each bucket, so that no peak is lost; a bucket without values stays a gap."""
    size = math.ceil(len(points) / POINTS) or 1
    buckets = (points[i : i + size] for i in range(0, len(points), size))
    return [max(bucket, key=lambda p: -math.inf if math.isnan(p[1]) else p[1]) for bucket in buckets]


def _time_axis(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter  # noqa: PLC0415 - as above

    locator = AutoDateLocator(tz=UTC, minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=UTC))  # type: ignore[no-untyped-call]


def _limit(axes: Axes, chart: Chart) -> None:
    if chart.limit is None or math.isnan(_drawable(chart.limit)):
        return
    words = f"limit {chart.limit:g} {line(chart.unit, limit=12)}".strip()
    axes.axhline(chart.limit, color=STATUS["light"][Status.FAIL][0], linewidth=1.2, linestyle=(0, (6, 2)), label=words)
    low, high = axes.get_ylim()
    axes.set_ylim(min(low, chart.limit), max(high, chart.limit + 0.08 * (high - low)))


def _legend(axes: Axes, chart: Chart) -> None:
    handles, labels = axes.get_legend_handles_labels()
    hidden = len(chart.series) - DRAWN
    title: dict[str, Any] = {"title": f"and {hidden} more not drawn", "title_fontsize": 8} if hidden > 0 else {}
    axes.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(0, -0.16), ncols=3, frameon=False, fontsize=8,
        borderaxespad=0, markerscale=0, **title,
    )  # fmt: skip


def _with_dark(svg: str) -> str:
    """Add the dark colours: matplotlib writes each colour into a style attribute, so the attribute is what to match."""
    rules = [
        f'[style*="{prop}: {light}"]{{{prop}:{dark}!important}}'
        for light, dark in dark_of().items()
        for prop in ("fill", "stroke")
        if light in svg
    ]
    css = f"<style>@media screen and (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
    end = svg.index(">") + 1
    return svg[:end] + css + svg[end:].replace("font-family: 'DejaVu Sans'", "font-family: 'DejaVu Sans',sans-serif")
