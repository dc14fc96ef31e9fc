"""Solubility of a salt against temperature: each hydrate, whole where it is the stable solid."""

from __future__ import annotations

from itertools import groupby, pairwise
from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hydromet.chemistry.solutions.curve import Curve, Value

    Numbers = NDArray[np.float64]

# Metastable branches are drawn up to so many times the largest stable solubility.
_HEADROOM = 1.25
# Half the width of a name, how far it stands below the lines, and how low it may stand, shares of the axes.
_HALF, _BELOW, _LOW = 0.1, (0.08, 0.16), 0.25


def figure(curve: Curve, language: str = "en") -> Figure:
    """Stable branches whole, metastable ones dashed, transitions marked with their temperature."""
    language = style.words(language)
    with style.looks():
        made, (axes,) = style.new()
        axes.set_xlabel(f"{tr('temperature', language)}, °C")
        axes.set_ylabel(tr("g anhydrous salt per 100 g water", language))
        axes.set_xlim(float(curve["temperature"][0] or 0.0), float(curve["temperature"][-1] or 0.0))
        title = f"{tr('Solubility of', language)} {style.chemical(curve.subject)}"
        style.caption(axes, title, curve.conditions)
        most = max(float(value) for value in curve["solubility"] if value is not None)
        tints = {column.name: style.PALETTE[i] for i, column in enumerate(curve.of_kind("branch"))}
        for column in curve.of_kind("branch"):
            x, y = _pairs(curve["temperature"], column.values)
            keep = y <= _HEADROOM * most
            axes.plot(x[keep], y[keep], color=tints[column.name], ls="--", lw=0.9)
        rows = zip(curve["temperature"], curve["solubility"], curve["stable solid"], strict=True)
        pieces = [(str(name), list(members)) for name, members in groupby(rows, key=lambda row: row[2]) if name]
        for (_, members), (_, following) in pairwise(pieces):
            members.append(following[0])  # the transition, where both hydrates have the same solubility
        for name, members in pieces:
            x, y = _pairs([row[0] for row in members], [row[1] for row in members])
            tint = tints.get(name, style.PALETTE[0])
            axes.plot(x, y, color=tint, lw=2.2)
        axes.set_ylim(0.0, _HEADROOM * most)
        base = min(float(row[1] or 0.0) for _, members in pieces for row in members) / (_HEADROOM * most)
        for k, (name, members) in enumerate(pieces):
            own = min(float(row[1] or 0.0) for row in members[len(members) // 3 :]) / (_HEADROOM * most)
            height = max(min(max(base, _LOW), own) - _BELOW[k % 2], _LOW - _BELOW[1])
            _name(axes, name, members, tints.get(name, style.PALETTE[0]), height)
        for place, _ in curve.marks:
            axes.axvline(place, color=style.GREY, lw=0.7, ls=":")
            axes.annotate(
                f"{place:.1f} °C", (place, 1.0), (2.0, -3.0), xycoords=("data", "axes fraction"),
                textcoords="offset points", fontsize=7.5, color=style.GREY, rotation=90.0, va="top", ha="left",
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.2},
            )  # fmt: skip
    return made


def _pairs(x: Iterable[Value], y: Iterable[Value]) -> tuple[Numbers, Numbers]:
    """Points that have both values."""
    found = [(a, b) for a, b in zip(x, y, strict=True) if a is not None and b is not None]
    return np.array([a for a, _ in found], dtype=float), np.array([b for _, b in found], dtype=float)


def _name(axes: Axes, name: str, members: list[tuple[Value, Value, Value]], tint: str, height: float) -> None:
    """The name of a solid in the free space below its stable piece, neighbours at different heights."""
    x, y = _pairs([row[0] for row in members], [row[1] for row in members])
    i = len(x) // 2
    across, _ = (axes.transData + axes.transAxes.inverted()).transform((x[i], y[i]))
    axes.annotate(
        style.chemical(name), (x[i], y[i]), (min(max(across, _HALF), 1.0 - _HALF), height),
        textcoords="axes fraction", color=tint, ha="center", va="center", fontsize=8.5,
        arrowprops={"arrowstyle": "-", "lw": 0.5, "color": tint, "shrinkA": 0.0, "shrinkB": 2.0},
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4},
    )  # fmt: skip
