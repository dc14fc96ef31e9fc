"""Solver of a counter-current extraction cascade; the equations are in ``cascade_equations``.

Newton on ``ln a(H+)`` and ``ln [(RH)2]`` of all stages at once, from the equilibrium of all feeds in one stage. Behind
it stand stage doubling (1, 2, 4 ... N stages, each started from the one before) and stage-by-stage sweeps.
"""

from __future__ import annotations

import numpy as np

from hydromet.kernels import jit
from hydromet.kernels.cascade_equations import (
    Problem,
    distribution,
    dose_unit,
    flows,
    proton_balance,
    residual,
)

# Largest and smallest cap on the change of a logarithm in one Newton step, and what counts as solved.
CAP = 2.0
SMALLEST_CAP = 1e-4
# Newton's error after a step is about its square.
STEP_TOLERANCE = 1e-6
RESIDUAL_TOLERANCE = 1e-4
# A residual that is only round-off may grow.
ROUND_OFF = 1e-12
# Bounds of ln a(H+), about pH 17 and -5, and of ln [(RH)2] below its total.
LOWEST_X, HIGHEST_X, LOWEST = -39.0, 12.0, -120.0
NEWTON_LIMIT, WARM_LIMIT = 40, 30
SWEEP_LIMIT = 150
STAGE_LIMIT = 40


@jit
def _gauss(a, b):  # type: ignore[no-untyped-def]
    """Solve the system whose column c is the row a[c], in place of b, with partial pivoting; False if singular."""
    size = b.size
    share = np.zeros(size)
    for k in range(size):
        pivot = k
        for r in range(k + 1, size):
            if abs(a[k, r]) > abs(a[k, pivot]):
                pivot = r
        if not abs(a[k, pivot]) > 1e-300:
            return False
        if pivot != k:
            for c in range(k, size):
                a[c, k], a[c, pivot] = a[c, pivot], a[c, k]
            b[k], b[pivot] = b[pivot], b[k]
        inverse = 1.0 / a[k, k]
        for r in range(k + 1, size):
            share[r] = a[k, r] * inverse
        for c in range(k + 1, size):
            factor = a[c, k]
            if factor != 0.0:
                for r in range(k + 1, size):
                    a[c, r] -= factor * share[r]
        for r in range(k + 1, size):
            b[r] -= b[k] * share[r]
    for k in range(size - 1, -1, -1):
        b[k] /= a[k, k]
        for r in range(k):
            b[r] -= a[k, r] * b[k]
    return True


@jit
def _move(p, x, y, dose, from_x, from_y, from_dose, step, factor):  # type: ignore[no-untyped-def]
    """Set x, y and dose to the base point plus ``factor`` times the Newton step."""
    for j in range(x.size):
        if p.fixed[j]:
            dose[j] = max(from_dose[j] + factor * step[j] * dose_unit(p, j), 0.05 * from_dose[j])
        else:
            x[j] = min(max(from_x[j] + factor * step[j], LOWEST_X), HIGHEST_X)
        y[j] = from_y[j] + factor * step[x.size + j]


@jit
def newton(p, x, y, dose, limit):  # type: ignore[no-untyped-def]
    """Newton on all stages from the given start, changed in place. Returns the iterations, negative if not solved.

    The whole step is shortened so that no logarithm changes by more than a cap, which halves when the residual grows
    by half: stages move together, and clipping them one by one breaks the fronts that travel through a cascade.
    """
    size = 2 * x.size
    f, jac, step = np.zeros(size), np.zeros((size, size)), np.zeros(size)
    from_x, from_y, from_dose = x.copy(), y.copy(), dose.copy()
    cap, last = CAP, np.inf
    for iteration in range(limit):
        residual(p, x, y, dose, f, jac)
        norm, worst = np.sqrt(np.sum(f * f)), np.max(np.abs(f))
        if not norm <= max(1.5 * last, ROUND_OFF):
            cap *= 0.5
            if cap < SMALLEST_CAP:
                return -iteration - 1
            _move(p, x, y, dose, from_x, from_y, from_dose, step, min(1.0, cap / np.max(np.abs(step))))
            continue
        if norm < last:
            cap = min(2.0 * cap, CAP)
        last = norm
        if not _gauss(jac, f):
            return -iteration - 1
        step[:] = -f
        largest = np.max(np.abs(step))
        from_x[:], from_y[:], from_dose[:] = x, y, dose
        _move(p, x, y, dose, from_x, from_y, from_dose, step, min(1.0, cap / max(largest, 1e-300)))
        if largest < STEP_TOLERANCE and worst < RESIDUAL_TOLERANCE:
            return iteration + 1
    return -limit


