"""What the equilibrium kernel works in: the question, the answer so far, and room for a Newton step.

The pieces of the kernel hand these groups of arrays to each other. All reals of a group are cut from one array: to make
thirty small ones would cost as much as an iteration.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hydromet.kernels import Array, Flags, Index, jit
from hydromet.kernels.electrostatic import CHARGES
from hydromet.kernels.pitzer import SLOTS

# Places in the state, see ``equilibrium.solve``.
WATER, LN_AW, STRENGTH, DOSE, ITERATIONS, RESIDUAL, MU, SLOPE = range(8)


class Question(NamedTuple):
    """What is asked.

    Attributes:
        mode: 0: the dose is given. 1: ln a(H+) is given and the dose, which is positive, is found. 2: of either sign.
        lnKs: ln K of dissolution of the phases.
        b, bw: totals of the components and of water, mol.
        t, tw: one dose of titrant and its water, mol.
    """

    mode: int
    lnKs: Array
    b: Array
    bw: float
    t: Array
    tw: float


class Answer(NamedTuple):
    """The answer so far.

    Attributes:
        lam: ln activities of the components. m: molalities. s, w: amounts and undersaturations of the phases.
        state: the numbers by their places, see above.
        lnm, lng: ln molality and ln gamma of every species.
    """

    lam: Array
    m: Array
    s: Array
    w: Array
    state: Array
    lnm: Array
    lng: Array


class Excess(NamedTuple):
    """What the activity coefficients leave for their derivatives, see ``pitzer.gradient`` and ``pitzer.curvature``."""

    each: Array
    by_pair: Array
    g: Array
    ions: Array
    theta: Array
    J: Array
    like: Array
    H: Array


class Errors(NamedTuple):
    """How far the answer is from one.

    Attributes:
        F, scale: error of the balances of the components and of water, and their size.
        residue: of the formation of each species, ln units.
        sigma, free: of each phase, what its limiting component allows, and the error of its undersaturation.
    """

    F: Array
    scale: Array
    residue: Array
    sigma: Array
    free: Array


class Roles(NamedTuple):
    """How each species takes part in a step.

    Attributes:
        major: its column of H, or -1. own: its unknown, or -1. trace: it follows from the others.
        who, place: species and unknown of each column of H. wanted: species whose rows of H are needed.
        kept: unknown of each phase, or -1.
        counts: columns, wanted rows, unknowns before ln W, order of the matrix.
    """

    major: Index
    own: Index
    who: Index
    place: Index
    wanted: Index
    kept: Index
    counts: Index
    trace: Flags


class Step(NamedTuple):
    """The linear system of a Newton step, and what follows from its solution.

    Attributes:
        M, pivot: the matrix, or its factors. Lam, law: changes of ln activities with the unknowns.
        rows: of the saturation of each phase. P, through, beta: work.
        part: by what the rows of the balances were multiplied. s, w: of the phases as they are in the matrix.
        base, r: right side without phases, and with them or the solution. goal, ds, dw: of the phases.
    """

    M: Array
    pivot: Index
    Lam: Array
    law: Array
    rows: Array
    P: Array
    through: Array
    beta: Array
    part: Array
    s: Array
    w: Array
    base: Array
    r: Array
    goal: Array
    ds: Array
    dw: Array


@jit
def cut(room: Array, at: int, rows: int, columns: int) -> tuple[Array, int]:
    """A matrix cut from a flat array, and where the next one begins."""
    return room[at : at + rows * columns].reshape((rows, columns)), at + rows * columns


@jit
def excess(ns: int, pairs: int, alphas: int) -> Excess:
    """Room for the activity coefficients of so many species, pairs and alphas."""
    side = CHARGES + 1
    small = 2 * ns + pairs + 3 * alphas + 4 * SLOTS + 2 * side * side + 3 * (CHARGES * CHARGES + 1)
    room = np.empty(small + (SLOTS + 2) * ns + ns * ns)
    room[:small] = 0.0
    each, i = cut(room, 0, 2, ns)
    by_pair, i = room[i : i + pairs], i + pairs
    g, i = cut(room, i, alphas, 3)
    ions, i = cut(room, i, 4, SLOTS)
    theta, i = room[i : i + 2 * side * side].reshape((2, side, side)), i + 2 * side * side
    J, i = cut(room, i, CHARGES * CHARGES + 1, 3)
    like, i = cut(room, i, SLOTS + 2, ns)
    H, i = cut(room, i, ns, ns)
    return Excess(each, by_pair, g, ions, theta, J, like, H)


@jit
def errors(ns: int, nc: int, nph: int) -> Errors:
    """Room for the errors of so many species, components and phases."""
    room, n = np.zeros(2 * (nc + 1) + ns + 2 * nph), nc + 1
    i = 2 * n + ns
    return Errors(room[:n], room[n : 2 * n], room[2 * n : i], room[i : i + nph], room[i + nph :])


@jit
def roles(ns: int, nph: int) -> Roles:
    """Room for the roles of so many species and phases."""
    room = np.empty(5 * ns + nph + 4, np.int64)
    by, i = room[: 5 * ns].reshape((5, ns)), 5 * ns
    return Roles(
        by[0], by[1], by[2], by[3], by[4], room[i : i + nph], room[i + nph :], np.zeros(ns, np.bool_)
    )  # fmt: skip


@jit
def step(ns: int, nc: int, nph: int) -> Step:
    """Room for the steps of so many species, components and phases."""
    order, n = ns + nph + 2, nc + 1
    room = np.empty(order * (order + 2) + (nc + 1 + nph + n) * ns + n * n + 2 * n + 5 * nph)
    M, i = cut(room, 0, order, order)
    Lam, i = cut(room, i, nc, ns)
    rows, i = cut(room, i, nph, ns)
    P, i = cut(room, i, n, n)
    through, i = cut(room, i, n, ns)
    law, i = room[i : i + ns], i + ns
    beta, i = room[i : i + nc], i + nc
    part, i = room[i : i + n], i + n
    base, i = room[i : i + order], i + order
    r, i = room[i : i + order], i + order
    by, i = cut(room, i, 5, nph)
    pivot = np.empty(order, np.int64)
    return Step(M, pivot, Lam, law, rows, P, through, beta, part, by[0], by[1], base, r, by[2], by[3], by[4])
