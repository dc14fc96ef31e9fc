"""Many liquors of the same components in one call."""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, Flags, Index, jit
from hydromet.kernels.equilibrium import CONVERGED, solve

# A pH counts as near where a Newton step from it changes ln a(H+) by less.
_FAR = 2.0


@jit
def solve_rows(
    A: Array,
    a: Array,
    z: Array,
    lnK: Array,
    b: Array,
    bw: float,
    iH: int,
    lam: Array,
    aphi: float,
    alphas: Array,
    pair: Index,
    pair_alpha: Index,
    pair_value: Array,
    two: Index,
    two_value: Array,
    three: Index,
    three_value: Array,
    m: Array,
    state: Array,
    status: Index,
    x: Array,
    held: Flags,
    tolerance: float,
) -> None:
    """Speciate every row at a given pH, or if that is far from its total of H+ and not held, at that total.

    Arguments as in ``equilibrium.solve`` with a leading axis of rows.

    Args:
        A: see there.
        a: see there.
        z: see there.
        lnK: see there.
        b: totals (N, components).
        bw: total water, mol, of every row.
        iH: see there.
        lam: in and out (N, components).
        aphi: see there.
        alphas: see there.
        pair: see there.
        pair_alpha: see there.
        pair_value: see there.
        two: see there.
        two_value: see there.
        three: see there.
        three_value: see there.
        m: in and out (N, species).
        state: in and out (N, 8); the dose is the total of H+.
        status: (N) CONVERGED where lam, m and state hold an answer to start from; what became of each row out.
        x: (N) ln a(H+).
        held: (N) true where the pH is kept whatever the total.
        tolerance: see there.
    """
    nc = b.shape[1]
    S, sa, none = np.zeros((0, nc)), np.zeros(0), np.zeros(0)
    t = np.zeros(nc)
    t[iH] = 1.0
    for j in range(b.shape[0]):
        row = b[j].copy()
        row[iH] = 0.0
        warm = status[j] == CONVERGED
        for _ in range(2):
            lam[j, iH] = x[j]
            status[j] = solve(
                2, A, a, z, lnK, S, sa, none, row, bw, t, 0.0, iH, lam[j], aphi, alphas, pair, pair_alpha, pair_value,
                two, two_value, three, three_value, b[j, iH], warm, m[j], none, none, state[j], tolerance,
            )  # fmt: skip
            if status[j] == CONVERGED or not warm:
                break
            warm = False
        if status[j] != CONVERGED or held[j] or abs(state[j, 3] - b[j, iH]) < _FAR * state[j, 7]:
            continue
        status[j] = solve(
            0, A, a, z, lnK, S, sa, none, b[j], bw, t, 0.0, iH, lam[j], aphi, alphas, pair, pair_alpha, pair_value,
            two, two_value, three, three_value, 0.0, True, m[j], none, none, state[j], tolerance,
        )  # fmt: skip
        state[j, 3] = b[j, iH]
