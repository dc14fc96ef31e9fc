"""Aqueous equilibrium with solids and gases: a primal-dual interior-point Newton in logarithms.

Unknowns are the molality of every species (m), of which follow the ln activities of the components (lambda), the mass
of liquid water (W), the amount s and the undersaturation w = -SI of every phase that may form, and in titration mode
the dose x::

    W sum_j A_jk m_j + sum_p S_pk s_p = b_k + x t_k          every component k and water
    ln m_j + ln gamma_j(m) = ln K_j + sum_k A_jk lambda_k + a_j ln a_w(m)
    s_p w_p = mu sigma_p,   w_p = ln K_p - sum_k S_pk lambda_k - a_p ln a_w,   s, w > 0,   mu -> 0

Activity coefficients take part with their exact derivatives. A gas at fixed partial pressure is a phase like a solid.
With the pH fixed the dose joins the unknowns, so no outer loop is needed.
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from hydromet.kernels import Array, Index, jit, part_of
from hydromet.kernels.barrier import centre, changes, longest_step, right_side
from hydromet.kernels.guess import first_activities, first_ln_h, first_molalities, first_phases, formed
from hydromet.kernels.linear import substitute
from hydromet.kernels.newton import MATTERS, assign, matrix, right_hand
from hydromet.kernels.pitzer import MW, gradient
from hydromet.kernels.tables import Activity, Species, unpack
from hydromet.kernels.workspace import (
    DOSE,
    ITERATIONS,
    LN_AW,
    MU,
    RESIDUAL,
    SLOPE,
    STRENGTH,
    WATER,
    Answer,
    Errors,
    Excess,
    Question,
    Roles,
    Step,
    errors,
    excess,
    roles,
    step,
)  # fmt: skip

CONVERGED = 0
STALLED = 1
SINGULAR = 2
DRY = 3

MOST_ITERATIONS = 150
# Relative error of every balance, and absolute error of every ln activity, at which a solution is accepted.
TOLERANCE = 1e-11
# A step changes no ln molality by more than this.
_LONGEST = 3.0
# Error below which derivatives of the activity coefficients take part; before, these lag by one iteration.
_NEAR = 3.0
_SMALLEST_MU = 1e-18
# A matrix made where the error was smaller than this serves as long as every step divides the error by so much.
_KEEP, _GAIN = 1e-2, 100.0
# Far from the answer only species above this share of the ionic strength take part in those derivatives.
_COARSE = 1e-2
# Error above which a warm start is worse than a cold one.
_FAR = 10.0
# Ln of the lowest water activity of anything that is a solution.
_DRIEST = -40.0
# Corrections of the first guess at most, and what they leave with activities after Davies and with those of the model.
_ROUNDS, _ROUGH, _FINE = 12, 1.0, 0.3


@part_of
def evaluate(q: Activity, found: Answer, ex: Excess) -> None:
    """Ln gamma of every species, water activity and ionic strength at the molalities there are."""
    found.state[LN_AW], found.state[STRENGTH] = gradient(
        q.model, q.aphi, q.charge, q.alphas, q.pair, q.pair_alpha, q.pair_value, q.two, q.two_value, q.three,
        q.three_value, found.m, found.lng, ex.each, ex.by_pair, ex.g, ex.ions, ex.theta, ex.J,
    )  # fmt: skip


@part_of
def start(
    asked: Question, y: Species, q: Activity, found: Answer, ex: Excess, e: Errors, who: Roles, move: Step,
    target: float, acid: bool,
) -> None:  # fmt: skip
    """A first answer from nothing but the totals and ln a(H+), which is corrected by its total where ``acid``."""
    nc, state, totals = y.components, found.state, e.F
    water, law = asked.bw * MW, 0.0
    for k in range(nc):
        totals[k] = asked.b[k] + max(state[DOSE], 0.0) * asked.t[k]
        found.lnm[k] = log(0.5 * max(totals[k], 1e-30) / water)
    first_activities(nc, y.z, totals, water, found.lng)
    for turn in range(2):
        found.lnm[y.iH] = target - found.lng[y.iH]
        first_molalities(
            nc, y.first, y.column, y.value, y.a, y.lnK, y.iH, totals, water, law, found.lng, found.lnm, _ROUNDS,
            _ROUGH if turn == 0 else _FINE, acid and turn > 0, found.m, move.beta, move.part, who.who,
        )  # fmt: skip
        if turn == 0:
            evaluate(q, found, ex)
            law = state[LN_AW]
    first_phases(nc, y.S, y.sa, y.iH, totals, asked.lnKs, law, found.lng, found.lnm, found.s, found.w)
    formed(nc, y.first, y.column, y.value, y.a, y.lnK, law, found.lng, found.lnm, found.m)
    state[WATER] = water


@part_of
def misfit(
    asked: Question, y: Species, found: Answer, e: Errors, who: Roles, target: float, stepped: bool
) -> tuple[float, float, float, float]:
    """Errors of all equations; traces follow from the others, ln a(H+) is put where it is given.

    Returns:
        Largest error, largest complementarity of a phase, a sum that is not finite if anything is not, error of the pH.
    """
    nc, state, m, lam = y.components, found.state, found.m, found.lam
    water, law, x = state[WATER], state[LN_AW], state[DOSE]
    F, size, error = e.F, e.scale, 0.0
    for k in range(nc):
        lam[k] = found.lnm[k] + found.lng[k]
        n = water * m[k]
        F[k] = n - (asked.b[k] + x * asked.t[k])
        size[k] = abs(asked.b[k]) + abs(x * asked.t[k]) + n
    F[nc] = water / MW - asked.bw - x * asked.tw
    size[nc] = water / MW
    most = log(MATTERS * max(state[STRENGTH], 1e-9))
    for j in range(nc, m.size):
        total = y.lnK[j] + y.a[j] * law - found.lng[j]
        for i in range(y.first[j], y.first[j + 1]):
            total += y.value[i] * lam[y.column[i]]
        if stepped and who.trace[j]:
            found.lnm[j] = min(total, most)
            m[j] = exp(found.lnm[j])
        e.residue[j] = total - found.lnm[j]
        error = max(error, abs(e.residue[j]))
        n = water * m[j]
        for i in range(y.first[j], y.first[j + 1]):
            F[y.column[i]] += y.value[i] * n
            size[y.column[i]] += abs(y.value[i]) * n
        F[nc] += y.a[j] * n
    worst, gap, check = phases(asked, y, found, e)
    error, check = max(error, worst), check + abs(law) + water
    for k in range(nc + 1):
        size[k] = max(size[k], 1e-300)
        error = max(error, abs(F[k]) / size[k])
        check += abs(F[k])
    off = 0.0
    if asked.mode > 0:
        off = target - lam[y.iH]
        lam[y.iH] = target
        error = max(error, abs(off))
    return error, gap, check, off


@part_of
def phases(asked: Question, y: Species, found: Answer, e: Errors) -> tuple[float, float, float]:
    """Errors of the phases, and what they hold of the components: largest error and complementarity, sum of errors."""
    nc, law, x, s, w = y.components, found.state[LN_AW], found.state[DOSE], found.s, found.w
    error, gap, check = 0.0, 0.0, 0.0
    for p in range(s.size):
        total = y.sa[p] * law - asked.lnKs[p]
        e.sigma[p] = 1e300
        for k in range(nc):
            count = y.S[p, k]
            if count != 0.0:
                total += count * found.lam[k]
                e.F[k] += count * s[p]
                e.scale[k] += abs(count) * s[p]
                if k != y.iH and count > 0.0:
                    e.sigma[p] = min(e.sigma[p], max((asked.b[k] + x * asked.t[k]) / count, 1e-30))
        e.F[nc] += y.sa[p] * s[p]
        e.free[p] = -(w[p] + total)
        error = max(error, abs(e.free[p]))
        gap = max(gap, min(w[p], s[p] / e.sigma[p]))
        check += abs(e.free[p])
    return error, gap, check


@part_of
def slope(mode: int, y: Species, found: Answer, who: Roles, move: Step) -> None:
    """Change of the total of H+, or of the dose that is sought, with ln a(H+), from the last matrix."""
    unknowns, full, r = who.counts[2], who.counts[3], move.r
    for i in range(full):
        r[i] = 0.0
    r[unknowns + 1 if mode > 0 else y.iH] = 1.0 if mode > 0 else move.part[y.iH]
    substitute(move.M, move.pivot, r, full)
    total = 0.0
    for u in range(unknowns):
        total += move.Lam[y.iH, u] * r[u]
    found.state[SLOPE] = r[unknowns + 1] if mode > 0 else 1.0 / total


@part_of
def direction(y: Species, found: Answer, e: Errors, who: Roles, move: Step, error: float) -> None:
    """Solve the linear system: with phases a predictor towards mu = 0, which tells mu, then the step itself."""
    nph, mu, reached = found.s.size, 0.0, 0.0
    for turn in range(1 if nph == 0 else 2):
        for i in range(who.counts[3]):
            move.r[i] = move.base[i]
        if nph > 0:
            if turn > 0:
                reached = longest_step(found.s, found.w, move.ds, move.dw, 1.0, 1.0)
                now, then = centre(found.s, found.w, e.sigma, move.ds, move.dw, reached)
                # errors hold mu up, but never where it is: a solid that upsets a small total would stay for ever
                mu = max(_SMALLEST_MU, now * max(then / now, 0.0) ** 3, min(0.1 * now, 0.01 * error, error * error))
            for p in range(nph):
                move.goal[p] = mu * e.sigma[p] - found.s[p] * found.w[p]
                if turn > 0:
                    move.goal[p] -= reached * move.ds[p] * move.dw[p]
            right_side(y.components, y.S, y.sa, move.s, move.w, e.free, move.goal, who.kept, move.part, move.r)
        substitute(move.M, move.pivot, move.r, who.counts[3])
        changes(move.s, move.w, e.free, move.goal, who.kept, move.rows, who.counts[2], move.r, move.ds, move.dw)
    found.state[MU] = mu


@part_of
def advance(
    asked: Question, y: Species, found: Answer, ex: Excess, e: Errors, who: Roles, move: Step, error: float
) -> None:
    """Take the step, shortened where it leads too far or where an amount would become negative."""
    nc, m, state, r, iW = y.components, found.m, found.state, move.r, who.counts[2]
    dose = r[iW + 1] if asked.mode > 0 else 0.0
    law_change = 0.0
    for u in range(iW):
        law_change += move.law[u] * r[u]
    for k in range(nc):
        total = 0.0
        for u in range(iW):
            total += move.Lam[k, u] * r[u]
        move.beta[k] = total
    step = min(1.0, 1.0 / max(abs(r[iW]), 1e-300))
    for j in range(m.size):
        if who.own[j] >= 0:
            total = r[who.own[j]]
        elif who.trace[j]:
            continue
        else:
            total = e.residue[j] + y.a[j] * law_change
            for i in range(y.first[j], y.first[j + 1]):
                total += y.value[i] * move.beta[y.column[i]]
            for c in range(who.counts[0]):
                total -= ex.H[j, c] * r[who.place[c]]
        e.residue[j] = total
        if abs(total) > _LONGEST:
            step = min(step, room_left(y, e, j, state[WATER] * m[j], total) / abs(total))
    if asked.mode == 1 and state[DOSE] + step * dose < 0.1 * state[DOSE]:
        step = min(step, 0.9 * state[DOSE] / -dose)
    step = longest_step(found.s, found.w, move.ds, move.dw, max(0.995, 1.0 - error), step)
    state[WATER] *= exp(step * r[iW])
    state[DOSE] += step * dose
    for j in range(m.size):
        if not who.trace[j]:
            found.lnm[j] += step * e.residue[j]
            m[j] = exp(found.lnm[j])
    for p in range(found.s.size):
        found.s[p] += step * move.ds[p]
        found.w[p] += step * move.dw[p]


@part_of
def room_left(y: Species, e: Errors, j: int, n: float, change: float) -> float:
    """How far ln m of a species of n mol may go: further where it is a small part of every balance."""
    share = n / e.scale[j] if j < y.components else 0.0
    for i in range(y.first[j], y.first[j + 1] if j >= y.components else y.first[j]):
        share = max(share, abs(y.value[i]) * n / e.scale[y.column[i]])
    if change > 0.0:
        return max(_LONGEST, -log(share + 1e-13))
    return _LONGEST if share > 0.01 else 30.0


@part_of
def _solve(
    asked: Question, ints: Index, fixed: Array, values: Array, found: Answer, ex: Excess, e: Errors, who: Roles,
    move: Step, x: float, warm: bool, tolerance: float,
) -> int:  # fmt: skip
    """``solve`` with room to work in."""
    y, q = unpack(ints, fixed, values)
    mode, state, nph = asked.mode, found.state, found.s.size
    target, cold, state[DOSE] = found.lam[y.iH], not warm, x
    if warm:
        for j in range(found.m.size):
            found.lnm[j] = log(max(found.m[j], 1e-300))
    made_at, before = 1e300, 1e300
    for iteration in range(MOST_ITERATIONS):
        if cold:
            guessed = mode == 0 and (warm or target != target)
            if guessed:
                target = first_ln_h(y.components, y.iH, y.acid, y.base, asked.b)
            acid = guessed and not warm and nph == 0 and asked.b[y.iH] > 0.0
            start(asked, y, q, found, ex, e, who, move, target, acid)
            cold = False
        evaluate(q, found, ex)
        error, gap, check, off = misfit(asked, y, found, e, who, target, made_at < 1e300)
        state[ITERATIONS], state[RESIDUAL] = iteration, max(error, gap)
        if iteration == 0 and warm and not (check < 1e300 and error < _FAR):
            cold = True
            continue
        if not check < 1e300:  # overflow: NaN would pass every comparison
            state[RESIDUAL] = 1e300
            return SINGULAR
        if state[RESIDUAL] < tolerance:
            if nph == 0 and made_at < 1e300:
                slope(mode, y, found, who, move)
            return CONVERGED if state[LN_AW] > _DRIEST else DRY
        if not (made_at < _KEEP and error * _GAIN < before):
            assign(y, found, e, who, min(max(MATTERS, error), _COARSE), error < _NEAR, iteration == 0)
            if not matrix(asked, y, q, found, ex, e, who, move):
                return SINGULAR
            made_at = error
        before = error
        right_hand(y, found, e, who, move, off)
        direction(y, found, e, who, move, error)
        advance(asked, y, found, ex, e, who, move, error)
        if 1e-9 * asked.bw * MW > state[WATER]:
            return DRY
    return STALLED


@jit
def solve(
    mode: int,
    ints: Index,
    fixed: Array,
    values: Array,
    lnKs: Array,
    b: Array,
    bw: float,
    t: Array,
    tw: float,
    x: float,
    warm: bool,
    lam: Array,
    m: Array,
    s: Array,
    w: Array,
    state: Array,
    tolerance: float,
) -> int:
    """Solve one equilibrium; see the module for the equations.

    Args:
        mode: 0: the dose is x. 1: lam[iH] is given and the dose, which is positive, is found. 2: of either sign.
        ints: the chemistry, see ``tables.unpack``.
        fixed: see there.
        values: see there.
        lnKs: ln K of dissolution of the phases.
        b: totals of the components, mol.
        bw: total water, mol.
        t: one dose of titrant, mol.
        tw: its water.
        x: the dose or its first guess.
        warm: start from m, s, w and state[0], unless they are far off.
        lam: ln activities of the components out; lam[iH] is read: the pH, or where the dose is given and the start is
            cold its first guess, none if it is not a number.
        m: molalities out.
        s: amounts of the phases out, mol.
        w: their undersaturation, ln units, out.
        state: out: W (kg), ln a_w, ionic strength, dose, iterations, residual, mu, and without phases the change of
            the total of H+ (of the dose, if that is sought) with ln a(H+) at the last step, mol.
        tolerance: TOLERANCE, or more where the answer is a step of a larger iteration.

    Returns:
        CONVERGED, STALLED, SINGULAR or DRY.
    """
    ns, nc, nph = m.size, lam.size, s.size
    found = Answer(lam, m, s, w, state, np.empty(ns), np.empty(ns))
    return _solve(
        Question(mode, lnKs, b, bw, t, tw), ints, fixed, values, found,
        excess(ns, ints[7], ints[6]), errors(ns, nc, nph), roles(ns, nph), step(ns, nc, nph), x, warm, tolerance,
    )  # fmt: skip
