"""The pieces of the equilibrium kernel, one by one."""

from __future__ import annotations

from math import nan

import numpy as np
import pytest

from hydromet.chemistry import Chemistry
from hydromet.chemistry import engine as E
from hydromet.chemistry.records import LN10
from hydromet.kernels.pitzer import pitzer
from hydromet.kernels.tables import pack_fixed, pack_integers
from hydromet.kernels.workspace import DOSE, SLOPE
from hydromet.stream import Stream

LIQUOR = {"H2O": 55.5, "H+": 0.1, "Na+": 0.2, "Ni+2": 0.4, "Al+3": 0.02, "SO4-2": 0.58}
SOLIDS = ("Ni(OH)2(s)", "Al(OH)3(s)")


def run_of(totals, phases=()):
    run, _, _ = E._prepare(totals, 298.15, phases, {}, {})
    return run


def total_of_h(run, pH):
    """Total of H+ of a liquor at a pH, and its change with ln a(H+) as the kernel tells it."""
    iH = run.system.iH
    run.t = np.zeros_like(run.b)
    run.t[iH], run.b[iH], run.lam[iH] = 1.0, 0.0, -pH * LN10
    assert run.call(titrate=2, dose=0.1, warm=False) == 0
    return run.state[DOSE], run.state[SLOPE]


@pytest.mark.parametrize("pH", [0.5, 2.0, 4.0, 9.0])
def test_the_buffer_capacity_that_a_cascade_steps_by(pH):
    # of a matrix that may have been kept for some steps, so not to the last digit
    _, slope = total_of_h(run_of(LIQUOR), pH)
    d = 1e-4
    ends = [total_of_h(run_of(LIQUOR), pH + sign * d)[0] for sign in (-1.0, 1.0)]
    assert slope == pytest.approx((ends[0] - ends[1]) / (2.0 * d * LN10), rel=0.02)


def test_a_warm_start_answers_like_a_cold_one():
    cold, warm = run_of(LIQUOR, SOLIDS), run_of({**LIQUOR, "H+": 0.09, "Ni+2": 0.41}, SOLIDS)
    for run in (cold, warm):
        run.lam[run.system.iH] = nan
        assert run.call(titrate=0, dose=0.0, warm=False) == 0
    warm.b[:] = cold.b
    assert warm.call(titrate=0, dose=0.0, warm=True) == 0
    np.testing.assert_allclose(warm.lam, cold.lam, rtol=0.0, atol=1e-9)
    np.testing.assert_allclose(warm.s, cold.s, rtol=1e-9, atol=1e-12)


def test_derivatives_of_the_activity_coefficients_against_differences():
    run = run_of(LIQUOR)
    run.lam[run.system.iH] = nan
    assert run.call(titrate=0, dose=0.0, warm=False) == 0
    y, at, n = run.system, run.at, len(run.m)

    def ln_gamma(m, columns):
        lng, H = np.empty(n), np.empty((n, columns))
        major = np.arange(n) if columns else np.full(n, -1)
        pitzer(
            m, y.z, at.aphi, y.alphas, y.pair, y.pair_alpha, at.pair_value, y.two, at.two_value, y.three,
            at.three_value, lng, major, H,
        )  # fmt: skip
        return lng, H

    _, exact = ln_gamma(run.m, n)
    for j in np.flatnonzero(run.m > 1e-4):
        d = 1e-5 * run.m[j]
        ends = [ln_gamma(run.m + sign * d * (np.arange(n) == j), 0)[0] for sign in (-1.0, 1.0)]
        np.testing.assert_allclose(exact[:, j], (ends[1] - ends[0]) / (2.0 * d), rtol=1e-4, atol=1e-4)


def test_the_packed_chemistry_is_contiguous_and_complete():
    y = run_of(LIQUOR, SOLIDS).system
    ints = pack_integers(0, y.iH, y.A, y.S, y.z, y.alphas, y.pair, y.pair_alpha, y.two, y.three)
    fixed = pack_fixed(y.A, y.a, y.z, y.S, y.sa, y.takes_acid, y.takes_base, y.alphas)
    entries = int(np.count_nonzero(y.A))
    assert list(ints[1:6]) == [*y.A.shape, len(y.S), y.iH, entries]
    assert fixed.size == entries + 2 * y.z.size + y.S.size + y.sa.size + 2 * y.A.shape[1] + y.alphas.size


def test_amounts_are_those_of_the_outlet():
    made = Chemistry.load().equilibrate(Stream({**LIQUOR, "H+": 0.0, "OH-": 0.08, "SO4-2": 0.57}), solids=SOLIDS)
    assert made.amounts["Al(OH)3(s)"] > 0.0
    for name, amount in made.amounts.items():
        assert made.stream[name] == pytest.approx(amount, rel=1e-12, abs=1e-15)
