"""Aqueous equilibrium with solids and gases: a primal-dual interior-point Newton on ln activities.

Unknowns are the ln activities of the components (lambda), the mass of liquid water (W), the molality of every species
(m), the amount s and the undersaturation w = -SI of every phase that may form, and in titration mode the dose x::

    W sum_j A_jk m_j + sum_p S_pk s_p = b_k + x t_k          every component k and water
    ln m_j + ln gamma_j(m) = ln K_j + sum_k A_jk lambda_k + a_j ln a_w(m)
    s_p w_p = mu sigma_p,   w_p = ln K_p - sum_k S_pk lambda_k - a_p ln a_w,   s, w > 0,   mu -> 0

The barrier of a phase is scaled by sigma_p, what its limiting component allows: without that, trace phases stop the
iteration. Activity coefficients take part with their exact derivatives. A gas at fixed partial pressure is a phase like
a solid. With the pH fixed the dose takes the place of lambda_H, so no outer loop is needed.
"""

from __future__ import annotations

from math import exp, log

import numpy as np

from hydromet.kernels import Array, Index, jit
from hydromet.kernels.linear import compress, solve_in_place
from hydromet.kernels.newton import newton_matrix
from hydromet.kernels.pitzer import MW, pitzer

CONVERGED = 0
STALLED = 1
SINGULAR = 2
DRY = 3

MOST_ITERATIONS = 150
# Relative error of every balance, and absolute error of every ln activity, at which a solution is accepted.
TOLERANCE = 1e-11
_SMALLEST_MU = 1e-18
# A step changes no ln activity by more than this.
_LONGEST = 3.0
# Share of the ionic strength above which a species takes part in the derivatives of the activity coefficients.
_MATTERS = 1e-3
# Error below which those derivatives take part; before, activity coefficients lag by one iteration.
_NEAR = 1.0


@jit
def first_guess(  # type: ignore[no-untyped-def]
    sparse, z: Array, lnK: Array, b: Array, water: float, iH: int, lam: Array, m: Array
) -> None:
    """Ln activities and molalities that balance the components roughly, at a given pH: multiplicative corrections."""
    first, column, value = sparse
    ns, nc = z.size, b.size
    found, most = np.empty(nc), np.empty(nc)
    strength = 0.0
    for k in range(nc):
        strength += 0.5 * abs(b[k]) / water * z[k] * z[k]
    root = min(strength, 0.5) ** 0.5
    davies = -1.17 * (root / (1.0 + root) - 0.3 * root * root)
    for k in range(nc):
        if k != iH:
            lam[k] = log(0.5 * max(b[k], 1e-30) / water) + davies * z[k] * z[k]
    for _ in range(12):
        found[:] = 0.0
        most[:] = 1.0
        for j in range(ns):
            total = lnK[j] - davies * z[j] * z[j]
            for e in range(first[j], first[j + 1]):
                total += value[e] * lam[column[e]]
            m[j] = exp(min(total, 20.0))
            for e in range(first[j], first[j + 1]):
                k, part = column[e], value[e] * m[j]
                if part > 0.0:
                    found[k] += part
                    if value[e] > most[k] and part > 0.3 * b[k] / water:
                        most[k] = value[e]
        worst = 0.0
        for k in range(nc):
            if k != iH:
                step = log(max(b[k], 1e-30) / (water * found[k]))
                lam[k] += 0.8 * step / most[k]
                worst = max(worst, abs(step))
        if worst < 0.3:
            break


