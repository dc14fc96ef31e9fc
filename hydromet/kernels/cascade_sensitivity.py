"""Derivatives of a solved extraction cascade by implicit differentiation, with the factors of its own Newton step.

The residuals stay zero when a parameter moves: ``J du = -df`` at fixed unknowns u, one substitution a parameter. What
leaves the stages then changes by what the parameter does at fixed u and by what ``du`` does to D and to the dose.
"""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, jit
from hydromet.kernels.cascade_equations import Problem, Work, dose_unit, flows, mixes, workspace
from hydromet.kernels.cascade_lanes import Lanes, factor, lanes, substitute
from hydromet.kernels.cascade_newton import derivatives, residual


@jit
def _spread(p: Problem, w: Work, i: int, aq: Array, org: Array) -> None:
    """Turn what metal i gains in each stage, given the stages above it, into the change of all its flows, in place."""
    stages = aq.shape[0]
    for j in range(1, stages):
        down_a, down_o = (1.0 - p.back_aq[j - 1]) * aq[j - 1, i], p.back_org[j - 1] * org[j - 1, i]
        aq[j, i] += w.through[j, 0, i] * down_a + w.through[j, 1, i] * down_o
        org[j, i] += w.through[j, 2, i] * down_a + w.through[j, 3, i] * down_o
    for j in range(stages - 2, -1, -1):
        up_a, up_o = p.back_aq[j + 1] * aq[j + 1, i], (1.0 - p.back_org[j + 1]) * org[j + 1, i]
        aq[j, i] += w.through[j, 0, i] * up_a + w.through[j, 1, i] * up_o
        org[j, i] += w.through[j, 2, i] * up_a + w.through[j, 3, i] * up_o


@jit
def _follow(p: Problem, w: Work, chain: Lanes, i: int, b: Array, aq: Array, org: Array) -> None:
    """From the change of the flows of metal i and of the residuals at fixed unknowns (b) to all changes, in place."""
    stages, metals = p.aqueous.shape
    for j in range(stages):
        for k in range(2):
            b[j, k] = -b[j, k] - w.pull[j, k, i] * aq[j, i]
    substitute(chain, b)
    for k in range(metals):
        gain_a, gain_o = np.zeros((stages, metals)), np.zeros((stages, metals))
        for j in range(stages):
            d_ln = w.slope[j, k] * b[j, 1] - (0.0 if p.fixed[j] else p.n[k] * b[j, 0])
            dosed = dose_unit(p, j) * b[j, 0] if p.fixed[j] and k == p.base else 0.0
            gain_a[j, k] = w.shift[j, 0, k] * w.aq[j, k] * d_ln + w.through[j, 0, k] * dosed
            gain_o[j, k] = w.shift[j, 1, k] * w.aq[j, k] * d_ln + w.through[j, 2, k] * dosed
        _spread(p, w, k, gain_a, gain_o)
        aq[:, k] += gain_a[:, k]
        org[:, k] += gain_o[:, k]


@jit
def sensitivities(p: Problem, x: Array, y: Array, dose: Array) -> tuple[bool, Array, Array]:
    """Derivatives of the metals leaving every stage, with the extraction constants and the feeds, at a solution.

    Args:
        p: the cascade.
        x: (N) its solution, as ``cascade.solve`` leaves it.
        y: (N) likewise.
        dose: (N) likewise.

    Returns:
        False if the Jacobian is singular; derivatives of aqueous and organic flows (P, N, M), mol/s, with P parameters:
        first ln K of metal i in form s (row ``i S + s``, mol/s per natural logarithm), then, with K = M S, the aqueous
        feed of metal i to stage j (row ``K + j M + i``, mol/mol), then the organic feeds (row ``K + N M + j M + i``).
        In stages of set pH the dose follows.
    """
    stages, metals = p.aqueous.shape
    forms = p.m.shape[1]
    first = metals * forms
    count = first + 2 * stages * metals
    d_aq, d_org = np.zeros((count, stages, metals)), np.zeros((count, stages, metals))
    w, chain = workspace(stages, metals), lanes(stages, metals, mixes(p))
    flows(p, x, y, dose, w)
    residual(p, x, y, w, chain.local)
    derivatives(p, w, chain)
    if not factor(chain):
        return False, d_aq, d_org
    b = np.zeros((stages, 2))
    for q in range(count):
        b[:] = 0.0
        i = q // forms if q < first else (q - first) % metals
        for j in range(stages):
            if q >= first:
                at, organic = (q - first) // metals % stages, q - first >= stages * metals
                d_aq[q, j, i] = w.through[j, 1 if organic else 0, i] if j == at else 0.0
                d_org[q, j, i] = w.through[j, 3 if organic else 2, i] if j == at else 0.0
            elif p.ln_k[i, q % forms] > -1e300 and w.rho[j, i] > 0.0:
                m = p.m[i, q % forms]
                held = np.exp(p.ln_k[i, q % forms] - p.n[i] * x[j] + m * y[j]) / p.volume_aq[j]
                share = held * p.volume_org[j] / w.rho[j, i]
                d_aq[q, j, i] = w.shift[j, 0, i] * w.aq[j, i] * share
                d_org[q, j, i] = w.shift[j, 1, i] * w.aq[j, i] * share
                bound = p.active[i] * m * held * w.aq[j, i]
                b[j, 1] = 2.0 * p.volume_org[j] / p.extractant[j] * bound / np.exp(w.f[j, 1])
        _spread(p, w, i, d_aq[q], d_org[q])
        _follow(p, w, chain, i, b, d_aq[q], d_org[q])
    return True, d_aq, d_org
