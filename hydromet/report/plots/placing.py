"""Names inside the axes, each beside its point or line where it covers neither a line nor another name."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.transforms import Bbox
    from numpy.typing import NDArray

    Numbers = NDArray[np.float64]

# Distances from the point, in points of print, and directions; longer ones get a thin line to the point.
_REACHES = (5.0, 11.0, 20.0, 32.0, 46.0)
_DIRECTIONS = 16
_LEADER = 14.0
# What a place costs: off the axes, each point of a line covered, another name, each point of distance, each degree off
# the preferred direction, each anchor further down the list.
_OUTSIDE, _COVERED, _TOUCHED, _FAR, _ASIDE, _TURN = 1e6, 1.0, 400.0, 0.9, 0.02, 0.2
_EDGE = 2.0
# Least gap of two names, pixels; share of a direction at which the box stands beside the point with its corner.
_GAP, _DIAGONAL = 6.0, 1.5


@dataclass(frozen=True)
class Name:
    """A text and the places it may stand beside, (k, 2) in data units; one of them is chosen.

    Attributes:
        towards: direction in degrees that is preferred, 0 to the right, 90 up.
    """

    text: str
    tint: str
    anchors: Numbers
    towards: float = 45.0
    size: float = 7.5


def place(axes: Axes, names: Sequence[Name], lines: Sequence[Numbers]) -> None:
    """Write names, in turn, where they are free.

    Args:
        axes: with its limits set and everything else drawn.
        names: the first finds most room; one whose every place is off the axes is left out.
        lines: data of what must not be covered, (k, 2) each.
    """
    figure: Any = axes.get_figure()
    # the layout is known after a first drawing only, of which nothing is kept
    figure.draw_without_rendering()
    frame = axes.get_window_extent()
    covered = np.vstack([_pixels(axes, line) for line in lines if len(line)])
    taken: list[tuple[float, float, float, float]] = []
    unit = figure.dpi / 72.0
    for name in names:
        anchors = axes.transData.transform(name.anchors)
        anchors = anchors[np.all((anchors > frame.p0 - _GAP) & (anchors < frame.p1 + _GAP), axis=1)]
        if not len(anchors):
            continue
        written = axes.annotate(
            name.text, name.anchors[0], (0.0, 0.0), textcoords="offset points", color=name.tint, fontsize=name.size,
            ha="center", va="center", zorder=6, annotation_clip=False,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2, "alpha": 0.8},
        )  # fmt: skip
        extent = written.get_window_extent()
        wide, high = 0.5 * extent.width + unit, 0.5 * extent.height + unit
        written.remove()
        middle, at = _best(frame, anchors, name.towards, (wide, high), unit, covered, taken)
        taken.append((middle[0] - wide, middle[1] - high, middle[0] + wide, middle[1] + high))
        half = np.array([wide, high])
        reach = float(np.hypot(*(np.clip(at, middle - half, middle + half) - at))) / unit
        axes.annotate(
            name.text, tuple(axes.transData.inverted().transform(at)), tuple((middle - at) / unit),
            textcoords="offset points", color=name.tint, fontsize=name.size, ha="center", va="center",
            zorder=6, annotation_clip=False, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2, "alpha": 0.8},
            arrowprops={"arrowstyle": "-", "lw": 0.5, "color": name.tint, "shrinkA": 0.0, "shrinkB": 2.0}
            if reach > _LEADER else None,
        )  # fmt: skip


def _best(
    frame: Bbox,
    anchors: Numbers,
    towards: float,
    size: tuple[float, float],
    unit: float,
    covered: Numbers,
    taken: Sequence[tuple[float, ...]],
) -> tuple[Numbers, Numbers]:
    """Middle of the cheapest place of a name, and the point it belongs to, pixels."""
    wide, high = size
    best, found = np.inf, None
    angles = [towards + 360.0 * k / _DIRECTIONS for k in range(_DIRECTIONS)]
    for (turn, at), reach, angle in product(enumerate(anchors), _REACHES, angles):
        way = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))])
        # from the point to the nearest edge of the box, then to its middle
        middle = at + way * reach * unit + np.clip(_DIAGONAL * way, -1.0, 1.0) * np.array([wide, high])
        aside = abs((angle - towards + 180.0) % 360.0 - 180.0)
        price = _price(middle, wide, high, frame, covered, taken) + _FAR * reach + _ASIDE * aside + _TURN * turn
        if price < best:
            best, found = price, (middle, at)
    assert found is not None  # noqa: S101  # there is always an anchor
    return found


def _price(
    middle: Numbers, wide: float, high: float, frame: Bbox, covered: Numbers, taken: Sequence[tuple[float, ...]]
) -> float:
    half = np.array([wide, high])
    low, top = middle - half, middle + half
    found = 0.0
    if np.any(low < frame.p0 + _EDGE) or np.any(top > frame.p1 - _EDGE):
        found += _OUTSIDE
    found += _COVERED * float(np.count_nonzero(np.all((covered > low) & (covered < top), axis=1)))
    for a, b, c, d in taken:
        if low[0] < c + _GAP and a < top[0] + _GAP and low[1] < d and b < top[1]:
            found += _TOUCHED
    return found


def _pixels(axes: Axes, line: Numbers) -> Numbers:
    """A line in pixels, with a point each pixel or two."""
    places = axes.transData.transform(line)
    frame = axes.get_window_extent()
    places = np.clip(places, [frame.x0 - 1.0, frame.y0 - 1.0], [frame.x1 + 1.0, frame.y1 + 1.0])
    found = [places[:1]]
    for a, b in pairwise(places):
        count = int(np.hypot(*(b - a)) / 2.0) + 1
        found.append(a + np.linspace(0.0, 1.0, count + 1)[1:, None] * (b - a))
    return np.vstack(found)
