"""Sweep of O/A with the pH as it comes: share extracted of every metal, pH and loading over O/A."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style
from hydromet.report.plots.loading_isotherm import anchors, loading, phases
from hydromet.report.plots.placing import Name, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve

# A metal that is nowhere extracted so far, %, is left to the table.
_SHOWN = 0.5


def figure(curve: Curve, language: str = "en") -> Figure:
    """Left: share extracted over O/A; right: pH, with the loading.

    Args:
        curve: of ``hydromet.study.shake_out.o_a_sweep``.
        language: en or ja.
    """
    language = style.words(language)
    with style.looks():
        made, (left, right) = style.new(10.4, 4.6, columns=2)
        room = style.caption(left, f"{tr('Sweep of O/A', language)}: {curve.subject}", curve.conditions)
        style.caption(right, "pH", room=room)
        ratios = np.array(curve["O/A"], dtype=float)
        for axes in (left, right):
            axes.set_xscale("log")
            axes.set_xlim(float(ratios.min()), float(ratios.max()))
            axes.set_xlabel(f"O/A, {tr('by volume', language)}")
        left.set_ylabel(f"{tr('extracted', language)}, %")
        left.set_ylim(-2.0, 103.0)
        right.set_ylabel("pH")
        right.plot(ratios, np.array(curve["pH"], dtype=float), "o-", ms=3.0, color=style.BLACK)
        loading(right, curve, ratios, language)
        names, lines = [], []
        for turn, (name, pair) in enumerate(phases(curve, 0.0)):
            organic = pair[:, 1] * ratios
            shares = 100.0 * organic / (pair[:, 0] + organic)
            if shares.max() < _SHOWN:
                continue
            line = np.column_stack([ratios, shares])
            left.plot(*line.T, "o-", ms=3.0, color=style.colour(name, turn))
            lines.append(line)
            names.append(Name(style.chemical(name), style.colour(name, turn), anchors(line), 90.0, 8.0))
        if names:
            place(left, names, lines)
    return made
