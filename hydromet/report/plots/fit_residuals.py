"""Residuals of a fit: measured against calculated, and the misses in standard deviations against the pH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.figure import Figure

_UNITS = {"extracted_percent": "extracted, %", "organic_mol_L": "organic, mol/L", "pH50": "pH50"}


def figure(record: Mapping[str, Any], language: str = "en") -> Figure:
    """One panel a measured quantity with its line of agreement, and one with the residuals of all fitted points.

    Args:
        record: what ``hydromet.calibrate.extractant_file.fit_record`` gives.
        language: en or ja.
    """
    language = style.words(language)
    points = record["points"]
    kinds = [kind for kind in _UNITS if any(point["quantity"] == kind for point in points)]
    ions = list(dict.fromkeys(point["ion"] for point in points))
    with style.looks():
        made, axes = style.new(4.6 * (len(kinds) + 1), 4.2, columns=len(kinds) + 1)
        for panel, kind in zip(axes, kinds, strict=False):
            mine = [point for point in points if point["quantity"] == kind]
            top = 1.05 * max(max(point["measured"], point["calculated"]) for point in mine)
            panel.plot([0.0, top], [0.0, top], color=style.GREY, lw=0.8)
            _scatter(panel, mine, ions, "measured", "calculated")
            panel.set_xlabel(f"{tr('measured', language)}: {tr(_UNITS[kind], language)}")
            panel.set_ylabel(f"{tr('calculated', language)}: {tr(_UNITS[kind], language)}")
            panel.set_xlim(0.0, top)
            panel.set_ylim(0.0, top)
        last = axes[-1]
        last.axhline(0.0, color=style.GREY, lw=0.8)
        _scatter(last, [point for point in points if point["fitted"]], ions, "pH", "standard_deviations")
        last.set_xlabel("pH")
        last.set_ylabel(tr("calculated less measured, standard deviations", language))
        last.legend(fontsize=8.0, frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
        style.caption(axes[0], record["name"], record["source"])
    return made


def _scatter(panel: Any, points: list[Mapping[str, Any]], ions: list[str], x: str, y: str) -> None:
    """Points by metal, hollow where they were not fitted."""
    for place, ion in enumerate(ions):
        tint = style.colour(ion.rstrip("0123456789").rstrip("+"), place)
        for fitted in (True, False):
            mine = [point for point in points if point["ion"] == ion and point["fitted"] == fitted]
            if mine:
                panel.plot(
                    [point[x] for point in mine], [point[y] for point in mine], ls="", marker="osD^v<>"[place % 7],
                    ms=5.0, color=tint, mfc=tint if fitted else "none", label=style.chemical(ion) if fitted else None,
                )  # fmt: skip