@jit
def _one_stage(p, j, ain, oin, x, y, dose, work):  # type: ignore[no-untyped-def]
    """One stage alone with given inflows; fills work[4] and work[5] with the metals leaving. Returns x, y, dose, ok."""
    kappa, dimers, slope, curved, aq, org = work[0], work[1], work[2], work[3], work[4], work[5]
    unit = dose_unit(p, j)
    for _ in range(STAGE_LIMIT):
        distribution(p, j, x, y, kappa, dimers, slope, curved)
        acid, base, d_acid, d_base = proton_balance(p, j, x)
        plus, minus = p.cations[j] + acid, p.anions[j] + base
        bound = d_bound = np.exp(y)
        p_x, p_y, b_x = d_acid, 0.0, 0.0
        p_q = b_q = 0.0
        for i in range(p.z.size):
            e = p.efficiency[j, i]
            rho = e * kappa[i] * p.volume_org[j]
            aq[i] = (ain[i] + e * oin[i] + (dose if i == p.base else 0.0)) / (1.0 + rho)
            org[i] = (1.0 - e) * oin[i] + rho * aq[i]
            drop = rho / (1.0 + rho) * aq[i]
            plus += p.z[i] * aq[i]
            bound += dimers[i] * aq[i]
            p_x += p.z[i] * p.n[i] * drop
            p_y -= p.z[i] * slope[i] * drop
            b_x += p.n[i] * dimers[i] * (drop - aq[i])
            d_bound += curved[i] * aq[i] - dimers[i] * slope[i] * drop
            if i == p.base:
                p_q, b_q = p.z[i] * unit / (1.0 + rho), dimers[i] * unit / (1.0 + rho)
        f0 = np.log(plus / minus)
        if p.fixed[j]:
            a00, a10 = p_q / plus, b_q / bound
        else:
            a00, a10 = p_x / plus - d_base / minus, b_x / bound
        a01, a11, f1 = p_y / plus, d_bound / bound, 0.0
        if p.extractant[j] > 0.0:
            f1 = np.log(2.0 * p.volume_org[j] * bound / p.extractant[j])
        else:
            a10, a11 = 0.0, 1.0
        det = a00 * a11 - a01 * a10
        if not abs(det) > 1e-300:
            return x, y, dose, False
        first, second = (a01 * f1 - a11 * f0) / det, (a10 * f0 - a00 * f1) / det
        largest = max(abs(first), abs(second))
        factor = min(1.0, CAP / max(largest, 1e-300))
        if p.fixed[j]:
            dose = max(dose + factor * first * unit, 0.05 * dose)
        else:
            x = min(max(x + factor * first, LOWEST_X), HIGHEST_X)
        y += factor * second
        if largest < STEP_TOLERANCE and abs(f0) + abs(f1) < RESIDUAL_TOLERANCE:
            return x, y, dose, True
    return x, y, dose, False


