"""Linear systems of a chain of stages in which what happens in one reaches all others, solved in O(N).

Two unknowns and two equations a stage. The unknowns change what leaves downwards (``sinks``) and upwards (``rises``),
in K lanes; each stage passes on a share (``fall``, ``lift``); what enters from above and from below changes the
equations (``below``, ``above``).
The matrix is semiseparable: outside its 2x2 diagonal blocks ``local`` it is, for stages k above j and j above k, ::

    A_jk = below_j  fall_(j-1) ... fall_(k+1)  sinks_k        A_jk = above_j  lift_(j+1) ... lift_(k-1)  rises_k

Eliminating the stages from the top down keeps that form: all they leave behind is one K x K matrix, ``fill``, that
travels down, scaled by ``fall`` and ``lift`` and changed by two outer products a stage. That makes O(N K^2), where a
dense solution takes O(N^3) and one by blocks O(N K^3).

Loops stand in functions that call nothing with an array: numba counts references to every array handed on.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydromet.kernels import Array, jit


class Lanes(NamedTuple):
    """A system of N stages with K = D M lanes; where D is 2, lanes i and M + i mix in passing a stage.

    Attributes:
        local: (N, 2, 2) derivatives of the equations of a stage in its own unknowns; once factored, the inverse.
        below, above: (N, 2, K) derivatives of the equations in what enters from above, and in what enters from below.
        sinks, rises: (N, 2, K) derivatives, in the unknowns, of what leaves downwards, and upwards.
        fall, lift: (N, D D, M) what leaves downwards of what enters from above; upwards of what enters from below.
            Of D = 2 the four are (i, i), (i, M + i), (M + i, i), (M + i, M + i).
        fill: (K, K). passing: (4, K) for use in between.
    """

    local: Array
    below: Array
    above: Array
    sinks: Array
    rises: Array
    fall: Array
    lift: Array
    fill: Array
    passing: Array


@jit
def lanes(stages: int, metals: int, two: bool) -> Lanes:
    """Room for a system."""
    d = 2 if two else 1
    k = d * metals
    return Lanes(
        np.zeros((stages, 2, 2)), np.zeros((stages, 2, k)), np.zeros((stages, 2, k)), np.zeros((stages, 2, k)),
        np.zeros((stages, 2, k)), np.zeros((stages, d * d, metals)), np.zeros((stages, d * d, metals)),
        np.zeros((k, k)), np.zeros((4, k)),
    )  # fmt: skip


@jit
def _answer(s: Lanes, j: int) -> None:
    """Bring into stage j what the unknowns of the stages above it answer to it."""
    local, below, above, sinks, rises = s.local[j], s.below[j], s.above[j], s.sinks[j], s.rises[j]
    fall, lift, fill, passing = s.fall[j], s.lift[j], s.fill, s.passing
    size, metals = fill.shape[0], fall.shape[1]
    passing[2:] = 0.0
    for k in range(size):
        s0 = s1 = 0.0
        c0, c1 = below[0, k], below[1, k]
        for c in range(size):
            value = fill[k, c]
            s0 += value * rises[0, c]
            s1 += value * rises[1, c]
            passing[2, c] += c0 * value
            passing[3, c] += c1 * value
        passing[0, k], passing[1, k] = s0, s1
        local[0, 0] -= c0 * s0
        local[0, 1] -= c0 * s1
        local[1, 0] -= c1 * s0
        local[1, 1] -= c1 * s1
    for r in range(2):
        for i in range(metals):
            v, u = passing[r, i], passing[2 + r, i]
            if size == metals:
                sinks[r, i] -= fall[0, i] * v
                above[r, i] -= lift[0, i] * u
            else:
                o = metals + i
                vo, uo = passing[r, o], passing[2 + r, o]
                sinks[r, i] -= fall[0, i] * v + fall[1, i] * vo
                sinks[r, o] -= fall[2, i] * v + fall[3, i] * vo
                above[r, i] -= lift[0, i] * u + lift[2, i] * uo
                above[r, o] -= lift[1, i] * u + lift[3, i] * uo


@jit
def _close(s: Lanes, j: int) -> bool:
    """Eliminate the unknowns of stage j and take ``fill`` past it; False if singular."""
    local, above, sinks, fall, lift, fill = s.local[j], s.above[j], s.sinks[j], s.fall[j], s.lift[j], s.fill
    size, metals = fill.shape[0], fall.shape[1]
    a00, a01, a10, a11 = local[0, 0], local[0, 1], local[1, 0], local[1, 1]
    det = a00 * a11 - a01 * a10
    if not abs(det) > 1e-300:
        return False
    a00, a01, a10, a11 = a11 / det, -a01 / det, -a10 / det, a00 / det
    local[0, 0], local[0, 1], local[1, 0], local[1, 1] = a00, a01, a10, a11
    for k in range(size):
        c0, c1 = above[0, k], above[1, k]
        above[0, k], above[1, k] = a00 * c0 + a01 * c1, a10 * c0 + a11 * c1
    if size == metals:
        for k in range(size):
            f, s0, s1 = fall[0, k], sinks[0, k], sinks[1, k]
            for c in range(size):
                fill[k, c] = f * fill[k, c] * lift[0, c] + s0 * above[0, c] + s1 * above[1, c]
        return True
    for k in range(size):
        for i in range(metals):
            a, o = fill[k, i], fill[k, metals + i]
            fill[k, i], fill[k, metals + i] = lift[0, i] * a + lift[2, i] * o, lift[1, i] * a + lift[3, i] * o
    for k in range(metals):
        o = metals + k
        for c in range(size):
            a, b = fill[k, c], fill[o, c]
            fill[k, c] = fall[0, k] * a + fall[1, k] * b + sinks[0, k] * above[0, c] + sinks[1, k] * above[1, c]
            fill[o, c] = fall[2, k] * a + fall[3, k] * b + sinks[0, o] * above[0, c] + sinks[1, o] * above[1, c]
    return True


@jit
def factor(s: Lanes) -> bool:
    """Eliminate the unknowns of all stages from the top down; False if a pivot is singular.

    Leaves ``local`` inverted, ``above`` as what a stage answers to what rises into it, and in ``sinks`` what leaves
    with the answer of the stages above.
    """
    s.fill[:] = 0.0
    for j in range(s.local.shape[0]):
        if j > 0:
            _answer(s, j)
        if not _close(s, j):
            return False
    return True


@jit
def substitute(s: Lanes, b: Array) -> None:
    """Solve the factored system for one right-hand side (N, 2), in place."""
    size, metals = s.fill.shape[0], s.fall.shape[2]
    flow = s.passing[0]
    for turn in range(2):
        flow[:] = 0.0
        down = turn == 0
        for step in range(b.shape[0]):
            j = step if down else b.shape[0] - 1 - step
            enters, leaves, share = (s.below, s.sinks, s.fall) if down else (s.above, s.rises, s.lift)
            b0, b1 = b[j, 0], b[j, 1]
            for k in range(size):
                b0 -= enters[j, 0, k] * flow[k]
                b1 -= enters[j, 1, k] * flow[k]
            if down:
                b0, b1 = s.local[j, 0, 0] * b0 + s.local[j, 0, 1] * b1, s.local[j, 1, 0] * b0 + s.local[j, 1, 1] * b1
            b[j, 0], b[j, 1] = b0, b1
            for i in range(metals):
                v = flow[i]
                if size == metals:
                    flow[i] = share[j, 0, i] * v + leaves[j, 0, i] * b0 + leaves[j, 1, i] * b1
                else:
                    o = metals + i
                    u = flow[o]
                    flow[i] = share[j, 0, i] * v + share[j, 1, i] * u + leaves[j, 0, i] * b0 + leaves[j, 1, i] * b1
                    flow[o] = share[j, 2, i] * v + share[j, 3, i] * u + leaves[j, 0, o] * b0 + leaves[j, 1, o] * b1
