"""Extraction cascade stage by stage: one stage at given inflows, and sweeps over all of them."""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, jit
from hydromet.kernels.cascade_equations import Problem, distribution, dose_unit, flows, proton_balance, workspace
from hydromet.kernels.cascade_newton import HIGHEST_X, LOWEST_X, RESIDUAL_TOLERANCE, STEP_TOLERANCE

# Bound of ln [(RH)2] below its total.
LOWEST = -120.0
STAGE_LIMIT = 40
# Cap on the change of a logarithm in a step of one stage.
CAP = 2.0
# The free dimer need be no better than this while the pH is bracketed.
BRACKETED = 1e-3
# A change that is only round-off.
ROUND_OFF = 1e-14


@jit
def one_stage(
    p: Problem, j: int, ain: Array, oin: Array, x: float, y: float, dose: float, work: Array
) -> tuple[float, float, float, bool]:
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
def _charge(
    p: Problem, j: int, ain: Array, oin: Array, x: float, y: float, dose: float, work: Array
) -> tuple[float, float]:
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
        if not has or abs(gap) < BRACKETED:
            break
        if gap > 0.0:
            high = y
        else:
            low = y
        new = y - gap * bound / d_bound
        new = new if low < new < high else 0.5 * (low + high)
        if abs(new - y) < BRACKETED:
            break
        y = new
    return np.log(plus / (p.anions[j] + base)), y


@jit
def bracketed_stage(
    p: Problem, j: int, ain: Array, oin: Array, x: float, dose: float, work: Array
) -> tuple[float, float, float]:
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
def sweeps(p: Problem, x: Array, y: Array, dose: Array, limit: int, tolerance: float) -> int:
    """Stage-by-stage substitution (Gauss-Seidel, both ways), x, y and dose changed in place. Returns sweeps used.

    They creep: what is left is the change divided by one minus its ratio to the change before.
    """
    stages, metals = p.aqueous.shape
    w = workspace(stages, metals)
    flows(p, x, y, dose, w)
    aq, org = w.aq, w.org
    ain, oin, work = np.zeros(metals), np.zeros(metals), np.zeros((6, metals))
    last = np.inf
    for sweep in range(limit):
        largest = 0.0
        for turn in range(2):
            for step in range(stages):
                j = step if turn == 0 else stages - 1 - step
                for i in range(metals):
                    ain[i], oin[i] = p.aqueous[j, i], p.organic[j, i]
                    if j > 0:
                        ain[i] += (1.0 - p.back_aq[j - 1]) * aq[j - 1, i]
                        oin[i] += p.back_org[j - 1] * org[j - 1, i]
                    if j + 1 < stages:
                        ain[i] += p.back_aq[j + 1] * aq[j + 1, i]
                        oin[i] += (1.0 - p.back_org[j + 1]) * org[j + 1, i]
                xj, yj, qj, ok = one_stage(p, j, ain, oin, x[j], y[j], dose[j], work)
                if not ok:
                    xj, yj, qj = bracketed_stage(p, j, ain, oin, x[j], dose[j], work)
                    xj, yj, qj, _ = one_stage(p, j, ain, oin, xj, yj, qj, work)
                largest = max(largest, abs(xj - x[j]), abs(yj - y[j]))
                x[j], y[j], dose[j] = xj, yj, qj
                for i in range(metals):
                    aq[j, i], org[j, i] = work[4, i], work[5, i]
        if largest < max(tolerance * (1.0 - largest / last), ROUND_OFF):
            return sweep + 1
        last = largest
    return limit
