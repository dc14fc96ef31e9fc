"""The Newton matrix of an aqueous equilibrium, from the few entries of each species that are not zero."""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, Index, jit


@jit
def newton_matrix(  # type: ignore[no-untyped-def]
    sparse,
    a: Array,
    W: float,
    m: Array,
    beta: Array,
    residue: Array,
    major: Index,
    who: Index,
    H: Array,
    L: Array,
    M: Array,
    R: Array,
) -> None:
    """Derivatives of the balances in the ln activities of the components and in ln W.

    Of a species with stoichiometry A_j, ln m changes by ``A_j + a_j beta`` times the change of lambda, less what the
    major species do to its activity coefficient; of a major species by its row of ``L``.

    Args:
        sparse: stoichiometry of the species, as ``compress`` gives it.
        a: water per species.
        W: water, kg.
        m: molalities.
        beta: change of ln a_w with lambda, and its residual.
        residue: residual of the formation of each species.
        major: row of L of each species, or -1.
        who: species of each row of L.
        H: d ln gamma of each species / d m of the major ones.
        L: change of ln m of the major species with lambda, and its residual.
        M: out, the leading (components + 1) squared.
        R: out, the same rows of column 0: minus what the residuals of formation do to the balances.
    """
    first, column, value = sparse
    ns, nc, columns = m.size, beta.size - 1, who.size
    M[: nc + 1, : nc + 1] = 0.0
    R[: nc + 1, 0] = 0.0
    through_water = np.zeros(nc + 1)
    through_major = np.zeros((nc + 1, columns))
    for j in range(ns):
        n, row, water = W * m[j], major[j], a[j]
        entries = first[j + 1] - first[j]
        for e in range(entries + 1):
            i, f = nc, water * n
            if e < entries:
                i, f = column[first[j] + e], value[first[j] + e] * n
            if f == 0.0:
                continue
            M[i, nc] += f
            if row >= 0:
                for k in range(nc):
                    M[i, k] += f * L[row, k]
                R[i, 0] -= f * L[row, nc]
                continue
            for d in range(first[j], first[j + 1]):
                M[i, column[d]] += f * value[d]
            through_water[i] += f * water
            R[i, 0] -= f * residue[j]
            for k in range(columns):
                through_major[i, k] += f * H[j, k]
    for i in range(nc + 1):
        for k in range(nc):
            M[i, k] += through_water[i] * beta[k]
        for row in range(columns):
            f = through_major[i, row] * m[who[row]]
            for k in range(nc):
                M[i, k] -= f * L[row, k]
            R[i, 0] += f * L[row, nc]
