"""Reconciliation: measured values moved as little as their uncertainties ask, until every balance closes.

Variables x are flows, concentrations and densities; the balances are g(x) = 0 with terms linear or a product of two
variables. Of the values that satisfy them, the estimate has the least ``sum ((x_i - y_i) / sd_i)^2`` over the measured
ones. The balances are linearised at the estimate and solved again until nothing moves (successive linearisation); the
unmeasured variables are projected out by the left null space of their columns, which also says what can be known:

- **redundant**: measured, and the balances tell it as well; it is adjusted.
- **just measured**: measured, and nothing else tells it; it stays as it is.
- **observable**: not measured, but the balances tell it. **unobservable**: nothing tells it.

Sources: Crowe, Garcia Campos and Hrymak 1983 (projection); Knepper and Gorman 1980 (successive linearisation).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from hydromet.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

REDUNDANT, JUST_MEASURED, OBSERVABLE, UNOBSERVABLE = "redundant", "just measured", "observable", "unobservable"
# Singular values below this share of the largest are zero: the rows and columns are scaled to one before.
_ZERO = 1e-9
# A direction that nothing tells has this share in a variable, or none.
_SHARE = 1e-6
_PASSES, _SETTLED, _CLOSED = 60, 1e-9, 1e-12
# What a flow may lie below zero, as a share of its size, before it is held there.
_BELOW = 1e-9
_NOTHING, _TINY = 1e-3, 1e-300


@dataclass(frozen=True)
class Row:
    """One equation: sum of coefficient x variable, and of coefficient x variable x variable, is zero."""

    linear: tuple[tuple[int, float], ...]
    products: tuple[tuple[int, int, float], ...] = ()
    name: str = ""


@dataclass(frozen=True)
class System:
    """Variables and the equations between them.

    Attributes:
        names: of the variables. rows: equations. start: first guess of each variable, whose size also scales it.
    """

    names: tuple[str, ...]
    rows: tuple[Row, ...]
    start: Array
    _matrix: Array = field(init=False, repr=False, compare=False)
    _terms: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Array] = field(
        init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        matrix = np.zeros((len(self.rows), len(self.names)))
        terms = [(r, i, j, c) for r, row in enumerate(self.rows) for i, j, c in row.products]
        for r, row in enumerate(self.rows):
            for i, coefficient in row.linear:
                matrix[r, i] += coefficient
        object.__setattr__(self, "_matrix", matrix)
        at = [np.array([t[k] for t in terms], np.intp) for k in range(3)]
        object.__setattr__(self, "_terms", (*at, np.array([t[3] for t in terms], float)))

    def residual(self, x: Array) -> Array:
        """g(x), (equations,)."""
        row, i, j, size = self._terms
        found: Array = self._matrix @ x
        np.add.at(found, row, size * x[i] * x[j])
        return found

    def largest(self, x: Array) -> Array:
        """Largest term of each equation, (equations,)."""
        row, i, j, size = self._terms
        found: Array = np.max(np.abs(self._matrix * x), axis=1, initial=0.0)
        np.maximum.at(found, row, np.abs(size * x[i] * x[j]))
        return found

    def jacobian(self, x: Array) -> Array:
        """dg/dx, (equations, variables)."""
        row, i, j, size = self._terms
        found = self._matrix.copy()
        np.add.at(found, (row, i), size * x[j])
        np.add.at(found, (row, j), size * x[i])
        return found


@dataclass(frozen=True)
class Estimate:
    """Values that satisfy the equations.

    Attributes:
        values: (variables,); of the unobservable ones one of many that fit.
        errors: standard errors (variables,), 0 where unobservable.
        status: redundant, just measured, observable or unobservable.
        measured: index -> (value, standard uncertainty) that went in.
        adjusted: index -> variance of its adjustment.
        covariance: of the variables (variables, variables), 0 in rows of the unobservable ones.
        chi2: sum of squared adjustments over their uncertainties. freedom: what it is expected to be.
        held: variables held at zero, which would have come out negative.
        passes: linearisations.
    """

    values: Array
    errors: Array
    status: tuple[str, ...]
    measured: Mapping[int, tuple[float, float]]
    adjusted: Mapping[int, float]
    covariance: Array
    chi2: float
    freedom: int
    held: tuple[int, ...]
    passes: int

    def adjustment(self, i: int) -> float:
        """Reconciled less measured."""
        return float(self.values[i] - self.measured[i][0])

    def redundancy(self, i: int) -> float:
        """Share of the variance of a measured value that the balances take away: 0 tell nothing, 1 tell it exactly."""
        return self.adjusted[i] / self.measured[i][1] ** 2

    def standardised(self, i: int) -> float:
        """Adjustment over its own standard deviation: normal, if there is no gross error; 0 if not redundant."""
        variance = self.adjusted[i]
        return self.adjustment(i) / float(np.sqrt(variance)) if self.status[i] == REDUNDANT else 0.0


@dataclass(frozen=True)
class _Linear:
    """The equations linearised and split: everything scaled to about one."""

    reduced: Array  # G: equations without unmeasured variables (independent, measured)
    wanted: Array  # what G x has to be
    inverse: Array  # of the columns of the unmeasured ones
    null: Array  # directions of the unmeasured ones that nothing tells (directions, unmeasured)
    jacobian: Array
    residual: Array


def reconcile(system: System, measured: Mapping[int, tuple[float, float]]) -> Estimate:
    """The estimate; flows that would come out negative are held at zero.

    Args:
        system: variables and equations.
        measured: index of a variable -> (value, standard uncertainty above zero).

    Raises:
        ConvergenceError: E684, the linearisation does not settle.
    """
    held: tuple[int, ...] = ()
    for _ in range(len(system.names) + 1):
        rows = (*system.rows, *(Row(((i, 1.0),), name="not below zero") for i in held))
        estimate = _reconcile(replace(system, rows=rows), measured)
        exact = np.array([i not in held for i in range(len(system.names))], float)
        estimate = replace(estimate, held=held, values=estimate.values * exact, errors=estimate.errors * exact)
        size = _scale(system, measured)
        below = [
            (float(value / size[i]), i)
            for i, value in enumerate(estimate.values)
            if i not in held and estimate.status[i] != UNOBSERVABLE and value < -_BELOW * size[i]
        ]
        if not below:
            break
        held = tuple(sorted((*held, min(below)[1])))
    return estimate


def _scale(system: System, measured: Mapping[int, tuple[float, float]]) -> Array:
    size = np.abs(system.start)
    for i, (value, deviation) in measured.items():
        size[i] = max(abs(value), deviation)
    return np.where(size > 0.0, size, 1.0)


def _reconcile(system: System, measured: Mapping[int, tuple[float, float]]) -> Estimate:
    order = np.array(sorted(measured), np.intp)
    free = np.array([i for i in range(len(system.names)) if i not in measured], np.intp)
    size = _scale(system, measured)
    target = np.array([measured[i][0] for i in order]) / size[order]
    deviation = np.array([measured[i][1] for i in order]) / size[order]
    t = system.start / size
    t[order] = target
    passes, settled = 0, False
    while not settled:
        if passes == _PASSES:
            raise _unsettled(system, t * size, size)
        passes += 1
        parts = _linear(system, t, size, order, free)
        moved = t.copy()
        moved[order] = _nearest(parts, target, deviation)
        step = -parts.residual - parts.jacobian[:, order] @ (moved[order] - t[order])
        moved[free] = t[free] + parts.inverse @ step
        still = float(np.max(np.abs(moved[order] - t[order]) / deviation, initial=0.0)) < _SETTLED
        t = moved
        settled = still and float(np.max(_open(system, t * size, size), initial=0.0)) < _CLOSED
    x = t * size
    return _estimate(_linear(system, t, size, order, free), system, x, size, measured, passes)


def _open(system: System, x: Array, size: Array) -> Array:
    """How far each equation is from being met, as a share of its largest term; next to nothing counts as nothing."""
    whole = np.max(np.abs(system.jacobian(x) * size), axis=1, initial=0.0)
    found: Array = np.abs(system.residual(x)) / np.maximum(system.largest(x), np.maximum(_NOTHING * whole, _TINY))
    return found


def _unsettled(system: System, x: Array, size: Array) -> ConvergenceError:
    lack = _open(system, x, size)
    worst = int(np.argmax(lack))
    read = f"{_PASSES} linearisations, {system.rows[worst].name or 'a balance'} still off by {lack[worst]:.2g}"
    expected = "measured values near enough to the balances for them to be linearised"
    return ConvergenceError("E684", read=read, expected=expected, write="exclude: [TAG_THAT_IS_FAR_OFF]")


def _linear(system: System, t: Array, size: Array, order: NDArray[np.intp], free: NDArray[np.intp]) -> _Linear:
    x = t * size
    jacobian = system.jacobian(x) * size
    norm = np.max(np.abs(jacobian), axis=1, initial=0.0)
    norm = np.where(norm > 0.0, norm, 1.0)
    jacobian /= norm[:, None]
    residual = system.residual(x) / norm
    inverse, null, projection = _split(jacobian[:, free])
    reduced = projection @ jacobian[:, order]
    wanted = projection @ (jacobian[:, order] @ t[order] - residual)
    basis, sizes, _ = np.linalg.svd(reduced, full_matrices=False)
    kept = basis[:, sizes > _ZERO].T
    return _Linear(kept @ reduced, kept @ wanted, inverse, null, jacobian, residual)


def _split(columns: Array) -> tuple[Array, Array, Array]:
    """Of the columns of the unmeasured variables: an inverse, what it leaves open, and the equations without them.

    By QR with pivoting; of the unmeasured variables that nothing tells as many stay where they are as are needed.

    Returns:
        inverse (unmeasured, equations), null (directions, unmeasured), projection (equations without them, equations).
    """
    from scipy.linalg import qr, solve_triangular

    count = columns.shape[1]
    if not count:
        return np.zeros((0, len(columns))), np.zeros((0, 0)), np.eye(len(columns))
    q, r, pivots = qr(columns, pivoting=True)
    size = np.abs(np.diag(r))
    rank = int(np.sum(size > _ZERO * max(1.0, float(size[0]))))
    inverse = np.zeros((count, len(columns)))
    inverse[pivots[:rank]] = solve_triangular(r[:rank, :rank], q[:, :rank].T)
    null = np.zeros((count - rank, count))
    null[:, pivots[:rank]] = -solve_triangular(r[:rank, :rank], r[:rank, rank:]).T
    null[np.arange(count - rank), pivots[rank:]] = 1.0
    return inverse, null, q[:, rank:].T


def _nearest(parts: _Linear, target: Array, deviation: Array) -> Array:
    """Of the points on the reduced equations the nearest to the measured ones, by their deviations."""
    weighed = parts.reduced * deviation
    left, values, right = np.linalg.svd(weighed, full_matrices=False)
    lack = parts.reduced @ target - parts.wanted
    found: Array = target - deviation * (right.T @ ((left.T @ lack) / values))
    return found


def _estimate(
    parts: _Linear, system: System, x: Array, size: Array, measured: Mapping[int, tuple[float, float]], passes: int
) -> Estimate:
    order = np.array(sorted(measured), np.intp)
    free = np.array([i for i in range(len(system.names)) if i not in measured], np.intp)
    deviation = np.array([measured[i][1] for i in order]) / size[order]
    right = np.linalg.svd(parts.reduced * deviation, full_matrices=False)[2]
    removed = right.T @ right  # of the measured space, in deviations
    told = np.linalg.norm(parts.reduced, axis=0) > _SHARE if len(parts.reduced) else np.zeros(len(order), bool)
    left_over = (np.eye(len(order)) - removed) * np.outer(deviation, deviation)
    whole = np.zeros((len(x), len(x)))
    spread = -parts.inverse @ parts.jacobian[:, order]  # of the unmeasured with the measured
    known = np.linalg.norm(parts.null, axis=0) < _SHARE if len(parts.null) else np.ones(len(free), bool)
    spread[~known] = 0.0
    whole[np.ix_(order, order)] = left_over
    whole[np.ix_(free, order)] = spread @ left_over
    whole[np.ix_(order, free)] = whole[np.ix_(free, order)].T
    whole[np.ix_(free, free)] = spread @ left_over @ spread.T
    whole *= np.outer(size, size)
    status = [UNOBSERVABLE] * len(x)
    for i, redundant in zip(order, told, strict=True):
        status[i] = REDUNDANT if redundant else JUST_MEASURED
    for i, observable in zip(free, known, strict=True):
        status[i] = OBSERVABLE if observable else UNOBSERVABLE
    adjusted = np.diag(removed) * deviation**2 * size[order] ** 2
    chi2 = float(sum(((x[i] - y) / sd) ** 2 for i, (y, sd) in measured.items()))
    errors = np.sqrt(np.maximum(np.diag(whole), 0.0))
    variances = {int(i): float(v) for i, v in zip(order, adjusted, strict=True)}
    return Estimate(x, errors, tuple(status), dict(measured), variances, whole, chi2, len(parts.reduced), (), passes)


def balance(terms: Sequence[tuple[int, float]], name: str) -> Row:
    """A balance: inlets with +1, outlets with -1."""
    return Row(tuple(terms), (), name)


def product(whole: int, share: int, of: int, name: str) -> Row:
    """An equation: whole = share x of."""
    return Row(((whole, 1.0),), ((share, of, -1.0),), name)
