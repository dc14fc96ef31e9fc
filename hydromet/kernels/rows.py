"""Many liquors of the same components in one call."""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, Flags, Index, jit
from hydromet.kernels.equilibrium import CONVERGED, solve

# A pH counts as near where a Newton step from it changes ln a(H+) by less.
_FAR = 2.0


@jit
def solve_rows(
    ints: Index, fixed: Array, values: Array, b: Array, bw: float, lam: Array, m: Array, state: Array, status: Index,
    x: Array, held: Flags, tolerance: float,
) -> None:  # fmt: skip
    """Speciate every row at a given pH, or if that is far from its total of H+ and not held, at that total.

    Arguments as in ``equilibrium.solve`` with a leading axis of rows.

    Args:
        ints: see there.
        fixed: see there.
        values: see there.
        b: totals (N, components).
        bw: total water, mol, of every row.
        lam: in and out (N, components).
        m: in and out (N, species).
        state: in and out (N, 8); the dose is the total of H+.
        status: (N) CONVERGED where m and state hold an answer to start from; what became of each row out.
        x: (N) ln a(H+).
        held: (N) true where the pH is kept whatever the total.
        tolerance: see there.
    """
    nc, iH = b.shape[1], ints[4]
    none = np.zeros(0)
    t = np.zeros(nc)
    t[iH] = 1.0
    for j in range(b.shape[0]):
        row = b[j].copy()
        row[iH] = 0.0
        warm = status[j] == CONVERGED
        for _ in range(2):
            lam[j, iH] = x[j]
            status[j] = solve(
                2, ints, fixed, values, none, row, bw, t, 0.0, b[j, iH], warm, lam[j], m[j], none, none, state[j],
                tolerance,
            )  # fmt: skip
            if status[j] == CONVERGED or not warm:
                break
            warm = False
        if status[j] != CONVERGED or held[j] or abs(state[j, 3] - b[j, iH]) < _FAR * state[j, 7]:
            continue
        status[j] = solve(
            0, ints, fixed, values, none, b[j], bw, t, 0.0, 0.0, True, lam[j], m[j], none, none, state[j], tolerance
        )
        state[j, 3] = b[j, iH]
