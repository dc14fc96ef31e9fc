"""pH isotherms: share extracted of every metal against the pH of the flask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style
from hydromet.report.plots.placing import Name, place

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve

# A metal that is nowhere extracted so far, %, is left to the table; heights at which names stand first.
_SHOWN = 0.5
_HEIGHTS = (50.0, 35.0, 65.0, 25.0, 75.0)


def figure(curve: Curve, language: str = "en") -> Figure:
    """One line a metal with a dot a flask, its pH50 beside it.

    Args:
        curve: of ``hydromet.study.shake_out.pH_isotherm``.
        language: en or ja.
    """
    language = style.words(language)
    with style.looks():
        made, (axes,) = style.new(7.2, 4.6)
        pH = np.array(curve["pH"], dtype=float)
        axes.set_xlabel(f"pH {tr('at equilibrium', language)}")
        axes.set_ylabel(f"{tr('extracted', language)}, %")
        axes.set_xlim(float(pH.min()), float(pH.max()))
        axes.set_ylim(-2.0, 103.0)
        style.caption(axes, f"{tr('pH isotherms', language)}: {curve.subject}", curve.conditions)
        halves = {text.split()[-1]: at for at, text in curve.marks if text.startswith("pH50")}
        stages = [at for at, text in curve.marks if text.startswith("stage")]
        if stages:
            axes.axvspan(min(stages), max(stages), color=style.PALE, alpha=0.5, lw=0.0)
        names, lines = [], []
        for turn, column in enumerate(curve.of_kind("share")):
            shares = np.array(column.values, dtype=float)
            if shares.max() < _SHOWN:
                continue
            tint = style.colour(column.name, turn)
            axes.plot(pH, shares, "o-", ms=2.5, color=tint)
            line = np.column_stack([pH, shares])
            lines.append(line)
            text = style.chemical(column.name)
            if column.name in halves:
                text = f"{text}  pH₅₀ {halves[column.name]:.2f}"
            # on the line, first where it is steep
            fine = np.interp(np.linspace(pH[0], pH[-1], 60), pH, shares)
            chosen = np.argsort(np.abs(fine - _HEIGHTS[turn % len(_HEIGHTS)]), kind="stable")[:12]
            names.append(Name(text, tint, np.column_stack([np.linspace(pH[0], pH[-1], 60), fine])[chosen], 180.0, 8.0))
        if stages:
            heights = np.linspace(90.0, 10.0, 17)
            middle = np.full_like(heights, 0.5 * (min(stages) + max(stages)))
            names.append(Name(tr("pH of the stages", language), style.GREY, np.column_stack([middle, heights]), 90.0))
        if names:
            place(axes, names, lines)
    return made
