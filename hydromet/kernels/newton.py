"""The linear system of one Newton step of an aqueous equilibrium.

Its unknowns are changes: of ln m of the components' own species, of ln m of the major complexes, of ln W, of the dose
where it is sought, and of those phases that are kept. Everything else follows from them: the activities of the
components through their activity coefficients, the water activity by Gibbs-Duhem, the minor complexes by their
formation, the other phases by complementarit Rows are the balances relative to their size, the formation of the major
complexes, the pH if it is given, and the kept phases.
"""

from __future__ import annotations

from hydromet.kernels import Array, Flags, Index, jit
from hydromet.kernels.pitzer import MW


@jit
def activities(
    nc: int, first: Index, column: Index, value: Array, a: Array, m: Array, residue: Array, H: Array, place: Index,
    columns: int, unknowns: int, beta: Array, Lam: Array, law: Array,
) -> float:  # fmt: skip
    """Changes of the ln activities of the components and of water with the unknowns.

    Args:
        nc: number of components.
        first: stoichiometry, as ``linear.compress`` gives it.
        column: see there.
        value: see there.
        a: water per species.
        m: molalities.
        residue: residual of the formation of each species.
        H: d ln gamma / d ln m of the major species.
        place: unknown of each column of H.
        columns: how many there are.
        unknowns: how many there are.
        beta: work (components).
        Lam: out (components, unknowns).
        law: out (unknowns).

    Returns:
        What the residuals do to the water activit
    """
    for k in range(nc):
        for u in range(unknowns):
            Lam[k, u] = 0.0
        for c in range(columns):
            Lam[k, place[c]] = H[k, c]
        Lam[k, k] += 1.0
        beta[k] = m[k]
    den, rest = 1.0, 0.0
    for j in range(nc, m.size):
        den += MW * m[j] * a[j]
        rest += m[j] * residue[j]
        for e in range(first[j], first[j + 1]):
            beta[column[e]] += m[j] * value[e]
    scale = -MW / den
    for u in range(unknowns):
        law[u] = 0.0
    for k in range(nc):
        part = scale * beta[k]
        for u in range(unknowns):
            law[u] += part * Lam[k, u]
    return scale * rest


@jit
def balances(
    nc: int, first: Index, column: Index, value: Array, a: Array, W: float, m: Array, residue: Array, H: Array,
    place: Index, columns: int, own: Index, trace: Flags, unknowns: int, Lam: Array, law: Array, P: Array,
    through: Array, M: Array, r: Array,
) -> None:  # fmt: skip
    """Rows of the balances of the components and of water, and those of the major complexes.

    Args:
        nc: as in ``activities``, with what else is not named here.
        first: see there.
        column: see there.
        value: see there.
        a: see there.
        W: water, kg.
        m: molalities.
        residue: of the formation of each species, water activity included.
        H: see there.
        place: see there.
        columns: see there.
        own: unknown of each species, or -1.
        trace: complexes that do not matter.
        unknowns: how many there are before ln W.
        Lam: as ``activities`` gives it.
        law: as ``activities`` gives it.
        P: work (components + 1, components + 1).
        through: work (components + 1, species).
        M: out.
        r: out: minus what the residuals of formation do to the balances.
    """
    for i in range(nc + 1):
        r[i] = 0.0
        for k in range(nc + 1):
            P[i, k] = 0.0
        for c in range(columns):
            through[i, c] = 0.0
        for u in range(unknowns):
            M[i, u] = 0.0
    for k in range(nc):
        M[k, k] = W * m[k]
    row = nc
    for j in range(nc, m.size):
        if trace[j]:
            continue
        n, begin, end = W * m[j], first[j], first[j + 1]
        if own[j] >= 0:
            row += 1
            for e in range(begin, end):
                M[column[e], own[j]] += value[e] * n
            M[nc, own[j]] += a[j] * n
            for u in range(unknowns):
                M[row, u] = -a[j] * law[u]
            for e in range(begin, end):
                k, count = column[e], value[e]
                for u in range(unknowns):
                    M[row, u] -= count * Lam[k, u]
            for c in range(columns):
                M[row, place[c]] += H[j, c]
            M[row, own[j]] += 1.0
            r[row] = residue[j]
            continue
        for e in range(begin, end + 1):
            i, f = nc, a[j] * n
            if e < end:
                i, f = column[e], value[e] * n
            if f == 0.0:
                continue
            for d in range(begin, end):
                P[i, column[d]] += f * value[d]
            P[i, nc] += f * a[j]
            r[i] -= f * residue[j]
            for c in range(columns):
                through[i, c] += f * H[j, c]
    for i in range(nc + 1):
        for k in range(nc):
            part = P[i, k]
            if part != 0.0:
                for u in range(unknowns):
                    M[i, u] += part * Lam[k, u]
        part = P[i, nc]
        for u in range(unknowns):
            M[i, u] += part * law[u]
        for c in range(columns):
            M[i, place[c]] -= through[i, c]
