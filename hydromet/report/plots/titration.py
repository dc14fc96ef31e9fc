"""Titration: pH against the dose, and what stays in solution against the pH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hydromet.chemistry.solutions.curve import Curve

    Numbers = NDArray[np.float64]

# Metals are drawn down to this concentration, g/L; what hardly falls is left to the table, and so are anions.
_LOWEST = 1e-4
_FALLS = 0.9
_ANIONS = frozenset({"S", "Cl", "F", "P", "C", "N", "Si"})
# Share of its largest amount at which a solid is named along the curve.
_BEGUN = 0.002
# Distance of a name from its dot, and least distance of two names, shares of the axes.
_ASIDE, _APART = 0.05, 0.055
_LEVELS = (0.45, 0.3, 0.6, 0.2)


def figure(curve: Curve, language: str = "en") -> Figure:
    """Two panels: the titration curve with the solids where they begin, and the dissolved metals on a log scale."""
    language = style.words(language)
    with style.looks():
        made, (left, right) = style.new(9.2, 4.4, columns=2)
        dose, pH = _numbers(curve, "dose"), _numbers(curve, "pH")
        left.plot(dose, pH, color=style.BLACK)
        left.set_xlabel(f"{style.chemical(curve.subject)}, mol/kg {tr('water', language)}")
        left.set_ylabel("pH")
        left.set_xlim(0.0, float(dose.max()) or 1.0)
        title = f"{tr('Titration with', language)} {style.chemical(curve.subject)}"
        room = style.caption(left, title, curve.conditions)
        _solids(curve, dose, pH, left)
        right.set_yscale("log")
        right.set_xlabel("pH")
        right.set_ylabel(f"{tr('in solution', language)}, g/L")
        right.set_xlim(float(pH.min()), float(pH.max()))
        style.caption(right, tr("What stays in solution", language), room=room)
        labels = []
        for place, column in enumerate(curve.of_kind("dissolved")):
            values = np.array(column.values, dtype=float)
            if column.name in _ANIONS or values.max() < _LOWEST or values.min() > _FALLS * values.max():
                continue
            shown = np.maximum(values, 0.1 * _LOWEST)
            tint = style.colour(column.name, place)
            right.plot(pH, shown, color=tint, ls=style.line(place))
            labels.append((shown, column.name, tint))
        right.set_ylim(_LOWEST, None)
        style.on_lines(right, pH, labels, _LEVELS)
    return made


def _numbers(curve: Curve, name: str) -> Numbers:
    return np.array(curve[name], dtype=float)


def _solids(curve: Curve, dose: Numbers, pH: Numbers, axes: Axes) -> None:
    """A dot where each solid begins to form, its name on the empty side of the curve."""
    up = pH[-1] > pH[0]
    turn = axes.transData + axes.transAxes.inverted()
    starts = []
    for column in curve.of_kind("precipitated"):
        values = np.array(column.values, dtype=float)
        begun = int(np.argmax(values > _BEGUN * values.max()))
        starts.append((*turn.transform((dose[begun], pH[begun])), style.chemical(column.name), begun))
    starts.sort(key=lambda each: each[1])
    aside = [y - _ASIDE if up else y + _ASIDE for _, y, *_ in starts]
    for (x, y, text, begun), height in zip(starts, style.spread(aside, _APART), strict=True):
        axes.plot([dose[begun]], [pH[begun]], "o", ms=3.5, color=style.BLACK)
        axes.annotate(
            text, (x, y), (x + _ASIDE, height), xycoords="axes fraction", textcoords="axes fraction", fontsize=8.0,
            va="center", ha="left", arrowprops={"arrowstyle": "-", "lw": 0.5, "color": style.GREY, "shrinkB": 2.0},
        )  # fmt: skip
