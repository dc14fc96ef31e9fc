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
from hydromet.kernels.linear import solve_in_place
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
def first_guess(A: Array, z: Array, lnK: Array, b: Array, water: float, iH: int, lam: Array, m: Array) -> None:
    """Ln activities and molalities that balance the components roughly, at a given pH: multiplicative corrections."""
    ns, nc = A.shape
    strength = 0.0
    for k in range(nc):
        strength += 0.5 * abs(b[k]) / water * z[k] * z[k]
    root = min(strength, 0.5) ** 0.5
    davies = -1.17 * (root / (1.0 + root) - 0.3 * root * root)
    for k in range(nc):
        if k != iH:
            lam[k] = log(0.5 * max(b[k], 1e-30) / water) + davies * z[k] * z[k]
    for _ in range(12):
        for j in range(ns):
            total = lnK[j] - davies * z[j] * z[j]
            for k in range(nc):
                total += A[j, k] * lam[k]
            m[j] = exp(min(total, 20.0))
        worst = 0.0
        for k in range(nc):
            if k == iH:
                continue
            found = 0.0
            most = 1.0
            for j in range(ns):
                part = A[j, k] * m[j]
                if part > 0.0:
                    found += part
                    if A[j, k] > most and part > 0.3 * b[k] / water:
                        most = A[j, k]
            step = log(max(b[k], 1e-30) / (water * found))
            lam[k] += 0.8 * step / most
            worst = max(worst, abs(step))
        if worst < 0.3:
            break


@jit
def solve(
    titrate: bool,
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
) -> int:
    """Solve one equilibrium; see the module for the equations.

    Args:
        titrate: True: lam[iH] is given and the dose is found. False: the dose is x.
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
        x: first guess of the dose where titrate, else the dose.
        warm: start from lam, m, s, w and state[0].
        m: molalities out.
        s: amounts of the phases out, mol.
        w: their undersaturation, ln units, out.
        state: out: W (kg), ln a_w, ionic strength, dose, iterations, residual, mu.

    Returns:
        CONVERGED, STALLED, SINGULAR or DRY.
    """
    ns, nc = A.shape
    nph = S.shape[0]
    size = nc + 1
    W = state[0]
    if not warm:
        W = bw * MW
        first_guess(A, z, lnK, b + max(x, 0.0) * t, W, iH, lam, m)
    lng = np.empty(ns)
    major = np.empty(ns, np.int64)
    At = np.empty((ns, nc + 1))  # what ln activity of a species is made of, the last column its residual
    Y = np.empty((ns, nc + 1))
    St = np.empty((max(nph, 1), nc + 1))
    M = np.empty((size + nph, size + nph))
    R = np.empty((size + nph, 1))
    active = np.empty(max(nph, 1), np.int64)
    F = np.empty(size)
    scale = np.empty(size)
    sigma = np.ones(max(nph, 1))
    beta = np.empty(nc + 1)
    balance = np.empty((max(ns, 1), max(ns, 1)))
    mu = 1.0
    near = 0  # whether the derivatives of the activity coefficients are worth their price
    law, strength, residual = 0.0, 0.0, 1e300

    for iteration in range(MOST_ITERATIONS):
        # --- activity coefficients
        strength = 0.0
        for j in range(ns):
            strength += 0.5 * m[j] * z[j] * z[j]
        columns = 0
        for j in range(ns):
            major[j] = -1
            if near == 1 and m[j] > _MATTERS * max(strength, 1e-9):
                major[j] = columns
                columns += 1
        H = np.empty((ns, columns))
        law, strength = pitzer(
            m, z, aphi, alphas, pair, pair_alpha, pair_value, two, two_value, three, three_value, lng, major, H
        )
        # --- residuals
        error = 0.0
        for j in range(ns):
            total = lnK[j] + a[j] * law - lng[j] - log(m[j])
            for k in range(nc):
                total += A[j, k] * lam[k]
            At[j, nc] = total
            if abs(total) > error:
                error = abs(total)
        for k in range(nc):
            F[k] = -(b[k] + x * t[k])
            scale[k] = abs(b[k]) + abs(x * t[k])
        F[nc] = W / MW - bw - x * tw
        scale[nc] = W / MW
        for j in range(ns):
            n = W * m[j]
            for k in range(nc):
                F[k] += A[j, k] * n
                scale[k] += abs(A[j, k]) * n
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
        if residual < TOLERANCE:
            state[0] = W
            state[1] = law
            state[2] = strength
            state[3] = x
            state[4] = iteration
            state[5] = residual
            state[6] = mu
            return CONVERGED
        # --- ln a_w as a linear function of lambda, from Gibbs-Duhem
        den = 1.0
        for j in range(ns):
            den += MW * m[j] * a[j]
        for k in range(nc + 1):
            total = 0.0
            for j in range(ns):
                total += m[j] * (A[j, k] if k < nc else At[j, nc])
            beta[k] = -MW * total / den
        for j in range(ns):
            for k in range(nc):
                At[j, k] = A[j, k] + a[j] * beta[k]
            At[j, nc] += a[j] * beta[nc]
        # --- ln m of every species as a linear function of lambda
        near = 1 if error < _NEAR else 0
        for j in range(ns):
            row = major[j]
            for k in range(nc + 1):
                Y[j, k] = At[j, k]
        if columns > 0:
            L = np.zeros((columns, nc + 1))
            for j in range(ns):
                row = major[j]
                if row >= 0:
                    for i in range(ns):
                        if major[i] >= 0:
                            balance[row, major[i]] = H[j, major[i]] * m[i]
                    balance[row, row] += 1.0
                    for k in range(nc + 1):
                        L[row, k] = At[j, k]
            if solve_in_place(balance, L, columns, nc + 1):
                for j in range(ns):
                    if major[j] >= 0:
                        for k in range(nc + 1):
                            Y[j, k] = L[major[j], k]
                for i in range(ns):
                    if major[i] >= 0:
                        for j in range(ns):
                            if major[j] < 0:
                                h = H[j, major[i]] * m[i]
                                for k in range(nc + 1):
                                    Y[j, k] -= h * L[major[i], k]
        # --- Newton matrix: columns lambda (dose in place of lambda_H), ln W
        for i in range(size):
            for k in range(size):
                M[i, k] = 0.0
            R[i, 0] = -F[i]
        for j in range(ns):
            n = W * m[j]
            for i in range(size):
                coefficient = A[j, i] if i < nc else a[j]
                if coefficient != 0.0:
                    f = coefficient * n
                    for k in range(nc):
                        M[i, k] += f * Y[j, k]
                    M[i, nc] += f
                    R[i, 0] -= f * Y[j, nc]
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
        if titrate:
            for i in range(full):
                M[i, iH] = 0.0
            for i in range(nc):
                M[i, iH] = -t[i]
            M[nc, iH] = -tw
        if not solve_in_place(M, R, full, 1):
            state[5] = residual
            return SINGULAR
        dose = 0.0
        if titrate:
            dose = R[iH, 0]
            R[iH, 0] = 0.0
        # --- step length
        longest = abs(R[nc, 0]) * 3.0
        for k in range(nc):
            longest = max(longest, abs(R[k, 0]))
        for j in range(ns):
            total = Y[j, nc]
            for k in range(nc):
                total += Y[j, k] * R[k, 0]
            Y[j, nc] = total
            if major[j] >= 0:
                longest = max(longest, abs(total))
        step = min(1.0, _LONGEST / max(longest, 1e-300))
        if titrate and x + step * dose < 0.1 * x:
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
            m[j] *= exp(max(-30.0, min(5.0, step * Y[j, nc])))
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
