"""Extraction cascade: Newton on all stages against stage-by-stage sweeps, and the time of a whole unit.

Run ``python tests/benchmarks/cascade.py``. Both solvers work on the same cascades, one after the other, and are timed
by process time. Sweeps stop at 3000, converged or not, so where some are left over the ratio is a lower bound.
"""

from __future__ import annotations

import time

import numpy as np

from hydromet.chemistry import Chemistry
from hydromet.kernels.cascade import solve, start, sweeps
from hydromet.kernels.cascade_equations import Problem
from hydromet.stream import Stream
from hydromet.units.extract import Extract

LN10 = np.log(10.0)
Z = np.array([2.0, 2.0, 2.0, 1.0])
LOG_K = np.array([-7.2, -10.2, -6.6, -7.0])


def cascade(rng: np.random.Generator, stages: int) -> Problem:
    """Co, Ni, Mn and Na with a saponified organic, loading 0.2 to 0.8."""
    one = np.ones(stages)
    conc = 10.0 ** rng.uniform(-2.0, 0.0, 4)
    o_a, strength = 10.0 ** rng.uniform(-0.3, 0.6), rng.uniform(0.4, 0.9)
    conc[:3] *= rng.uniform(0.2, 0.8) * strength * o_a / float(Z[:3] @ conc[:3])
    aqueous, organic = np.zeros((stages, 4)), np.zeros((stages, 4))
    aqueous[0] = conc
    organic[-1, 3] = rng.uniform(0.2, 0.6) * strength * o_a
    sulfate = 0.5 * (float(Z @ conc) + 1e-3)
    return Problem(
        z=Z, n=Z.copy(), m=np.stack([Z, Z / 2.0], axis=1), ln_k=LN10 * np.stack([LOG_K, LOG_K - 1.4], axis=1),
        aqueous=aqueous, organic=organic, efficiency=np.ones((stages, 4)), cations=0.0 * one,
        anions=2.0 * sulfate * one, volume_aq=one, volume_org=o_a * one, extractant=strength * o_a * one,
        back_aq=0.0 * one, back_org=0.0 * one, acid=1.3 * one, water=2e-14 * one,
        buffers=sulfate * np.ones((stages, 1)), affinity=30.0 * np.ones((stages, 1)), rest=0.0 * one,
        slope=0.0 * one, centre=0.0 * one, base=-1, fixed=np.zeros(stages, dtype=np.bool_),
    )  # fmt: skip


def timed(stages: int, cases: int) -> tuple[float, float, int]:
    """Milliseconds a cascade by Newton and by sweeps, and how many the sweeps did not finish."""
    rng = np.random.default_rng(stages)
    fast = slow = 0.0
    left = 0
    for case in range(cases + 1):
        p = cascade(rng, stages)
        x, y, dose = np.zeros(stages), np.zeros(stages), np.zeros(stages)
        begin = time.process_time()
        rung, _, _ = solve(p, x, y, dose, False)
        middle = time.process_time()
        xs, ys, ds = np.zeros(stages), np.zeros(stages), np.zeros(stages)
        start(p, xs, ys, ds)
        used = sweeps(p, xs, ys, ds, 3000, 1e-10)
        end = time.process_time()
        if case:  # the first one loads the compiled code
            assert rung > 0, "the ladder solves every cascade"
            assert used == 3000 or np.allclose(x, xs, atol=1e-6), "both must agree"
            fast, slow, left = fast + middle - begin, slow + end - middle, left + (used == 3000)
    return 1e3 * fast / cases, 1e3 * slow / cases, left


def unit() -> float:
    """Milliseconds of an extraction of eight stages and nine metals with a set pH, engine included."""
    chemistry = Chemistry.load()
    liquor = Stream({
        "H2O": 52.0, "Ni+2": 0.43, "Co+2": 0.136, "Mn+2": 0.002, "Li+": 0.72, "Na+": 0.4, "Mg+2": 0.004,
        "Ca+2": 0.001, "Zn+2": 1e-4, "Cu+2": 1e-5, "H+": 0.001, "SO4-2": 1.13361,
    })  # fmt: skip
    caustic = Stream({"Na+": 12.5, "OH-": 12.5, "H2O": 27.8})
    inlets = {
        "aqueous": liquor,
        "organic": Stream({"H(Cyanex272)(org)": 0.8, "Diluent(org)": 3.4}),
        "base": caustic.scaled(1.0 / caustic.mass()),
    }
    one = Extract(extractant="cyanex272", stages=8, raffinate_pH=5.4)
    times = []
    for _ in range(20):
        begin = time.process_time()
        one.solve(inlets, chemistry)
        times.append(time.process_time() - begin)
    return 1e3 * float(np.median(times))


if __name__ == "__main__":
    for stages in (3, 8, 15, 30):
        newton_ms, sweeps_ms, left = timed(stages, 60)
        ratio = sweeps_ms / newton_ms
        text = f"{stages:3d} stages: Newton {newton_ms:.3f} ms, sweeps {sweeps_ms:.3f} ms ({left} of 60 unfinished)"
        print(f"{text}, ratio {ratio:.0f}")
    print(f"extract, 8 stages, 9 metals, set pH: {unit():.2f} ms")
