"""One element through the plant, from top to bottom: bands as wide as the flow, ways out to the right.

A unit is a row, in the order of the plant; a bar is as broad as what goes through it once. A band that passes units by
keeps a lane of its own. Recycles are lines up the left with their flow: to scale, mother liquors would cover all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve

# Streams below this share of the feed, %, are left to the table.
_LEAST = 0.5
# Inches: the broadest unit, a row, the bar of a unit, gap between lanes, columns of names and of ways out, a line.
_BROAD, _ROW, _BAR, _GAP, _NAMES, _ENDS, _LINE = 2.6, 0.42, 0.07, 0.12, 2.0, 3.6, 0.16
_FEEDS, _PRODUCTS = "feeds.", "products."


@dataclass
class _Band:
    """A stream drawn: ends by name, kg/h, %, width in inches, and where it leaves, passes and enters."""

    source: str
    target: str
    flow: float
    share: float
    width: float
    out: float = 0.0
    lane: float = 0.0
    into: float = 0.0
    back: bool = False


@dataclass
class _Unit:
    """A row: its bar from ``left``, and the bands at its top and bottom."""

    row: int
    ins: list[_Band] = field(default_factory=list)
    outs: list[_Band] = field(default_factory=list)
    left: float = 0.0

    @property
    def width(self) -> float:
        """Of what goes through once, inches."""
        return max(sum(band.width for band in side if not band.back) for side in (self.ins, self.outs))

    @property
    def through(self) -> float:
        """What goes through with the recycles, kg/h."""
        return max(sum(band.flow for band in side) for side in (self.ins, self.outs))


def figure(curve: Curve, language: str = "en") -> Figure:
    """The element of the table.

    Args:
        curve: of ``hydromet.report.element_flows``.
        language: en or ja.
    """
    language = style.words(language)
    bands, units = _read(curve)
    right = _lay(units)
    lanes = sorted((band for band in bands if band.back), key=lambda band: _rows(band, units))
    left = -2.0 * _GAP * (len(lanes) + 1)
    wide, high = right - left + _NAMES + _ENDS, _ROW * (len(units) + 1.2)
    with style.looks():
        made, (axes,) = style.new(wide, high + 0.6)
        axes.set_axis_off()
        axes.set_xlim(left - _NAMES, right + _ENDS)
        axes.set_ylim(-_ROW * (len(units) + 0.2), _ROW)
        small = _left_out(curve, language)
        style.caption(axes, f"{curve.subject} {tr('through the plant', language)}", f"{curve.conditions}; {small}")
        tint = style.colour(curve.subject, 0)
        for turn, band in enumerate(lanes):
            _recycle(axes, band, units, -2.0 * _GAP * (turn + 1), tint)
        ends: list[tuple[float, str, str]] = []
        for band in bands:
            if band.source.startswith(_FEEDS):
                _feed(axes, band, units[band.target], tint)
            elif band.target not in units:
                ends.append(_end(axes, band, units[band.source], right, tint))
            elif not band.back:
                _forward(axes, band, units, tint)
        _write(axes, ends, right, tint)
        for name, unit in units.items():
            _bar(axes, name, unit, left)
    return made


def _read(curve: Curve) -> tuple[list[_Band], dict[str, _Unit]]:
    """Streams large enough, and the units they touch in the order of the plant."""
    rows: list[tuple[Any, ...]] = list(zip(*(curve[name] for name in ("from", "to", "flow", "share")), strict=True))
    order = list(dict.fromkeys(row[1] for row in rows if "." not in row[1]))
    large = [row for row in rows if row[3] >= _LEAST]
    touched = {end for row in large for end in row[:2]}
    units = {name: _Unit(k) for k, name in enumerate(name for name in order if name in touched)}
    bands = [_Band(source, target, flow, share, width=share) for source, target, flow, share in large]
    for band in bands:
        if band.target in units:
            units[band.target].ins.append(band)
        if band.source in units:
            units[band.source].outs.append(band)
        band.back = band.source in units and band.target in units and _rows(band, units) >= 0
    scale = _BROAD / max((unit.width for unit in units.values()), default=1.0)
    for band in bands:
        band.width *= scale
    return bands, units


def _rows(band: _Band, units: dict[str, _Unit]) -> int:
    """How far up a recycle goes; below zero for a band that goes down."""
    return units[band.source].row - units[band.target].row


def _lay(units: dict[str, _Unit]) -> float:
    """Place the bars row by row below their largest inlet, clear of what passes by; the right end of all."""
    passing: list[_Band] = []
    right = 0.0
    for name, unit in units.items():
        mine = sorted((band for band in passing if band.target == name), key=lambda band: band.lane)
        passing = sorted((band for band in passing if band.target != name), key=lambda band: band.lane)
        place = max(mine, key=lambda band: band.width).lane if mine else 0.0
        unit.left = place = _clear(place, unit.width, passing)
        at = place
        for band in (*mine, *(band for band in unit.ins if band not in mine and not band.back)):
            band.into, at = at, at + band.width
        at, free = place, place + unit.width + 2.0 * _GAP
        down = [band for band in unit.outs if band.target in units and not band.back]
        largest = max(down, key=lambda band: band.width, default=None)
        ends = [band for band in unit.outs if band.target not in units]
        # the largest goes straight on, those that pass units by move to a lane at the right, ways out are last
        for band in (*sorted(down, key=lambda band: -band.width), *ends):
            band.out, band.lane, at = at, at, at + band.width
            if band is not largest and band.target in units:
                band.lane = _clear(free, band.width, passing) if _rows(band, units) < -1 else at
                right = max(right, band.lane + band.width)
        passing += down
        right = max(right, place + unit.width)
    for band in (band for unit in units.values() for band in unit.outs if band.back):
        band.out, band.into = units[band.source].left, units[band.target].left
    return right


def _clear(place: float, width: float, passing: Sequence[_Band]) -> float:
    """The first place from one on where nothing passes by."""
    for band in sorted(passing, key=lambda band: band.lane):
        if place < band.lane + band.width + _GAP and band.lane < place + width + _GAP:
            place = band.lane + band.width + _GAP
    return place


def _level(unit: _Unit) -> float:
    """Height of the bar of a unit, inches below the top."""
    return -_ROW * unit.row


def _forward(axes: Axes, band: _Band, units: dict[str, _Unit], tint: str) -> None:
    """Over to its lane, straight down in it, and over to its place at the next unit."""
    top, bottom, wide = _level(units[band.source]) - _BAR, _level(units[band.target]), band.width
    down = [(band.out, top), (band.into, bottom)]
    if _rows(band, units) < -1:
        down[1:1] = [(band.lane, top - _ROW + _BAR), (band.lane, bottom + _ROW - _BAR)]
    one, codes = [down[0]], "M"
    for (a, high), (b, low) in pairwise(down):
        middle = 0.5 * (high + low)
        one += [(a, middle), (b, middle), (b, low)]
        codes += "CCC"
    other = [(x + wide, y) for x, y in reversed(one)]
    _shape(axes, [*one, *other], f"{codes}L{codes[1:]}", tint)


def _end(axes: Axes, band: _Band, unit: _Unit, right: float, tint: str) -> tuple[float, str, str]:
    """Out to the right; height, text and colour of what is to be written there."""
    top, wide, a = _level(unit) - _BAR, band.width, band.out
    kind, _, name = band.target.partition(".")
    far, down = right + 2.0 * _GAP, min(wide, 0.5 * _ROW)
    low = top - 0.35 * _ROW
    colour = tint if kind == _PRODUCTS.rstrip(".") else style.GREY
    if wide > 0.6 * _ROW:
        # too broad to turn: it ends where it is, below its unit
        _shape(axes, [(a, top), (a, low), (a + wide, low), (a + wide, top)], "MLLL", colour)
        axes.plot([a + wide, far], [low, low], color=colour, lw=0.5)
        height = low
    else:
        corner = a + wide + 0.5 * _GAP
        one = [(a, top), (a, low), (a, low), (corner, low), (far, low)]
        other = [
            (far, low + down),
            (corner, low + down),
            (a + wide, low + down),
            (a + wide, low + down),
            (a + wide, top),
        ]
        _shape(axes, [*one, *other], "MCCCLLCCCL", colour, 0.45)
        height = low + 0.5 * down
    return height, f"{name}  {band.flow:.3g} kg/h ({band.share:.3g} %)", colour


def _write(axes: Axes, ends: Sequence[tuple[float, str, str]], right: float, tint: str) -> None:
    """Names of the ways out, moved apart where they would touch."""
    far = right + 2.0 * _GAP
    ends = sorted(ends)
    low, high = axes.get_ylim()
    for (y, text, colour), place in zip(ends, style.spread([end[0] for end in ends], _LINE, low, high), strict=True):
        axes.plot([far, far + _GAP], [y, place], color=colour, lw=0.5)
        weight = "bold" if colour == tint else "normal"
        axes.text(far + 1.3 * _GAP, place, text, fontsize=7.5, va="center", color=colour, weight=weight)


def _feed(axes: Axes, band: _Band, unit: _Unit, tint: str) -> None:
    """Down from above its unit."""
    bottom, a, wide = _level(unit), band.into, band.width
    top = bottom + 0.45 * _ROW
    _shape(axes, [(a, top), (a, bottom), (a + wide, bottom), (a + wide, top)], "MLLL", tint, 0.3)
    text = f"{band.source.removeprefix(_FEEDS)}  {band.flow:.3g} kg/h"
    axes.text(a + 0.03, top + 0.01, text, fontsize=7.0, va="bottom", ha="left", color=style.BLACK)


def _recycle(axes: Axes, band: _Band, units: dict[str, _Unit], lane: float, tint: str) -> None:
    """From the left end of its unit up a lane to the other, with the flow beside it."""
    low = _level(units[band.source]) - _BAR - 0.2 * _ROW
    high = _level(units[band.target]) + 0.3 * _ROW
    axes.plot([band.out, band.out, lane, lane, band.into], [low + 0.2 * _ROW, low, low, high, high], color=tint, lw=0.9)
    axes.annotate(
        "", (band.into, high - 0.3 * _ROW), (band.into, high),
        arrowprops={"arrowstyle": "-|>", "lw": 0.9, "color": tint, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 8},
    )  # fmt: skip
    axes.text(
        lane, 0.5 * (low + high), f"{band.flow:.3g}", fontsize=6.5, rotation=90, ha="center", va="center", color=tint,
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.5},
    )  # fmt: skip


def _bar(axes: Axes, name: str, unit: _Unit, left: float) -> None:
    """The unit, its name in the left column with a thin line, and what goes through it."""
    level = _level(unit)
    axes.fill_between([unit.left, unit.left + unit.width], level - _BAR, level, color=style.BLACK, lw=0.0)
    axes.plot([left - 0.05, unit.left], [level - 0.5 * _BAR] * 2, color=style.PALE, lw=0.5, zorder=0)
    axes.text(left - 0.1, level - 0.5 * _BAR, f"{name}  {unit.through:.3g}", fontsize=7.5, ha="right", va="center")


def _shape(axes: Axes, corners: Sequence[tuple[float, float]], codes: str, tint: str, alpha: float = 0.55) -> None:
    """A filled band of moves, lines and cubic curves."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path

    known = {"M": Path.MOVETO, "L": Path.LINETO, "C": Path.CURVE4}
    path = Path([*corners, corners[0]], [*(known[code] for code in codes), Path.CLOSEPOLY])
    axes.add_patch(PathPatch(path, facecolor=tint, edgecolor="none", alpha=alpha))


def _left_out(curve: Curve, language: str) -> str:
    """What the ways out that are not drawn hold together."""
    ends = zip(curve["to"], curve["share"], strict=True)
    small = [float(share) for to, share in ends if "." in str(to) and isinstance(share, float) and share < _LEAST]
    return f"{tr('not drawn: ways out below', language)} {_LEAST:g} %, {len(small)}: {sum(small):.2g} %"
