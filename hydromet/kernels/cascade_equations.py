"""Equations of a counter-current extraction cascade: N stages, M metals.

Aqueous flows from stage 0 to N-1, organic from N-1 to 0. At given pH and free dimer of every stage the metal balances
are *linear*, so they are solved exactly (block-tridiagonal: aqueous and organic flow of each stage) and only
``ln a(H+)`` and ``ln [(RH)2]`` of all stages are left as unknowns. Whatever these are, every metal is conserved to
round-off, every flow is positive and the loading cannot exceed the capacity.

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
    r01 = r10 = r11 = 0.0
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
        r01 = (1.0 - a) * inverse[j, 1]
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
def residual(p, x, y, dose, f, jac):  # type: ignore[no-untyped-def]
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
