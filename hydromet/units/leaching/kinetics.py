"""Conversion of solids in a train of equal stirred tanks."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

GAS_CONSTANT = 8.314462618
# Beyond this many tank times plus tanks the residence-time density is below 1e-17.
_TAIL = 45.0
_NODES = 64


def arrhenius(rate: float, energy: float, reference: float, temperature: float) -> float:
    """Rate constant at a temperature.

    Args:
        rate: at the reference, 1/s.
        energy: activation energy, J/mol.
        reference: K.
        temperature: K.
    """
    return rate * math.exp(-energy / GAS_CONSTANT * (1.0 / temperature - 1.0 / reference))


def first_order(rate: float, time: float, tanks: int) -> float:
    """Conversion of a first-order reaction: 1 - (1 + k t / N)^-N.

    Args:
        rate: k, 1/s.
        time: residence time of all tanks together, s.
        tanks: N.
    """
    return 1.0 - (1.0 + rate * time / tanks) ** -tanks


def shrinking_core(rate: float, time: float, tanks: int) -> float:
    r"""Conversion of particles that shrink by surface reaction, averaged over the residence times of the train.

    .. math:: 1 - (1 - X)^{1/3} = k t, \qquad \bar X = 1 - \int_0^{1/k} (1 - k t)^3 E_N(t)\,dt

    with E_N the gamma density of N equal stirred tanks. Particles react independently of each other (segregated flow).

    Args:
        rate: k, 1/s; 1/k is the time of complete conversion of a particle.
        time: residence time of all tanks together, s.
        tanks: N.
    """
    if rate <= 0.0 or time <= 0.0:
        return 0.0
    tank = time / tanks
    end = min(1.0 / (rate * tank), tanks + _TAIL)
    nodes, weights = _legendre()
    s = 0.5 * end * (nodes + 1.0)
    density = s ** (tanks - 1) * np.exp(-s) / math.factorial(tanks - 1)
    core = np.maximum(0.0, 1.0 - rate * tank * s) ** 3
    return 1.0 - float(0.5 * end * np.sum(weights * core * density))


@lru_cache(maxsize=1)
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights
