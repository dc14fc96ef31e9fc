"""Excess enthalpy of an aqueous solution: the derivative of Pitzer's excess Gibbs energy with temperature.

With G as in ``kernels.pitzer``, at constant molalities::

    dG/dT = (df/dA) A' + sum m_c m_a (2 B'_ca(I) + Z C'_ca) + sum 2 (Theta'_ij + E-Theta'_ij(I)) m_i m_j
            + sum psi'_ijk m_i m_j m_k

where A is the Debye-Hueckel slope and a prime is d/dT. G is linear in every parameter but A, and E-Theta depends on A
only, so the same index arrays serve with the slopes of the parameters in place of their values.
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from hydromet.kernels import Array, Index, jit
from hydromet.kernels.electrostatic import CHARGES, electrostatic
from hydromet.kernels.pitzer import B


@jit
def gibbs_slope(
    m: Array,
    z: Array,
    aphi: float,
    aphi_slope: float,
    alphas: Array,
    pair: Index,
    pair_alpha: Index,
    pair_slope: Array,
    two: Index,
    two_slope: Array,
    three: Index,
    three_slope: Array,
) -> float:
    """d(G_excess / RT) / dT at constant molalities, mol/(kg K) of water.

    Args:
        m: molalities (n,), mol/kg water.
        z: charges (n,).
        aphi: Debye-Hueckel slope, (kg/mol)^0.5.
        aphi_slope: its derivative with temperature.
        alphas: the distinct alpha values.
        pair: cation and anion (p, 2).
        pair_alpha: index of alpha1 and alpha2 (p, 2).
        pair_slope: derivatives of beta0, beta1, beta2, C (p, 4), C = Cphi / (2 sqrt|z+ z-|).
        two: species of Theta and lambda (q, 2).
        two_slope: derivatives of their values.
        three: species of psi and zeta (r, 3).
        three_slope: derivatives of their values.
    """
    strength = 0.0
    Z = 0.0
    sums = np.zeros((2, CHARGES + 1))
    highest = 0
    for i in range(m.size):
        strength += 0.5 * m[i] * z[i] * z[i]
        Z += m[i] * abs(z[i])
        size = int(abs(z[i]))
        if size > 0:
            sums[0 if z[i] > 0.0 else 1, size] += m[i]
            highest = max(highest, size)
    strength = max(strength, 1e-20)
    root = sqrt(strength)
    slope = -4.0 * aphi_slope * strength / B * log(1.0 + B * root)

    g = np.empty(alphas.size)
    for k in range(alphas.size):
        x = alphas[k] * root
        g[k] = 2.0 * (1.0 - (1.0 + x) * exp(-x)) / (x * x) if x > 1e-3 else 1.0 - x * (2.0 / 3.0 - 0.25 * x)
    for p in range(pair.shape[0]):
        b = pair_slope[p, 0] + pair_slope[p, 1] * g[pair_alpha[p, 0]] + pair_slope[p, 2] * g[pair_alpha[p, 1]]
        slope += m[pair[p, 0]] * m[pair[p, 1]] * (2.0 * b + Z * pair_slope[p, 3])
    for p in range(two.shape[0]):
        slope += 2.0 * m[two[p, 0]] * m[two[p, 1]] * two_slope[p]
    for p in range(three.shape[0]):
        slope += m[three[p, 0]] * m[three[p, 1]] * m[three[p, 2]] * three_slope[p]

    # E-Theta = z_i z_j / (4 I) (J(x_ij) - J(x_ii) / 2 - J(x_jj) / 2), x = 6 z_i z_j A sqrt I: dE/dA = ... x J' / A
    J = np.empty((3, 3))
    for a in range(1, highest + 1):
        for b2 in range(a + 1, highest + 1):
            mm = sums[0, a] * sums[0, b2] + sums[1, a] * sums[1, b2]
            if mm <= 0.0:
                continue
            electrostatic(6.0 * a * b2 * aphi * root, J[0])
            electrostatic(6.0 * a * a * aphi * root, J[1])
            electrostatic(6.0 * b2 * b2 * aphi * root, J[2])
            first = J[0, 1] - 0.5 * J[1, 1] - 0.5 * J[2, 1]
            slope += 2.0 * mm * 0.25 * a * b2 / strength * first * aphi_slope / aphi
    return slope
