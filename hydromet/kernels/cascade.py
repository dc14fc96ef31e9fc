"""Counter-current extraction cascade: N stages, M metals, pH and free extractant as unknowns.

Aqueous flows from stage 0 to N-1, organic from N-1 to 0. At given pH and free dimer of every stage the metal balances
are *linear*, so they are solved exactly (block-tridiagonal: aqueous and organic flow of each stage) and only
``ln a(H+)`` and ``ln [(RH)2]`` of all stages are left for Newton's method. Every iterate therefore conserves every metal
to round-off and stays positive, and the loading can never exceed the capacity, whatever the tolerance.

Residuals of stage j, both logarithms of ratios of positive sums::

    F1 = ln( (cations + H+ + HSO4- ...) / (anions + OH-) )          charge of the aqueous phase: gives the pH
    F2 = ln( 2 Vo ([(RH)2] + sum_is m_is C_is) / R_total )          extractant: gives the free dimer

with C_is = K_is a(H+)^-n_i [(RH)2]^m_is A_i / Va the concentration (mol/L) of metal i in the organic form s. In a
stage of fixed pH the amount of base dosed takes the place of the pH.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydromet.kernels import jit

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
NEWTON_LIMIT = 100
SWEEP_LIMIT = 150
STAGE_LIMIT = 80


class Problem(NamedTuple):
    """A cascade as plain arrays; flows in mol/s, volumes in L/s, concentrations in mol/L.

    Attributes:
        z: (M) charge of each metal ion.
        n: (M) slope of log D in pH.
        m: (M, S) dimers taken up by each organic form.
        ln_k: (M, S) natural logarithm of the extraction constant; -inf where there is no such form.
        aqueous, organic: (N, M) metal fed to each stage in either phase.
        efficiency: (N, M) share of the entering organic that comes to equilibrium (Murphree, organic phase).
        cations, anions: (N) equivalents of inert ions in the aqueous phase of each stage, mol/s.
        volume_aq, volume_org: (N).
        extractant: (N) total extractant as monomer, mol/s.
        back_aq: (N) share of the aqueous phase that goes backwards with the organic; back_org likewise.
        acid: (N) concentration of H+ at unit activity; water: (N) concentration of OH- times a(H+).
        buffers, affinity: (N, B) total concentration and conditional protonation constant of buffering anions.
        rest, slope, centre: (N) acidity not covered so far, mol/L: rest + slope (ln a(H+) - centre).
        base: column of the base's cation, for stages of fixed pH; fixed: (N) true where the pH is given.
    """

    z: np.ndarray
    n: np.ndarray
    m: np.ndarray
    ln_k: np.ndarray
    aqueous: np.ndarray
    organic: np.ndarray
    efficiency: np.ndarray
    cations: np.ndarray
    anions: np.ndarray
    volume_aq: np.ndarray
    volume_org: np.ndarray
    extractant: np.ndarray
    back_aq: np.ndarray
    back_org: np.ndarray
    acid: np.ndarray
    water: np.ndarray
    buffers: np.ndarray
    affinity: np.ndarray
    rest: np.ndarray
    slope: np.ndarray
    centre: np.ndarray
    base: int
    fixed: np.ndarray


@jit
def distribution(p, j, x, y, kappa, dimers, slope, curved):  # type: ignore[no-untyped-def]
    """Distribution of all metals in stage j at ln a(H+) = x and ln [(RH)2] = y.

    Fills, per metal: ``kappa`` organic concentration (mol/L) per aqueous flow (mol/s), ``dimers`` the same in bound
    dimers, ``slope`` the derivative of ln D in y, ``curved`` that of ``dimers``.
    """
    for i in range(p.z.size):
        total = bound = squares = 0.0
        if p.extractant[j] > 0.0 and p.volume_aq[j] > 0.0:
            for s in range(p.m.shape[1]):
                if p.ln_k[i, s] > -1e300:
                    exponent = min(p.ln_k[i, s] - p.n[i] * x + p.m[i, s] * y, 600.0)
                    part = np.exp(exponent) / p.volume_aq[j]
                    total += part
                    bound += p.m[i, s] * part
                    squares += p.m[i, s] ** 2 * part
        kappa[i], dimers[i], curved[i] = total, bound, squares
        slope[i] = bound / total if total > 0.0 else 0.0


@jit
def dose_unit(p, j):  # type: ignore[no-untyped-def]
    """The amount of base that counts as one unit in a Newton step, mol/s."""
    return max(p.extractant[j], p.anions[j], 1e-300)


@jit
def proton_balance(p, j, x):  # type: ignore[no-untyped-def]
    """Acid side, base side and their derivatives in x, mol/s, of the proton-bearing species of stage j."""
    h = np.exp(x)
    plus, minus = p.acid[j] * h, p.water[j] / h
    d_plus, d_minus = plus, -minus
    for b in range(p.buffers.shape[1]):
        bound = p.affinity[j, b] * h
        plus += p.buffers[j, b] * bound / (1.0 + bound)
        d_plus += p.buffers[j, b] * bound / (1.0 + bound) ** 2
    extra = p.rest[j] + p.slope[j] * (x - p.centre[j])
    if extra > 0.0:
        plus += extra
        d_plus += p.slope[j]
    else:
        minus -= extra
        d_minus -= p.slope[j]
    v = p.volume_aq[j]
    return plus * v, minus * v, d_plus * v, d_minus * v


@jit
def _eliminate(p, i, rho, inverse, shift):  # type: ignore[no-untyped-def]
    """Factor the balances of metal i without a single subtraction, so that nothing is lost however large D is.

    The stages above act on stage j as a mirror: of what rises into them the share ``r`` comes back and ``t`` leaves at
    the top. ``inverse`` (N, 4): aqueous and organic flow leaving a stage per aqueous and organic flow entering it;
    ``shift`` (N, 2): change of both with ln rho, per aqueous flow leaving.
    """
    r00 = r01 = r10 = r11 = 0.0
    ta = to = 1.0
    for j in range(rho.size):
        e, a, b = p.efficiency[j, i], p.back_aq[j], p.back_org[j]
        ca, co = (1.0 - a) + ta * a, b + to * (1.0 - b)
        den = 1.0 - (1.0 - e) * r11 * (1.0 - b)
        gamma = (e * rho[j] + (1.0 - e) * r10 * a) / den
        delta = (1.0 - e) / den
        epsilon = (e + (1.0 - e) * (1.0 - b) * r01) / den
        q = 1.0 / (ca + co * gamma)
        inverse[j, 0], inverse[j, 1] = q, epsilon * q
        inverse[j, 2], inverse[j, 3] = gamma * q, gamma * epsilon * q + delta
        shift[j, 0], shift[j, 1] = -co * e * rho[j] / den * q, ca * e * rho[j] / den * q
        ta, to = (ta * a * inverse[j, 0] + to * (1.0 - b) * inverse[j, 2],
                  ta * a * inverse[j, 1] + to * (1.0 - b) * inverse[j, 3])  # fmt: skip
        r00, r01 = (1.0 - a) * inverse[j, 0], (1.0 - a) * inverse[j, 1]
        r10, r11 = b * inverse[j, 2], b * inverse[j, 3]


@jit
def _spread(p, first, inverse, aq, org):  # type: ignore[no-untyped-def]
    """From what each stage gives without the stages below it to the flows of the whole cascade, in place.

    Sources are zero above stage ``first``.
    """
    last = aq.size - 1
    for j in range(first, last):
        down_a, down_o = (1.0 - p.back_aq[j]) * aq[j], p.back_org[j] * org[j]
        aq[j + 1] += inverse[j + 1, 0] * down_a + inverse[j + 1, 1] * down_o
        org[j + 1] += inverse[j + 1, 2] * down_a + inverse[j + 1, 3] * down_o
    for j in range(last - 1, -1, -1):
        up_a, up_o = p.back_aq[j + 1] * aq[j + 1], (1.0 - p.back_org[j + 1]) * org[j + 1]
        aq[j] += inverse[j, 0] * up_a + inverse[j, 1] * up_o
        org[j] += inverse[j, 2] * up_a + inverse[j, 3] * up_o


@jit
def _metal(p, i, rho, dose, inverse, shift, aq, org):  # type: ignore[no-untyped-def]
    """Flows of metal i leaving every stage, at given rho = D Vo / Va."""
    _eliminate(p, i, rho, inverse, shift)
    for j in range(rho.size):
        fa, fo = p.aqueous[j, i] + (dose[j] if i == p.base else 0.0), p.organic[j, i]
        aq[j] = inverse[j, 0] * fa + inverse[j, 1] * fo
        org[j] = inverse[j, 2] * fa + inverse[j, 3] * fo
    _spread(p, 0, inverse, aq, org)


@jit
def flows(p, x, y, dose):  # type: ignore[no-untyped-def]
    """Aqueous and organic flow of every metal leaving every stage, mol/s, at given pH, free dimer and dose."""
    stages, metals = p.aqueous.shape
    aq, org = np.zeros((metals, stages)), np.zeros((metals, stages))
    kappa, dimers, slope, curved = np.zeros((stages, metals)), np.zeros(metals), np.zeros(metals), np.zeros(metals)
    inverse, shift, rho = np.zeros((stages, 4)), np.zeros((stages, 2)), np.zeros(stages)
    for j in range(stages):
        distribution(p, j, x[j], y[j], kappa[j], dimers, slope, curved)
    for i in range(metals):
        for j in range(stages):
            rho[j] = kappa[j, i] * p.volume_org[j]
        _metal(p, i, rho, dose, inverse, shift, aq[i], org[i])
    return aq, org


@jit
def _residual(p, x, y, dose, f, jac):  # type: ignore[no-untyped-def]
    """Residuals (2N) and their Jacobian (2N, 2N) in (x or dose, y) of the stages, interleaved."""
    stages, metals = p.aqueous.shape
    kappa, dimers = np.zeros((stages, metals)), np.zeros((stages, metals))
    slope, curved = np.zeros((stages, metals)), np.zeros((stages, metals))
    plus, minus, bound = np.zeros(stages), np.zeros(stages), np.zeros(stages)
    d_charge, d_bound = np.zeros(stages), np.zeros(stages)
    jac[:] = 0.0
    for j in range(stages):
        distribution(p, j, x[j], y[j], kappa[j], dimers[j], slope[j], curved[j])
        acid, base, d_acid, d_base = proton_balance(p, j, x[j])
        plus[j], minus[j] = acid + p.cations[j], base + p.anions[j]
        bound[j], d_bound[j] = np.exp(y[j]), np.exp(y[j])
        jac[2 * j, 2 * j] = d_acid
        jac[2 * j, 2 * j + 1] = d_base
    inverse, shift, rho = np.zeros((stages, 4)), np.zeros((stages, 2)), np.zeros(stages)
    do, aq, org = np.zeros(stages), np.zeros(stages), np.zeros(stages)
    sens, base_sens = np.zeros((metals, stages, stages)), np.zeros((stages, stages))
    for i in range(metals):
        for j in range(stages):
            rho[j] = kappa[j, i] * p.volume_org[j]
        _metal(p, i, rho, dose, inverse, shift, aq, org)
        for k in range(stages):
            do[:] = 0.0
            sens[i, k, k], do[k] = shift[k, 0] * aq[k], shift[k, 1] * aq[k]
            _spread(p, k, inverse, sens[i, k], do)
            if i == p.base and p.fixed[k]:
                do[:] = 0.0
                base_sens[k, k], do[k] = inverse[k, 0], inverse[k, 2]
                _spread(p, k, inverse, base_sens[k], do)
        for j in range(stages):
            plus[j] += p.z[i] * aq[j]
            bound[j] += dimers[j, i] * aq[j]
            d_bound[j] += curved[j, i] * aq[j]
            d_charge[j] -= p.n[i] * dimers[j, i] * aq[j]
    _assemble(p, f, jac, plus, minus, bound, d_bound, d_charge, dimers, slope, sens, base_sens)


@jit
def _assemble(p, f, jac, plus, minus, bound, d_bound, d_charge, dimers, slope, sens, base_sens):  # type: ignore[no-untyped-def]
    stages, metals = p.aqueous.shape
    for j in range(stages):
        p_inv, m_inv, b_inv = 1.0 / plus[j], 1.0 / minus[j], 1.0 / bound[j]
        f[2 * j] = np.log(plus[j] * m_inv)
        d_acid, d_base = jac[2 * j, 2 * j], jac[2 * j, 2 * j + 1]
        jac[2 * j, 2 * j] = 0.0 if p.fixed[j] else d_acid * p_inv - d_base * m_inv
        jac[2 * j, 2 * j + 1] = 0.0
        if p.extractant[j] > 0.0:
            f[2 * j + 1] = np.log(2.0 * p.volume_org[j] * bound[j] / p.extractant[j])
            jac[2 * j + 1, 2 * j] = 0.0 if p.fixed[j] else d_charge[j] * b_inv
            jac[2 * j + 1, 2 * j + 1] = d_bound[j] * b_inv
        else:
            f[2 * j + 1] = 0.0
            jac[2 * j + 1, 2 * j + 1] = 1.0
        has = p.extractant[j] > 0.0
        for i in range(metals):
            by_charge = p.z[i] * p_inv
            by_bound = dimers[j, i] * b_inv if has else 0.0
            for k in range(stages):
                change = sens[i, k, j]
                if p.fixed[k]:
                    if i == p.base:
                        more = base_sens[k, j] * dose_unit(p, k)
                        jac[2 * j, 2 * k] += by_charge * more
                        jac[2 * j + 1, 2 * k] += by_bound * more
                else:
                    jac[2 * j, 2 * k] -= by_charge * p.n[i] * change
                    jac[2 * j + 1, 2 * k] -= by_bound * p.n[i] * change
                jac[2 * j, 2 * k + 1] += by_charge * slope[k, i] * change
                jac[2 * j + 1, 2 * k + 1] += by_bound * slope[k, i] * change


@jit
def _gauss(a, b):  # type: ignore[no-untyped-def]
    """Solve a x = b in place of b by elimination with partial pivoting; False if singular."""
    size = b.size
    for k in range(size):
        pivot = k
        for r in range(k + 1, size):
            if abs(a[r, k]) > abs(a[pivot, k]):
                pivot = r
        if not abs(a[pivot, k]) > 1e-300:
            return False
        if pivot != k:
            for c in range(k, size):
                a[k, c], a[pivot, c] = a[pivot, c], a[k, c]
            b[k], b[pivot] = b[pivot], b[k]
        inverse = 1.0 / a[k, k]
        for r in range(k + 1, size):
            factor = a[r, k] * inverse
            if factor != 0.0:
                for c in range(k + 1, size):
                    a[r, c] -= factor * a[k, c]
                b[r] -= factor * b[k]
    for k in range(size - 1, -1, -1):
        total = b[k]
        for c in range(k + 1, size):
            total -= a[k, c] * b[c]
        b[k] = total / a[k, k]
    return True


@jit
def _move(p, x, y, dose, from_x, from_y, from_dose, step, factor):  # type: ignore[no-untyped-def]
    """Set x, y and dose to the base point plus ``factor`` times the Newton step."""
    for j in range(x.size):
        if p.fixed[j]:
            dose[j] = max(from_dose[j] + factor * step[2 * j] * dose_unit(p, j), 0.05 * from_dose[j])
        else:
            x[j] = min(max(from_x[j] + factor * step[2 * j], LOWEST_X), HIGHEST_X)
        y[j] = from_y[j] + factor * step[2 * j + 1]


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
        _residual(p, x, y, dose, f, jac)
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
        first = (a01 * f1 - a11 * f0) / det
        second = min(max((a10 * f0 - a00 * f1) / det, -CAP), CAP)
        if p.fixed[j]:
            first = min(max(first, -0.9 * dose / unit), 1.0)
            dose += first * unit
        else:
            first = min(max(first, -CAP), CAP)
            x = min(max(x + first, LOWEST_X), HIGHEST_X)
        y += second
        if max(abs(first), abs(second)) < STEP_TOLERANCE:
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
                xj, yj, qj, _ = _one_stage(p, j, ain, oin, x[j], y[j], dose[j], work)
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
        x, y, dose: (N) ln a(H+) (the wanted value where ``fixed``), ln [(RH)2], base dosed in mol/s.
        warm: the start is near the answer.

    Returns:
        rung that solved it (1 warm, 2 cold Newton, 3 doubling, 4 sweeps; 0 not solved), aqueous and organic flows.
    """
    target = x.copy()
    if warm and newton(p, x, y, dose, NEWTON_LIMIT // 2) > 0:
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
