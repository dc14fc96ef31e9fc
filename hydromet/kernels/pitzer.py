"""Activity coefficients of an aqueous solution: Pitzer's equations with higher-order electrostatic terms.

The excess Gibbs energy per kilogram of water, divided by RT, is taken as a function of the molalities m, the ionic
strength I = sum(m z^2)/2 and Z = sum(m |z|)::

    G = f(I) + sum m_c m_a (2 B_ca(I) + Z C_ca) + sum 2 (Theta_ij + E-Theta_ij(I)) m_i m_j + sum psi_ijk m_i m_j m_k
    f = -(4 A I / b) ln(1 + b sqrt I),  b = 1.2,  B = beta0 + beta1 g(alpha1 sqrt I) + beta2 g(alpha2 sqrt I)

Neutral species enter through the same two- and three-body sums (lambda and zeta). ln gamma is the gradient of G, the
osmotic coefficient follows from G and its gradient, so Gibbs-Duhem holds to round-off, and the second derivatives are
exact. Sources: Pitzer (1991), Harvie, Moller and Weare (1984).

For comparison with codes that use it there is Davies' equation, too: f(I) alone, with ``3 A`` for the slope, ::

    f = -6 A (I - 2 sqrt I + 2 ln(1 + sqrt I) - 0.15 I^2),   ln gamma_i = -3 A z_i^2 (sqrt I / (1 + sqrt I) - 0.3 I)
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from hydromet.kernels import Array, Index, jit, part_of
from hydromet.kernels.electrostatic import CHARGES, higher_order
from hydromet.kernels.tables import DAVIES, PITZER
from hydromet.species import WATER, species

B = 1.2
# Molar mass of water, kg/mol; frozen into the compiled kernels.
MW = species(WATER).molar_mass
SLOTS = 2 * CHARGES + 1


@jit
def room(species: int, pairs: int, alphas: int) -> tuple[Array, Array, Array, Array, Array, Array]:
    """Room for what ``gradient`` leaves for ``curvature``: each, by_pair, g, ions, theta, J."""
    side = CHARGES + 1
    return (
        np.zeros((2, species)),
        np.zeros(pairs),
        np.zeros((alphas, 3)),
        np.zeros((4, SLOTS)),
        np.zeros((2, side, side)),
        np.zeros((CHARGES * CHARGES + 1, 3)),
    )


@part_of
def _debye_hueckel(model: int, aphi: float, strength: float, root: float) -> tuple[float, float, float]:
    """f(I) and its first and second derivative."""
    if model == DAVIES:
        slope = 6.0 * aphi
        return (
            -slope * (strength - 2.0 * root + 2.0 * log(1.0 + root) - 0.15 * strength * strength),
            -slope * (root / (1.0 + root) - 0.3 * strength),
            -slope * (0.5 / (root * (1.0 + root) ** 2) - 0.3),
        )
    bracket = log(1.0 + B * root)
    return (
        -4.0 * aphi * strength / B * bracket,
        -2.0 * aphi * (root / (1.0 + B * root) + 2.0 / B * bracket),
        -aphi * (1.0 / (root * (1.0 + B * root) ** 2) + 2.0 / (root * (1.0 + B * root))),
    )


@part_of
def _ranges(alphas: Array, root: float, g: Array) -> None:
    """g(x), I g'(I) and I^2 g''(I) of each alpha, x = alpha sqrt I."""
    for k in range(alphas.size):
        x = alphas[k] * root
        if x < 1e-3:
            g[k, 0] = 1.0 - x * (2.0 / 3.0 - 0.25 * x)
            g[k, 1] = -x / 3.0 + 0.25 * x * x
            g[k, 2] = x / 6.0
        else:
            e = exp(-x)
            h = -2.0 * (1.0 - (1.0 + x + 0.5 * x * x) * e) / (x * x)
            g[k, 0] = 2.0 * (1.0 - (1.0 + x) * e) / (x * x)
            g[k, 1] = h
            g[k, 2] = 0.5 * x * (-2.0 * h / x - e) - h