@jit
def _charge(p, j, ain, oin, x, y, dose, work):  # type: ignore[no-untyped-def]
    """Charge residual of one stage at given x and dose, its free dimer found by a bracketed root. Returns F1, y."""
    kappa, dimers, slope, curved, aq = work[0], work[1], work[2], work[3], work[4]
    has = p.extractant[j] > 0.0 and p.volume_org[j] > 0.0
    total = np.log(0.5 * p.extractant[j] / p.volume_org[j]) if has else 0.0
    low, high = total + LOWEST, total
    y = min(max(y, low), high)
    acid, base, _, _ = proton_balance(p, j, x)
    plus = 0.0
    for _ in range(STAGE_LIMIT):
        distribution(p, j, x, y, kappa, dimers, slope, curved)
        plus = p.cations[j] + acid
        bound = d_bound = np.exp(y)
        for i in range(p.z.size):
            e = p.efficiency[j, i]
            rho = e * kappa[i] * p.volume_org[j]
            aq[i] = (ain[i] + e * oin[i] + (dose if i == p.base else 0.0)) / (1.0 + rho)
            plus += p.z[i] * aq[i]
            bound += dimers[i] * aq[i]
            d_bound += (curved[i] - dimers[i] * slope[i] * rho / (1.0 + rho)) * aq[i]
        gap = np.log(bound) - total
        if not has or abs(gap) < 1e-13:
            break
        if gap > 0.0:
            high = y
        else:
            low = y
        new = y - gap * bound / d_bound
        new = new if low < new < high else 0.5 * (low + high)
        if abs(new - y) < 1e-13:
            break
        y = new
    return np.log(plus / (p.anions[j] + base)), y


@jit
def _bracketed_stage(p, j, ain, oin, x, dose, work):  # type: ignore[no-untyped-def]
    """One stage alone, from anywhere: the charge is monotone in ln a(H+) and in the dose. Returns x, y, dose."""
    y = 0.0
    unit = dose_unit(p, j)
    low, high = (0.0, 4.0 * unit) if p.fixed[j] else (LOWEST_X, HIGHEST_X)
    for _ in range(STAGE_LIMIT):
        middle = 0.5 * (low + high)
        if p.fixed[j]:
            dose = middle
        else:
            x = middle
        charge, y = _charge(p, j, ain, oin, x, y, dose, work)
        if charge > 0.0:
            high = middle
        else:
            low = middle
        if high - low < (0.1 * unit if p.fixed[j] else 0.3):
            break
    return x, y, dose


@jit
def sweeps(p, x, y, dose, limit, tolerance):  # type: ignore[no-untyped-def]
    """Stage-by-stage substitution (Gauss-Seidel, both ways), x, y and dose changed in place. Returns sweeps used."""
    stages, metals = p.aqueous.shape
    aq, org = flows(p, x, y, dose)
    ain, oin, work = np.zeros(metals), np.zeros(metals), np.zeros((6, metals))
    for sweep in range(limit):
        largest = 0.0
        for turn in range(2):
            for step in range(stages):
                j = step if turn == 0 else stages - 1 - step
                for i in range(metals):
                    ain[i], oin[i] = p.aqueous[j, i], p.organic[j, i]
                    if j > 0:
                        ain[i] += (1.0 - p.back_aq[j - 1]) * aq[i, j - 1]
                        oin[i] += p.back_org[j - 1] * org[i, j - 1]
                    if j + 1 < stages:
                        ain[i] += p.back_aq[j + 1] * aq[i, j + 1]
                        oin[i] += (1.0 - p.back_org[j + 1]) * org[i, j + 1]
                xj, yj, qj, ok = _one_stage(p, j, ain, oin, x[j], y[j], dose[j], work)
                if not ok:
                    xj, yj, qj = _bracketed_stage(p, j, ain, oin, x[j], dose[j], work)
                    xj, yj, qj, _ = _one_stage(p, j, ain, oin, xj, yj, qj, work)
                largest = max(largest, abs(xj - x[j]), abs(yj - y[j]))
                x[j], y[j], dose[j] = xj, yj, qj
                for i in range(metals):
                    aq[i, j], org[i, j] = work[4, i], work[5, i]
        if largest < tolerance:
            return sweep + 1
    return limit


@jit
def start(p, x, y, dose):  # type: ignore[no-untyped-def]
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
    x0, y0, q0 = _bracketed_stage(p, j, ain, oin, x[j], 0.0, work)
    x0, y0, q0, _ = _one_stage(p, j, ain, oin, x0, y0, q0, work)
    for k in range(stages):
        if not p.fixed[k]:
            x[k] = x0
        y[k] = y0
        dose[k] = q0 if p.fixed[k] else 0.0


