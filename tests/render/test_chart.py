"""Charts are the same bytes for the same data, fetch nothing, and draw no line where nothing was measured."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from matplotlib import rc_context, rcParams

from runbooks.model import Chart, Series
from runbooks.render import canvas, chart_svg

NOW = datetime(2026, 8, 2, 3, 0, tzinfo=UTC)


def chart(*values: float | None, limit: float | None = None) -> Chart:
    """A chart of one series, a point every five minutes."""
    points = tuple((NOW + timedelta(minutes=5 * n), value) for n, value in enumerate(values))
    return Chart(title="Duration", unit="ms", words="words", series=(Series(label="admin", points=points),), limit=limit)


def line_moves(svg: str) -> int:
    """How many pieces the first drawn line has: each begins with an M."""
    path = re.search(r'<path d="([^"]*)"[^>]*style="fill: none; stroke: #0b57d0', svg)
    assert path is not None
    return path[1].count("M")


def test_the_same_data_gives_the_same_bytes() -> None:
    """No date, no random id: two renderings are equal."""
    assert chart_svg(chart(1, 2, 3, limit=2)) == chart_svg(chart(1, 2, 3, limit=2))


def test_settings_of_a_notebook_change_no_chart() -> None:
    """What somebody sets for plots of their own has no part in ours, and is as it was afterwards."""
    before = chart_svg(chart(1, 2, None, 3, limit=2))
    canvas._font.cache_clear()
    odd: dict[Any, Any] = {
        "font.style": "italic",
        "font.size": 30,
        "svg.fonttype": "path",
        "lines.linewidth": 9,
        "text.usetex": True,
    }
    with rc_context(odd):
        assert chart_svg(chart(1, 2, None, 3, limit=2)) == before
        assert rcParams["svg.fonttype"] == "path"
    canvas._font.cache_clear()


def test_a_legend_stays_inside_the_picture() -> None:
    """Long names get rows of their own, and the picture grows for them."""
    series = tuple(Series(label=f"{n}" + "W" * 39, points=((NOW, n), (NOW + timedelta(hours=1), n))) for n in range(5))
    root = ET.fromstring(chart_svg(Chart(title="t", unit="", words="w", series=series)))  # noqa: S314 - of our own making
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    labels = [e for e in root.iter() if (e.text or "").endswith("WWW")]
    assert len({e.attrib["y"] for e in labels}) == len(labels) == 5
    assert all(0 < float(e.attrib["x"]) < width / 2 and 0 < float(e.attrib["y"]) < height for e in labels)


def test_a_gap_is_a_gap() -> None:
    """None, NaN and infinity break the line; zero does not."""
    assert line_moves(chart_svg(chart(1, 2, 0, 3, 4))) == 1
    for hole in (None, float("nan"), float("inf"), 1e300):
        assert line_moves(chart_svg(chart(1, 2, hole, 3, 4))) == 2


def test_a_point_alone_between_gaps_is_seen() -> None:
    """A line of one point has no length, so the point is drawn as a dot; a point with a neighbour needs none."""
    dot = re.compile(r"<use [^>]*fill: #0b57d0")
    assert len(dot.findall(chart_svg(chart(1, 2, None, 3, None, 4, 5)))) == 1
    assert dot.findall(chart_svg(chart(1, 2, None, 4, 5))) == []


@pytest.mark.parametrize("values", [(), (None,), (float("nan"), None)])
def test_nothing_measured_is_said_and_not_drawn(values: tuple[float | None, ...]) -> None:
    """An empty chart says "no data" and shows no axis that would look like zero."""
    svg = chart_svg(chart(*values, limit=5))
    assert ">no data</text>" in svg
    assert "stroke: #0b57d0" not in svg.split("</style>", 1)[1]


def test_the_limit_is_named_with_its_number() -> None:
    """The line of the limit is in the legend with number and unit, and inside the picture also when all is far below."""
    svg = chart_svg(chart(1, 2, 3, limit=500))
    assert ">limit 500 ms</text>" in svg
    assert ">500</text>" in svg


@pytest.mark.parametrize(
    "text",
    [
        "<script>x</script>",
        "]]><b>",
        '"quoted" & more',
        "$\\frac{",
        "\x1b[31m\u202ered\x00",
        "東京",
        "x" * 5000,
        "{{ x }}",
        "'DejaVu Sans'",
    ],
)
def test_text_stays_text(text: str) -> None:
    """Whatever a title or label says, the SVG is well-formed, holds no element of theirs and is small."""
    series = Series(label=text, points=((NOW, 1.0), (NOW + timedelta(hours=1), 2.0)))
    svg = chart_svg(Chart(title=text, unit=text, words=text, series=(series,), limit=1.5))
    names = {element.tag.rpartition("}")[2] for element in ET.fromstring(svg).iter()}  # noqa: S314 - of our own making
    assert names <= {"svg", "style", "defs", "g", "path", "use", "text", "clipPath", "rect", "metadata", "RDF", "Work", "format"}
    assert len(svg) < 40_000


def test_nothing_is_fetched() -> None:
    """The only addresses are names of XML namespaces and places in the picture itself."""
    svg = chart_svg(chart(1, 2, 3, limit=2))
    assert all(address.startswith("#") for address in re.findall(r'(?:href|src)="([^"]*)"', svg))
    assert all(address.startswith("#") for address in re.findall(r"url\(([^)]*)\)", svg))


def test_a_long_series_keeps_its_peak_and_stays_small() -> None:
    """Two weeks at one minute are thinned, and the one high point is still there."""
    values = [1.0] * 20_000
    values[12_345] = 900.0
    svg = chart_svg(chart(*values))
    assert len(svg) < 60_000
    assert re.search(r">800</text>", svg)


def test_only_what_can_be_told_apart_is_drawn() -> None:
    """Of nine series five are drawn, and the chart says that four are not."""
    series = tuple(Series(label=f"s{n}", points=((NOW, n), (NOW + timedelta(hours=1), n))) for n in range(9))
    svg = chart_svg(Chart(title="t", unit="", words="w", series=series))
    assert ">and 4 more not drawn</text>" in svg
    assert ">s5</text>" not in svg


@pytest.mark.parametrize("values", [(0, 0, 0), (-5, 5), (1e15, 1), (1e-12, 2e-12), (7,)])
def test_odd_numbers_draw(values: tuple[float, ...]) -> None:
    """Flat, negative, huge, tiny and single values give a picture."""
    assert chart_svg(chart(*values, limit=1)).endswith("</svg>\n")
