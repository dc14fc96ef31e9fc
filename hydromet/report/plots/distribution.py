"""Distribution of an element over its species and solids against pH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve

# Species that nowhere reach this share, %, are left to the table; names stand on the lines from this height.
_SHOWN, _MOST = 1.0, 12
_LOW = 4.0


def figure(curve: Curve, language: str = "en") -> Figure:
    """One line a species, solids broader, each with its name at its highest place."""
    language = style.words(language)
    with style.looks():
        made, (axes,) = style.new(7.2, 4.4)
        pH = np.array(curve["pH"], dtype=float)
        axes.set_xlabel("pH")
        axes.set_ylabel(f"{tr('share of', language)} {curve.subject}, %")
        axes.set_xlim(float(pH.min()), float(pH.max()))
        axes.set_ylim(0.0, 106.0)
        style.caption(axes, f"{tr('Distribution of', language)} {curve.subject}", curve.conditions)
        found = [column for column in curve.of_kind("share") if max(map(_number, column.values)) >= _SHOWN][:_MOST]
        labels = []
        for place, column in enumerate(found):
            values = np.array(column.values, dtype=float)
            solid = column.name.endswith("(s)")
            tint = style.PALETTE[place % len(style.PALETTE)]
            axes.plot(pH, values, color=tint, ls="-" if solid else style.LINES[place % 2], lw=2.2 if solid else 1.4)
            labels.append((values, style.chemical(column.name), tint))
        style.on_or_above(axes, pH, labels)
    return made


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