@jit
def shortened(p, stages):  # type: ignore[no-untyped-def]
    """The cascade with fewer stages: feeds added up, everything else taken from the middle of each group."""
    full, metals = p.aqueous.shape
    pick = np.zeros(stages, np.int64)
    aqueous, organic = np.zeros((stages, metals)), np.zeros((stages, metals))
    fixed = np.zeros(stages, np.bool_)
    for j in range(full):
        k = j * stages // full
        pick[k] = j if k > 0 or j == 0 else pick[k]
        aqueous[k] += p.aqueous[j]
        organic[k] += p.organic[j]
        fixed[k] |= p.fixed[j]
    return pick, Problem(
        p.z, p.n, p.m, p.ln_k, aqueous, organic, p.efficiency[pick], p.cations[pick], p.anions[pick],
        p.volume_aq[pick], p.volume_org[pick], p.extractant[pick], p.back_aq[pick], p.back_org[pick],
        p.acid[pick], p.water[pick], p.buffers[pick], p.affinity[pick], p.rest[pick], p.slope[pick],
        p.centre[pick], p.base, fixed,
    )  # fmt: skip


@jit
def doubling(p, x, y, dose):  # type: ignore[no-untyped-def]
    """Solve 1, 2, 4 ... N stages, each started from the one before, in place. Returns True if solved."""
    full = x.size
    target = x.copy()
    start(p, x, y, dose)
    old_x, old_y, old_dose = x[:1].copy(), y[:1].copy(), np.zeros(1) + np.max(dose)
    stages = 1
    while True:
        stages = min(stages, full)
        pick, small = shortened(p, stages)
        sx, sy, sd = np.zeros(stages), np.zeros(stages), np.zeros(stages)
        for k in range(stages):
            at = (k + 0.5) * old_x.size / stages - 0.5
            low = min(max(int(np.floor(at)), 0), old_x.size - 1)
            high = min(low + 1, old_x.size - 1)
            share = min(max(at - low, 0.0), 1.0)
            sx[k] = (1.0 - share) * old_x[low] + share * old_x[high]
            sy[k] = (1.0 - share) * old_y[low] + share * old_y[high]
            if small.fixed[k]:
                sx[k] = target[pick[k]]
                sd[k] = np.max(old_dose)
        iterations = newton(small, sx, sy, sd, NEWTON_LIMIT)
        if iterations < 0:
            sweeps(small, sx, sy, sd, 10, 1e-3)
        old_x, old_y, old_dose = sx, sy, sd
        if stages == full:
            x[:], y[:], dose[:] = sx, sy, sd
            return iterations > 0
        stages *= 2


@jit
def solve(p, x, y, dose, warm):  # type: ignore[no-untyped-def]
    """The ladder: Newton (from the given start if warm), stage doubling, sweeps + Newton. In place.

    Args:
        p: the cascade.
        x: (N) ln a(H+), the wanted value where ``fixed``.
        y: (N) ln [(RH)2].
        dose: (N) base dosed, mol/s.
        warm: the start is near the answer.

    Returns:
        rung that solved it (1 warm, 2 cold Newton, 3 doubling, 4 sweeps; 0 not solved), aqueous and organic flows.
    """
    target = x.copy()
    if warm and newton(p, x, y, dose, WARM_LIMIT) > 0:
        aq, org = flows(p, x, y, dose)
        return 1, aq, org
    rung = 0
    x[:] = target
    start(p, x, y, dose)
    first_x, first_y, first_dose = x.copy(), y.copy(), dose.copy()
    if newton(p, x, y, dose, NEWTON_LIMIT) > 0:
        rung = 2
    if rung == 0:
        x[:] = target
        if doubling(p, x, y, dose):
            rung = 3
    if rung == 0:
        x[:], y[:], dose[:] = first_x, first_y, first_dose
        for _ in range(20):
            used = sweeps(p, x, y, dose, SWEEP_LIMIT, 1e-9)
            if newton(p, x, y, dose, NEWTON_LIMIT) > 0:
                rung = 4
                break
            if used < SWEEP_LIMIT:
                break
    aq, org = flows(p, x, y, dose)
    return rung, aq, org
