"""Colours hold the contrast of WCAG 2.2 AA in light and in dark."""

from __future__ import annotations

import itertools

import pytest

from runbooks.render.palette import GROUND, LINES, STATUS, dark_of

MODES = ("light", "dark")


def luminance(colour: str) -> float:
    """The relative luminance of a colour (WCAG 2.2)."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_measure_is_right() -> None:
    """Black on white is 21, plain red on white is the 4.0 of the style guide."""
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ff0000", "#ffffff") == pytest.approx(4.0, abs=0.01)


@pytest.mark.parametrize("mode", MODES)
def test_text_is_readable_on_every_ground_it_stands_on(mode: str) -> None:
    """4.5:1 for status words on paper and on their tint, for ink and muted text on paper, sunk ground and tints."""
    ground = GROUND[mode]
    pairs = [(text, under) for text, tint in STATUS[mode].values() for under in (tint, ground["paper"])]
    pairs += [(ground["ink"], tint) for _, tint in STATUS[mode].values()]
    pairs += list(itertools.product((ground["ink"], ground["muted"], ground["link"]), (ground["paper"], ground["sunk"])))
    assert [(a, b, contrast(a, b)) for a, b in pairs if contrast(a, b) < 4.5] == []


@pytest.mark.parametrize("mode", MODES)
def test_lines_of_a_chart_stand_out_from_the_paper(mode: str) -> None:
    """3:1 for what is drawn, the limit line among it."""
    assert [c for c in LINES[mode] if contrast(c, GROUND[mode]["paper"]) < 3] == []


def test_every_colour_of_a_chart_has_a_dark_one() -> None:
    """No light colour is left in a dark chart."""
    assert set(dark_of()) >= {*GROUND["light"].values(), *LINES["light"]}