@part_of
def gradient(
    model: int, aphi: float, charge: Index, alphas: Array, pair: Index, pair_alpha: Index, pair_value: Array,
    two: Index, two_value: Array, three: Index, three_value: Array, m: Array, lng: Array, each: Array,
    by_pair: Array, g: Array, ions: Array, theta: Array, J: Array,
) -> tuple[float, float]:  # fmt: skip
    """Ln gamma of every species.

    Args:
        model: PITZER or DAVIES.
        aphi: Debye-Hueckel slope, (kg/mol)^0.5.
        charge: charges (n,).
        alphas: the distinct alpha values.
        pair: cation and anion (p, 2).
        pair_alpha: index of alpha1 and alpha2 (p, 2).
        pair_value: beta0, beta1, beta2, C (p, 4), C = Cphi / (2 sqrt|z+ z-|).
        two: species of Theta and lambda (q, 2).
        two_value: their values.
        three: species of psi and zeta (r, 3).
        three_value: their values.
        m: molalities (n,), mol/kg water.
        lng: ln gamma out (n,).
        each: d2G / dI dm and d2G / dZ dm of every species out (2, n).
        by_pair: d2G / dm dm of every pair out.
        g: g, I g', I^2 g'' of each alpha out.
        ions: by charge: molality, what ln gamma and d2G / dI dm have in common, out; d2G / dI2 is first in
            the last row.
        theta: E-Theta and its derivative in I by size of the two charges, doubled, out.
        J: work, see ``higher_order``.

    Returns:
        (ln of the water activity, ionic strength).
    """
    n = m.size
    for slot in range(SLOTS):
        ions[0, slot] = 0.0
    total = 0.0
    for i in range(n):
        ions[0, CHARGES + charge[i]] += m[i]
        total += m[i]
        lng[i] = 0.0
        each[0, i] = 0.0
        each[1, i] = 0.0
    strength = 0.0
    Z = 0.0
    for size in range(1, CHARGES + 1):
        both = ions[0, CHARGES + size] + ions[0, CHARGES - size]
        strength += size * size * both
        Z += size * both
    strength = max(0.5 * strength, 1e-20)
    root = sqrt(strength)
    G, G_I, G_II = _debye_hueckel(model, aphi, strength, root)
    G_Z = 0.0
    _ranges(alphas, root, g)
    inverse = 1.0 / strength
    for p in range(pair.shape[0]):
        i, j = pair[p, 0], pair[p, 1]
        k1, k2 = pair_alpha[p, 0], pair_alpha[p, 1]
        b1, b2, C = pair_value[p, 1], pair_value[p, 2], pair_value[p, 3]
        v = 2.0 * (pair_value[p, 0] + b1 * g[k1, 0] + b2 * g[k2, 0]) + Z * C
        v1 = 2.0 * (b1 * g[k1, 1] + b2 * g[k2, 1]) * inverse
        mi, mj = m[i], m[j]
        mm = mi * mj
        G += mm * v
        G_I += mm * v1
        G_II += mm * 2.0 * (b1 * g[k1, 2] + b2 * g[k2, 2]) * (inverse * inverse)
        G_Z += mm * C
        by_pair[p] = v
        lng[i] += mj * v
        lng[j] += mi * v
        each[0, i] += mj * v1
        each[0, j] += mi * v1
        each[1, i] += mj * C
        each[1, j] += mi * C
    for p in range(two.shape[0]):
        i, j, v = two[p, 0], two[p, 1], 2.0 * two_value[p]
        G += m[i] * m[j] * v
        lng[i] += m[j] * v
        lng[j] += m[i] * v
    for p in range(three.shape[0]):
        i, j, k, v = three[p, 0], three[p, 1], three[p, 2], three_value[p]
        G += m[i] * m[j] * m[k] * v
        lng[i] += m[j] * m[k] * v
        lng[j] += m[i] * m[k] * v
        lng[k] += m[i] * m[j] * v
    if model == PITZER:
        more, more_I, more_II = higher_order(strength, aphi, ions, theta, J)
        G += more
        G_I += more_I
        G_II += more_II
    for size in range(CHARGES + 1):
        for sign in range(-1, 2, 2):
            slot = CHARGES + sign * size
            common, common1 = 0.5 * size * size * G_I + size * G_Z, 0.0
            if size > 0:
                for other in range(1, CHARGES + 1):
                    common += ions[0, CHARGES + sign * other] * theta[0, size, other]
                    common1 += ions[0, CHARGES + sign * other] * theta[1, size, other]
            ions[1, slot], ions[2, slot] = common, common1
    weighted = 0.0
    for i in range(n):
        slot = CHARGES + charge[i]
        lng[i] += ions[1, slot]
        each[0, i] += ions[2, slot]
        weighted += m[i] * lng[i]
    ions[3, 0] = G_II
    return -MW * (total + weighted - G), strength


