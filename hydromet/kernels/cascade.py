"""Solver of a counter-current extraction cascade; the equations are in ``cascade_equations``.

Newton on ``ln a(H+)`` and ``ln [(RH)2]`` of all stages at once. What enters a stage differs from what a neighbour sees
near the ends and where there is a feed; far from them stages are alike. So the start is a cascade of only the stages
next to feeds, which then grows: the stages between are put back in, more each time, between their neighbours' values.
Behind it stand stage-by-stage sweeps from the equilibrium of all feeds in one stage, with Newton tried in between.
"""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, Index, jit
from hydromet.kernels.cascade_equations import Problem, Work, flows, mixes, workspace
from hydromet.kernels.cascade_lanes import Lanes, lanes
from hydromet.kernels.cascade_newton import STEP_TOLERANCE, newton
from hydromet.kernels.cascade_sweeps import bracketed_stage, one_stage, sweeps

NEWTON_LIMIT, WARM_LIMIT = 40, 30
# After sweeps it may take longer: where the free dimer falls by decades, a cap on its steps makes them many, and a
# sweep costs as much as ten of them.
PATIENT_LIMIT = 400
# A cascade that is to grow starts with stages this far from a feed, and is solved so well.
FIRST_REACH, GROWTH, GROWING_TOLERANCE, GROWING_TURNS = 1, 2, 0.3, 3
# Sweeps before Newton is tried again: so many, then twice as many each turn.
FIRST_SWEEPS, SWEEP_TURNS = 5, 7


@jit
def start(p: Problem, x: Array, y: Array, dose: Array) -> None:
    """First guess, in place: every stage at the equilibrium of all feeds in one stage."""
    stages, metals = p.aqueous.shape
    j = stages // 2
    for k in range(stages):
        if p.fixed[k]:
            j = k
    ain, oin, work = np.zeros(metals), np.zeros(metals), np.zeros((6, metals))
    for k in range(stages):
        for i in range(metals):
            ain[i] += p.aqueous[k, i]
            oin[i] += p.organic[k, i]
    x0, y0, q0 = bracketed_stage(p, j, ain, oin, x[j], 0.0, work)
    x0, y0, q0, _ = one_stage(p, j, ain, oin, x0, y0, q0, work)
    for k in range(stages):
        if not p.fixed[k]:
            x[k] = x0
        y[k] = y0
        dose[k] = q0 if p.fixed[k] else 0.0


@jit
def remoteness(p: Problem) -> Index:
    """(N) stages between each stage and the nearest that is an end, is fed or has a set pH."""
    stages, metals = p.aqueous.shape
    far = np.zeros(stages, np.int64)
    for j in range(1, stages - 1):
        near = p.fixed[j]
        for i in range(metals):
            near |= p.aqueous[j, i] > 0.0 or p.organic[j, i] > 0.0
        far[j] = 0 if near else far[j - 1] + 1
    for j in range(stages - 2, 0, -1):
        far[j] = min(far[j], far[j + 1] + 1)
    return far


@jit
def only(p: Problem, pick: Index) -> Problem:
    """The cascade of these stages alone; no other may be fed."""
    return Problem(
        p.z, p.n, p.m, p.ln_k, p.aqueous[pick], p.organic[pick], p.efficiency[pick], p.active, p.cations[pick],
        p.anions[pick], p.volume_aq[pick], p.volume_org[pick], p.extractant[pick], p.back_aq[pick], p.back_org[pick],
        p.acid[pick], p.water[pick], p.buffers[pick], p.affinity[pick], p.rest[pick], p.slope[pick],
        p.centre[pick], p.base, p.fixed[pick],
    )  # fmt: skip


@jit
def settle(p: Problem, x: Array, y: Array, dose: Array, w: Work, chain: Lanes, tolerance: float, turns: int) -> int:
    """Newton, and as long as it fails sweeps before it is tried again. Returns how often that was, -1 if not solved."""
    for turn in range(turns + 1):
        swept_x, swept_y, swept_dose = x.copy(), y.copy(), dose.copy()
        limit = NEWTON_LIMIT if turn == 0 else PATIENT_LIMIT
        if newton(p, x, y, dose, w, chain, limit, tolerance) > 0:
            return turn
        x[:], y[:], dose[:] = swept_x, swept_y, swept_dose
        if turn < turns:
            sweeps(p, x, y, dose, FIRST_SWEEPS * 2**turn, 1e-12)
    return -1


@jit
def grow(p: Problem, x: Array, y: Array, dose: Array) -> None:
    """From the first guess to a start near the answer, in place: ever more stages, solved with ease."""
    far = remoteness(p)
    farthest, reach = np.max(far), FIRST_REACH
    while reach < farthest:
        pick = np.nonzero(far <= reach)[0]
        small = only(p, pick)
        sx, sy, sd = x[pick], y[pick], dose[pick]
        w, chain = workspace(pick.size, p.z.size), lanes(pick.size, p.z.size, mixes(small))
        if settle(small, sx, sy, sd, w, chain, GROWING_TOLERANCE, GROWING_TURNS) >= 0:
            for k in range(pick.size):
                j, before = pick[k], pick[max(k - 1, 0)]
                dose[j] = sd[k]
                for between in range(before + 1, j + 1):
                    share = (between - before) / (j - before)
                    if not p.fixed[between]:
                        x[between] = (1.0 - share) * sx[k - 1] + share * sx[k]
                    y[between] = (1.0 - share) * sy[k - 1] + share * sy[k]
            x[0], y[0] = sx[0], sy[0]
        reach = GROWTH * (reach + 1) - 1


@jit
def solve(p: Problem, x: Array, y: Array, dose: Array, warm: bool) -> tuple[int, Array, Array]:
    """The ladder: Newton from the given start if warm, from a growing cascade, from sweeps. In place.

    Args:
        p: the cascade.
        x: (N) ln a(H+), the wanted value where ``fixed``.
        y: (N) ln [(RH)2].
        dose: (N) base dosed, mol/s.
        warm: the start is near the answer.

    Returns:
        rung that solved it (1 warm, 2 growing cascade, 3 sweeps; 0 not solved), aqueous and organic flows (N, M).
    """
    w, chain = workspace(x.size, p.z.size), lanes(x.size, p.z.size, mixes(p))
    if warm and newton(p, x, y, dose, w, chain, WARM_LIMIT, STEP_TOLERANCE) > 0:
        rung = 1
    else:
        start(p, x, y, dose)
        grow(p, x, y, dose)
        turns = settle(p, x, y, dose, w, chain, STEP_TOLERANCE, SWEEP_TURNS)
        rung = 0 if turns < 0 else 2 if turns == 0 else 3
    flows(p, x, y, dose, w)
    return rung, w.aq, w.org
