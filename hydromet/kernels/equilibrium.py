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

from hydromet.kernels import Array, Index, jit
from hydromet.kernels.barrier import centre, changes, eliminate, longest_step, right_side
from hydromet.kernels.guess import first_activities, first_ln_h, first_molalities, first_phases, formed
from hydromet.kernels.linear import factor, substitute
from hydromet.kernels.newton import activities, balances
from hydromet.kernels.pitzer import MW, SLOTS, curvature, gradient, room
from hydromet.kernels.tables import unpack

CONVERGED = 0
STALLED = 1
SINGULAR = 2
DRY = 3

MOST_ITERATIONS = 150
# Relative error of every balance, and absolute error of every ln activity, at which a solution is accepted.
TOLERANCE = 1e-11
# A step changes no ln molality by more than this.
_LONGEST = 3.0
# Share of the ionic strength above which a species takes part in the derivatives of the activity coefficients.
_MATTERS = 1e-4
# Share of every balance below which a complex follows from the others instead of taking part.
_TRACE = 1e-7
# Error below which those derivatives take part; before, activity coefficients lag by one iteration.
_NEAR = 3.0
_SMALLEST_MU = 1e-18
# Error above which a warm start is worse than a cold one.
_FAR = 10.0
# Ln of the lowest water activity of anything that is a solution.
_DRIEST = -40.0
# Corrections of the first guess at most, and what they leave with activities after Davies and with those of the model.
_ROUNDS, _ROUGH, _FINE = 12, 1.0, 0.3


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
    y, parameters = unpack(ints, fixed, values)
    ns, nc, nph, iH = m.size, y.components, s.size, y.iH
    first, column, value, a, lnK, S, sa = y.first, y.column, y.value, y.a, y.lnK, y.S, y.sa
    model, aphi, charge, alphas = parameters.model, parameters.aphi, parameters.charge, parameters.alphas
    pair, pair_alpha, pair_value = parameters.pair, parameters.pair_alpha, parameters.pair_value
    two, two_value, three, three_value = parameters.two, parameters.two_value, parameters.three, parameters.three_value
    order = ns + nph + 2
    each, by_pair, g, ions, theta, J = room(ns, pair.shape[0], alphas.size)
    lng, lnm, residue, beta = np.empty(ns), np.empty(ns), np.zeros(ns), np.empty(nc)
    trace = np.zeros(ns, np.bool_)
    numbers = np.empty((5, ns), np.int64)
    major, own, who, place, wanted = numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]
    F, size, scale, law_of = np.empty(nc + 1), np.empty(nc + 1), np.ones(nc + 1), np.empty(ns)
    M, Lam, H, like = np.empty((order, order)), np.empty((nc, ns)), np.empty((ns, ns)), np.empty((SLOTS + 2, ns))
    P, through = np.empty((nc + 1, nc + 1)), np.empty((nc + 1, ns))
    base, r, pivot = np.empty(order), np.empty(order), np.empty(order, np.int64)
    by_phase, rows, kept = np.empty((6, nph)), np.empty((nph, ns)), np.empty(nph, np.int64)
    sigma, free, goal, ds, dw = by_phase[0], by_phase[1], by_phase[2], by_phase[3], by_phase[4]

    target, W, law, strength = lam[iH], state[0], 0.0, 0.0
    cold, near = not warm, warm
    if warm:
        for j in range(ns):
            lnm[j] = log(max(m[j], 1e-300))
    residual, mu = 1e300, 0.0
    for iteration in range(MOST_ITERATIONS):
        if cold:
            W, law = bw * MW, 0.0
            acid = mode == 0 and nph == 0 and b[iH] > 0.0 and target != target
            if mode == 0 and (warm or target != target):
                target = first_ln_h(nc, iH, y.acid, y.base, b)
            for k in range(nc):
                F[k] = b[k] + max(x, 0.0) * t[k]
                lnm[k] = log(0.5 * max(F[k], 1e-30) / W)
            first_activities(nc, y.z, F, W, lng)
            for turn in range(2):
                lnm[iH] = target - lng[iH]
                first_molalities(
                    nc, first, column, value, a, lnK, iH, F, W, law, lng, lnm, _ROUNDS, _ROUGH if turn == 0 else _FINE,
                    acid and turn > 0, m, beta, scale, who,
                )  # fmt: skip
                if turn == 0:
                    law, strength = gradient(
                        model, aphi, charge, alphas, pair, pair_alpha, pair_value, two, two_value, three, three_value,
                        m, lng, each, by_pair, g, ions, theta, J,
                    )  # fmt: skip
            first_phases(nc, S, sa, iH, F, lnKs, law, lng, lnm, s, w)
            formed(nc, first, column, value, a, lnK, law, lng, lnm, m)
            cold, near = False, False
        law, strength = gradient(
            model, aphi, charge, alphas, pair, pair_alpha, pair_value, two, two_value, three, three_value, m, lng, each,
            by_pair, g, ions, theta, J,
        )  # fmt: skip
        # --- residuals
        error, check = 0.0, abs(law) + W
        for k in range(nc):
            lam[k] = lnm[k] + lng[k]
            n = W * m[k]
            F[k] = n - (b[k] + x * t[k])
            size[k] = abs(b[k]) + abs(x * t[k]) + n
        F[nc] = W / MW - bw - x * tw
        size[nc] = W / MW
        most = log(_MATTERS * max(strength, 1e-9))
        for j in range(nc, ns):
            total = lnK[j] + a[j] * law - lng[j]
            for e in range(first[j], first[j + 1]):
                total += value[e] * lam[column[e]]
            if trace[j]:
                lnm[j] = min(total, most)
                m[j] = exp(lnm[j])
                for e in range(first[j], first[j + 1]):
                    if abs(value[e]) * W * m[j] > _TRACE * scale[column[e]]:
                        trace[j] = False
            residue[j] = total - lnm[j]
            error = max(error, abs(residue[j]))
            n = W * m[j]
            for e in range(first[j], first[j + 1]):
                F[column[e]] += value[e] * n
                size[column[e]] += abs(value[e]) * n
            F[nc] += a[j] * n
        gap = 0.0
        for p in range(nph):
            total = sa[p] * law - lnKs[p]
            sigma[p] = 1e300
            for k in range(nc):
                count = S[p, k]
                if count != 0.0:
                    total += count * lam[k]
                    F[k] += count * s[p]
                    size[k] += abs(count) * s[p]
                    if k != iH and count > 0.0:
                        sigma[p] = min(sigma[p], max((b[k] + x * t[k]) / count, 1e-30))
            F[nc] += sa[p] * s[p]
            free[p] = -(w[p] + total)
            error = max(error, abs(free[p]))
            gap = max(gap, min(w[p], s[p] / sigma[p]))
            check += abs(free[p])
        for k in range(nc + 1):
            scale[k] = max(size[k], 1e-300)
            error = max(error, abs(F[k]) / scale[k])
            check += abs(F[k])
        off = 0.0
        if mode > 0:
            off = target - lam[iH]
            lam[iH] = target
            error = max(error, abs(off))
        residual = max(error, gap)
        state[0], state[1], state[2], state[3], state[4] = W, law, strength, x, iteration
        state[5], state[6] = residual, mu
        if iteration == 0 and warm and not (check < 1e300 and error < _FAR):
            cold = True
            continue
        if not check < 1e300:  # overflow: NaN would pass every comparison
            state[5] = 1e300
            return SINGULAR
        if residual < tolerance:
            return CONVERGED if law > _DRIEST else DRY
        near = error < _NEAR
        # --- who takes part how
        columns, rows_wanted, unknowns = 0, 0, nc
        for j in range(ns):
            major[j] = -1
            own[j] = j if j < nc else -1
            if j >= nc and iteration > 0:
                trace[j] = True
                for e in range(first[j], first[j + 1]):
                    if abs(value[e]) * W * m[j] > _TRACE * scale[column[e]]:
                        trace[j] = False
            if near and m[j] > _MATTERS * max(strength, 1e-9):
                major[j] = columns
                who[columns] = j
                if j >= nc:
                    own[j] = unknowns
                    unknowns += 1
                    trace[j] = False
                place[columns] = own[j]
                columns += 1
            if not trace[j]:
                wanted[rows_wanted] = j
                rows_wanted += 1
        if columns > 0:
            curvature(
                charge, pair, two, two_value, three, three_value, m, each, by_pair, ions, theta, wanted, rows_wanted,
                major, who, columns, like, H,
            )  # fmt: skip
            for row in range(rows_wanted):
                j = wanted[row]
                for c in range(columns):
                    H[j, c] *= m[who[c]]
        # --- Newton matrix
        iW = unknowns
        full = unknowns + 1 + (1 if mode > 0 else 0)
        law_shift = activities(nc, first, column, value, a, m, residue, H, place, columns, unknowns, beta, Lam, law_of)
        for j in range(nc, ns):
            residue[j] += a[j] * law_shift
        balances(
            nc, first, column, value, a, W, m, residue, H, place, columns, own, trace, unknowns, Lam, law_of, P,
            through, M, base,
        )  # fmt: skip
        for k in range(nc + 1):
            base[k] -= F[k]
            M[k, iW] = F[k] + (b[k] + x * t[k] if k < nc else bw + x * tw)
        for p in range(nph):
            for k in range(nc):
                M[k, iW] -= S[p, k] * s[p]
            M[nc, iW] -= sa[p] * s[p]
            free[p] -= sa[p] * law_shift
        for i in range(nc + 1, unknowns + 1):
            M[i, iW] = 0.0
        if mode > 0:
            ix = iW + 1
            for i in range(full):
                M[i, ix] = 0.0
            for k in range(nc):
                M[k, ix] = -t[k]
            M[nc, ix] = -tw
            for u in range(unknowns):
                M[ix, u] = Lam[iH, u]
            M[ix, iW] = 0.0
            base[ix] = off
        full = eliminate(nc, S, sa, s, w, unknowns, full, Lam, law_of, rows, kept, M)
        for i in range(nc + 1):
            part = 1.0 / scale[i]
            base[i] *= part
            for u in range(full):
                M[i, u] *= part
        if not factor(M, pivot, full):
            state[5] = residual
            return SINGULAR
        if nph == 0:
            for i in range(full):
                r[i] = 0.0
            r[iW + 1 if mode > 0 else iH] = 1.0 if mode > 0 else 1.0 / scale[iH]
            substitute(M, pivot, r, full)
            total = r[iW + 1] if mode > 0 else 0.0
            for u in range(unknowns if mode == 0 else 0):
                total += Lam[iH, u] * r[u]
            state[7] = total if mode > 0 else 1.0 / total
        # --- a predictor towards mu = 0, then the step itself
        mu = 0.0
        for turn in range(1 if nph == 0 else 2):
            for i in range(full):
                r[i] = base[i]
            if nph > 0:
                reached = 0.0
                if turn > 0:
                    reached = longest_step(s, w, ds, dw, 1.0, 1.0)
                    now, then = centre(s, w, sigma, ds, dw, reached)
                    # errors hold mu up, but never where it is: a solid that upsets a small total would stay for ever
                    mu = max(_SMALLEST_MU, now * max(then / now, 0.0) ** 3, min(0.1 * now, 0.01 * error, error * error))
                for p in range(nph):
                    goal[p] = mu * sigma[p] - s[p] * w[p]
                    if turn > 0:
                        goal[p] -= reached * ds[p] * dw[p]
                right_side(nc, S, sa, s, w, free, goal, kept, scale, r)
            substitute(M, pivot, r, full)
            changes(s, w, free, goal, kept, rows, unknowns, r, ds, dw)
        # --- step
        dose = r[iW + 1] if mode > 0 else 0.0
        law_change = 0.0
        for u in range(unknowns):
            law_change += law_of[u] * r[u]
        for k in range(nc):
            total = 0.0
            for u in range(unknowns):
                total += Lam[k, u] * r[u]
            beta[k] = total
        step = min(1.0, 1.0 / max(abs(r[iW]), 1e-300))
        for j in range(ns):
            if own[j] >= 0:
                total = r[own[j]]
            elif trace[j]:
                continue
            else:
                total = residue[j] + a[j] * law_change
                for e in range(first[j], first[j + 1]):
                    total += value[e] * beta[column[e]]
                for c in range(columns):
                    total -= H[j, c] * r[place[c]]
            residue[j] = total
            if abs(total) > _LONGEST:
                share = W * m[j] / scale[j] if j < nc else 0.0
                if j >= nc:
                    for e in range(first[j], first[j + 1]):
                        share = max(share, abs(value[e]) * W * m[j] / scale[column[e]])
                room_left = max(_LONGEST, -log(share + 1e-13)) if total > 0.0 else (_LONGEST if share > 0.01 else 30.0)
                step = min(step, room_left / abs(total))
        if mode == 1 and x + step * dose < 0.1 * x:
            step = min(step, 0.9 * x / -dose)
        step = longest_step(s, w, ds, dw, max(0.995, 1.0 - error), step)
        W *= exp(step * r[iW])
        x += step * dose
        for j in range(ns):
            if not trace[j]:
                lnm[j] += step * residue[j]
                m[j] = exp(lnm[j])
        for p in range(nph):
            s[p] += step * ds[p]
            w[p] += step * dw[p]
        if 1e-9 * bw * MW > W:
            return DRY
    return STALLED
