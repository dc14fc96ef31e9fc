"""Newton on ln a(H+) and ln [(RH)2] of all stages of an extraction cascade, in O(N).

The metals are eliminated exactly, so a change of ``ln D`` in stage k reaches stage j through the stages between, each
of which passes on a share: ``cascade_lanes`` solves such chains. One lane a metal is enough where the two phases carry
it in opposite directions, and where it does not matter in which phase it arrives (efficiency 1). With back-mixing *and*
an efficiency below one there are two: first those of the aqueous phase, then those of the organic.
"""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, jit
from hydromet.kernels.cascade_equations import Problem, Work, balances, distributions, dose_unit, proton_balance
from hydromet.kernels.cascade_lanes import Lanes, factor, substitute

# Largest and smallest cap on the change of a logarithm in one Newton step; the residual may grow so much in one.
CAP = 1.0
SMALLEST_CAP = 1e-4
GROWTH = 10.0
# Newton's error after a step is about its square.
STEP_TOLERANCE = 1e-7
RESIDUAL_TOLERANCE = 1e-4
# A residual that is only round-off may grow.
ROUND_OFF = 1e-12
# Bounds of ln a(H+), about pH 17 and -5.
LOWEST_X, HIGHEST_X = -39.0, 12.0


@jit
def residual(p: Problem, x: Array, y: Array, w: Work, local: Array) -> None:
    """Fill ``f`` (charge, extractant) and its derivatives at given flows (``local``) and in the flows (``pull``)."""
    for j in range(x.size):
        acid, base, d_acid, d_base = proton_balance(p, j, x[j])
        plus, minus = acid + p.cations[j], base + p.anions[j]
        bound = d_bound = np.exp(y[j])
        d_charge = 0.0
        for i in range(p.z.size):
            aq = w.aq[j, i]
            held = w.dimers[j, i] * aq
            plus += p.z[i] * aq
            bound += held
            d_charge -= p.n[i] * held
            d_bound += w.curved[j, i] * aq
        has = p.extractant[j] > 0.0
        w.f[j, 0] = np.log(plus / minus)
        w.f[j, 1] = np.log(2.0 * p.volume_org[j] * bound / p.extractant[j]) if has else 0.0
        free = 0.0 if p.fixed[j] else 1.0
        charge, share = 1.0 / plus, 1.0 / bound if has else 0.0
        local[j, 0, 0], local[j, 0, 1] = free * (d_acid * charge - d_base / minus), 0.0
        local[j, 1, 0], local[j, 1, 1] = free * d_charge * share, d_bound * share if has else 1.0
        for i in range(p.z.size):
            w.pull[j, 0, i], w.pull[j, 1, i] = p.z[i] * charge, w.dimers[j, i] * share


