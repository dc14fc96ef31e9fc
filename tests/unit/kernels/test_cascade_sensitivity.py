"""Derivatives of a cascade against central differences of tight solutions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from hydromet.kernels.cascade import solve
from hydromet.kernels.cascade_equations import Problem
from hydromet.kernels.cascade_sensitivity import sensitivities

LN10 = math.log(10.0)
STAGES, METALS, NA = 4, 3, 2
STEP = 1e-5
MIXED = {
    "back_aq": np.full(STAGES, 0.02),
    "back_org": np.full(STAGES, 0.03),
    "efficiency": np.tile([0.9, 0.45, 0.9], (STAGES, 1)),
    "active": np.array([1.0, 0.5, 1.0]),
}


def cascade(**changes: Any) -> Problem:
    """Co, Ni and Na, the organic half saponified."""
    one, z = np.ones(STAGES), np.array([2.0, 2.0, 1.0])
    aqueous, organic = np.zeros((STAGES, METALS)), np.zeros((STAGES, METALS))
    aqueous[0], aqueous[2, 0], organic[-1, NA] = (0.1, 0.2, 0.3), 0.02, 0.25
    log_k = np.array([-7.2, -10.2, -7.0])
    values: dict[str, Any] = {
        "z": z, "n": z.copy(), "m": np.stack([z, z / 2.0], axis=1),
        "ln_k": LN10 * np.stack([log_k, log_k - 1.4], axis=1),
        "aqueous": aqueous, "organic": organic, "efficiency": np.ones((STAGES, METALS)), "active": np.ones(METALS),
        "cations": 0.0 * one,
        "anions": 0.95 * one, "volume_aq": one, "volume_org": one.copy(), "extractant": 0.6 * one,
        "back_aq": 0.0 * one, "back_org": 0.0 * one, "acid": 1.3 * one, "water": 2e-14 * one,
        "buffers": 0.47 * np.ones((STAGES, 1)), "affinity": 30.0 * np.ones((STAGES, 1)), "rest": 0.0 * one,
        "slope": 0.0 * one, "centre": 0.0 * one, "base": -1, "fixed": np.zeros(STAGES, dtype=np.bool_),
    }  # fmt: skip
    return Problem(**(values | changes))


def solved(p: Problem, target: float) -> tuple[Any, ...]:
    x, y, dose = np.where(p.fixed, -target * LN10, 0.0), np.zeros(STAGES), np.zeros(STAGES)
    rung, aq, org = solve(p, x, y, dose, False)
    assert rung > 0
    return x, y, dose, aq, org


@pytest.mark.parametrize(
    "changes",
    [
        {},
        MIXED,
        {"fixed": np.arange(STAGES) == STAGES - 1, "base": NA},
    ],
    ids=["plain", "two lanes", "set pH"],
)
def test_against_differences(changes: dict[str, Any]) -> None:
    p = cascade(**changes)
    *at, _, _ = solved(p, 6.5)
    ok, d_aq, d_org = sensitivities(p, *at)
    assert ok
    row = 0
    for name in ("ln_k", "aqueous", "organic"):
        for place in np.ndindex(getattr(p, name).shape):
            step = STEP if name == "ln_k" else 1e-3 * STEP
            ends = []
            for sign in (1.0, -1.0):
                moved = getattr(p, name).copy()
                moved[place] += sign * step
                ends.append(solved(p._replace(**{name: moved}), 6.5)[3:])
            for got, k in ((d_aq, 0), (d_org, 1)):
                wanted = (ends[0][k] - ends[1][k]) / (2.0 * step)
                np.testing.assert_allclose(got[row], wanted, atol=2e-6, rtol=1e-5, err_msg=f"{name}{place}")
            row += 1
    assert row == len(d_aq)


def test_more_of_a_feed_leaves_in_full() -> None:
    """What is fed more of a metal leaves at the two ends, whichever stage it is fed to."""
    p = cascade()
    *at, _, _ = solved(p, 6.5)
    _, d_aq, d_org = sensitivities(p, *at)
    out = d_aq[:, -1] + d_org[:, 0]
    feeds = out[p.ln_k.size :].reshape(2 * STAGES, METALS, METALS)
    np.testing.assert_allclose(feeds, np.broadcast_to(np.eye(METALS), feeds.shape), atol=1e-12)
    np.testing.assert_allclose(out[: p.ln_k.size], 0.0, atol=1e-12)
