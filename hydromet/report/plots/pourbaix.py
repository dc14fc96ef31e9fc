"""Pourbaix diagram: the stable form of an element over pH and potential."""

from __future__ import annotations

from math import atan2, degrees
from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from hydromet.chemistry.redox.pourbaix import Pourbaix

# Fills of the fields: solids, metals among them, and what is dissolved.
_SOLID, _METAL = "#e8dcc8", "#d9d9d9"
# Fields of a smaller share of the diagram are named outside.
_SMALL = 0.004
# Distance of a name from the lines of the limits of water, V.
_OFF = 0.1
# Width of a letter, pH, and height of a line, V: a narrow field has its name turned, a low one beside it.
_LETTER, _LINE = 0.19, 0.14
# Points of the finer grid of the fills, and the width below which a boundary stands upright, pH.
_FINE, _UPRIGHT = 700, 1e-6


def figure(diagram: Pourbaix, language: str = "en") -> Figure:
    """Fields with their boundaries and names; solids tinted; dashed the limits of water at 1 bar."""
    import numpy as np
    from matplotlib.colors import ListedColormap

    language = style.words(language)
    with style.looks():
        made, (axes,) = style.new(6.6, 5.4)
        axes.grid(visible=False)
        colours = [_fill(name, diagram.element) for name in diagram.forms]
        extent = (diagram.pH[0], diagram.pH[-1], diagram.Eh[0], diagram.Eh[-1])
        pH, Eh, grid = _fine(diagram)
        axes.pcolormesh(
            pH, Eh, grid, cmap=ListedColormap(colours), vmin=-0.5, vmax=len(colours) - 0.5,
            shading="nearest", rasterized=True,
        )  # fmt: skip
        for line in diagram.lines:
            x, y = zip(*line.points, strict=True)
            axes.plot(x, y, color=style.BLACK, lw=1.1)
        axes.set_xlim(extent[0], extent[1])
        axes.set_ylim(extent[2], extent[3])
        for volts, name in ((diagram.oxygen, "O2"), (diagram.hydrogen, "H2")):
            axes.plot(diagram.pH, volts, color=style.PALETTE[0], lw=0.9, ls="--")
            _along(axes, diagram.pH, volts, f"{style.chemical(name)}, 1 bar", up=name == "O2")
        axes.set_xlabel("pH")
        axes.set_ylabel(f"Eh, V ({tr('against hydrogen', language)})")
        below = f"{diagram.molality:.3g} mol/kg {tr('dissolved', language)}, {diagram.temperature - 273.15:.4g} °C"
        style.caption(axes, f"{tr('Pourbaix diagram of', language)} {diagram.element}", below)
        aside = []
        for k, name in enumerate(diagram.forms):
            if name not in diagram.labels:
                continue
            wide, high = _room(diagram, k, *diagram.labels[name])
            text = style.chemical(name)
            if high >= _LINE and float(np.mean(diagram.grid == k)) >= _SMALL:
                turned = 90.0 if wide < _LETTER * len(text) else 0.0
                place = _clear(diagram, name)
                axes.text(*place, text, fontsize=8.5, ha="center", va="center", rotation=turned)
            else:
                aside.append((*diagram.labels[name], text))
        style.near(axes, aside)
    return made


def _fine(diagram: Pourbaix) -> tuple[Any, Any, Any]:
    """A finer grid of the fields from the exact boundaries, so that fills meet their lines."""
    import numpy as np

    pH = np.linspace(diagram.pH[0], diagram.pH[-1], _FINE)
    Eh = np.linspace(diagram.Eh[0], diagram.Eh[-1], _FINE)
    place = {name: k for k, name in enumerate(diagram.forms)}
    lines = []
    for line in diagram.lines:
        points = np.array(sorted(line.points))
        if points[-1, 0] - points[0, 0] > _UPRIGHT:
            lines.append((points[:, 0], points[:, 1], place[line.between[0]], place[line.between[1]]))
    grid = np.zeros((_FINE, _FINE), dtype=int)
    for column, x in enumerate(pH):
        cuts = sorted((float(np.interp(x, xs, ys)), low, high) for xs, ys, low, high in lines if xs[0] <= x <= xs[-1])
        if not cuts:
            grid[:, column] = diagram.grid[0, int(abs(diagram.pH - x).argmin())]
            continue
        forms = np.array([cuts[0][1], *(high for _, _, high in cuts)])
        grid[:, column] = forms[np.searchsorted([cut for cut, _, _ in cuts], Eh)]
    return pH, Eh, grid


def _along(axes: Axes, x: Any, y: Any, text: str, *, up: bool) -> None:
    """A name on a straight line, turned to its slope."""
    i, k = len(x) // 5, len(x) // 2
    (x1, y1), (x2, y2) = axes.transData.transform([(x[i], y[i]), (x[k], y[k])])
    axes.annotate(
        text, (x[i], y[i]), (0.0, 2.0 if up else -2.0), textcoords="offset points", color=style.PALETTE[0],
        fontsize=7.5, rotation=degrees(atan2(y2 - y1, x2 - x1)), rotation_mode="anchor",
        va="bottom" if up else "top",
    )  # fmt: skip


def _room(diagram: Pourbaix, k: int, pH: float, Eh: float) -> tuple[float, float]:
    """Width, pH, and height, V, of a field where its name stands."""
    row, column = int(abs(diagram.Eh - Eh).argmin()), int(abs(diagram.pH - pH).argmin())
    wide = float((diagram.grid[row] == k).sum() * (diagram.pH[1] - diagram.pH[0]))
    return wide, float((diagram.grid[:, column] == k).sum() * (diagram.Eh[1] - diagram.Eh[0]))


def _clear(diagram: Pourbaix, name: str) -> tuple[float, float]:
    """Where the name of a field goes: its middle, moved off the limits of water as far as it stays inside."""
    pH, Eh = diagram.labels[name]
    column = int(abs(diagram.pH - pH).argmin())
    limits = [float(volts[column]) for volts in (diagram.oxygen, diagram.hydrogen)]
    for shift in (0.0, _OFF, -_OFF, 2.0 * _OFF, -2.0 * _OFF):
        inside = all(diagram.form_at(pH, Eh + shift + d) == name for d in (-0.5 * _OFF, 0.5 * _OFF))
        if inside and all(abs(Eh + shift - limit) > _OFF for limit in limits):
            return pH, Eh + shift
    return pH, Eh


def _fill(name: str, element: str) -> str:
    if not name.endswith("(s)"):
        return "white"
    return _METAL if name == f"{element}(s)" else _SOLID
