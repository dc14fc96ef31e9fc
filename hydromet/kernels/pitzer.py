"""Activity coefficients of an aqueous solution: Pitzer's equations with higher-order electrostatic terms.

The excess Gibbs energy per kilogram of water, divided by RT, is taken as a function of the molalities m, the ionic
strength I = sum(m z^2)/2 and Z = sum(m |z|)::

    G = f(I) + sum m_c m_a (2 B_ca(I) + Z C_ca) + sum 2 (Theta_ij + E-Theta_ij(I)) m_i m_j + sum psi_ijk m_i m_j m_k
    f = -(4 A I / b) ln(1 + b sqrt I),  b = 1.2,  B = beta0 + beta1 g(alpha1 sqrt I) + beta2 g(alpha2 sqrt I)

Neutral species enter through the same two- and three-body sums (lambda and zeta). ln gamma is the gradient of G, the
osmotic coefficient follows from G and its gradient, so Gibbs-Duhem holds to round-off, and the second derivatives are
exact. Sources: Pitzer (1991), Harvie, Moller and Weare (1984); J(x) after Harvie's Chebyshev series in Pitzer (1991).
"""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from hydromet.kernels import Array, Index, jit
from hydromet.species import WATER, species

B = 1.2
# Molar mass of water, kg/mol; frozen into the compiled kernels.
MW = species(WATER).molar_mass
# Highest charge of an ion.
CHARGES = 5

# Chebyshev series of J(x) for x <= 1 (first row) and x > 1: numerics, checked against the integral in the tests.
CHEBYSHEV = np.array(
    [
        [
            1.925154014814667, -0.060076477753119, -0.029779077456514, -0.007299499690937, 0.000388260636404,
            0.000636874599598, 0.000036583601823, -0.000045036975204, -0.000004537895710, 0.000002937706971,
            0.000000396566462, -0.000000202099617, -0.000000025267769, 0.000000013522610, 0.000000001229405,
            -0.000000000821969, -0.000000000050847, 0.000000000046333, 0.000000000001943, -0.000000000002563,
            -0.000000000010991,
        ],
        [
            0.628023320520852, 0.462762985338493, 0.150044637187895, -0.028796057604906, -0.036552745910311,
            -0.001668087945272, 0.006519840398744, 0.001130378079086, -0.000887171310131, -0.000242107641309,
            0.000087294451594, 0.000034682122751, -0.000004583768938, -0.000003548684306, -0.000000250453880,
            0.000000216991779, 0.000000080779570, 0.000000004558555, -0.000000006944757, -0.000000002849257,
            0.000000000237816,
        ],
    ]
)  # fmt: skip


@jit
def electrostatic(x: float, out: Array) -> None:
    """J(x), x J'(x) and x^2 J''(x) of the E-Theta terms into ``out`` (3,)."""
    if x <= 1.0:
        row = 0
        p = x**0.2
        z = 4.0 * p - 2.0
        z1 = 0.8 * p  # x dz/dx
        z2 = 0.2 * z1  # x d(x dz/dx)/dx
    else:
        row = 1
        p = x**-0.1
        z = (40.0 * p - 22.0) / 9.0
        z1 = -4.0 * p / 9.0
        z2 = -0.1 * z1
    b0 = b1 = b2 = 0.0
    d0 = d1 = d2 = 0.0
    e0 = e1 = e2 = 0.0
    for k in range(20, -1, -1):
        b2 = b1
        b1 = b0
        d2 = d1
        d1 = d0
        e2 = e1
        e1 = e0
        b0 = z * b1 - b2 + CHEBYSHEV[row, k]
        d0 = b1 + z * d1 - d2
        e0 = 2.0 * d1 + z * e1 - e2
    slope = 0.5 * (d0 - d2)
    bend = 0.5 * (e0 - e2)
    out[0] = 0.25 * x - 1.0 + 0.5 * (b0 - b2)
    out[1] = 0.25 * x + slope * z1
    out[2] = bend * z1 * z1 + slope * z2 - slope * z1
    # x^2 J'' = x d(x J')/dx - x J'; the linear part of J has none.


