"""What a product's footprint is made of: a stacked bar for each allocation, kinds of activity largest first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.locale import tr
from hydromet.report.carbon_words import allocations, kinds
from hydromet.report.layout import number
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hydromet.chemistry.solutions.curve import Curve

# One colour a kind, in every figure; lighter ones for what is usually small.
TINTS = {
    "reagent": "#0072B2", "electricity": "#E69F00", "heat": "#D55E00", "upstream": "#009E73", "process": "#666666",
    "transport": "#CC79A7", "waste": "#882255", "solvent": "#56B4E9", "water": "#5F9EA0", "effluent": "#999933",
    "fuel": "#8C6D46", "packaging": "#cfcfcf",
}  # fmt: skip
# Part of the longest bar that has room for a number.
_ROOM = 0.06


def figure(curve: Curve, language: str = "en") -> Figure:
    """One bar an allocation, its total at its end.

    Args:
        curve: of ``hydromet.report.carbon_curves.stack``.
        language: en or ja.
    """
    language = style.words(language)
    named, parts = allocations(language), kinds(language)
    rows = [str(each) for each in curve["allocation"]]
    totals = [_number(each) for each in curve["total"]]
    with style.looks():
        made, (axes,) = style.new(7.6, 1.5 + 0.55 * len(rows))
        starts, longest = [0.0] * len(rows), max(map(abs, totals), default=0.0)
        for column in curve.of_kind("share"):
            widths = [_number(each) for each in column.values]
            tint, name = TINTS.get(column.name, style.PALE), parts.get(column.name, column.name)
            axes.barh(rows, widths, left=starts, color=tint, height=0.62, label=name, edgecolor="white", linewidth=0.5)
            for y, (start, width) in enumerate(zip(starts, widths, strict=True)):
                if width > _ROOM * longest:
                    axes.text(start + 0.5 * width, y, number(width, 2), ha="center", va="center", color="white",
                              fontsize=7.5)  # fmt: skip
            starts = [start + width for start, width in zip(starts, widths, strict=True)]
        for y, (end, total) in enumerate(zip(starts, totals, strict=True)):
            axes.text(end, y, f"  {number(total, 3)}", ha="left", va="center", fontweight="bold", fontsize=8.5)
        axes.set_yticks(range(len(rows)), [named.get(row, row) for row in rows])
        axes.invert_yaxis()
        axes.set_xlim(0.0, 1.12 * longest)
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(f"{tr('carbon footprint', language)}, kgCO2e/kg")
        style.caption(axes, f"{tr('carbon footprint', language)}: {curve.subject}", curve.conditions)
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, fontsize=8.0)
    return made


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
