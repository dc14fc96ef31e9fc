"""Equations of a counter-current extraction cascade: N stages, M metals.

Aqueous flows from stage 0 to N-1, organic from N-1 to 0. At given pH and free dimer of every stage the metal balances
are *linear*, so they are solved exactly (block-tridiagonal: aqueous and organic flow of each stage) and only
``ln a(H+)`` and ``ln [(RH)2]`` of all stages are left as unknowns. Whatever these are, every metal is conserved to
round-off, every flow is positive and the loading cannot exceed the capacity.

Residuals of stage j, both logarithms of ratios of positive sums::

    F1 = ln( (cations + H+ + HSO4- ...) / (anions + OH-) )          charge of the aqueous phase: gives the pH
    F2 = ln( 2 Vo ([(RH)2] + sum_is m_is C_is) / R_total )          extractant: gives the free dimer

with C_is = K_is a(H+)^-n_i [(RH)2]^m_is A_i / Va the concentration (mol/L) of metal i in the organic form s. In a
stage of fixed pH the amount of base dosed takes the place of the pH. Of a metal that reacts more slowly than the others
only the share ``active`` counts in F2; the extractant that the rest keeps is left out of R_total.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydromet.kernels import Array, Flags, jit


class Problem(NamedTuple):
    """A cascade as plain arrays; flows in mol/s, volumes in L/s, concentrations in mol/L.

    Attributes:
        z: (M) charge of each metal ion.
        n: (M) slope of log D in pH.
        m: (M, S) dimers taken up by each organic form.
        ln_k: (M, S) natural logarithm of the extraction constant; -inf where there is no such form.
        aqueous, organic: (N, M) metal fed to each stage in either phase.
        efficiency: (N, M) share of the entering organic that comes to equilibrium (Murphree, organic phase).
        active: (M) efficiency of a metal over that of the stage, at most 1.
        cations, anions: (N) equivalents of inert ions in the aqueous phase of each stage, mol/s.
        volume_aq, volume_org: (N).
        extractant: (N) total extractant as monomer less what inactive metal keeps, mol/s.
        back_aq: (N) share of the aqueous phase that goes backwards with the organic; back_org likewise.
        acid: (N) concentration of H+ at unit activity; water: (N) concentration of OH- times a(H+).
        buffers, affinity: (N, B) total concentration and conditional protonation constant of buffering anions.
        rest, slope, centre: (N) acidity not covered so far, mol/L: rest + slope (ln a(H+) - centre).
        base: column of the base's cation, for stages of fixed pH; fixed: (N) true where the pH is given.
    """

    z: Array
    n: Array
    m: Array
    ln_k: Array
    aqueous: Array
    organic: Array
    efficiency: Array
    active: Array
    cations: Array
    anions: Array
    volume_aq: Array
    volume_org: Array
    extractant: Array
    back_aq: Array
    back_org: Array
    acid: Array
    water: Array
    buffers: Array
    affinity: Array
    rest: Array
    slope: Array
    centre: Array
    base: int
    fixed: Flags


@jit
def distribution(
    p: Problem, j: int, x: float, y: float, kappa: Array, dimers: Array, slope: Array, curved: Array
) -> None:
    """Distribution of all metals in stage j at ln a(H+) = x and ln [(RH)2] = y.

    Fills, per metal: ``kappa`` organic concentration (mol/L) per aqueous flow (mol/s), ``dimers`` the same in dimers
    bound by active metal, ``slope`` the derivative of ln D in y, ``curved`` that of ``dimers``.
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
        kappa[i], dimers[i], curved[i] = total, p.active[i] * bound, p.active[i] * squares
        slope[i] = bound / total if total > 0.0 else 0.0


@jit
def dose_unit(p: Problem, j: int) -> float:
    """The amount of base that counts as one unit in a Newton step, mol/s."""
    return float(max(p.extractant[j], p.anions[j], 1e-300))


@jit
def proton_balance(p: Problem, j: int, x: float) -> tuple[float, float, float, float]:
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


class Work(NamedTuple):
    """Arrays made once for a cascade of N stages and M metals.

    Attributes:
        rho, dimers, slope, curved: (N, M) Vo times ``kappa``, and the rest of ``distribution``.
        through: (N, 4, M) what leaves a stage, with all stages above it, per flow entering: aqueous per aqueous,
            aqueous per organic, organic per aqueous, organic per organic. shift: (N, 2, M) change of both with ln rho.
        mirror: (5, M) what the stages above send back of what rises into them. echo: (4, M) the same from below.
        aq, org: (N, M) flows leaving.
        f, step: (N, 2) residuals; Newton step in x (or the dose, in units of it) and y.
        pull: (N, 2, M) derivatives of f in ``aq``.
        base: (3, N) x, y and dose before the step.
    """

    rho: Array
    dimers: Array
    slope: Array
    curved: Array
    through: Array
    shift: Array
    mirror: Array
    echo: Array
    aq: Array
    org: Array
    f: Array
    step: Array
    pull: Array
    base: Array


