"""Many liquors of the same components in one call."""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, Index, jit
from hydromet.kernels.equilibrium import CONVERGED, solve


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
) -> None:
    """Speciate every row from its last answer; arguments as in ``equilibrium.solve`` with a leading axis of rows.

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
        state: in and out (N, 8).
        status: (N) CONVERGED where lam, m and state hold an answer to start from; what became of each row out.
    """
    nc = b.shape[1]
    S, sa, none = np.zeros((0, nc)), np.zeros(0), np.zeros(0)
    t = np.zeros(nc)
    for j in range(b.shape[0]):
        if status[j] == CONVERGED:
            status[j] = solve(
                False, A, a, z, lnK, S, sa, none, b[j], bw, t, 0.0, iH, lam[j], aphi, alphas, pair, pair_alpha,
                pair_value, two, two_value, three, three_value, 0.0, True, m[j], none, none, state[j],
            )  # fmt: skip
