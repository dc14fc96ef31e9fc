"""McCabe-Thiele: operating line, equilibrium line and the steps between them, one panel a metal.

The equilibrium line is that of the solved stages, with the pH and the free extractant of each: it bends with the metals
that compete for the extractant. On logarithmic axes a straight operating line is a curve; it is drawn as one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from hydromet.locale import tr
from hydromet.report.plots import style
from hydromet.report.plots.placing import Name, place

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from hydromet.chemistry.solutions.curve import Curve

    Numbers = NDArray[np.float64]

# Points of a line between two stages on logarithmic axes.
_FINE = 240
# Logarithmic axes end below this share of the highest concentration: what is smaller is a zero of the solver.
_DILUTE = 1e-18
# Stages closer than this, share of the axes, are named together.
_TOGETHER = 0.035
# Room at the end of linear axes, and most of an equilibrium line that is shown above the stages.
_ROOM, _ABOVE = 1.06, 1.5
# Places along a line that its name may stand at.
_ANCHORS = 24


def figure(curve: Curve, language: str = "en", log: bool = False) -> Figure:
    """One panel a metal.

    Args:
        curve: of ``hydromet.study.cascades.mccabe_thiele_table``.
        language: en or ja.
        log: logarithmic axes, on which the dilute end can be read.
    """
    language = style.words(language)
    metals = list(dict.fromkeys(str(name) for name in curve["metal"]))
    with style.looks():
        made, panels = style.new(5.2 * len(metals) + 0.4, 4.9, columns=len(metals))
        room = 0
        for k, (axes, metal) in enumerate(zip(panels, metals, strict=True)):
            title = f"{tr('McCabe-Thiele', language)}: {metal}, {curve.subject}"
            room = style.caption(axes, title, curve.conditions if k == 0 else "", room)
            _panel(axes, curve, metal, language, log)
    return made


def _panel(axes: Axes, curve: Curve, metal: str, language: str, log: bool) -> None:
    tint = style.colour(metal, 0)
    operating, equilibrium, steps, stages = (
        _line(curve, metal, name) for name in ("operating", "equilibrium", "steps", "stage")
    )
    axes.set_xlabel(f"{metal} {tr('in the aqueous phase', language)}, g/L")
    axes.set_ylabel(f"{metal} {tr('in the organic', language)}, g/L")
    _limits(axes, np.vstack([operating, stages]), equilibrium, log)
    low = np.array([axes.get_xlim()[0], axes.get_ylim()[0]])
    path = _fine(operating, low) if log else operating
    axes.plot(*np.maximum(path, low).T, color=style.BLACK, lw=1.1)
    axes.plot(*np.maximum(steps, low).T, color=style.GREY, lw=0.9)
    if equilibrium.size:
        axes.plot(*equilibrium.T, color=tint, lw=1.8)
    axes.plot(*stages.T, "o", ms=4.0, color=tint, mec=style.BLACK, mew=0.5, zorder=4)
    ends = operating[[0, -1]]
    axes.plot(*np.maximum(ends, low).T, "s", ms=3.5, color="white", mec=style.BLACK, mew=0.8, zorder=4, clip_on=False)
    extracting = bool(operating[0, 0] >= stages[-1, 0])
    names = _stages(axes, stages, curve, metal, extracting)
    names += _lines(axes, path, equilibrium, tint, extracting, language)
    place(axes, names, [path, np.maximum(steps, low), equilibrium])


def _line(curve: Curve, metal: str, name: str) -> Numbers:
    rows = zip(curve["metal"], curve["line"], curve["aqueous"], curve["organic"], strict=True)
    return np.array([(x, y) for one, line, x, y in rows if one == metal and line == name], dtype=float).reshape(-1, 2)


def _limits(axes: Axes, points: Numbers, equilibrium: Numbers, log: bool) -> None:
    """From zero, or on logarithmic axes over what is there; with the equilibrium line above stages that fall short."""
    top = points.max(axis=0)
    if equilibrium.size:
        top = np.maximum(top, np.minimum(equilibrium.max(axis=0), _ABOVE * top))
    if not log:
        axes.set_xlim(0.0, _ROOM * top[0])
        axes.set_ylim(0.0, _ROOM * top[1])
        return
    axes.set_xscale("log")
    axes.set_yscale("log")
    low = [
        max(float(column[column > 0.0].min()) / 2.0, _DILUTE * most) for column, most in zip(points.T, top, strict=True)
    ]
    axes.set_xlim(low[0], 2.0 * top[0])
    axes.set_ylim(low[1], 2.0 * top[1])


def _fine(line: Numbers, low: Numbers) -> Numbers:
    """A line that is straight in concentrations, with points close enough for logarithmic axes."""
    found = [line[:1]]
    for a, b in pairwise(line):
        # close to either end, so that both dilute ends are round
        near = np.concatenate([[0.0], np.geomspace(1e-9, 0.5, _FINE // 2)])
        along = np.concatenate([near, 1.0 - near[::-1]])[:, None]
        found.append(a + along * (b - a))
    return np.maximum(np.vstack(found), low)


def _stages(axes: Axes, stages: Numbers, curve: Curve, metal: str, extracting: bool) -> list[Name]:
    """Numbers of the stages with their pH; stages on the same spot are named together."""
    at = (axes.transData + axes.transAxes.inverted()).transform(stages)
    pHs = [
        float(pH) for one, line, pH in zip(curve["metal"], curve["line"], curve["pH"], strict=True)
        if one == metal and line == "stage" and isinstance(pH, int | float)
    ]  # fmt: skip
    groups: list[list[int]] = []
    for j in range(len(stages)):
        if groups and np.hypot(*(at[j] - at[groups[-1][-1]])) < _TOGETHER:
            groups[-1].append(j)
        else:
            groups.append([j])
    found = []
    for group in groups:
        numbers = f"{group[0] + 1}" if len(group) == 1 else f"{group[0] + 1}-{group[-1] + 1}"
        values = sorted({f"{pHs[j]:.2f}" for j in group}, key=float)
        pH = values[0] if len(values) == 1 else f"{values[0]}..{values[-1]}"
        middle = stages[group[len(group) // 2]][None, :]
        found.append(Name(f"{numbers}  pH {pH}", style.BLACK, middle, 135.0 if extracting else -45.0))
    return found


def _lines(
    axes: Axes, operating: Numbers, equilibrium: Numbers, tint: str, extracting: bool, language: str
) -> list[Name]:
    """Names of both lines, each on its outer side, anywhere along it."""
    both: Sequence[tuple[Numbers, str, str, float]] = (
        (equilibrium, tr("equilibrium line", language), tint, 135.0 if extracting else -45.0),
        (operating, tr("operating line", language), style.BLACK, -45.0 if extracting else 135.0),
    )
    found = []
    for line, text, colour, towards in both:
        places = (axes.transData + axes.transAxes.inverted()).transform(line) if line.size else line
        inside = line[(places.min(axis=1) > -1e-6) & (places.max(axis=1) < 0.98)] if line.size else line
        if inside.size:
            chosen = inside[np.unique(np.linspace(0, len(inside) - 1, _ANCHORS).astype(int))]
            # the middle of the line first
            order = np.argsort(np.abs(np.arange(len(chosen)) - 0.5 * len(chosen)), kind="stable")
            found.append(Name(text, colour, chosen[order], towards, 8.0))
    return found