@jit
def derivatives(p: Problem, w: Work, s: Lanes) -> None:
    """The Jacobian at the flows of ``w`` after ``residual``, as a chain of stages.

    Bottom up, because ``echo`` is what comes back from below of what leaves a stage downwards.
    """
    stages, metals = p.aqueous.shape
    two = s.fill.shape[0] > metals
    w.echo[:] = 0.0
    for j in range(stages - 1, -1, -1):
        a, b, free = p.back_aq[j], p.back_org[j], 0.0 if p.fixed[j] else 1.0
        for i in range(metals):
            o = metals + i
            t0, t1, t2, t3 = w.through[j, 0, i], w.through[j, 1, i], w.through[j, 2, i], w.through[j, 3, i]
            x0, x1, x2, x3 = w.echo[0, i], w.echo[1, i], w.echo[2, i], w.echo[3, i]
            c0, c1 = w.pull[j, 0, i], w.pull[j, 1, i]
            # What a change of ln D sets free: what leaves downwards, what of it comes back, aq and org in the end.
            aq, org = w.shift[j, 0, i] * w.aq[j, i], w.shift[j, 1, i] * w.aq[j, i]
            down_a, down_o = (1.0 - a) * aq, b * org
            back_a, back_o = x0 * down_a + x1 * down_o, x2 * down_a + x3 * down_o
            aq, org = aq + t0 * back_a + t1 * back_o, org + t2 * back_a + t3 * back_o
            up_a, up_o = a * aq, (1.0 - b) * org
            n, m = -free * p.n[i], w.slope[j, i]
            s.local[j, 0, 0] += c0 * aq * n
            s.local[j, 0, 1] += c0 * aq * m
            s.local[j, 1, 0] += c1 * aq * n
            s.local[j, 1, 1] += c1 * aq * m
            # What enters in the aqueous phase from above does the same; f is what leaves downwards at once.
            f0, f1, f2, f3 = (1.0 - a) * t0, (1.0 - a) * t1, b * t2, b * t3
            back_a, back_o = 1.0 + x0 * f0 + x1 * f2, x2 * f0 + x3 * f2
            aq, org = t0 * back_a + t1 * back_o, t2 * back_a + t3 * back_o
            s.below[j, 0, i], s.below[j, 1, i] = c0 * aq, c1 * aq
            if two:
                s.sinks[j, 0, i], s.sinks[j, 1, i], s.sinks[j, 0, o], s.sinks[j, 1, o] = (
                    n * down_a, m * down_a, n * down_o, m * down_o)  # fmt: skip
                s.rises[j, 0, i], s.rises[j, 1, i], s.rises[j, 0, o], s.rises[j, 1, o] = (
                    n * up_a, m * up_a, n * up_o, m * up_o)  # fmt: skip
                back_a, back_o = x0 * f1 + x1 * f3, 1.0 + x2 * f1 + x3 * f3
                aq_o, org_o = t0 * back_a + t1 * back_o, t2 * back_a + t3 * back_o
                s.below[j, 0, o], s.below[j, 1, o] = c0 * aq_o, c1 * aq_o
                s.above[j, 0, i], s.above[j, 1, i], s.above[j, 0, o], s.above[j, 1, o] = (
                    c0 * t0,
                    c1 * t0,
                    c0 * t1,
                    c1 * t1,
                )
                s.fall[j, 0, i], s.fall[j, 1, i], s.fall[j, 2, i], s.fall[j, 3, i] = f0, f1, f2, f3
                s.lift[j, 0, i], s.lift[j, 1, i] = a * t0, a * t1
                s.lift[j, 2, i], s.lift[j, 3, i] = (1.0 - b) * t2, (1.0 - b) * t3
                w.echo[0, i], w.echo[1, i] = a * aq, a * aq_o
                w.echo[2, i], w.echo[3, i] = (1.0 - b) * org, (1.0 - b) * org_o
            else:
                down, up = down_a + down_o, up_a + up_o
                s.sinks[j, 0, i], s.sinks[j, 1, i], s.rises[j, 0, i], s.rises[j, 1, i] = (
                    n * down,
                    m * down,
                    n * up,
                    m * up,
                )
                s.above[j, 0, i], s.above[j, 1, i] = c0 * t1, c1 * t1
                s.fall[j, 0, i], s.lift[j, 0, i] = f0 + f2, a * t1 + (1.0 - b) * t3
                w.echo[2, i] = w.echo[3, i] = a * aq + (1.0 - b) * org
        if p.fixed[j] and p.base >= 0:
            # Base dosed enters the stage as if from above.
            i, o, unit = p.base, metals + p.base, dose_unit(p, j)
            s.local[j, 0, 0] += unit * s.below[j, 0, i]
            s.local[j, 1, 0] += unit * s.below[j, 1, i]
            s.sinks[j, 0, i] = unit * s.fall[j, 0, i]
            s.rises[j, 0, i] = unit * w.echo[0 if two else 2, i]
            if two:
                s.sinks[j, 0, o], s.rises[j, 0, o] = unit * s.fall[j, 2, i], unit * w.echo[2, i]


@jit
def _move(p: Problem, x: Array, y: Array, dose: Array, w: Work, share: float) -> None:
    """Set x, y and dose to the base point plus a share of the Newton step."""
    for j in range(x.size):
        if p.fixed[j]:
            dose[j] = max(w.base[2, j] + share * w.step[j, 0] * dose_unit(p, j), 0.05 * w.base[2, j])
        else:
            x[j] = min(max(w.base[0, j] + share * w.step[j, 0], LOWEST_X), HIGHEST_X)
        y[j] = w.base[1, j] + share * w.step[j, 1]


@jit
def newton(p: Problem, x: Array, y: Array, dose: Array, w: Work, s: Lanes, limit: int, tolerance: float) -> int:
    """Newton on all stages from the given start, changed in place. Returns the iterations, negative if not solved.

    The whole step is shortened so that no logarithm changes by more than a cap, which halves when the residual grows
    much: stages move together, and clipping them one by one breaks the fronts that travel through a cascade. A front
    that travels lets it grow, so moderate growth is no reason to hold back.
    """
    cap, last = CAP, np.inf
    largest = 0.0
    for iteration in range(limit):
        distributions(p, x, y, w)
        balances(p, dose, w)
        residual(p, x, y, w, s.local)
        norm = worst = 0.0
        for j in range(x.size):
            for k in range(2):
                norm += w.f[j, k] ** 2
                worst = max(worst, abs(w.f[j, k]))
        norm = np.sqrt(norm)
        if not norm <= max(GROWTH * last, ROUND_OFF):
            cap *= 0.5
            if cap < SMALLEST_CAP:
                return -iteration - 1
            _move(p, x, y, dose, w, min(1.0, cap / max(largest, 1e-300)))
            continue
        if norm < last:
            cap = min(2.0 * cap, CAP)
        last = norm
        derivatives(p, w, s)
        if not factor(s):
            return -iteration - 1
        for j in range(x.size):
            w.step[j, 0], w.step[j, 1] = -w.f[j, 0], -w.f[j, 1]
            w.base[0, j], w.base[1, j], w.base[2, j] = x[j], y[j], dose[j]
        substitute(s, w.step)
        largest = 0.0
        for j in range(x.size):
            largest = max(largest, abs(w.step[j, 0]), abs(w.step[j, 1]))
        _move(p, x, y, dose, w, min(1.0, cap / max(largest, 1e-300)))
        if largest < tolerance and worst < max(tolerance, RESIDUAL_TOLERANCE):
            return iteration + 1
    return -limit
