"""The cascade kernel: hand calculation, every equation checked from outside, random cascades, rungs of the ladder."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hydromet.kernels.cascade import newton, solve, start, sweeps
from hydromet.kernels.cascade_equations import Problem, flows

LN10 = math.log(10.0)
#            Co     Ni      Mn     Li     Na     Mg    Zn    Fe
CHARGES = np.array([2.0, 2.0, 2.0, 1.0, 1.0, 2.0, 2.0, 3.0])
LOG_K = np.array([-7.2, -10.2, -6.6, -6.5, -7.0, -9.3, -3.0, -2.0])
NA = 4


def problem(stages: int, aqueous: Any, organic: Any, **changes: Any) -> Problem:
    """A cascade fed at its ends: metals in mol/s, one litre a second of each phase unless changed."""
    metals = len(aqueous)
    z = CHARGES[:metals]
    one = np.ones(stages)
    fed_aq, fed_org = np.zeros((stages, metals)), np.zeros((stages, metals))
    fed_aq[0], fed_org[-1] = aqueous, organic
    m = np.stack([np.where(z == 3.0, 3.0, z), z / 2.0], axis=1)
    sulfate = 0.5 * (float(z @ np.asarray(aqueous)) + changes.pop("acid_in", 0.002))
    values: dict[str, Any] = {
        "z": z, "n": z.copy(), "m": m, "ln_k": LN10 * np.stack([LOG_K[:metals], LOG_K[:metals] - 1.4], axis=1),
        "aqueous": fed_aq, "organic": fed_org, "efficiency": np.ones((stages, metals)),
        "cations": 0.0 * one, "anions": 2.0 * sulfate * one, "volume_aq": one, "volume_org": one.copy(),
        "extractant": 0.6 * one, "back_aq": 0.0 * one, "back_org": 0.0 * one, "acid": 1.3 * one,
        "water": 2e-14 * one, "buffers": sulfate * np.ones((stages, 1)), "affinity": 30.0 * np.ones((stages, 1)),
        "rest": 0.0 * one, "slope": 0.0 * one, "centre": 0.0 * one, "base": -1,
        "fixed": np.zeros(stages, dtype=np.bool_),
    }  # fmt: skip
    return Problem(**(values | changes))


def run(p: Problem, target: Any = None) -> tuple[int, Any, Any, Any, Any, Any]:
    stages = p.extractant.size
    x, y, dose = np.zeros(stages), np.zeros(stages), np.zeros(stages)
    if target is not None:
        x[p.fixed] = -target * LN10
    rung, aq, org = solve(p, x, y, dose, False)
    return rung, x, y, dose, aq.T, org.T


def worst_residual(p: Problem, x: Any, y: Any, dose: Any, aq: Any, org: Any) -> float:
    """The largest relative miss of any balance or mass action law, computed without the kernel."""
    stages = x.size
    worst = 0.0
    for j in range(stages):
        h, free = math.exp(x[j]), math.exp(y[j])
        ain, oin = p.aqueous[j].copy(), p.organic[j].copy()
        if p.base >= 0:
            ain[p.base] += dose[j]
        if j > 0:
            ain += (1.0 - p.back_aq[j - 1]) * aq[j - 1]
            oin += p.back_org[j - 1] * org[j - 1]
        if j + 1 < stages:
            ain += p.back_aq[j + 1] * aq[j + 1]
            oin += (1.0 - p.back_org[j + 1]) * org[j + 1]
        held = (np.exp(p.ln_k) * h ** -p.n[:, None] * free**p.m) * (aq[j] / p.volume_aq[j])[:, None]
        e = p.efficiency[j]
        wanted = (1.0 - e) * oin + e * held.sum(axis=1) * p.volume_org[j]
        worst = max(
            worst, float(np.max(np.abs(org[j] - wanted) / np.maximum(org[j], 1e-30), where=org[j] > 1e-25, initial=0))
        )
        worst = max(
            worst,
            float(
                np.max(
                    np.abs(aq[j] + org[j] - ain - oin) / np.maximum(ain + oin, 1e-30), where=ain + oin > 0, initial=0
                )
            ),
        )
        bound = free + float(np.sum(p.m * held))
        worst = max(worst, abs(2.0 * p.volume_org[j] * bound / p.extractant[j] - 1.0))
        acid = p.acid[j] * h + float(np.sum(p.buffers[j] * p.affinity[j] * h / (1.0 + p.affinity[j] * h)))
        plus = p.cations[j] + float(p.z @ aq[j]) + p.volume_aq[j] * acid
        worst = max(worst, abs(plus / (p.anions[j] + p.volume_aq[j] * p.water[j] / h) - 1.0))
    return worst


def test_one_stage_by_hand() -> None:
    """One metal, one form, no buffer: D (Vo/Va) = E/(1-E) at the pH that the protons set free give."""
    p = problem(
        1, [0.05], [0.0], acid_in=0.0, buffers=np.zeros((1, 1)), acid=np.ones(1), water=np.zeros(1),
        ln_k=np.array([[-7.0 * LN10, -math.inf]]),
    )  # fmt: skip
    # Of x mol/L Co extracted 2 x H+ come free and 2 x dimers are bound: x/(0.05-x) = 1e-7 (0.3-2x)^2/(2x)^2.
    low, high = 1e-9, 0.05 - 1e-9
    for _ in range(200):
        x = 0.5 * (low + high)
        if x / (0.05 - x) > 1e-7 * (0.3 - 2.0 * x) ** 2 / (2.0 * x) ** 2:
            high = x
        else:
            low = x
    rung, ln_h, ln_free, _, aq, org = run(p)
    assert rung == 2
    assert org[0, 0] == pytest.approx(x, rel=1e-9)
    assert aq[0, 0] == pytest.approx(0.05 - x, rel=1e-9)
    assert -ln_h[0] / LN10 == pytest.approx(-math.log10(2.0 * x), abs=1e-9)
    assert math.exp(ln_free[0]) == pytest.approx(0.3 - 2.0 * x, rel=1e-9)


def test_two_stages_by_hand() -> None:
    """Trace cobalt at fixed pH and free dimer: the counter-current formula of Kremser holds."""
    sodium, trace = 0.5, 1e-9
    p = problem(2, [trace, 0.0, 0.0, 0.0, sodium], [0.0, 0.0, 0.0, 0.0, 0.1])
    rung, x, y, _, aq, _ = run(p)
    factors = [float(np.sum(np.exp(p.ln_k[0] - 2.0 * x[j] + p.m[0] * y[j]))) for j in range(2)]
    e1, e2 = factors
    # A1 (1 + E1) = A0 + E2 A2; A2 (1 + E2) = A1 -> A2/A0 = 1 / (1 + E1 + E1 E2)
    assert rung == 2
    assert aq[1, 0] / trace == pytest.approx(1.0 / (1.0 + e1 + e1 * e2), rel=1e-9)


@pytest.mark.parametrize("stages", [1, 2, 5])
def test_every_equation_holds(stages: int) -> None:
    p = problem(stages, [0.1, 0.2, 0.01, 0.5, 0.3], [1e-4, 0.0, 0.0, 0.0, 0.2],
                back_aq=np.full(stages, 1e-3), back_org=np.full(stages, 2e-3),
                efficiency=np.full((stages, 5), 0.9))  # fmt: skip
    rung, *answer = run(p)
    assert rung == 2
    assert worst_residual(p, *answer) < 1e-9


def random_problem(rng: np.random.Generator, stages: int, load: float) -> Problem:
    """A saponified organic against a liquor whose Co, Ni and Mn take ``load`` of the extractant."""
    metals = 8
    conc = 10.0 ** rng.uniform(-3.0, 0.0, metals)
    conc[5:] *= 0.1
    o_a, strength = 10.0 ** rng.uniform(-0.5, 0.7), rng.uniform(0.3, 1.0)
    conc[:3] *= load * strength * o_a / float(CHARGES[:3] @ conc[:3])
    organic = np.zeros(metals)
    organic[NA] = rng.uniform(0.1, 0.6) * strength * o_a
    one = np.ones(stages)
    back = 1e-3 if rng.random() < 0.5 else 0.0
    return problem(
        stages, conc, organic, acid_in=10.0 ** -rng.uniform(1.5, 5.0), volume_org=o_a * one,
        extractant=strength * o_a * one, back_aq=back * one, back_org=back * one,
        efficiency=np.full((stages, metals), rng.uniform(0.8, 1.0) if rng.random() < 0.3 else 1.0),
    )  # fmt: skip


def test_random_cascades_are_all_solved() -> None:
    """240 cascades, 3 to 30 stages, loose to over-tight: solved, conserving, within capacity."""
    rng = np.random.default_rng(20)
    for case in range(240):
        stages = int(rng.integers(3, 31))
        p = random_problem(rng, stages, rng.uniform(0.2, 0.8) if case % 2 else rng.uniform(0.9, 1.3))
        rung, x, y, dose, aq, org = run(p)
        assert rung > 0, case
        assert worst_residual(p, x, y, dose, aq, org) < 1e-6, case
        loading = org @ p.z / p.extractant
        assert np.all(loading < 1.0), case
        out = (
            (1.0 - p.back_aq[-1]) * aq[-1]
            + p.back_org[-1] * org[-1]
            + (1.0 - p.back_org[0]) * org[0]
            + p.back_aq[0] * aq[0]
        )
        np.testing.assert_allclose(out, p.aqueous.sum(0) + p.organic.sum(0), rtol=1e-12)


def test_no_request_goes_beyond_capacity() -> None:
    """Ten times more metal and base than the extractant can hold: it fills up and the rest stays in the liquor."""
    p = problem(6, [1.0, 2.0, 0.5, 0.1, 3.0], [0.0, 0.0, 0.0, 0.0, 0.55])
    rung, *_, aq, org = run(p)
    assert rung > 0
    loading = org @ p.z / p.extractant
    assert np.all(loading < 1.0)
    assert loading.max() > 0.5
    assert np.all(aq >= 0.0)


def test_fixed_pH_draws_the_base_that_gives_it() -> None:
    fixed = np.zeros(4, dtype=np.bool_)
    fixed[-1] = True
    metals = [0.1, 0.3, 0.01, 0.5, 0.3]
    p = problem(4, metals, [0.0] * 5, fixed=fixed, base=NA)
    rung, x, _, dose, aq, _ = run(p, 5.5)
    assert rung > 0
    assert x[-1] == -5.5 * LN10
    assert dose[-1] > 0.0
    assert np.all(dose[:-1] == 0.0)
    free = problem(4, metals, [0.0, 0.0, 0.0, 0.0, dose[-1]])
    _, x_free, _, _, aq_free, _ = run(free)
    assert x_free[-1] == pytest.approx(x[-1], abs=1e-8)
    np.testing.assert_allclose(aq_free, aq, rtol=1e-8)


def test_extreme_distribution_loses_nothing() -> None:
    """Stages whose D differ by more than the digits of a float still conserve and stay positive."""
    p = problem(3, [0.1], [0.0], ln_k=np.array([[0.0, -math.inf]]))
    x, y = np.array([20.0, -40.0, 10.0]), np.array([-2.0, -2.0, -2.0])
    aq, org = flows(p, x, y, np.zeros(3))
    assert np.all(aq > 0.0)
    assert np.all(org > 0.0)
    assert aq[0, -1] + org[0, 0] == pytest.approx(0.1, rel=1e-14)


def test_absent_metal_and_absent_organic() -> None:
    p = problem(3, [0.1, 0.0], [0.0, 0.0])
    rung, *_, aq, org = run(p)
    assert rung > 0
    assert np.all(aq[:, 1] == 0.0)
    empty = p._replace(extractant=np.zeros(3), volume_org=np.zeros(3))
    rung, *_, aq, org = run(empty)
    assert rung > 0
    np.testing.assert_allclose(aq[:, 0], 0.1, rtol=1e-14)
    assert np.all(org == 0.0)


def test_sweeps_and_newton_agree() -> None:
    rng = np.random.default_rng(3)
    p = random_problem(rng, 10, 0.6)
    _, x, y, _, _, _ = run(p)
    xs, ys, dose = np.zeros(10), np.zeros(10), np.zeros(10)
    start(p, xs, ys, dose)
    assert sweeps(p, xs, ys, dose, 5000, 1e-12) < 5000
    np.testing.assert_allclose(xs, x, atol=1e-7)
    np.testing.assert_allclose(ys, y, atol=1e-7)
    assert newton(p, xs, ys, dose, 20) > 0


def test_same_answer_from_a_warm_start() -> None:
    p = problem(5, [0.1, 0.2, 0.01, 0.5, 0.3], [0.0, 0.0, 0.0, 0.0, 0.2])
    _, x, y, dose, aq, _ = run(p)
    xw, yw = x + 0.05, y - 0.05
    rung, warm, _ = solve(p, xw, yw, dose.copy(), True)
    assert rung == 1
    np.testing.assert_allclose(warm.T, aq, rtol=1e-9)
