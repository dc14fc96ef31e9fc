"""Loading isotherms: organic against aqueous of every metal at a held pH, and the loading over O/A."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style
from hydromet.report.plots.placing import Name, place

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hydromet.chemistry.solutions.curve import Curve

    Numbers = NDArray[np.float64]

# Share of the highest concentration on the organic below which a metal is left out of linear and of logarithmic axes.
_LINEAR, _LOG = 5e-3, 1e-6
_ANCHORS = 16


def figure(curve: Curve, language: str = "en", log: bool = False) -> Figure:
    """Left: organic against aqueous, a dot a flask; right: the organic over O/A, with the loading.

    Args:
        curve: of ``hydromet.study.shake_out.loading_isotherm``.
        language: en or ja.
        log: logarithmic concentrations, on which metals hardly extracted can be read.
    """
    language = style.words(language)
    with style.looks():
        made, (left, right) = style.new(10.4, 4.6, columns=2)
        title = f"{tr('Loading isotherms', language)}: {curve.subject}"
        room = style.caption(left, title, curve.conditions)
        style.caption(right, tr("Organic over O/A", language), room=room)
        left.set_xlabel(f"{tr('in the aqueous phase', language)}, g/L")
        left.set_ylabel(f"{tr('in the organic', language)}, g/L")
        right.set_xlabel(f"O/A, {tr('by volume', language)}")
        right.set_ylabel(f"{tr('in the organic', language)}, g/L")
        ratios = np.array(curve["O/A"], dtype=float)
        pairs = phases(curve, _LOG if log else _LINEAR)
        _axes(left, np.vstack([pair for _, pair in pairs]), log)
        right.set_xscale("log")
        right.set_xlim(float(ratios.min()), float(ratios.max()))
        right.set_yscale("log" if log else "linear")
        right.set_ylim(left.get_ylim())
        both: tuple[list[Name], list[Name]] = ([], [])
        drawn: tuple[list[Numbers], list[Numbers]] = ([], [])
        for turn, (name, pair) in enumerate(pairs):
            tint = style.colour(name, turn)
            over = np.column_stack([ratios, pair[:, 1]])
            for axes, line, names, lines in zip((left, right), (pair, over), both, drawn, strict=True):
                axes.plot(*line.T, "o-", ms=3.0, color=tint)
                lines.append(line)
                names.append(Name(style.chemical(name), tint, anchors(line), 90.0, 8.0))
        loading(right, curve, ratios, language)
        for axes, names, lines in zip((left, right), both, drawn, strict=True):
            place(axes, names, lines)
    return made


def phases(curve: Curve, least: float) -> list[tuple[str, Numbers]]:
    """Metals whose organic reaches a share of the highest, each with (aqueous, organic) of the flasks."""
    organic = {column.name.split()[0]: np.array(column.values, dtype=float) for column in curve.of_kind("organic")}
    most = max((float(values.max()) for values in organic.values()), default=0.0)
    return [
        (name, np.column_stack([np.array(curve[f"{name} aqueous"], dtype=float), values]))
        for name, values in organic.items() if values.max() > least * most
    ]  # fmt: skip


def anchors(line: Numbers) -> Numbers:
    """Places along a line that its name may stand at, the middle first."""
    chosen: Numbers = line[np.unique(np.linspace(0, len(line) - 1, _ANCHORS).astype(int))]
    order = np.argsort(np.abs(np.arange(len(chosen)) - 0.5 * len(chosen)), kind="stable")
    found: Numbers = chosen[order]
    return found


def loading(axes: Axes, curve: Curve, ratios: Numbers, language: str) -> None:
    """The loading on a scale of its own at the right."""
    other: Axes = axes.twinx()
    other.spines["right"].set_visible(True)
    other.grid(False)
    other.plot(ratios, np.array(curve["loading"], dtype=float), ":", color=style.GREY, lw=1.4)
    other.set_ylim(0.0, 105.0)
    other.set_ylabel(f"{tr('loading', language)} (···), % {tr('of capacity', language)}", color=style.GREY)
    other.tick_params(axis="y", colors=style.GREY)


def _axes(axes: Axes, points: Numbers, log: bool) -> None:
    top = points.max(axis=0)
    if not log:
        axes.set_xlim(0.0, 1.05 * top[0])
        axes.set_ylim(0.0, 1.08 * top[1])
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    low = np.maximum([float(column[column > 0.0].min()) / 2.0 for column in points.T], _LOG * top)
    axes.set_xlim(low[0], 2.0 * top[0])
    axes.set_ylim(low[1], 2.0 * top[1])
