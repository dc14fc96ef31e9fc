"""Stage profiles of a cascade: metals in both phases, pH and free extractant, stage by stage."""

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

# Metals whose highest concentration is below this, g/L, and below this share of the highest, are left to the table; the
# scale ends at the floor, g/L, or the share of the highest if that is lower.
_SHOWN, _FLOOR, _SHARE = 1e-3, 1e-6, 1e-6
_MARGIN = 0.25


def figure(curve: Curve, language: str = "en") -> Figure:
    """Three panels with the stages from left to right: aqueous, organic, pH with free extractant.

    Args:
        curve: of ``hydromet.study.cascades.profile_table``.
        language: en or ja.
    """
    language = style.words(language)
    stages = np.array(curve["stage"], dtype=float)
    with style.looks():
        made, (aqueous, organic, last) = style.new(12.6, 4.4, columns=3)
        room = style.caption(aqueous, f"{curve.subject}: {tr('aqueous phase', language)} →", curve.conditions)
        style.caption(organic, f"← {tr('organic phase', language)}", room=room)
        style.caption(last, tr("pH and free extractant", language), room=room)
        for axes, kind in ((aqueous, "aqueous"), (organic, "organic")):
            _metals(axes, curve, kind, stages)
            axes.set_ylabel("g/L")
        last.plot(stages, np.array(curve["pH"], dtype=float), "o-", ms=3.5, color=style.BLACK)
        last.set_ylabel("pH")
        other: Axes = last.twinx()
        other.spines["right"].set_visible(True)
        other.grid(False)
        free = np.array(curve["free extractant"], dtype=float)
        other.plot(stages, free, "s--", ms=3.5, color=style.PALETTE[1])
        other.set_ylabel(f"{tr('free extractant', language)}, mol/L", color=style.PALETTE[1])
        other.tick_params(axis="y", colors=style.PALETTE[1])
        other.set_ylim(0.0, 1.15 * float(free.max()))
        for axes in (aqueous, organic, last):
            axes.set_xlabel(tr("stage", language))
            axes.set_xlim(1.0 - _MARGIN, float(stages[-1]) + _MARGIN)
            axes.set_xticks(stages if stages.size <= 15 else stages[:: -(-stages.size // 15)])
    return made


def _metals(axes: Axes, curve: Curve, kind: str, stages: Numbers) -> None:
    """Lines of the metals of one phase on a logarithmic scale, named at the right."""
    axes.set_yscale("log")
    drawn = []
    columns = curve.of_kind(kind)
    most = max((float(value) for column in columns for value in column.values if isinstance(value, float)), default=0.0)
    least = min(_SHOWN, 1e-3 * most)
    floor = min(_FLOOR, _SHARE * most) if most > 0.0 else _FLOOR
    for place, column in enumerate(columns):
        name = column.name.split()[0]
        values = np.array(column.values, dtype=float)
        if values.max() >= least > 0.0:
            drawn.append((values, style.chemical(name), style.colour(name, place)))
    low = min((float(values.min()) for values, *_ in drawn), default=floor)
    axes.set_ylim(max(0.5 * low, floor), 2.0 * most if most > 0.0 else 1.0)
    axes.set_xlim(1.0 - _MARGIN, float(stages[-1]) + _MARGIN)
    for values, _, tint in drawn:
        axes.plot(stages, values, "o-", ms=3.0, color=tint)
    bottom = axes.get_ylim()[0]
    style.beside(axes, [(max(float(values[-1]), bottom), name, tint) for values, name, tint in drawn])
