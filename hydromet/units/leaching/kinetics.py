"""How far a solid has reacted after a time, in a beaker and in a train of stirred tanks.

A ``Law`` says which share of a solid has reacted when its clock (s, the time at standard conditions) has reached a
value. In a beaker all particles have the same clock; in a train their clocks are spread as their residence times are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaincc

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    Row = NDArray[np.float64]

GAS_CONSTANT = 8.314462618
# Number of tanks that stands for a batch: every particle stays for the same time.
BATCH = 0
_NODES = 10
_SIZES = 7
# Shares of a lognormal distribution in a batch, where no spread of residence times smooths the sizes.
_FINE = 41
_RADII = 1500
_TABLE = 300
# Molality below which a power of it becomes linear, mol/kg.
_LEAN = 1e-4
# Shape of the clocks beyond which particles are taken to have the same clock, and least clock that is told from zero.
_SAME = 1e9
_LEAST = 1e-300
# Shapes between which the sum over the parts of the solid gives way to one over the clocks: trains (12 tanks at most)
# keep the first; a narrow density, that of a small heel, falls between the parts and would step from one to the next.
_WIDE, _NARROW = 12.5, 40.0
_NORMAL = np.polynomial.hermite_e.hermegauss(12)


def arrhenius(rate: float, energy: float, reference: float, temperature: float) -> float:
    """Rate constant at a temperature.

    Args:
        rate: at the reference, 1/s.
        energy: activation energy, J/mol.
        reference: K.
        temperature: K.
    """
    return rate * math.exp(-energy / GAS_CONSTANT * (1.0 / temperature - 1.0 / reference))


def driving(amount: float, order: float) -> float:
    """The ``order``-th power of a molality with a finite slope at zero: (c + e)^n - e^n, zero below zero.

    A power below one would still run at full speed with the last molecule.
    """
    return math.pow(max(amount, 0.0) + _LEAN, order) - math.pow(_LEAN, order)


def needed(drive: float, order: float) -> float:
    """The molality that gives a driving force, mol/kg; the inverse of ``driving``."""
    return math.pow(max(drive, 0.0) + math.pow(_LEAN, order), 1.0 / order) - _LEAN


@dataclass(frozen=True, eq=False)
class Law:
    r"""A share of a solid against its clock y: quantiles of the clock at which the parts of the solid have reacted.

    .. math:: X(y) = \sum_i w_i\,[G_i < y], \qquad \bar X = \sum_i w_i\,\Pr(Y > G_i)

    Attributes:
        clocks: G_i, dimensionless (rate constant times time).
        shares: w_i.
        batch: share reacted where all particles have the same clock.
    """

    clocks: Row
    shares: Row
    batch: Callable[[float], float]

    def train(self, mean: float, shape: float) -> float:
        """Share reacted where the clocks are gamma-distributed (mean times the rate constant, shape of the density).

        N equal tanks give shape N exactly; tanks with different liquors the shape of the same mean and variance.
        """
        if mean <= _LEAST:
            return 0.0
        if shape > _SAME:
            return self.batch(mean)
        narrow = min(1.0, max(0.0, (shape - _WIDE) / (_NARROW - _WIDE)))
        found = narrow * self._narrow(mean, shape) if narrow > 0.0 else 0.0
        if narrow < 1.0:
            found += (1.0 - narrow) * float(self.shares @ gammaincc(shape, self.clocks * (shape / mean)))
        return found

    def _narrow(self, mean: float, shape: float) -> float:
        """The batch over a narrow gamma density, whose cube root is nearly normal (Wilson and Hilferty 1931)."""
        ninth = 1.0 / (9.0 * shape)
        clocks = mean * (1.0 - ninth + _NORMAL[0] * math.sqrt(ninth)) ** 3
        return float(sum(w * self.batch(float(y)) for y, w in zip(clocks, _NORMAL[1], strict=True)) / _NORMAL[1].sum())


@lru_cache(maxsize=64)
def shrinking_core(sizes: tuple[tuple[float, float], ...], layer: float) -> Law:
    r"""Particles that shrink by surface reaction and by diffusion through the layer that they leave, in series.

    .. math:: k t = (1 - \lambda)\,d\,(1 - r) + \lambda\,d^2\,(1 - 3 r^2 + 2 r^3), \qquad X = 1 - r^3

    Surface reaction alone is :math:`\lambda = 0`, product layer alone :math:`\lambda = 1`; 1/k is the time of complete
    conversion of a particle of the reference size.

    Args:
        sizes: (diameter over the reference diameter, share of the volume).
        layer: share of the layer in the time of complete conversion, 0 to 1.
    """
    x, w = np.polynomial.legendre.leggauss(_NODES)
    r = 0.5 * (x + 1.0)
    parts = np.array([share for _, share in sizes])[:, None]
    shells = (parts * (1.5 * r**2 * w)).ravel()
    return Law(np.concatenate([_time_to(r, d, layer) for d, _ in sizes]), shells, _core_table(sizes, layer))


def _time_to(r: Row, d: float, layer: float) -> Row:
    """Clock at which the core of a particle has the relative radius r."""
    return (1.0 - layer) * d * (1.0 - r) + layer * d**2 * (1.0 - 3.0 * r**2 + 2.0 * r**3)


def _core_table(sizes: tuple[tuple[float, float], ...], layer: float) -> Callable[[float], float]:
    """X(y) of all sizes together, a cubic spline over ln y: smooth enough for the solver of the batch."""
    from scipy.interpolate import CubicSpline

    r = 1.0 - (1.0 - np.linspace(1.0, 0.0, _RADII)) ** 2  # finer where the shell is thin
    ends = [_time_to(np.array([0.0]), d, layer)[0] for d, _ in sizes]
    first, last = math.log(1e-5 * min(ends)), math.log(max(ends))
    grid = np.linspace(first, last, _TABLE)
    y = np.exp(grid)
    reached = np.zeros(_TABLE)
    for d, share in sizes:
        reached += share * (1.0 - np.interp(y, _time_to(r, d, layer), r) ** 3)
    table = CubicSpline(grid, reached).c
    rows = [tuple(map(float, table[:, i])) for i in range(_TABLE - 1)]
    step, low = (last - first) / (_TABLE - 1), float(reached[0])

    def batch(clock: float) -> float:
        if clock <= 0.0:
            return 0.0
        at = math.log(clock) - first
        if at <= 0.0:
            return low * math.exp(at)  # proportional to the clock below the table
        i = int(at / step)
        if i >= _TABLE - 1:
            return 1.0
        t = at - i * step
        a, b, c, e = rows[i]
        return ((a * t + b) * t + c) * t + e

    return batch


@lru_cache(maxsize=64)
def avrami(exponent: float) -> Law:
    r"""Avrami's law :math:`X = 1 - \exp(-(k t)^n)`; first order is n = 1, diffusion into a solid n = 0.5.

    A plateau multiplies what it gives.
    """
    # s = u^4 puts most nodes to where the last of the solid reacts.
    x, w = np.polynomial.legendre.leggauss(4 * _NODES)
    u = 0.5 * (x + 1.0)

    def batch(clock: float) -> float:
        return -math.expm1(-math.pow(clock, exponent)) if clock > 0.0 else 0.0

    return Law((-4.0 * np.log(u)) ** (1.0 / exponent), 2.0 * u**3 * w, batch)


def first_order(clock: float, shape: float) -> float:
    """Share reacted by a first-order reaction: 1 - (1 + y / N)^-N, in a batch 1 - exp(-y).

    Args:
        clock: mean of k t.
        shape: of the clocks, N for N equal tanks.
    """
    if shape > _SAME:
        return -math.expm1(-clock)
    return -math.expm1(-shape * math.log1p(clock / shape))


@lru_cache(maxsize=64)
def lognormal(spread: float, *, fine: bool = False) -> tuple[tuple[float, float], ...]:
    """Sizes (relative to the median) and shares of volume of a lognormal distribution.

    Args:
        spread: standard deviation of ln d.
        fine: more sizes, for a batch.
    """
    if spread <= 0.0:
        return ((1.0, 1.0),)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_FINE if fine else _SIZES)
    shares = weights / weights.sum()
    return tuple((math.exp(spread * float(z)), float(w)) for z, w in zip(nodes, shares, strict=True) if w > 1e-9)
