"""Extraction cascade: Newton on all stages against stage-by-stage sweeps, and the time of a whole unit.

Run ``python tests/benchmarks/cascade.py``. Both solvers work on the same cascades, one after the other, and are timed
by process time. Sweeps creep, so they go on until the error left, not the change, is below the tolerance; both answers
must then agree. Sweeps stop at 3000, converged or not, so where some are left over the ratio is a lower bound.
"""

from __future__ import annotations

import time

import numpy as np

from hydromet.chemistry import Chemistry
from hydromet.kernels.cascade import solve, start
from hydromet.kernels.cascade_equations import Problem
from hydromet.kernels.cascade_sweeps import sweeps
from hydromet.stream import Stream
from hydromet.units.extract import Extract

LN10 = np.log(10.0)
#             Co     Ni      Mn    Na    Mg    Zn    Li    Ca    Cu    Fe    Al    K
Z = np.array([2.0, 2.0, 2.0, 1.0, 2.0, 2.0, 1.0, 2.0, 2.0, 3.0, 3.0, 1.0])
LOG_K = np.array([-7.2, -10.2, -6.6, -7.0, -9.3, -3.0, -6.5, -8.5, -5.5, -2.0, -4.0, -7.5])
NA = 3
# Of ln a(H+) and ln [(RH)2], sweeps allowed, and how far the answers may be apart.
TOLERANCE, MOST, AGREED = 1e-9, 3000, 1e-7


def cascade(rng: np.random.Generator, stages: int, metals: int, load: float) -> Problem:
    """A saponified organic; Co, Ni and Mn of the liquor take ``load`` of the extractant; other metals are traces."""
    one, z = np.ones(stages), Z[:metals]
    conc = 10.0 ** rng.uniform(-2.0, 0.0, metals)
    conc[NA + 1 :] *= 0.05
    o_a, strength = 10.0 ** rng.uniform(-0.3, 0.6), rng.uniform(0.4, 0.9)
    conc[:NA] *= load * strength * o_a / float(z[:NA] @ conc[:NA])
    aqueous, organic = np.zeros((stages, metals)), np.zeros((stages, metals))
    aqueous[0] = conc
    organic[-1, NA] = rng.uniform(0.2, 0.6) * strength * o_a
    sulfate = 0.5 * (float(z @ conc) + 1e-3)
    log_k = LOG_K[:metals]
    return Problem(
        z=z, n=z.copy(), m=np.stack([z, z / 2.0], axis=1), ln_k=LN10 * np.stack([log_k, log_k - 1.4], axis=1),
        aqueous=aqueous, organic=organic, efficiency=np.ones((stages, metals)), active=np.ones(metals),
        cations=0.0 * one, anions=2.0 * sulfate * one, volume_aq=one, volume_org=o_a * one,
        extractant=strength * o_a * one,
        back_aq=0.0 * one, back_org=0.0 * one, acid=1.3 * one, water=2e-14 * one,
        buffers=sulfate * np.ones((stages, 1)), affinity=30.0 * np.ones((stages, 1)), rest=0.0 * one,
        slope=0.0 * one, centre=0.0 * one, base=-1, fixed=np.zeros(stages, dtype=np.bool_),
    )  # fmt: skip


def timed(stages: int, metals: int, cases: int) -> tuple[float, float, int, float]:
    """Milliseconds a cascade by Newton and by sweeps, how many the sweeps did not finish, largest disagreement."""
    rng = np.random.default_rng(stages)
    fast = slow = apart = 0.0
    left = 0
    for case in range(cases + 1):
        p = cascade(rng, stages, metals, rng.uniform(0.2, 0.8))
        x, y, dose = np.zeros((3, stages))
        xs, ys, ds = np.zeros((3, stages))
        begin = time.process_time()
        rung, _, _ = solve(p, x, y, dose, False)
        middle = time.process_time()
        start(p, xs, ys, ds)
        used = sweeps(p, xs, ys, ds, MOST, TOLERANCE)
        end = time.process_time()
        assert rung > 0, "the ladder solves every cascade"
        if case:  # the first one loads the compiled code
            fast, slow, left = fast + middle - begin, slow + end - middle, left + (used == MOST)
            if used < MOST:
                apart = max(apart, float(np.max(np.abs(x - xs))), float(np.max(np.abs(y - ys))))
    assert apart < AGREED, f"both must agree, {apart:.1e} apart"
    return 1e3 * fast / cases, 1e3 * slow / cases, left, apart


def ladder(cases: int) -> dict[int, int]:
    """How many of random cascades, 3 to 30 stages, 4 to 12 metals, loose to over-tight, each rung solves (0: none)."""
    rng = np.random.default_rng(1)
    count = dict.fromkeys((2, 3, 0), 0)
    for case in range(cases):
        stages, metals = int(rng.integers(3, 31)), int(rng.integers(4, 13))
        p = cascade(rng, stages, metals, rng.uniform(0.2, 0.8) if case % 2 else rng.uniform(0.9, 1.3))
        count[solve(p, *np.zeros((3, stages)), False)[0]] += 1
    return count


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
    print("metals stages  Newton ms  sweeps ms  ratio  sweeps unfinished of 40  answers apart")
    for metals in (4, 8, 12):
        for stages in (3, 8, 15, 30, 60):
            newton_ms, sweeps_ms, left, apart = timed(stages, metals, 40)
            ratio = sweeps_ms / newton_ms
            print(f"{metals:6d} {stages:6d} {newton_ms:10.4f} {sweeps_ms:10.3f} {ratio:6.0f} {left:14d} {apart:21.1e}")
    solved = ladder(1200)
    print(f"1,200 cascades: growing + Newton {solved[2]}, with sweeps {solved[3]}, not solved {solved[0]}")
    print(f"extract, 8 stages, 9 metals, set pH: {unit():.2f} ms")
