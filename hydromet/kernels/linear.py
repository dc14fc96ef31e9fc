"""Dense linear algebra small enough that a call into LAPACK would cost more than the work."""

from __future__ import annotations

import numpy as np

from hydromet.kernels import Array, Index, jit, part_of


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
        for i in range(k + 1, n):
            factor = M[k, i]
            for j in range(columns):
                R[k, j] -= factor * R[i, j]
        inverse = 1.0 / M[k, k]
        for j in range(columns):
            R[k, j] *= inverse
    return True


@jit
def compress(A: Array) -> tuple[Index, Index, Array]:
    """The entries of a matrix that are not zero, row after row: first of each row, column, value."""
    rows, columns = A.shape
    first = np.empty(rows + 1, np.int64)
    column = np.empty(A.size, np.int64)
    value = np.empty(A.size)
    count = 0
    for i in range(rows):
        first[i] = count
        for k in range(columns):
            if A[i, k] != 0.0:
                column[count] = k
                value[count] = A[i, k]
                count += 1
    first[rows] = count
    return first, column[:count], value[:count]


@part_of
def factor(M: Array, pivot: Index, n: int) -> bool:
    """Decompose the leading (n, n) of ``M``, whose rows are of like size, into triangles with partial pivoting.

    Args:
        M: in the matrix, out its factors, the reciprocals of the pivots on the diagonal.
        pivot: rows exchanged, out.
        n: order of the part that is used.

    Returns:
        False if the matrix is singular to round-off or not finite.
    """
    for k in range(n):
        p = k
        largest = abs(M[k, k])
        for i in range(k + 1, n):
            if abs(M[i, k]) > largest:
                p = i
                largest = abs(M[i, k])
        if not 1e-300 < largest < 1e300:
            return False
        pivot[k] = p
        if p != k:
            for j in range(n):
                M[k, j], M[p, j] = M[p, j], M[k, j]
        inverse = 1.0 / M[k, k]
        M[k, k] = inverse
        for i in range(k + 1, n):
            M[i, k] *= inverse
        # four rows at a time: the pivot's row is read once for them
        i = k + 1
        while i + 3 < n:
            f0, f1, f2, f3 = M[i, k], M[i + 1, k], M[i + 2, k], M[i + 3, k]
            for j in range(k + 1, n):
                top = M[k, j]
                M[i, j] -= f0 * top
                M[i + 1, j] -= f1 * top
                M[i + 2, j] -= f2 * top
                M[i + 3, j] -= f3 * top
            i += 4
        while i < n:
            f0 = M[i, k]
            for j in range(k + 1, n):
                M[i, j] -= f0 * M[k, j]
            i += 1
    return True


@part_of
def substitute(M: Array, pivot: Index, r: Array, n: int) -> None:
    """Solve ``M x = r`` with the factors of ``factor``; the first n of ``r`` become ``x``."""
    for k in range(n):
        p = pivot[k]
        r[k], r[p] = r[p], r[k]
    for i in range(1, n):
        total = r[i]
        for k in range(i):
            total -= M[i, k] * r[k]
        r[i] = total
    for i in range(n - 1, -1, -1):
        total = r[i]
        for k in range(i + 1, n):
            total -= M[i, k] * r[k]
        r[i] = total * M[i, i]