@jit
def workspace(stages: int, metals: int) -> Work:
    """Room for a cascade."""
    n, m = stages, metals
    return Work(
        np.zeros((n, m)), np.zeros((n, m)), np.zeros((n, m)), np.zeros((n, m)), np.zeros((n, 4, m)),
        np.zeros((n, 2, m)), np.zeros((5, m)), np.zeros((4, m)), np.zeros((n, m)), np.zeros((n, m)), np.zeros((n, 2)),
        np.zeros((n, 2)), np.zeros((n, 2, m)), np.zeros((3, n)),
    )  # fmt: skip


@jit
def mixes(p: Problem) -> bool:
    """True where both phases may carry a metal the same way and it matters which one does."""
    back = slow = False
    for j in range(p.back_aq.size):
        back |= p.back_aq[j] > 0.0 or p.back_org[j] > 0.0
        for i in range(p.z.size):
            slow |= p.efficiency[j, i] < 1.0
    return back and slow


@jit
def balances(p: Problem, dose: Array, w: Work) -> None:
    """Flows of every metal leaving every stage, at the ``rho`` of the workspace, without a single subtraction.

    So nothing is lost however large D is. From the top down, the stages above act on stage j as a mirror: of what rises
    into them the share ``r`` comes back and ``t`` leaves at the top. ``aq`` and ``org`` are first what a stage gives
    without the stages below it; what rises from those is added from the bottom up.
    """
    stages, metals = p.aqueous.shape
    r01, r10, r11, ta, to = w.mirror[0], w.mirror[1], w.mirror[2], w.mirror[3], w.mirror[4]
    w.mirror[:3] = 0.0
    w.mirror[3:] = 1.0
    for j in range(stages):
        a, b = p.back_aq[j], p.back_org[j]
        rho, t, shift, aq, org = w.rho[j], w.through[j], w.shift[j], w.aq[j], w.org[j]
        for i in range(metals):
            aq[i], org[i] = p.aqueous[j, i], p.organic[j, i]
        if p.base >= 0:
            aq[p.base] += dose[j]
        if j > 0:
            fall_a, fall_o = 1.0 - p.back_aq[j - 1], p.back_org[j - 1]
            for i in range(metals):
                aq[i] += fall_a * w.aq[j - 1, i]
                org[i] += fall_o * w.org[j - 1, i]
        for i in range(metals):
            e = p.efficiency[j, i]
            rest = 1.0 - e
            er = e * rho[i]
            ca, co = (1.0 - a) + ta[i] * a, b + to[i] * (1.0 - b)
            den = 1.0 / (1.0 - rest * r11[i] * (1.0 - b))
            gamma = (er + rest * r10[i] * a) * den
            epsilon = (e + rest * (1.0 - b) * r01[i]) * den
            q = 1.0 / (ca + co * gamma)
            t0, t1, t2 = q, epsilon * q, gamma * q
            t3 = epsilon * t2 + rest * den
            t[0, i], t[1, i], t[2, i], t[3, i] = t0, t1, t2, t3
            shift[0, i], shift[1, i] = -co * er * den * q, ca * er * den * q
            top_a, top_o = ta[i] * a, to[i] * (1.0 - b)
            ta[i], to[i] = top_a * t0 + top_o * t2, top_a * t1 + top_o * t3
            r01[i], r10[i], r11[i] = (1.0 - a) * t1, b * t2, b * t3
            fa, fo = aq[i], org[i]
            aq[i], org[i] = t0 * fa + t1 * fo, t2 * fa + t3 * fo
    for j in range(stages - 2, -1, -1):
        rise_a, rise_o = p.back_aq[j + 1], 1.0 - p.back_org[j + 1]
        t = w.through[j]
        for i in range(metals):
            fa, fo = rise_a * w.aq[j + 1, i], rise_o * w.org[j + 1, i]
            w.aq[j, i] += t[0, i] * fa + t[1, i] * fo
            w.org[j, i] += t[2, i] * fa + t[3, i] * fo


@jit
def distributions(p: Problem, x: Array, y: Array, w: Work) -> None:
    """``distribution`` of every stage, into the workspace."""
    for j in range(x.size):
        distribution(p, j, x[j], y[j], w.rho[j], w.dimers[j], w.slope[j], w.curved[j])
        for i in range(p.z.size):
            w.rho[j, i] *= p.volume_org[j]


@jit
def flows(p: Problem, x: Array, y: Array, dose: Array, w: Work) -> None:
    """Fill ``w.aq`` and ``w.org``, mol/s, and what they rest on, at given pH, free dimer and dose of every stage."""
    distributions(p, x, y, w)
    balances(p, dose, w)
