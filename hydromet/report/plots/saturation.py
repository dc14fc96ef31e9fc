"""Saturation index of solids against pH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve, Value

_MOST = 12
_LOWEST, _HIGHEST = -6.0, 12.0
# Solids that nowhere come nearer to saturation are left to the table; heights of names on lines that leave the axes.
_NEAR = -0.5
_LEVELS = (0.75, 0.85, 0.65, 0.55)


def figure(curve: Curve, language: str = "en") -> Figure:
    """One line a solid with its name at the right edge; above zero the liquor is oversaturated with it."""
    language = style.words(language)
    with style.looks():
        made, (axes,) = style.new(7.2, 4.6)
        pH = np.array(curve["pH"], dtype=float)
        found = [column for column in curve.of_kind("index") if max(map(_number, column.values)) > _NEAR][:_MOST]
        axes.set_xlabel("pH")
        axes.set_ylabel(tr("saturation index, log10(IAP/K)", language))
        axes.set_xlim(float(pH.min()), float(pH.max()))
        style.caption(axes, tr("Saturation while nothing precipitates", language), curve.conditions)
        labels, top = [], 1.0
        for place, column in enumerate(found):
            values = np.array(column.values, dtype=float)
            tint = style.PALETTE[place % len(style.PALETTE)]
            axes.plot(pH, values, color=tint, ls=style.line(place))
            top = max(top, float(values.max()))
            labels.append((values, style.chemical(column.name), tint))
        axes.set_ylim(_LOWEST, min(top + 0.5, _HIGHEST))
        axes.axhline(0.0, color=style.BLACK, lw=0.9)
        low, high = axes.get_ylim()
        ends = [(float(values[-1]), text, tint) for values, text, tint in labels]
        style.beside(axes, [end for end in ends if low <= end[0] <= high])
        style.on_lines(axes, pH, [one for one in labels if not low <= float(one[0][-1]) <= high], _LEVELS)
    return made


def _number(value: Value) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
