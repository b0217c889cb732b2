"""Lines and words on matplotlib's SVG writer, without its figures and axes, which measure and lay out everything twice."""

from __future__ import annotations

import io
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.font_manager import FontProperties

Point = tuple[float, float]
FONT = "DejaVu Sans"
EM = {"W": 1.0, "F": 1.0}  # width of a sign in parts of the font's size, by its East Asian width (UAX 11)
NARROW = 0.62  # of any other sign, on average
SETTINGS: dict[Any, Any] = {
    "svg.hashsalt": "runbooks", "svg.fonttype": "none", "svg.id": None, "path.simplify": True, "font.sans-serif": [FONT],
}  # fmt: skip
NOTHING_ELSE = dict.fromkeys(("Date", "Creator", "Format", "Type"))

_ONE = threading.Lock()


class Canvas:
    """A picture of `width` by `height` points; places are points from its lower left corner."""

    def __init__(self, out: io.StringIO, width: float, height: float, paper: str) -> None:
        from matplotlib.backends.backend_svg import RendererSVG  # noqa: PLC0415 - a third of a second, see `drawing`

        self._height = height
        self._svg = RendererSVG(width, height, out, image_dpi=72, metadata=dict(NOTHING_ELSE))  # type: ignore[no-untyped-call]
        self.area(((0, 0), (width, 0), (width, height), (0, height)), paper)

    def area(self, corners: Sequence[Point], colour: str) -> None:
        """Fill an area."""
        from matplotlib.colors import to_rgba  # noqa: PLC0415 - as above

        self._svg.draw_path(self._pen(colour, 0), _path(corners), _as_is(), to_rgba(colour))  # type: ignore[no-untyped-call]

    def line(self, points: Sequence[Point], colour: str, width: float, dashes: Sequence[float] = ()) -> None:
        """Draw a line through the points; it has a gap where one is NaN."""
        pen = self._pen(colour, width)
        if dashes:
            pen.set_dashes(0, list(dashes))
        self._svg.draw_path(pen, _path(points), _as_is())  # type: ignore[no-untyped-call]

    def dots(self, points: Sequence[Point], colour: str, radius: float) -> None:
        """Draw a dot at each point."""
        from matplotlib.colors import to_rgba  # noqa: PLC0415 - as above
        from matplotlib.path import Path  # noqa: PLC0415
        from matplotlib.transforms import Affine2D  # noqa: PLC0415

        pen, size = self._pen(colour, 0), Affine2D().scale(radius)
        self._svg.draw_markers(pen, Path.unit_circle(), size, _path(points), _as_is(), to_rgba(colour))  # type: ignore[no-untyped-call]

    def words(
        self, at: Point, said: str, colour: str, *, size: float = 9, anchor: Literal["left", "center", "right"] = "left",
        bold: bool = False, upward: bool = False,
    ) -> None:  # fmt: skip
        """Write one line of text, never read as mathematics; its foot stands at `at`, and text stays text."""
        from matplotlib.text import Text  # noqa: PLC0415 - as above

        font = _font(size, bold=bold)
        text = Text(*at, said, horizontalalignment=anchor, rotation_mode="anchor", transform=_as_is())
        pen = self._pen(colour, 0)
        self._svg.draw_text(pen, at[0], self._height - at[1], said, font, 90 * upward, ismath=False, mtext=text)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        """Write the end."""
        self._svg.finalize()  # type: ignore[no-untyped-call]

    def _pen(self, colour: str, width: float) -> GraphicsContextBase:
        pen: GraphicsContextBase = self._svg.new_gc()
        pen.set_foreground(colour)
        pen.set_linewidth(width)
        return pen


@contextmanager
def drawing() -> Iterator[io.StringIO]:
    """Hold matplotlib's settings, of which a process has one set, and give a place for the picture.

    Imports matplotlib, a third of a second that the command line must not pay. One thread draws at a time; the settings are
    as they were afterwards.
    """
    from matplotlib import rc_context  # noqa: PLC0415 - see above

    with _ONE, rc_context(SETTINGS):
        yield io.StringIO()


def width_of(said: str, size: float) -> float:
    """Return about how many points a text takes; which font the reader has is not known here."""
    return size * sum(EM.get(unicodedata.east_asian_width(sign), NARROW) for sign in said)


def _path(points: Sequence[Point]) -> Any:
    from matplotlib.path import Path  # noqa: PLC0415 - as above

    return Path(points)


@cache
def _as_is() -> Any:
    from matplotlib.transforms import IdentityTransform  # noqa: PLC0415 - as above

    return IdentityTransform()


@cache
def _font(size: float, *, bold: bool) -> FontProperties:
    from matplotlib.font_manager import FontProperties  # noqa: PLC0415 - as above

    weight = "bold" if bold else "normal"  # all of it is given: what is not comes from settings that a notebook may have changed
    return FontProperties(family="sans-serif", style="normal", variant="normal", weight=weight, stretch="normal", size=size)
