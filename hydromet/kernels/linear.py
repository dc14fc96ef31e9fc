"""Dense linear algebra small enough that a call into LAPACK would cost more than the work."""

from __future__ import annotations

from hydromet.kernels import Array, jit


@jit
def solve_in_place(M: Array, R: Array, n: int, columns: int) -> bool:
    """Solve ``M X = R`` by elimination with row scaling and partial pivoting; ``R`` becomes ``X``, ``M`` is destroyed.

    Args:
        M: (>= n, >= n).
        R: (>= n, >= columns).
        n: order of the part that is used.
        columns: right-hand sides used.

    Returns:
        False if the matrix is singular to round-off.
    """
    for i in range(n):
        largest = 0.0
        for j in range(n):
            largest = max(largest, abs(M[i, j]))
        if largest <= 0.0 or largest != largest:
            return False
        for j in range(n):
            M[i, j] /= largest
        for j in range(columns):
            R[i, j] /= largest
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(M[i, k]) > abs(M[p, k]):
                p = i
        if not abs(M[p, k]) > 1e-300:
            return False
        if p != k:
            for j in range(k, n):
                M[k, j], M[p, j] = M[p, j], M[k, j]
            for j in range(columns):
                R[k, j], R[p, j] = R[p, j], R[k, j]
        inverse = 1.0 / M[k, k]
        for i in range(k + 1, n):
            factor = M[i, k] * inverse
            if factor != 0.0:
                for j in range(k + 1, n):
                    M[i, j] -= factor * M[k, j]
                for j in range(columns):
                    R[i, j] -= factor * R[k, j]
    for k in range(n - 1, -1, -1):
        inverse = 1.0 / M[k, k]
        for j in range(columns):
            total = R[k, j]
            for i in range(k + 1, n):
                total -= M[k, i] * R[i, j]
            R[k, j] = total * inverse
    return True
