"""A product's footprint with the electricity of other grids: a bar each, its own marked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.locale import tr
from hydromet.report.layout import number
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve


def figure(curve: Curve, language: str = "en") -> Figure:
    """One bar a grid from zero, lowest first, with its figure and the difference to the plant's own grid.

    Args:
        curve: of ``hydromet.report.carbon_curves.grid``.
        language: en or ja.
    """
    language = style.words(language)
    names = [str(each) for each in curve["grid"]]
    values = [float(each) for each in curve["footprint"] if isinstance(each, int | float)]
    own = list(curve["own"]).index("yes") if "yes" in curve["own"] else None
    with style.looks():
        made, (axes,) = style.new(6.8, 1.2 + 0.27 * len(names))
        tints = [style.PALETTE[1] if i == own else style.PALETTE[0] for i in range(len(names))]
        axes.barh(names, values, color=tints, height=0.7)
        for y, value in enumerate(values):
            change = "" if own is None or y == own else f"  ({100.0 * (value / values[own] - 1.0):+.1f} %)"
            axes.text(value, y, f"  {number(value, 3)}{change}", ha="left", va="center", fontsize=8.0)
        axes.set_yticks(range(len(names)), [f"{name} *" if i == own else name for i, name in enumerate(names)])
        axes.invert_yaxis()
        axes.set_xlim(0.0, 1.25 * max(values, default=1.0))
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{tr('carbon footprint', language)}, kgCO2e/kg; * {tr('own grid', language)}")
        title = f"{tr('With another grid', language)}: {curve.subject}"
        style.caption(axes, title, curve.conditions)
    return made
