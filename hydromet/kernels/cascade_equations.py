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
    """Residuals: first the charges (N), then the extractant balances (N), and their Jacobian (2N, 2N).

    The Jacobian is stored with a row for every *unknown* (x or dose of all stages, then y) and a column for every
    equation, so that the inner loops run over neighbours in memory.
    """
    stages, metals = p.aqueous.shape
    kappa, dimers = np.zeros((stages, metals)), np.zeros((stages, metals))
    slope, curved = np.zeros((stages, metals)), np.zeros((stages, metals))
    plus, minus, bound = np.zeros(stages), np.zeros(stages), np.zeros(stages)
    d_acid, d_base, d_charge, d_bound = np.zeros(stages), np.zeros(stages), np.zeros(stages), np.zeros(stages)
    for j in range(stages):
        distribution(p, j, x[j], y[j], kappa[j], dimers[j], slope[j], curved[j])
        acid, base, d_acid[j], d_base[j] = proton_balance(p, j, x[j])
        plus[j], minus[j] = acid + p.cations[j], base + p.anions[j]
        bound[j] = d_bound[j] = np.exp(y[j])
    every = np.zeros((metals, stages))
    inverse, shift = np.zeros((metals, stages, 4)), np.zeros((metals, stages, 2))
    rho, org = np.zeros(stages), np.zeros(stages)
    for i in range(metals):
        aq = every[i]
        for j in range(stages):
            rho[j] = kappa[j, i] * p.volume_org[j]
        _metal(p, i, rho, dose, inverse[i], shift[i], aq, org)
        for j in range(stages):
            plus[j] += p.z[i] * aq[j]
            bound[j] += dimers[j, i] * aq[j]
            d_bound[j] += curved[j, i] * aq[j]
            d_charge[j] -= p.n[i] * dimers[j, i] * aq[j]
    jac[:] = 0.0
    has = p.extractant > 0.0
    for j in range(stages):
        f[j] = np.log(plus[j] / minus[j])
        f[stages + j] = np.log(2.0 * p.volume_org[j] * bound[j] / p.extractant[j]) if has[j] else 0.0
        if not p.fixed[j]:
            jac[j, j] = d_acid[j] / plus[j] - d_base[j] / minus[j]
            jac[j, stages + j] = d_charge[j] / bound[j] if has[j] else 0.0
        jac[stages + j, stages + j] = d_bound[j] / bound[j] if has[j] else 1.0
    _couple(p, jac, every, inverse, shift, plus, bound, dimers, slope, has)


@jit
def _couple(p, jac, every, inverse, shift, plus, bound, dimers, slope, has):  # type: ignore[no-untyped-def]
    """Add to the Jacobian what a change of D or of the dose in stage k does to the metals of every stage j."""
    stages, metals = p.aqueous.shape
    aq, org = np.zeros(stages), np.zeros(stages)
    charge, bond = np.zeros(stages), np.zeros(stages)
    for i in range(metals):
        for j in range(stages):
            charge[j] = p.z[i] / plus[j]
            bond[j] = dimers[j, i] / bound[j] if has[j] else 0.0
        for k in range(stages):
            aq[:] = 0.0
            org[:] = 0.0
            aq[k], org[k] = shift[i, k, 0] * every[i, k], shift[i, k, 1] * every[i, k]
            _spread(p, k, inverse[i], aq, org)
            n, m = (0.0 if p.fixed[k] else -p.n[i]), slope[k, i]
            for j in range(stages):
                jac[k, j] += n * charge[j] * aq[j]
                jac[k, stages + j] += n * bond[j] * aq[j]
                jac[stages + k, j] += m * charge[j] * aq[j]
                jac[stages + k, stages + j] += m * bond[j] * aq[j]
            if i == p.base and p.fixed[k]:
                aq[:] = 0.0
                org[:] = 0.0
                unit = dose_unit(p, k)
                aq[k], org[k] = unit * inverse[i, k, 0], unit * inverse[i, k, 2]
                _spread(p, k, inverse[i], aq, org)
                for j in range(stages):
                    jac[k, j] += charge[j] * aq[j]
                    jac[k, stages + j] += bond[j] * aq[j]
