"""The activity kernel against calculus: the J integral, its own gradient, Gibbs-Duhem."""

import numpy as np
import pytest
from scipy.integrate import quad

from hydromet.kernels.electrostatic import electrostatic
from hydromet.kernels.pitzer import MW, pitzer

N = 7
Z = np.array([1.0, 2.0, 3.0, -1.0, -2.0, 0.0, 1.0])
PAIR = np.array([[0, 3], [0, 4], [1, 3], [1, 4], [2, 4], [6, 3]])
ALPHAS = np.array([1.4, 2.0, 12.0, 50.0])
PAIR_ALPHA = np.array([[1, 2], [1, 2], [1, 2], [0, 2], [1, 3], [1, 2]])
VALUES = np.array([
    [0.05, 0.3, 0.0, 0.01], [0.02, 1.0, 0.0, 0.003], [0.3, 1.5, 0.0, -0.01], [0.16, 2.9, -50.0, 0.02],
    [0.8, 20.0, -4000.0, -0.02], [0.1, 0.2, 0.0, 0.0],
])  # fmt: skip
TWO, TWO_V = np.array([[0, 1], [3, 4], [5, 0]]), np.array([0.03, 0.02, 0.1])
THREE, THREE_V = np.array([[0, 1, 4], [5, 0, 3]]), np.array([-0.01, 0.02])


def evaluate(m, columns=False):
    lng, H = np.empty(N), np.empty((N, N if columns else 0))
    law, strength = pitzer(
        m, Z, 0.3915, ALPHAS, PAIR, PAIR_ALPHA, VALUES, TWO, TWO_V, THREE, THREE_V, lng, np.arange(N), H
    )
    return lng, law, strength, H


def j_integral(x):
    body, _ = quad(lambda y: (1.0 - np.exp(-x / y * np.exp(-y))) * y * y, 1e-12, 60.0, epsrel=1e-11, limit=400)
    return x / 4.0 - 1.0 + body / x


@pytest.mark.parametrize("x", [0.02, 0.3, 0.97, 1.2, 4.0, 15.0, 50.0])
def test_electrostatic_function_is_the_integral(x):
    out = np.empty(3)
    electrostatic(x, out)
    step = 1e-3 * x
    minus, here, plus = j_integral(x - step), j_integral(x), j_integral(x + step)
    assert out[0] == pytest.approx(here, abs=2e-9)
    assert out[1] == pytest.approx((plus - minus) / (2 * step) * x, abs=1e-6)
    assert out[2] == pytest.approx((plus - 2 * here + minus) / step**2 * x * x, abs=1e-4)


@pytest.mark.parametrize("scale", [1e-3, 0.1, 1.0, 3.0])
def test_second_derivatives(scale):
    m = scale * np.array([1.0, 0.5, 0.1, 0.3, 1.0, 0.2, 0.05])
    _, _, _, H = evaluate(m, columns=True)
    for j in range(N):
        step = np.zeros(N)
        step[j] = 1e-5 * scale
        slope = (evaluate(m + step)[0] - evaluate(m - step)[0]) / (2e-5 * scale)
        assert H[:, j] == pytest.approx(slope, rel=2e-6, abs=1e-7 * np.abs(H).max())
    assert pytest.approx(H.T, abs=1e-12 * np.abs(H).max()) == H


def test_gibbs_duhem():
    """Along any path sum m d ln(m gamma) + d ln a_w / M_w = 0."""
    start, end = np.full(N, 0.05), np.array([1.0, 0.5, 0.2, 0.3, 0.9, 0.4, 0.1])
    steps = 4000
    total = 0.0
    before = start
    lng0, law0, _, _ = evaluate(start)
    law_start = law0
    for i in range(1, steps + 1):
        m = start + (end - start) * i / steps
        lng, law, _, _ = evaluate(m)
        total += float((0.5 * (m + before)) @ (np.log(m) + lng - np.log(before) - lng0))
        before, lng0, law0 = m, lng, law
    assert total + (law0 - law_start) / MW == pytest.approx(0.0, abs=2e-5)


def test_dilute_limit():
    m = np.full(N, 1e-13)
    lng, law, strength, _ = evaluate(m)
    root = np.sqrt(strength)
    assert lng == pytest.approx(-3 * 0.3915 * Z**2 * root, rel=2e-3, abs=1e-12)
    assert law == pytest.approx(-MW * m.sum(), rel=1e-3)
