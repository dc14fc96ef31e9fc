"""How ln gamma and ln a_w at fixed molalities change with every parameter of Pitzer's equations.

The excess energy G of ``kernels.pitzer`` is linear in every parameter but the Debye-Hueckel slope A, so the derivatives
are those of the terms of its sums: ``d ln gamma_i = d2G / dm_i dp`` and, by Gibbs-Duhem,
``d ln a_w = -M_w (sum_i m_i d ln gamma_i - dG/dp)``. The slope enters through f(I), which is linear, and through
E-Theta, of which I E-Theta is a function of A sqrt I: ``A dE/dA = 2 (E + I dE/dI)``.
"""

from __future__ import annotations

from itertools import combinations
from math import exp, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

from hydromet.kernels.electrostatic import electrostatic
from hydromet.kernels.pitzer import MW, B

if TYPE_CHECKING:
    from hydromet.chemistry.system import Array, System

PAIR_TERMS = ("beta0", "beta1", "beta2", "C")


def parameter_names(system: System) -> tuple[str, ...]:
    """``Aphi``, ``beta0(Ni+2, SO4-2)``, ``theta(...)`` (lambda where a neutral takes part) and ``psi(...)`` (zeta).

    C is Cphi / (2 sqrt|z+ z-|). The order is that of ``System.pitzer``.
    """
    names, z = system.names, system.z

    def spelled(symbols: tuple[str, str], who: Array) -> str:
        neutral = any(z[i] == 0.0 for i in who)
        return f"{symbols[1 if neutral else 0]}({', '.join(names[i] for i in who)})"

    pairs = [f"{term}({names[i]}, {names[j]})" for i, j in system.pair for term in PAIR_TERMS]
    two = [spelled(("theta", "lambda"), who) for who in system.two]
    three = [spelled(("psi", "zeta"), who) for who in system.three]
    return ("Aphi", *pairs, *two, *three)


def parameter_terms(system: System, m: Array, aphi: float) -> tuple[Array, Array]:
    """Changes of ln gamma (species, parameters) and of ln a_w (parameters) at fixed molalities.

    Args:
        system: species and which of them interact.
        m: molalities, mol/kg.
        aphi: Debye-Hueckel slope.
    """
    z = system.z
    strength = max(0.5 * float(m @ z**2), 1e-20)
    total = float(m @ np.abs(z))
    count = 1 + 4 * len(system.pair) + len(system.two) + len(system.three)
    by_m, energy = np.zeros((len(m), count)), np.zeros(count)
    by_m[:, 0], energy[0] = _slope(m, z, strength, aphi, system.davies)
    half = 0.5 * z**2
    i, j = system.pair.T
    both = m[i] * m[j]
    columns = 1 + 4 * np.arange(len(both))
    ranges = np.array([(1.0, 0.0), *(_range(alpha * sqrt(strength)) for alpha in system.alphas)])
    for term, kind in enumerate((np.zeros(len(both), dtype=np.int64), *(1 + system.pair_alpha.T))):
        g, slope = 2.0 * ranges[kind].T
        energy[columns + term] = g * both
        by_m[:, columns + term] = np.outer(half, slope / strength * both)
        by_m[i, columns + term] += g * m[j]
        by_m[j, columns + term] += g * m[i]
    columns += len(PAIR_TERMS) - 1
    energy[columns] = total * both
    by_m[:, columns] = np.outer(np.abs(z), both)
    by_m[i, columns] += total * m[j]
    by_m[j, columns] += total * m[i]
    i, j = system.two.T
    columns = 1 + 4 * len(both) + np.arange(len(i))
    energy[columns] = 2.0 * m[i] * m[j]
    by_m[i, columns] += 2.0 * m[j]
    by_m[j, columns] += 2.0 * m[i]
    i, j, k = system.three.T
    columns = 1 + 4 * len(both) + len(system.two) + np.arange(len(i))
    energy[columns] = m[i] * m[j] * m[k]
    for one, other, third in ((i, j, k), (j, i, k), (k, i, j)):
        by_m[one, columns] += m[other] * m[third]
    return by_m, -MW * (m @ by_m - energy)


def _range(x: float) -> tuple[float, float]:
    """Value of g and I dg/dI at x = alpha sqrt I."""
    if x < 1e-3:
        return 1.0 - x * (2.0 / 3.0 - 0.25 * x), -x / 3.0 + 0.25 * x * x
    e = exp(-x)
    return 2.0 * (1.0 - (1.0 + x) * e) / (x * x), -2.0 * (1.0 - (1.0 + x + 0.5 * x * x) * e) / (x * x)


def _slope(m: Array, z: Array, strength: float, aphi: float, davies: bool) -> tuple[Array, float]:
    """Changes of ln gamma and of G with the Debye-Hueckel slope."""
    root = sqrt(strength)
    if davies:
        energy = -6.0 * (strength - 2.0 * root + 2.0 * log(1.0 + root) - 0.15 * strength**2)
        return -3.0 * z**2 * (root / (1.0 + root) - 0.3 * strength), energy
    bracket = log(1.0 + B * root)
    energy = -4.0 * strength / B * bracket
    by_strength = -2.0 * (root / (1.0 + B * root) + 2.0 / B * bracket)
    by_m = np.zeros(len(m))
    like = {charge: float(m[z == charge].sum()) for charge in sorted(set(z.tolist())) if charge != 0.0}
    for one, other in combinations(like, 2):
        if one * other < 0.0:
            continue
        both, first, second = _mixing(abs(one), abs(other), strength, aphi)
        # 2 E and its slope in I, by A
        value, slope = 4.0 * (both + first) / aphi, 4.0 * (2.0 * first + second) / (aphi * strength)
        energy += like[one] * like[other] * value
        by_strength += like[one] * like[other] * slope
        by_m[z == one] += like[other] * value
        by_m[z == other] += like[one] * value
    return by_m + 0.5 * z**2 * by_strength, energy


def _mixing(a: float, b: float, strength: float, aphi: float) -> tuple[float, float, float]:
    """E-Theta, I times its first and I^2 times its second derivative in I."""
    found = []
    for product in (a * b, a * a, b * b):
        out = np.empty(3)
        electrostatic(6.0 * product * aphi * sqrt(strength), out)
        found.append(out)
    J = found[0] - 0.5 * found[1] - 0.5 * found[2]
    scale = 0.25 * a * b / strength
    # x is proportional to sqrt I: I dJ/dI = x J'/2, I^2 d2J/dI2 = (x^2 J'' - x J')/4
    value, first, second = J[0], 0.5 * J[1], 0.25 * (J[2] - J[1])
    return scale * value, scale * (first - value), scale * (second - 2.0 * first + 2.0 * value)
