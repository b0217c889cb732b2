"""A chart as SVG: the same bytes for the same data, small, with gaps where nothing was measured."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from runbooks.model import Chart, Series, Status
from runbooks.render.canvas import Canvas, Point, drawing, width_of
from runbooks.render.palette import GROUND, LINES, STATUS, dark_of
from runbooks.render.scale import Scale, of_times, of_values
from runbooks.render.text import line
from runbooks.settings import utc

LIGHT = GROUND["light"]
WIDTH, HEIGHT = 418.0, 180.0  # points; about 560 pixels wide, readable when shrunk to a phone
SIDE, TOP, FOOT = 12.0, 24.0, 40.0  # points around the plot: left and right, for the title, for ticks and the legend
ROW, ROWS = 12.0, 2  # points of one row of the legend; rows that have room in FOOT
LETTERS, SMALL, HANDLE, GAP = 9.0, 8.0, 20.0, 5.0  # points: sizes of letters, a legend's line before its label, a space
DRAWN = 5  # series; more cannot be told apart
POINTS = 500  # of one series; the highest of each bucket stays
LARGEST = 1e15  # a larger number, like NaN and infinity, cannot be drawn and is a gap
DASHES: tuple[tuple[float, ...], ...] = ((), (6, 2.6), (10, 2.6, 1.6, 2.6), (1.6, 2.6), (8, 1.6, 1.6, 1.6, 1.6, 1.6))


@dataclass(frozen=True, slots=True)
class _Line:
    """One line and how it looks; its points are (days since 1970, number or NaN)."""

    label: str
    points: Sequence[Point]
    colour: str
    width: float
    dashes: Sequence[float]


@dataclass(frozen=True, slots=True)
class _Plot:
    """The rectangle in which lines are drawn, in points, and its two scales."""

    left: float
    bottom: float
    right: float
    top: float
    times: Scale
    values: Scale

    def at(self, point: Point) -> Point:
        """Return where a point is drawn."""
        x, y = self.times.share(point[0]), self.values.share(point[1])
        return self.left + x * (self.right - self.left), self.bottom + y * (self.top - self.bottom)


def chart_svg(chart: Chart) -> str:
    """Return the chart as one SVG element that fetches nothing and follows the reader's light or dark setting.

    Text stays text (no font is embedded), is not read as mathematics, and cannot leave its place in the XML. Threads may ask
    at once: they draw one after the other.
    """
    with drawing() as out:
        lines = [drawn for n, series in enumerate(chart.series[:DRAWN]) if (drawn := _line(series, n))]
        if lines:
            _draw(out, chart, lines)
        else:
            canvas = _canvas(out, chart, HEIGHT)
            canvas.words((WIDTH / 2, HEIGHT / 2), "no data", LIGHT["muted"], anchor="center")
            canvas.close()
        svg = out.getvalue()
    return _with_dark(svg[svg.index("<svg") :])


def _line(series: Series, n: int) -> _Line | None:
    """Return one series as it is drawn; None when there is nothing to draw."""
    points = _thinned([(_day(when), _drawable(value)) for when, value in series.points])
    if all(math.isnan(value) for _, value in points):
        return None
    return _Line(line(series.label, limit=40), points, LINES["light"][n], 1.6, DASHES[n])


def _day(when: datetime) -> float:
    """Return a time as matplotlib counts it: days since 1970, in UTC."""
    return utc(when).timestamp() / 86_400


def _drawable(value: float | None) -> float:
    return math.nan if value is None or not abs(value) <= LARGEST else float(value)


def _thinned(points: list[Point]) -> list[Point]:
    """Keep the highest point of each bucket, so that no peak is lost; a bucket without values stays a gap."""
    size = math.ceil(len(points) / POINTS)
    if size <= 1:
        return points
    buckets = (points[i : i + size] for i in range(0, len(points), size))
    return [max(bucket, key=lambda p: -math.inf if math.isnan(p[1]) else p[1]) for bucket in buckets]


def _draw(out: io.StringIO, chart: Chart, lines: Sequence[_Line]) -> None:
    """Draw axes, lines, limit and legend."""
    limit = None if chart.limit is None or math.isnan(_drawable(chart.limit)) else chart.limit
    values = of_values([value for drawn in lines for _, value in drawn.points if not math.isnan(value)], limit)
    times = of_times([day for drawn in lines for day, _ in drawn.points])
    if limit is not None:
        lines = [*lines, _limit(limit, chart.unit, times)]
    left = SIDE + GAP + max(width_of(said, LETTERS) for _, said in values.ticks) + GAP
    rows = list(_rows(lines, len(chart.series) - DRAWN, WIDTH - SIDE - left, width_of(times.note, LETTERS)))
    height = HEIGHT + ROW * max(0, len(rows) - ROWS)
    foot = FOOT + height - HEIGHT
    plot = _Plot(left, foot, WIDTH - SIDE, height - TOP, times, values)
    canvas = _canvas(out, chart, height)
    _axes(canvas, plot, chart.unit)
    for drawn in lines:
        canvas.line([plot.at(point) for point in drawn.points], drawn.colour, drawn.width, drawn.dashes)
        if alone := [plot.at(point) for point in _alone(drawn.points)]:
            canvas.dots(alone, drawn.colour, 1.5)
    _legend(canvas, rows, plot)
    canvas.close()


def _canvas(out: io.StringIO, chart: Chart, height: float) -> Canvas:
    canvas = Canvas(out, WIDTH, height, LIGHT["paper"])
    canvas.words((SIDE, height - 14), line(chart.title, limit=70), LIGHT["ink"], size=10, bold=True)
    return canvas


def _limit(limit: float, unit: str, times: Scale) -> _Line:
    label = f"limit {limit:.10g} {line(unit, limit=12)}".strip()
    return _Line(label, ((times.low, limit), (times.high, limit)), STATUS["light"][Status.FAIL][0], 1.2, (7.2, 2.4))


def _axes(canvas: Canvas, plot: _Plot, unit: str) -> None:
    for value, said in plot.values.ticks:
        _, y = plot.at((plot.times.low, value))
        canvas.line(((plot.left, y), (plot.right, y)), LIGHT["rule"], 0.6)
        canvas.words((plot.left - GAP, y - LETTERS / 3), said, LIGHT["muted"], anchor="right")
    for day, said in plot.times.ticks:
        x, _ = plot.at((day, plot.values.low))
        canvas.words((x, plot.bottom - ROW), said, LIGHT["muted"], anchor="center")
    canvas.words((plot.right, plot.bottom - 2 * ROW - 1), plot.times.note, LIGHT["muted"], anchor="right")
    canvas.words((SIDE, (plot.bottom + plot.top) / 2), line(unit, limit=24), LIGHT["muted"], anchor="center", upward=True)
    canvas.line(((plot.left, plot.top), (plot.left, plot.bottom), (plot.right, plot.bottom)), LIGHT["rule"], 0.8)


def _alone(points: Sequence[Point]) -> Iterator[Point]:
    """Yield each point between two gaps: a line through it has no length."""
    gaps = [True, *(math.isnan(value) for _, value in points), True]
    for before, here, after, point in zip(gaps, gaps[1:], gaps[2:], points, strict=False):
        if before and after and not here:
            yield point


def _rows(lines: Sequence[_Line], hidden: int, room: float, taken: float) -> Iterator[list[_Line | str]]:
    """Yield the rows of a legend that is `room` wide; in the first, `taken` of it has something else at its right."""
    entries: list[_Line | str] = [*lines, *([f"and {hidden} more not drawn"] if hidden > 0 else [])]
    row: list[_Line | str] = []
    left = room - taken
    for entry in entries:
        width = _width(entry)
        if row and width > left:
            yield row
            row, left = [], room
        row.append(entry)
        left -= width
    yield row


def _width(entry: _Line | str) -> float:
    """Return how wide an entry of the legend is, with the space after it."""
    said, handle = (entry, 0.0) if isinstance(entry, str) else (entry.label, HANDLE + GAP)
    return handle + width_of(said, SMALL) + 2 * GAP


def _legend(canvas: Canvas, rows: Sequence[Sequence[_Line | str]], plot: _Plot) -> None:
    for n, row in enumerate(rows):
        x, y = plot.left, plot.bottom - (n + 2) * ROW - 1
        for entry in row:
            if isinstance(entry, str):
                canvas.words((x, y), entry, LIGHT["muted"], size=SMALL)
            else:
                canvas.line(((x, y + 3), (x + HANDLE, y + 3)), entry.colour, entry.width, entry.dashes)
                canvas.words((x + HANDLE + GAP, y), entry.label, LIGHT["ink"], size=SMALL)
            x += _width(entry)


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
    return svg[:end] + css + svg[end:]
