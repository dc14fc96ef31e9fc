"""Responses of a plant to one of its settings: a small panel each, on one x axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve

_ACROSS = 3
_WIDTH, _HEIGHT = 3.2, 2.3
# Panels beyond this cannot be read; the table has the rest.
_MOST = 24


def figure(curve: Curve, language: str = "en") -> Figure:
    """Small multiples of the shown responses; failed points are gaps, dotted lines are phase changes.

    Args:
        curve: of ``hydromet.study.sweep.table``.
        language: en or ja.
    """
    language = style.words(language)
    shown = [column for column in curve.of_kind("y") if any(value is not None for value in column.values)][:_MOST]
    across = min(_ACROSS, max(1, len(shown)))
    rows = max(1, math.ceil(len(shown) / across))
    x = curve.of_kind("x")[0]
    with style.looks():
        made, panels = style.new(_WIDTH * across, _HEIGHT * rows + 0.4, columns=across, rows=rows)
        made.suptitle(f"{tr('Sensitivity to', language)} {x.name}", x=0.01, ha="left", fontsize=10.0)
        places = np.array(x.values, dtype=float)
        for turn, (axes, column) in enumerate(zip(panels, shown, strict=False)):
            values = np.array([np.nan if v is None else float(v) for v in column.values])
            tint = style.colour(column.name.rpartition(".")[2], turn)
            axes.plot(places, values, "o-", ms=2.5, color=tint)
            axes.set_title(f"{column.name}, {column.unit}" if column.unit else column.name, fontsize=8.0)
            for place in dict.fromkeys(place for place, _ in curve.marks):
                axes.axvline(place, color=style.GREY, lw=0.7, ls=":")
            axes.ticklabel_format(useOffset=False)
            axes.tick_params(labelsize=7.5)
            if turn >= len(shown) - across:
                axes.set_xlabel(f"{x.name}, {x.unit}" if x.unit else x.name, fontsize=8.0)
        for axes in panels[len(shown) :]:
            axes.set_visible(False)
    return made
