"""The linear system of one Newton step of an aqueous equilibrium.

Its unknowns are changes: of ln m of the components' own species, of ln m of the major complexes, of ln W, of the dose
where it is sought, and of those phases that are kept. Everything else follows from them: the activities of the
components through their activity coefficients, the water activity by Gibbs-Duhem, the minor complexes by their
formation, the other phases by complementarity. Rows are the balances relative to their size, the formation of the major
complexes, the pH if it is given, and the kept phases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.kernels import Array, Flags, Index, part_of
from hydromet.kernels.barrier import eliminate
from hydromet.kernels.linear import factor
from hydromet.kernels.pitzer import MW, curvature
from hydromet.kernels.workspace import DOSE, STRENGTH, WATER, Answer, Errors, Excess, Question, Roles, Step

if TYPE_CHECKING:
    from hydromet.kernels.tables import Activity, Species

# Least share of the ionic strength above which a species takes part in the derivatives of the activity coefficients.
MATTERS = 1e-4
# Share of every balance below which a complex follows from the others instead of taking part.
_TRACE = 1e-7


@part_of
def activities(
    nc: int, first: Index, column: Index, value: Array, a: Array, m: Array, H: Array, place: Index, columns: int,
    unknowns: int, beta: Array, Lam: Array, law: Array,
) -> None:  # fmt: skip
    """Changes of the ln activities of the components and of water with the unknowns.

    Args:
        nc: number of components.
        first: stoichiometry, as ``linear.compress`` gives it.
        column: see there.
        value: see there.
        a: water per species.
        m: molalities.
        H: d ln gamma / d ln m of the major species.
        place: unknown of each column of H.
        columns: how many there are.
        unknowns: how many there are.
        beta: work (components).
        Lam: out (components, unknowns).
        law: out (unknowns).
    """
    for k in range(nc):
        for u in range(unknowns):
            Lam[k, u] = 0.0
        for c in range(columns):
            Lam[k, place[c]] = H[k, c]
        Lam[k, k] += 1.0
        beta[k] = m[k]
    den = 1.0
    for j in range(nc, m.size):
        den += MW * m[j] * a[j]
        for e in range(first[j], first[j + 1]):
            beta[column[e]] += m[j] * value[e]
    scale = -MW / den
    for u in range(unknowns):
        law[u] = 0.0
    for k in range(nc):
        part = scale * beta[k]
        for u in range(unknowns):
            law[u] += part * Lam[k, u]


@part_of
def balances(
    nc: int, first: Index, column: Index, value: Array, a: Array, W: float, m: Array, H: Array, place: Index,
    columns: int, own: Index, trace: Flags, unknowns: int, Lam: Array, law: Array, P: Array, through: Array, M: Array,
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
    """
    for i in range(nc + 1):
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


@part_of
def assign(y: Species, found: Answer, e: Errors, roles: Roles, share: float, near: bool, first_step: bool) -> None:
    """Decide how every species takes part: with an unknown of its own, through the others, or as a trace.

    Args:
        y: species.
        found: the answer so far.
        e: its errors.
        roles: out.
        share: of the ionic strength above which a species matters to the activity coefficients.
        near: close enough for the derivatives of the activity coefficients.
        first_step: of a cold start, whose traces may become more.
    """
    nc, m, water = y.components, found.m, found.state[WATER]
    least = share * max(found.state[STRENGTH], 1e-9)
    capped = 0.9 * MATTERS * max(found.state[STRENGTH], 1e-9)
    columns, wanted, unknowns = 0, 0, nc
    for j in range(m.size):
        roles.major[j] = -1
        roles.own[j] = j if j < nc else -1
        roles.trace[j] = False
        if j >= nc and not first_step:
            # what is as much as traces are capped at is none, though little of every balance
            roles.trace[j] = m[j] < capped
            for i in range(y.first[j], y.first[j + 1]):
                if abs(y.value[i]) * water * m[j] > _TRACE * e.scale[y.column[i]]:
                    roles.trace[j] = False
        if near and m[j] > least:
            roles.major[j] = columns
            roles.who[columns] = j
            if j >= nc:
                roles.own[j] = unknowns
                unknowns += 1
                roles.trace[j] = False
            roles.place[columns] = roles.own[j]
            columns += 1
        if not roles.trace[j]:
            roles.wanted[wanted] = j
            wanted += 1
    roles.counts[0], roles.counts[1], roles.counts[2] = columns, wanted, unknowns