@jit
def solve(
    mode: int,
    A: Array,
    a: Array,
    z: Array,
    lnK: Array,
    S: Array,
    sa: Array,
    lnKs: Array,
    b: Array,
    bw: float,
    t: Array,
    tw: float,
    iH: int,
    lam: Array,
    aphi: float,
    alphas: Array,
    pair: Index,
    pair_alpha: Index,
    pair_value: Array,
    two: Index,
    two_value: Array,
    three: Index,
    three_value: Array,
    x: float,
    warm: bool,
    m: Array,
    s: Array,
    w: Array,
    state: Array,
    tolerance: float,
) -> int:
    """Solve one equilibrium; see the module for the equations.

    Args:
        mode: 0: the dose is x. 1: lam[iH] is given and the dose, which is positive, is found. 2: of either sign.
        A: components per species (ns, nc).
        a: water per species.
        z: charges.
        lnK: ln K of formation from the components.
        S: components per phase (np, nc).
        sa: water per phase.
        lnKs: ln K of dissolution.
        b: totals of the components, mol.
        bw: total water, mol.
        t: one dose of titrant, mol.
        tw: its water.
        iH: which component is H+.
        lam: ln activities of the components; lam[iH] is read, all hold the solution.
        aphi: Debye-Hueckel slope; this and the rest as in ``pitzer``.
        alphas: see there.
        pair: see there.
        pair_alpha: see there.
        pair_value: see there.
        two: see there.
        two_value: see there.
        three: see there.
        three_value: see there.
        x: the dose or its first guess.
        warm: start from lam, m, s, w and state[0].
        m: molalities out.
        s: amounts of the phases out, mol.
        w: their undersaturation, ln units, out.
        state: out: W (kg), ln a_w, ionic strength, dose, iterations, residual, mu, change of the balance of H+
            with ln a(H+) at fixed other totals, mol, at the last step.
        tolerance: TOLERANCE, or more where the answer is a step of a larger iteration.

    Returns:
        CONVERGED, STALLED, SINGULAR or DRY.
    """
    ns, nc = A.shape
    nph = S.shape[0]
    size = nc + 1
    W = state[0]
    sparse = compress(A)
    first, column, value = sparse
    if not warm:
        W = bw * MW
        s[:] = 0.0
        first_guess(sparse, z, lnK, b + max(x, 0.0) * t, W, iH, lam, m)
    lng = np.empty(ns)
    major = np.empty(ns, np.int64)
    who = np.empty(ns, np.int64)
    residue, change_of = np.empty(ns), np.empty(ns)
    St = np.empty((max(nph, 1), nc + 1))
    M = np.empty((size + nph, size + nph))
    R = np.zeros((size + nph, 2))  # the second column: what a change of the total of H+ does
    active = np.empty(max(nph, 1), np.int64)
    F = np.empty(size)
    scale = np.empty(size)
    sigma = np.ones(max(nph, 1))
    beta = np.empty(nc + 1)
    mu = 1.0
    near = warm  # whether the derivatives of the activity coefficients are worth their price
    law, strength, residual = 0.0, 0.0, 1e300

    for iteration in range(MOST_ITERATIONS):
        # --- activity coefficients
        strength = 0.0
        for j in range(ns):
            strength += 0.5 * m[j] * z[j] * z[j]
        columns = 0
        for j in range(ns):
            major[j] = -1
            if near and m[j] > _MATTERS * max(strength, 1e-9):
                major[j] = columns
                who[columns] = j
                columns += 1
        H = np.empty((ns, columns))
        law, strength = pitzer(
            m, z, aphi, alphas, pair, pair_alpha, pair_value, two, two_value, three, three_value, lng, major, H
        )
        if not abs(law) + W < 1e300:  # overflow: NaN would pass every comparison below
            state[5] = 1e300
            return SINGULAR
        # --- residuals
        error = 0.0
        for j in range(ns):
            total = lnK[j] + a[j] * law - lng[j] - log(m[j])
            for e in range(first[j], first[j + 1]):
                total += value[e] * lam[column[e]]
            residue[j] = total
            if abs(total) > error:
                error = abs(total)
        for k in range(nc):
            F[k] = -(b[k] + x * t[k])
            scale[k] = abs(b[k]) + abs(x * t[k])
        F[nc] = W / MW - bw - x * tw
        scale[nc] = W / MW
        for j in range(ns):
            n = W * m[j]
            for e in range(first[j], first[j + 1]):
                F[column[e]] += value[e] * n
                scale[column[e]] += abs(value[e]) * n
            F[nc] += a[j] * n
        gap = 0.0
        for p in range(nph):
            limit = 1e300
            for k in range(nc):
                F[k] += S[p, k] * s[p]
                scale[k] += abs(S[p, k]) * s[p]
                if k != iH and S[p, k] > 0.0:
                    limit = min(limit, max((b[k] + x * t[k]) / S[p, k], 1e-30))
            F[nc] += sa[p] * s[p]
            sigma[p] = limit
            total = -lnKs[p] + sa[p] * law
            for k in range(nc):
                total += S[p, k] * lam[k]
            if iteration == 0 and not warm:
                s[p] = 1e-2 * limit
                w[p] = max(-total, 1.0)
            St[p, nc] = -(w[p] + total)
            error = max(error, abs(St[p, nc]))
            gap = max(gap, min(w[p], s[p] / limit))
        for k in range(size):
            error = max(error, abs(F[k]) / max(scale[k], 1e-300))
        residual = max(error, gap)
        if residual < tolerance:
            state[0] = W
            state[1] = law
            state[2] = strength
            state[3] = x
            state[4] = iteration
            state[5] = residual
            state[6] = mu
            return CONVERGED
        # --- ln a_w as a linear function of lambda, from Gibbs-Duhem; the last entry its residual
        den = 1.0
        beta[:] = 0.0
        for j in range(ns):
            den += MW * m[j] * a[j]
            beta[nc] += m[j] * residue[j]
            for e in range(first[j], first[j + 1]):
                beta[column[e]] += m[j] * value[e]
        for k in range(nc + 1):
            beta[k] *= -MW / den
        for j in range(ns):
            residue[j] += a[j] * beta[nc]
        near = error < _NEAR
        # --- ln m of the major species as linear functions of lambda: their activity coefficients depend on them all
        L = np.zeros((columns, size))
        balance = np.empty((columns, columns))
        for row in range(columns):
            j = who[row]
            for i in range(columns):
                balance[row, i] = H[j, i] * m[who[i]]
            balance[row, row] += 1.0
            for k in range(nc):
                L[row, k] = a[j] * beta[k]
            for e in range(first[j], first[j + 1]):
                L[row, column[e]] += value[e]
            L[row, nc] = residue[j]
        if not solve_in_place(balance, L, columns, size):
            columns = 0
            major[:] = -1
        # --- Newton matrix: columns lambda (dose in place of lambda_H), ln W
        newton_matrix(sparse, a, W, m, beta, residue, major, who[:columns], H, L, M, R)
        for i in range(size):
            R[i, 0] -= F[i]
        M[nc, nc] += W / MW
        # A phase with s << w is eliminated; one with s >> w keeps its own unknown, else its huge s/w spoils the matrix.
        full = size
        for p in range(nph):
            for k in range(nc):
                St[p, k] = S[p, k] + sa[p] * beta[k]
            free = St[p, nc] - sa[p] * beta[nc]
            St[p, nc] = free
            active[p] = -1
            if s[p] > w[p]:
                active[p] = full
                full += 1
                continue
            ratio = s[p] / w[p]
            change = (mu * sigma[p] - s[p] * w[p]) / w[p] - ratio * free
            for i in range(size):
                coefficient = S[p, i] if i < nc else sa[p]
                if coefficient != 0.0:
                    for k in range(nc):
                        M[i, k] += coefficient * ratio * St[p, k]
                    R[i, 0] -= coefficient * change
        for p in range(nph):
            row = active[p]
            if row < 0:
                continue
            for i in range(full):
                M[i, row] = 0.0
                M[row, i] = 0.0
            for i in range(nc):
                M[i, row] = S[p, i]
                M[row, i] = St[p, i]
            M[nc, row] = sa[p]
            M[row, row] = -w[p] / s[p]
            R[row, 0] = St[p, nc] - mu * sigma[p] / s[p] + w[p]
        R[:full, 1] = 0.0
        R[iH, 1] = 1.0
        if mode > 0:
            for i in range(full):
                R[i, 1] = -M[i, iH]
                M[i, iH] = 0.0
            for i in range(nc):
                M[i, iH] = -t[i]
            M[nc, iH] = -tw
        if not solve_in_place(M, R, full, 2):
            state[5] = residual
            return SINGULAR
        state[7] = R[iH, 1] if mode > 0 else 1.0 / R[iH, 1]
        dose = 0.0
        if mode > 0:
            dose = R[iH, 0]
            R[iH, 0] = 0.0
        # --- step length
        longest = abs(R[nc, 0]) * 3.0
        for k in range(nc):
            longest = max(longest, abs(R[k, 0]))
        water_change = 0.0
        for k in range(nc):
            water_change += beta[k] * R[k, 0]
        for row in range(columns):
            total = L[row, nc]
            for k in range(nc):
                total += L[row, k] * R[k, 0]
            change_of[who[row]] = total
            L[row, nc] = total * m[who[row]]
            longest = max(longest, abs(total))
        for j in range(ns):
            if major[j] < 0:
                total = residue[j] + a[j] * water_change
                for e in range(first[j], first[j + 1]):
                    total += value[e] * R[column[e], 0]
                for i in range(columns):
                    total -= H[j, i] * L[i, nc]
                change_of[j] = total
        step = min(1.0, _LONGEST / max(longest, 1e-300))
        if mode == 1 and x + step * dose < 0.1 * x:
            step = min(step, 0.9 * x / -dose)
        primal = step
        dual = step
        reach = max(0.995, 1.0 - error)
        for p in range(nph):
            dw = St[p, nc]
            for k in range(nc):
                dw -= St[p, k] * R[k, 0]
            if active[p] >= 0:
                ds = R[active[p], 0]
            else:
                ds = (mu * sigma[p] - s[p] * w[p] - s[p] * dw) / w[p]
            St[p, nc] = dw
            St[p, 0] = ds
            if ds < 0.0:
                primal = min(primal, -reach * s[p] / ds)
            if dw < 0.0:
                dual = min(dual, -reach * w[p] / dw)
        step = min(primal, dual)
        for k in range(nc):
            lam[k] += step * R[k, 0]
        W *= exp(step * R[nc, 0])
        x += step * dose
        for j in range(ns):
            m[j] *= exp(max(-30.0, min(5.0, step * change_of[j])))
        for p in range(nph):
            s[p] += step * St[p, 0]
            w[p] += step * St[p, nc]
        if 1e-9 * bw * MW > W:
            return DRY
        if nph > 0 and step > 0.3:
            if step < 0.9:
                mu *= 0.5
            elif error > 0.1:
                mu *= 0.1
            else:
                mu *= 0.01 if error > 0.01 else 1e-4
            mu = max(_SMALLEST_MU, mu)
    state[0] = W
    state[1] = law
    state[2] = strength
    state[3] = x
    state[4] = MOST_ITERATIONS
    state[5] = residual
    state[6] = mu
    return STALLED
