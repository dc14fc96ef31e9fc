r"""Thickening: settling of flocculated solids, area of a thickener, washing in a chain of them.

Hindered settling ``v(C) = v_0 (1 - C / C_p)^n``, v_0 with the flocculant dose. The solids flux that passes every
concentration C between feed and underflow (Coe and Clevenger) sets the area; at the feed it is the clarity of the
overflow:

.. math:: F = \min_{C_f \le C \le C_u} \frac{v(C)}{1 / C - 1 / C_u}, A = \dot m_s / F
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.units.cakes import SIZING
from hydromet.units.practice import practices

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hydromet.units.cakes import Solid

    Array = NDArray[np.float64]

# Concentrations between feed and underflow at which the flux is looked at.
_POINTS = 801
# A feed this near to the underflow asks for no settling.
_CLOSE = 0.999


def flocculated(kind: Solid, dose: float) -> tuple[float, float]:
    r"""Settling velocity (m/s) and solids in the overflow (kg/m3) at a flocculant dose, kg/kg.

    .. math:: v = v_d \frac{f + (1 - f)(1 - e^{-k d / d_0})}{f + (1 - f)(1 - e^{-k})}, C_o = C_d e^{-k (d / d_0 - 1)}

    with the data at their dose d_0, f the share of the velocity without flocculant, k the response. Where the usual
    dose is zero there is nothing to flocculate.
    """
    if kind.dose <= 0.0:
        return kind.settling, kind.overflow
    usual = practices(SIZING)
    bare, response = usual["unflocculated"].value, usual["flocculant_response"].value
    ratio = dose / kind.dose

    def velocity(x: float) -> float:
        return bare + (1.0 - bare) * -math.expm1(-response * x)

    settling = kind.settling * velocity(ratio) / velocity(1.0)
    return settling, kind.overflow * math.exp(-response * (ratio - 1.0))


def fluxes(velocity: Array, concentration: Array, underflow: float) -> Array:
    """Flux of solids that passes each concentration on the way to an underflow, kg/m2/s (Coe and Clevenger).

    Args:
        velocity: of settling at each concentration, m/s.
        concentration: kg/m3, below that of the underflow.
        underflow: kg/m3.
    """
    return velocity / (1.0 / concentration - 1.0 / underflow)


def limiting_flux(velocity: float, kind: Solid, feed: float, underflow: float) -> float:
    """Largest flux of solids from feed to underflow, kg/m2/s; zero if the underflow is thicker than the solid packs.

    Args:
        velocity: of the dilute solid, m/s.
        kind: hindrance.
        feed: solids per volume of feed, kg/m3.
        underflow: the same of the underflow.
    """
    if underflow >= kind.packed:
        return 0.0
    low = min(feed, _CLOSE * underflow)
    grid = np.linspace(low, underflow, _POINTS)[:-1]
    flux = fluxes(velocity * (1.0 - grid / kind.packed) ** kind.order, grid, underflow)
    best = int(np.argmin(flux))
    if 0 < best < len(flux) - 1:
        a, b, c = (float(x) for x in flux[best - 1 : best + 2])
        return b - 0.125 * (a - c) ** 2 / (a - 2.0 * b + c) if a + c > 2.0 * b else b
    return float(flux[best])


def per_volume(share: float, solid: float, liquor: float) -> float:
    """Solids per volume of a slurry, kg/m3, from solids per mass and the densities of solid and liquor."""
    return share / (share / solid + (1.0 - share) / liquor)


@dataclass(frozen=True)
class Chain:
    """Thickeners in counter-current; one entry a stage, from the feed to the wash; kg/s.

    Attributes:
        solids: settling in a stage. carried: leaving it with the overflow. underflow: liquor of the underflow.
        overflow: liquor of the overflow. left: share of the feed's own liquor in the liquor of the underflow.
        rich: the same of the overflow. wash: liquor drawn.
    """

    solids: Array
    carried: Array
    underflow: Array
    overflow: Array
    left: Array
    rich: Array
    wash: float


def chain(
    stages: int, solids: float, liquor: float, *, thickness: float, wash_ratio: float, mixing: float, carried: float
) -> Chain:
    """Counter-current decantation.

    Underflow liquor that does not mix (1 - ``mixing``) goes through; the rest mixes with the overflow from the next
    stage. Solids that leave with an overflow settle again one stage nearer to the feed.

    Args:
        stages: number of thickeners.
        solids: of the feed, kg/s.
        liquor: of the feed, kg/s.
        thickness: solids per mass of every underflow.
        wash_ratio: wash per liquor of the last underflow.
        mixing: share of the underflow's liquor that mixes.
        carried: share of the solids of a stage that its overflow takes along.
    """
    settle = np.eye(stages)
    for i in range(1, stages):
        settle[i, i - 1] -= 1.0 - carried
        settle[i - 1, i] -= carried
    there = np.linalg.solve(settle, np.eye(stages)[0] * solids)
    under = (1.0 - carried) * there * (1.0 - thickness) / thickness
    if wash_ratio < 1.0 and (1.0 - wash_ratio) * under[-1] > _CLOSE * liquor:
        under *= _CLOSE * liquor / ((1.0 - wash_ratio) * under[-1])
    wash = wash_ratio * float(under[-1])
    before = np.concatenate([[liquor], under[:-1]])
    over = wash + np.cumsum((before - under)[::-1])[::-1]
    through = (1.0 - mixing) * np.minimum(before, under)
    left, rich = _compositions(before, under, over, through, wash)
    return Chain(there, carried * there, under, over, left, rich, wash)


def _compositions(before: Array, under: Array, over: Array, through: Array, wash: float) -> tuple[Array, Array]:
    """Share of the feed's liquor in the liquor of each underflow and overflow: one linear system for all stages."""
    stages = len(under)
    matrix, right = np.zeros((2 * stages, 2 * stages)), np.zeros(2 * stages)
    nexts = np.append(over[1:], wash)
    for i in range(stages):
        mixes = before[i] - through[i]
        x, y = i, stages + i
        matrix[y, y] = mixes + nexts[i]
        matrix[x, x], matrix[x, y] = under[i], through[i] - under[i]
        if i:
            matrix[y, x - 1], matrix[x, x - 1] = -mixes, -through[i]
        else:
            right[y], right[x] = mixes, through[i]
        if i + 1 < stages:
            matrix[y, y + 1] = -nexts[i]
    found = np.asarray(np.linalg.solve(matrix, right), dtype=np.float64)
    return found[:stages], found[stages:]
