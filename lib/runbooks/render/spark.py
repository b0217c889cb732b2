"""A chart as small as a word: its lines, its limit, and nothing else; the sentence beside it says the rest."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from runbooks.model import Chart, Series, Status
from runbooks.render.markup import html, text
from runbooks.render.palette import LINES, STATUS
from runbooks.render.text import line
from runbooks.settings import utc

WIDTH, HEIGHT, EDGE = 220, 40, 2
DRAWN, POINTS = 3, 110  # series, and points of each: the highest of a bucket stays
LARGEST = 1e15  # what is larger cannot be drawn and is a gap

Point = tuple[float, float]


def spark(chart: Chart) -> Markup:
    """Return an <img> that holds the lines of a chart; a gap stays a gap, and without any number it is empty."""
    return html(
        '<img class="rb-spark" src="data:image/svg+xml;base64,{data}" width="{width}" height="{height}" alt="{alt}">',
        data=text(base64.b64encode(spark_svg(chart).encode()).decode()), width=WIDTH, height=HEIGHT,
        alt=line(chart.words, limit=200),
    )  # fmt: skip


def spark_svg(chart: Chart) -> str:
    """Return the picture; only numbers of ours are in it."""
    lines = [_thinned(series) for series in chart.series[:DRAWN]]
    values = [value for drawn in lines for _, value in drawn if not math.isnan(value)]
    limit = chart.limit if chart.limit is not None and abs(chart.limit) <= LARGEST else None
    times = [at for drawn in lines for at, _ in drawn]
    if not values:
        return _svg([], limit=None)
    low, high = min(0.0, *values), max(*values, limit or 0.0, 1e-9)
    begin, end = min(times), max(times)

    def place(point: Point) -> str:
        x = EDGE + (WIDTH - 2 * EDGE) * (point[0] - begin) / ((end - begin) or 1)
        return f"{x:.1f},{_height(point[1], low, high):.1f}"

    drawn = [
        f'<polyline class="s{number}" points="{" ".join(map(place, part))}"/>'
        for number, points in reversed(list(enumerate(lines)))
        for part in _parts(points)
    ]
    return _svg(drawn, limit=None if limit is None else _height(limit, low, high))


def _height(value: float, low: float, high: float) -> float:
    return HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * (value - low) / (high - low)


def _thinned(series: Series) -> list[Point]:
    points = [
        (utc(when).timestamp(), math.nan if value is None or not abs(value) <= LARGEST else value) for when, value in series.points
    ]
    size = math.ceil(len(points) / POINTS) or 1
    buckets = (points[i : i + size] for i in range(0, len(points), size))
    return [max(bucket, key=lambda point: -math.inf if math.isnan(point[1]) else point[1]) for bucket in buckets]


def _parts(points: Sequence[Point]) -> Iterator[list[Point]]:
    """Yield the stretches between gaps; a single point becomes a short line."""
    part: list[Point] = []
    for point in [*points, (0.0, math.nan)]:
        if not math.isnan(point[1]):
            part.append(point)
        elif part:
            yield part if len(part) > 1 else part * 2
            part = []


def _svg(drawn: Sequence[str], *, limit: float | None) -> str:
    rules = [f".s{n}{{stroke:{LINES['light'][n]}}}" for n in range(DRAWN)] + [f".limit{{stroke:{STATUS['light'][Status.FAIL][0]}}}"]
    dark = [f".s{n}{{stroke:{LINES['dark'][n]}}}" for n in range(DRAWN)] + [f".limit{{stroke:{STATUS['dark'][Status.FAIL][0]}}}"]
    bar = "" if limit is None else f'<line class="limit" x1="0" x2="{WIDTH}" y1="{limit:.1f}" y2="{limit:.1f}"/>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none"><style>'
        "polyline,line{fill:none;vector-effect:non-scaling-stroke;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}"
        ".s1,.s2{stroke-width:1;opacity:.75}.limit{stroke-width:1;stroke-dasharray:4 3}"
        f"{''.join(rules)}@media screen and (prefers-color-scheme:dark){{{''.join(dark)}}}</style>{bar}{''.join(drawn)}</svg>"
    )
