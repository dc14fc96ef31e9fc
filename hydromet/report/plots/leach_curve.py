"""Extraction against time of a laboratory leach."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve


def figure(curve: Curve, language: str = "en") -> Figure:
    """One line a metal, per cent over minutes.

    Args:
        curve: of ``hydromet.study.laboratory_leach.leach_test``.
        language: en or ja.
    """
    language = style.words(language)
    with style.looks():
        made, (axes,) = style.new(6.4, 4.4)
        style.caption(axes, tr("Leach test", language), curve.conditions)
        axes.set_xlabel(f"{tr('time', language)}, min")
        axes.set_ylabel(f"{tr('metal leached', language)}, %")
        times = np.array(curve["time"], dtype=float)
        for turn, column in enumerate(curve.of_kind("share")):
            tint = style.colour(column.name, turn)
            axes.plot(times, np.array(column.values, dtype=float), "o-", ms=3.0, color=tint, label=column.name)
        axes.set_ylim(0.0, 105.0)
        axes.set_xlim(left=0.0)
        axes.legend(loc="lower right", frameon=False)
    return made