@part_of
def water_and_dose(asked: Question, y: Species, found: Answer, e: Errors, unknowns: int, step: Step) -> int:
    """Columns of ln W and of the dose that is sought, and the row of the pH; returns the order of the matrix."""
    nc, M, x = y.components, step.M, found.state[DOSE]
    iW, full = unknowns, unknowns + 1 + (1 if asked.mode > 0 else 0)
    for k in range(nc):
        M[k, iW] = e.F[k] + asked.b[k] + x * asked.t[k]
    M[nc, iW] = e.F[nc] + asked.bw + x * asked.tw
    for i in range(nc + 1, unknowns + 1):
        M[i, iW] = 0.0
    for p in range(found.s.size):
        step.s[p], step.w[p] = found.s[p], found.w[p]
        for k in range(nc):
            M[k, iW] -= y.S[p, k] * found.s[p]
        M[nc, iW] -= y.sa[p] * found.s[p]
    if asked.mode > 0:
        ix = iW + 1
        for i in range(full):
            M[i, ix] = 0.0
        for k in range(nc):
            M[k, ix] = -asked.t[k]
        M[nc, ix] = -asked.tw
        for u in range(unknowns):
            M[ix, u] = step.Lam[y.iH, u]
        M[ix, iW] = 0.0
    return full


@part_of
def matrix(
    asked: Question, y: Species, q: Activity, found: Answer, ex: Excess, e: Errors, roles: Roles, step: Step
) -> bool:
    """Build the Newton matrix and factor it; False if it is singular."""
    nc, m, M = y.components, found.m, step.M
    columns, unknowns = roles.counts[0], roles.counts[2]
    if columns > 0:
        curvature(
            q.charge, q.pair, q.two, q.two_value, q.three, q.three_value, m, ex.each, ex.by_pair, ex.ions, ex.theta,
            m, roles.wanted, roles.counts[1], roles.major, roles.who, columns, ex.like, ex.H,
        )  # fmt: skip
    activities(
        nc, y.first, y.column, y.value, y.a, m, ex.H, roles.place, columns, unknowns, step.beta, step.Lam, step.law
    )
    balances(
        nc, y.first, y.column, y.value, y.a, found.state[WATER], m, ex.H, roles.place, columns, roles.own, roles.trace,
        unknowns, step.Lam, step.law, step.P, step.through, M,
    )  # fmt: skip
    full = water_and_dose(asked, y, found, e, unknowns, step)
    full = eliminate(nc, y.S, y.sa, step.s, step.w, unknowns, full, step.Lam, step.law, step.rows, roles.kept, M)
    roles.counts[3] = full
    for i in range(nc + 1):
        part = 1.0 / e.scale[i]
        step.part[i] = part
        for u in range(full):
            M[i, u] *= part
    return factor(M, step.pivot, full)


@part_of
def right_hand(y: Species, found: Answer, e: Errors, roles: Roles, step: Step, off: float) -> None:
    """Right side without the phases; residuals of formation and of the phases then include the water activity's."""
    nc, m, base, water = y.components, found.m, step.base, found.state[WATER]
    den, rest = 1.0, 0.0
    for j in range(nc, m.size):
        den += MW * m[j] * y.a[j]
        rest += m[j] * e.residue[j]
    shift = -MW / den * rest
    for i in range(nc + 1):
        base[i] = -e.F[i]
    for j in range(nc, m.size):
        e.residue[j] += y.a[j] * shift
        if roles.own[j] >= 0:
            base[roles.own[j] + 1] = e.residue[j]
        elif not roles.trace[j]:
            n = water * m[j] * e.residue[j]
            for i in range(y.first[j], y.first[j + 1]):
                base[y.column[i]] -= y.value[i] * n
            base[nc] -= y.a[j] * n
    for i in range(nc + 1):
        base[i] *= step.part[i]
    base[roles.counts[2] + 1] = off
    for p in range(found.s.size):
        e.free[p] -= y.sa[p] * shift
