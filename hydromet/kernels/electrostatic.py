"""Higher-order electrostatic terms of Pitzer's equations: J(x) and E-Theta of ions of one sign and unequal charge.

J(x) after Harvie's Chebyshev series in Pitzer (1991); its derivatives are those of the series.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from hydromet.kernels import Array, part_of

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


def _with_derivatives() -> Array:
    """(2, 21, 3): coefficients of the series and of its first and second derivative; half of the first is counted."""
    series = np.zeros((2, 21, 3))
    for row, coefficients in enumerate(CHEBYSHEV):
        plain = coefficients.copy()
        plain[0] *= 0.5
        for order in range(3):
            found = np.polynomial.chebyshev.chebder(plain, order)
            series[row, : len(found), order] = found
    return series


SERIES = _with_derivatives()
# p = x^0.2 or x^-0.1 of a product of charges, by the product.
_FIFTH = np.arange(CHARGES * CHARGES + 1) ** 0.2


@part_of
def j_function(x: float, p: float, row: int) -> tuple[float, float, float]:
    """J(x), x J'(x) and x^2 J''(x); p is x^0.2 for x <= 1 (row 0) and x^-0.1 above (row 1)."""
    if row == 0:
        z = 2.0 * p - 1.0
        z1 = 0.4 * p  # x dz/dx
        z2 = 0.2 * z1  # x d(x dz/dx)/dx
    else:
        z = (20.0 * p - 11.0) / 9.0
        z1 = -2.0 * p / 9.0
        z2 = -0.1 * z1
    before, here = 1.0, z
    value = SERIES[row, 0, 0] + SERIES[row, 1, 0] * z
    slope = SERIES[row, 0, 1] + SERIES[row, 1, 1] * z
    bend = SERIES[row, 0, 2] + SERIES[row, 1, 2] * z
    twice = 2.0 * z
    for k in range(2, 21):
        before, here = here, twice * here - before
        value += SERIES[row, k, 0] * here
        slope += SERIES[row, k, 1] * here
        bend += SERIES[row, k, 2] * here
    # x^2 J'' = x d(x J')/dx - x J'; the linear part of J has none.
    return 0.25 * x - 1.0 + value, 0.25 * x + slope * z1, bend * z1 * z1 + slope * (z2 - z1)


@part_of
def electrostatic(x: float, out: Array) -> None:
    """J(x), x J'(x) and x^2 J''(x) of the E-Theta terms into ``out`` (3,)."""
    row = 0 if x <= 1.0 else 1
    out[0], out[1], out[2] = j_function(x, x**0.2 if row == 0 else x**-0.1, row)


@part_of
def higher_order(strength: float, aphi: float, ions: Array, theta: Array, J: Array) -> tuple[float, float, float]:
    """E-Theta of all charges that are there, with what it adds to the excess energy.

    Args:
        strength: ionic strength, mol/kg.
        aphi: Debye-Hueckel slope.
        ions: molality of the ions by charge, slot ``CHARGES + z``, in the first row.
        theta: 2 E-Theta and its derivative in I, by size of the two charges, out (2, ...).
        J: J, x J', x^2 J'' by product of two charges, work.

    Returns:
        Change of G and of its first and second derivative in I.
    """
    G = G_I = G_II = 0.0
    highest = 0
    for size in range(1, CHARGES + 1):
        if ions[0, CHARGES + size] + ions[0, CHARGES - size] > 0.0:
            highest = size
    for product in range(1, highest * highest + 1):
        J[product, 0] = 0.0
    unit = 6.0 * aphi * sqrt(strength)
    fifth = unit**0.2
    for a in range(1, highest + 1):
        for b in range(a + 1, highest + 1):
            mm = ions[0, CHARGES + a] * ions[0, CHARGES + b] + ions[0, CHARGES - a] * ions[0, CHARGES - b]
            theta[0, a, b] = theta[0, b, a] = theta[1, a, b] = theta[1, b, a] = 0.0
            if mm <= 0.0:
                continue
            for product in (a * b, a * a, b * b):
                if J[product, 0] == 0.0:
                    x, p, row = unit * product, fifth * _FIFTH[product], 0
                    if x > 1.0:
                        p, row = 1.0 / sqrt(p), 1
                    J[product, 0], J[product, 1], J[product, 2] = j_function(x, p, row)
            scale = 0.25 * a * b / strength
            value = J[a * b, 0] - 0.5 * J[a * a, 0] - 0.5 * J[b * b, 0]
            first = 0.5 * (J[a * b, 1] - 0.5 * J[a * a, 1] - 0.5 * J[b * b, 1])
            second = 0.25 * (J[a * b, 2] - 0.5 * J[a * a, 2] - 0.5 * J[b * b, 2]) - 2.5 * first + 2.0 * value
            theta[0, a, b] = theta[0, b, a] = 2.0 * scale * value
            theta[1, a, b] = theta[1, b, a] = 2.0 * scale * (first - value) / strength
            G += mm * theta[0, a, b]
            G_I += mm * theta[1, a, b]
            G_II += mm * 2.0 * scale * second / (strength * strength)
    return G, G_I, G_II
