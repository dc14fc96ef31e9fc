"""Solids and gases in a Newton step: complementarity of amount and undersaturation by an interior-point barrier.

``s_p w_p = mu sigma_p`` with s the amount and w the undersaturation; sigma, what the limiting component allows, makes
the barrier of a trace phase as strong as that of any other. A predictor with mu = 0 tells how far mu can fall, and its
second-order term corrects the step (Mehrotra 1992).
"""

from __future__ import annotations

from hydromet.kernels import Array, Index, part_of


@part_of
def eliminate(
    nc: int, S: Array, sa: Array, s: Array, w: Array, unknowns: int, full: int, Lam: Array, law: Array, rows: Array,
    kept: Index, M: Array,
) -> int:  # fmt: skip
    """Add the phases to the Newton matrix.

    A phase with s < w is eliminated; one with s >= w keeps its own unknown, else its huge s/w spoils the matrix.

    Args:
        nc: number of components.
        S: components per phase.
        sa: water per phase.
        s: amounts.
        w: undersaturations.
        unknowns: how many there are before ln W.
        full: order of the matrix so far.
        Lam: as ``newton.activities`` gives it.
        law: as ``newton.activities`` gives it.
        rows: change of the saturation of each phase with the unknowns, out.
        kept: unknown of each phase, or -1, out.
        M: in and out.

    Returns:
        Order of the matrix.
    """
    size = full
    for p in range(s.size):
        for u in range(unknowns):
            rows[p, u] = sa[p] * law[u]
        for k in range(nc):
            count = S[p, k]
            if count != 0.0:
                for u in range(unknowns):
                    rows[p, u] += count * Lam[k, u]
        kept[p] = -1
        if s[p] > w[p]:
            kept[p] = size
            size += 1
            continue
        ratio = s[p] / w[p]
        for i in range(nc + 1):
            count = S[p, i] if i < nc else sa[p]
            if count != 0.0:
                for u in range(unknowns):
                    M[i, u] += count * ratio * rows[p, u]
    for p in range(s.size):
        row = kept[p]
        if row < 0:
            continue
        for i in range(size):
            M[i, row] = 0.0
            M[row, i] = 0.0
        for i in range(nc):
            M[i, row] = S[p, i]
        M[nc, row] = sa[p]
        for u in range(unknowns):
            M[row, u] = rows[p, u]
        M[row, row] = -w[p] / s[p]
    return size


@part_of
def right_side(
    nc: int, S: Array, sa: Array, s: Array, w: Array, free: Array, goal: Array, kept: Index, part: Array, r: Array
) -> None:
    """What the phases add to the right side when ``s dw + w ds`` is to be ``goal``; rows are multiplied by ``part``."""
    for p in range(s.size):
        if kept[p] >= 0:
            r[kept[p]] = free[p] - goal[p] / s[p]
            continue
        change = (goal[p] - s[p] * free[p]) / w[p]
        for i in range(nc + 1):
            count = S[p, i] if i < nc else sa[p]
            if count != 0.0:
                r[i] -= count * change * part[i]


@part_of
def changes(
    s: Array,
    w: Array,
    free: Array,
    goal: Array,
    kept: Index,
    rows: Array,
    unknowns: int,
    r: Array,
    ds: Array,
    dw: Array,
) -> None:
    """Changes of amount and undersaturation that belong to the solution r of the linear system."""
    for p in range(s.size):
        total = free[p]
        for u in range(unknowns):
            total -= rows[p, u] * r[u]
        dw[p] = total
        ds[p] = r[kept[p]] if kept[p] >= 0 else (goal[p] - s[p] * total) / w[p]


@part_of
def longest_step(s: Array, w: Array, ds: Array, dw: Array, reach: float, step: float) -> float:
    """The part of a step, at most ``step``, that goes ``reach`` of the way to where an s or a w becomes zero."""
    for p in range(s.size):
        if ds[p] < 0.0:
            step = min(step, -reach * s[p] / ds[p])
        if dw[p] < 0.0:
            step = min(step, -reach * w[p] / dw[p])
    return step


@part_of
def centre(s: Array, w: Array, sigma: Array, ds: Array, dw: Array, step: float) -> tuple[float, float]:
    """Mean complementarity before and after a step."""
    now, then = 0.0, 0.0
    for p in range(s.size):
        now += s[p] * w[p] / sigma[p]
        then += (s[p] + step * ds[p]) * (w[p] + step * dw[p]) / sigma[p]
    return now / s.size, then / s.size