@jit
def pitzer(
    m: Array,
    z: Array,
    aphi: float,
    alphas: Array,
    pair: Index,
    pair_alpha: Index,
    pair_value: Array,
    two: Index,
    two_value: Array,
    three: Index,
    three_value: Array,
    lng: Array,
    major: Index,
    H: Array,
) -> tuple[float, float]:
    """Ln gamma of every species, and where asked the second derivatives of G.

    Args:
        m: molalities (n,), mol/kg water.
        z: charges (n,).
        aphi: Debye-Hueckel slope, (kg/mol)^0.5.
        alphas: the distinct alpha values.
        pair: cation and anion (p, 2).
        pair_alpha: index of alpha1 and alpha2 (p, 2).
        pair_value: beta0, beta1, beta2, C (p, 4), C = Cphi / (2 sqrt|z+ z-|).
        two: species of Theta and lambda (q, 2).
        two_value: their values.
        three: species of psi and zeta (r, 3).
        three_value: their values.
        lng: ln gamma out (n,).
        major: column of H of each species, or -1 (n,).
        H: d ln gamma_i / d m_j out (n, columns), left alone if it has no columns.

    Returns:
        (ln of the water activity, ionic strength).
    """
    n = m.size
    total = 0.0
    strength = 0.0
    Z = 0.0
    for i in range(n):
        total += m[i]
        strength += m[i] * z[i] * z[i]
        Z += m[i] * abs(z[i])
    strength = max(0.5 * strength, 1e-20)
    root = sqrt(strength)

    # Debye-Hueckel
    bracket = log(1.0 + B * root)
    G = -4.0 * aphi * strength / B * bracket
    G_I = -2.0 * aphi * (root / (1.0 + B * root) + 2.0 / B * bracket)
    G_II = -aphi * (1.0 / (root * (1.0 + B * root) ** 2) + 2.0 / (root * (1.0 + B * root)))
    G_Z = 0.0

    # g(x), I g'(I) and I^2 g''(I) of each alpha
    na = alphas.size
    g = np.empty((na, 3))
    for k in range(na):
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

    q = np.zeros(n)  # d2G / dI dm
    c = np.zeros(n)  # d2G / dZ dm
    for i in range(n):
        lng[i] = 0.0
    columns = H.shape[1]
    if columns > 0:
        H[:, :] = 0.0

    for p in range(pair.shape[0]):
        i = pair[p, 0]
        j = pair[p, 1]
        k1 = pair_alpha[p, 0]
        k2 = pair_alpha[p, 1]
        b1 = pair_value[p, 1]
        b2 = pair_value[p, 2]
        C = pair_value[p, 3]
        v = 2.0 * (pair_value[p, 0] + b1 * g[k1, 0] + b2 * g[k2, 0])
        v1 = 2.0 * (b1 * g[k1, 1] + b2 * g[k2, 1]) / strength
        mm = m[i] * m[j]
        G += mm * (v + Z * C)
        G_I += mm * v1
        G_II += mm * 2.0 * (b1 * g[k1, 2] + b2 * g[k2, 2]) / (strength * strength)
        G_Z += mm * C
        v += Z * C
        lng[i] += m[j] * v
        lng[j] += m[i] * v
        q[i] += m[j] * v1
        q[j] += m[i] * v1
        c[i] += m[j] * C
        c[j] += m[i] * C
        if columns > 0:
            if major[j] >= 0:
                H[i, major[j]] += v
            if major[i] >= 0:
                H[j, major[i]] += v

    for p in range(two.shape[0]):
        i = two[p, 0]
        j = two[p, 1]
        v = 2.0 * two_value[p]
        G += m[i] * m[j] * v
        lng[i] += m[j] * v
        lng[j] += m[i] * v
        if columns > 0:
            if major[j] >= 0:
                H[i, major[j]] += v
            if major[i] >= 0:
                H[j, major[i]] += v

    for p in range(three.shape[0]):
        i = three[p, 0]
        j = three[p, 1]
        k = three[p, 2]
        v = three_value[p]
        G += m[i] * m[j] * m[k] * v
        lng[i] += m[j] * m[k] * v
        lng[j] += m[i] * m[k] * v
        lng[k] += m[i] * m[j] * v
        if columns > 0:
            if major[i] >= 0:
                H[j, major[i]] += m[k] * v
                H[k, major[i]] += m[j] * v
            if major[j] >= 0:
                H[i, major[j]] += m[k] * v
                H[k, major[j]] += m[i] * v
            if major[k] >= 0:
                H[i, major[k]] += m[j] * v
                H[j, major[k]] += m[i] * v

    # E-Theta: only the sums over ions of one charge matter. Row 0 cations, row 1 anions.
    sums = np.zeros((2, CHARGES + 1))
    highest = 0
    for i in range(n):
        size = int(abs(z[i]))
        if size > 0:
            sums[0 if z[i] > 0.0 else 1, size] += m[i]
            highest = max(highest, size)
    theta = np.zeros((CHARGES + 1, CHARGES + 1))
    theta1 = np.zeros((CHARGES + 1, CHARGES + 1))
    if highest > 1:
        J = np.empty((3, 3))
        for a in range(1, highest + 1):
            for b in range(a + 1, highest + 1):
                if sums[0, a] * sums[0, b] + sums[1, a] * sums[1, b] <= 0.0:
                    continue
                electrostatic(6.0 * a * b * aphi * root, J[0])
                electrostatic(6.0 * a * a * aphi * root, J[1])
                electrostatic(6.0 * b * b * aphi * root, J[2])
                scale = 0.25 * a * b / strength
                value = J[0, 0] - 0.5 * J[1, 0] - 0.5 * J[2, 0]
                first = 0.5 * (J[0, 1] - 0.5 * J[1, 1] - 0.5 * J[2, 1])
                second = 0.25 * (J[0, 2] - 0.5 * J[1, 2] - 0.5 * J[2, 2]) - 2.5 * first + 2.0 * value
                theta[a, b] = theta[b, a] = 2.0 * scale * value
                theta1[a, b] = theta1[b, a] = 2.0 * scale * (first - value) / strength
                mm = sums[0, a] * sums[0, b] + sums[1, a] * sums[1, b]
                G += mm * theta[a, b]
                G_I += mm * theta1[a, b]
                G_II += mm * 2.0 * scale * second / (strength * strength)

    weighted = 0.0
    for i in range(n):
        size = int(abs(z[i]))
        if size > 0 and highest > 1:
            row = 0 if z[i] > 0.0 else 1
            for b in range(1, highest + 1):
                lng[i] += sums[row, b] * theta[size, b]
                q[i] += sums[row, b] * theta1[size, b]
        lng[i] += 0.5 * z[i] * z[i] * G_I + abs(z[i]) * G_Z
        weighted += m[i] * lng[i]

    if columns > 0:
        side = np.zeros((4, columns))
        like = np.zeros((2 * CHARGES + 1, columns))
        for j in range(n):
            k = major[j]
            if k >= 0:
                half = 0.5 * z[j] * z[j]
                side[0, k], side[1, k] = half * G_II + q[j], half
                side[2, k], side[3, k] = c[j], abs(z[j])
                for size in range(1, highest + 1):
                    like[CHARGES + (size if z[j] > 0.0 else -size), k] = theta[int(abs(z[j])), size]
        for i in range(n):
            half, size_i, q_i, c_i = 0.5 * z[i] * z[i], abs(z[i]), q[i], c[i]
            same = like[CHARGES + int(z[i])]
            for k in range(columns):
                H[i, k] += half * side[0, k] + q_i * side[1, k] + size_i * side[2, k] + c_i * side[3, k] + same[k]
    return -MW * (total + weighted - G), strength