@part_of
def curvature(
    charge: Index, pair: Index, two: Index, two_value: Array, three: Index, three_value: Array, m: Array, each: Array,
    by_pair: Array, ions: Array, theta: Array, weight: Array, wanted: Index, rows: int, major: Index,
    who: Index, columns: int, like: Array, H: Array,
) -> None:  # fmt: skip
    """Second derivatives of G after ``gradient``: how the activity coefficients depend on the major species.

    Args:
        charge: as in ``gradient``, with what else is not named here.
        pair: see there.
        two: see there.
        two_value: see there.
        three: see there.
        three_value: see there.
        m: see there.
        each: as ``gradient`` left it.
        by_pair: as ``gradient`` left it.
        ions: as ``gradient`` left it.
        theta: as ``gradient`` left it.
        weight: by what the column of each species is multiplied.
        wanted: the species whose rows of H are made; of the others they are spoilt.
        rows: how many.
        major: column of H of each species, or -1.
        who: species of each column of H.
        columns: how many.
        like: work, (SLOTS + 2, columns).
        H: d ln gamma_i / d m_j times the weight of j out, a row for every species.
    """
    G_II = ions[3, 0]
    for k in range(columns):
        j = who[k]
        size = abs(charge[j])
        half, own = 0.5 * size * size * weight[j], size * weight[j]
        first, linear = half * G_II + weight[j] * each[0, j], weight[j] * each[1, j]
        like[SLOTS, k], like[SLOTS + 1, k] = half, own
        for slot in range(SLOTS):
            other = abs(slot - CHARGES)
            like[slot, k] = 0.5 * other * other * first + other * linear
            if (slot - CHARGES) * charge[j] > 0:
                like[slot, k] += weight[j] * theta[0, size, other]
    for row in range(rows):
        i = wanted[row]
        slot, by_strength, by_charge = CHARGES + charge[i], each[0, i], each[1, i]
        for k in range(columns):
            H[i, k] = like[slot, k] + by_strength * like[SLOTS, k] + by_charge * like[SLOTS + 1, k]
    for p in range(pair.shape[0]):
        i, j, v = pair[p, 0], pair[p, 1], by_pair[p]
        if major[j] >= 0:
            H[i, major[j]] += weight[j] * v
        if major[i] >= 0:
            H[j, major[i]] += weight[i] * v
    for p in range(two.shape[0]):
        i, j, v = two[p, 0], two[p, 1], 2.0 * two_value[p]
        if major[j] >= 0:
            H[i, major[j]] += weight[j] * v
        if major[i] >= 0:
            H[j, major[i]] += weight[i] * v
    for p in range(three.shape[0]):
        i, j, k, v = three[p, 0], three[p, 1], three[p, 2], three_value[p]
        if major[i] >= 0:
            H[j, major[i]] += weight[i] * m[k] * v
            H[k, major[i]] += weight[i] * m[j] * v
        if major[j] >= 0:
            H[i, major[j]] += weight[j] * m[k] * v
            H[k, major[j]] += weight[j] * m[i] * v
        if major[k] >= 0:
            H[i, major[k]] += weight[k] * m[j] * v
            H[j, major[k]] += weight[k] * m[i] * v


@jit
def pitzer(
    m: Array, z: Array, aphi: float, alphas: Array, pair: Index, pair_alpha: Index, pair_value: Array, two: Index,
    two_value: Array, three: Index, three_value: Array, lng: Array, major: Index, H: Array,
) -> tuple[float, float]:  # fmt: skip
    """Ln gamma of every species, and where asked the second derivatives of G: ``gradient`` and ``curvature`` in one.

    Args:
        m: as in ``gradient``, with what else is not named here.
        z: charges (n,).
        aphi: see there.
        alphas: see there.
        pair: see there.
        pair_alpha: see there.
        pair_value: see there.
        two: see there.
        two_value: see there.
        three: see there.
        three_value: see there.
        lng: see there.
        major: column of H of each species, or -1 (n,).
        H: d ln gamma_i / d m_j out (n, columns), left alone if it has no columns.

    Returns:
        (ln of the water activity, ionic strength).
    """
    n, columns = m.size, H.shape[1]
    charge, who = z.astype(np.int64), np.empty(columns, np.int64)
    each, by_pair, g, ions, theta, J = room(n, pair.shape[0], alphas.size)
    found = gradient(
        PITZER, aphi, charge, alphas, pair, pair_alpha, pair_value, two, two_value, three, three_value, m, lng, each,
        by_pair, g, ions, theta, J,
    )  # fmt: skip
    if columns > 0:
        for j in range(n):
            if major[j] >= 0:
                who[major[j]] = j
        curvature(
            charge, pair, two, two_value, three, three_value, m, each, by_pair, ions, theta, np.ones(n), np.arange(n),
            n, major, who, columns, np.empty((SLOTS + 2, columns)), H,
        )  # fmt: skip
    return found
