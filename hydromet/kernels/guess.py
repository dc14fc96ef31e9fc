"""Where the equilibrium kernel starts from when it knows nothing."""

from __future__ import annotations

from math import exp, log

from hydromet.kernels import Array, Index, part_of

_LN_KW = -32.2
_LN10 = 2.302585092994046
# Factors by which one correction changes the molality of H+ at most.
_LEAST, _MOST = 1e-3, 1e3
# Undersaturation of a phase that is taken to form, and complementarity of those that are not.
_CLOSE, _APART = 0.1, 0.01


@part_of
def first_ln_h(nc: int, iH: int, takes_acid: Array, takes_base: Array, b: Array) -> float:
    """First guess of ln a(H+): strong acid or base left over after all buffers, else the middle of the scale."""
    acid = b[iH]
    bound = given = 0.0
    for k in range(nc):
        if k != iH:
            bound += b[k] * takes_acid[k]
            given += b[k] * takes_base[k]
    if acid > bound + 1e-6:
        return float(log(0.5 * (acid - bound)))
    if acid < -given - 1e-6:
        return float(_LN_KW - log(0.5 * (-given - acid)))
    if acid > 0.0:
        # Buffered: between fully protonated (pH 2) and not at all (pH 8).
        return float((-8.0 + 6.0 * min(1.0, acid / max(bound, 1e-300))) * _LN10)
    return float((-5.0 - 7.0 * min(1.0, -acid / max(given, 1e-300))) * _LN10)


@part_of
def first_activities(nc: int, z: Array, b: Array, water: float, lng: Array) -> None:
    """A first guess of ln gamma, after Davies."""
    strength = 0.0
    for k in range(nc):
        strength += 0.5 * abs(b[k]) / water * z[k] * z[k]
    root = min(strength, 0.5) ** 0.5
    slope = -1.17 * (root / (1.0 + root) - 0.3 * root * root)
    for j in range(lng.size):
        lng[j] = slope * z[j] * z[j]


@part_of
def first_molalities(
    nc: int, first: Index, column: Index, value: Array, a: Array, lnK: Array, iH: int, b: Array, water: float,
    law: float, lng: Array, lnm: Array, rounds: int, rough: float, free: bool, m: Array, found: Array,
    most: Array, some: Index,
) -> None:  # fmt: skip
    """Molalities that balance the components roughly at a given one of H+: multiplicative corrections.

    Args:
        nc: number of components.
        first: stoichiometry, as ``linear.compress`` gives it.
        column: see there.
        value: see there.
        a: water per species.
        lnK: ln K of formation.
        iH: which component is H+.
        b: totals, mol.
        water: kg.
        law: ln a_w.
        lng: ln gamma.
        lnm: ln molality; those of the components are read, all are set.
        rounds: corrections at most.
        rough: largest error, ln units, that is left to Newton.
        free: True corrects the molality of H+, too, after its total; there are no phases then.
        m: molalities before the last correction out.
        found: work (components).
        most: work (components).
        some: work (species).
    """
    count = 0
    for j in range(nc, lnm.size):
        some[count] = j
        count += 1
    for turn in range(rounds):
        for k in range(nc):
            m[k] = exp(min(lnm[k], 20.0))
            found[k], most[k] = m[k], 1.0
        taken = 0.0
        left = 0
        for i in range(count):
            j = some[i]
            total = lnK[j] - lng[j] + a[j] * law
            for e in range(first[j], first[j + 1]):
                total += value[e] * (lnm[column[e]] + lng[column[e]])
            lnm[j] = min(total, 20.0)
            m[j] = exp(lnm[j])
            matters = False
            for e in range(first[j], first[j + 1]):
                k, part = column[e], value[e] * m[j]
                if k == iH and part < 0.0:
                    taken -= part
                    matters = matters or free
                if part > 0.0:
                    found[k] += part
                    matters = matters or part > 1e-6 * found[k]
                    if value[e] > most[k] and part > 0.3 * b[k] / water:
                        most[k] = value[e]
            if matters or turn == 0:
                some[left] = j
                left += 1
        worst = 0.0
        if free:
            # H+ bound and free against its total and what gave it off, or the other way round in a base
            total = b[iH] / water
            step = (total + taken) / found[iH] if total >= 0.0 else taken / (found[iH] - total)
            step = log(min(max(step, _LEAST), _MOST))
            lnm[iH] += 0.8 * step
            worst = abs(step)
        for k in range(nc):
            if k != iH:
                step = log(max(b[k], 1e-30) / (water * found[k]))
                lnm[k] += 0.8 * step / most[k]
                worst = max(worst, abs(step))
        count = left
        if worst < rough:
            break


@part_of
def formed(
    nc: int,
    first: Index,
    column: Index,
    value: Array,
    a: Array,
    lnK: Array,
    law: float,
    lng: Array,
    lnm: Array,
    m: Array,
) -> None:
    """Molalities of all species from those of the components; arguments as in ``first_molalities``."""
    for j in range(lnm.size):
        if j >= nc:
            total = lnK[j] - lng[j] + a[j] * law
            for e in range(first[j], first[j + 1]):
                total += value[e] * (lnm[column[e]] + lng[column[e]])
            lnm[j] = min(total, 20.0)
        m[j] = exp(lnm[j])


@part_of
def first_phases(
    nc: int, S: Array, sa: Array, iH: int, b: Array, lnKs: Array, law: float, lng: Array, lnm: Array, s: Array,
    w: Array,
) -> None:  # fmt: skip
    """Let the most supersaturated phase form out of its scarcest component until nothing is supersaturated any more.

    Args:
        nc: as in ``first_molalities``, with what else is not named here.
        S: components per phase.
        sa: water per phase.
        iH: see there.
        b: see there.
        lnKs: ln K of dissolution.
        law: see there.
        lng: see there.
        lnm: ln molality of the components in and out.
        s: amounts out, mol.
        w: undersaturations out.
    """
    nph = s.size
    for p in range(nph):
        s[p] = 0.0
        w[p] = lnKs[p] - sa[p] * law
        for k in range(nc):
            if S[p, k] != 0.0:
                w[p] -= S[p, k] * (lnm[k] + lng[k])
    for _ in range(nph):
        worst = 0
        for p in range(1, nph):
            if w[p] < w[worst]:
                worst = p
        if w[worst] >= 0.0:
            break
        scarce, limit = -1, 1e300
        for k in range(nc):
            if k != iH and S[worst, k] > 0.0 and b[k] / S[worst, k] < limit:
                scarce, limit = k, b[k] / S[worst, k]
        if scarce < 0:
            break
        drop = (_CLOSE - w[worst]) / S[worst, scarce]
        s[worst] = limit * (1.0 - exp(-drop))
        for p in range(nph):
            w[p] += S[p, scarce] * drop
        lnm[scarce] -= drop
    for p in range(nph):
        limit = 1e300
        for k in range(nc):
            if k != iH and S[p, k] > 0.0:
                limit = min(limit, max(b[k] / S[p, k], 1e-30))
        w[p] = max(w[p], _CLOSE)
        s[p] = max(s[p], _APART * limit / w[p])
