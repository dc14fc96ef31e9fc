"""The sum of squares of a plant fit: residuals of unit variance over scaled parameters, and their derivatives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from hydromet.errors import CalibrationError, ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hydromet.calibrate.plant_case import PlantCase, Window

    Array = NDArray[np.float64]

# Of a correlation matrix: directions below this share carry no information (what reconciliation made exact).
_NONE = 1e-5
# Distance from which an outlier counts linearly: 95 % efficient on normal errors.
HUBER = 1.345


class Model(Protocol):
    """A plant as a function; see ``plant_model.PlantModel``."""

    tolerance: float

    def figures(self, window: int, values: Sequence[float]) -> tuple[float, ...] | None:
        """Figures of a window, None where there is no solution."""


class Question:
    """Residuals and their derivatives over the parameters, each scaled to its bounds: u = (p - low) / span."""

    def __init__(self, case: PlantCase, model: Model) -> None:
        self.case = case
        self.model = model
        parameters = case.parameters
        self.low = np.array([p.low for p in parameters])
        self.span = np.array([p.high - p.low for p in parameters])
        self.start = np.array([p.start for p in parameters])
        self.fitted = [i for i, window in enumerate(case.windows) if not window.predict]
        self.left_out = [i for i, window in enumerate(case.windows) if window.predict]
        self.measured = self.values(self.fitted)
        try:
            self.white = whitening(covariance([case.windows[i] for i in self.fitted]))
        except CalibrationError as error:
            raise error.at(case.document.place(("reconciled",))) from None
        self.priors = [(i, *p.prior) for i, p in enumerate(parameters) if p.prior]
        self.step = model.tolerance ** (1.0 / 3.0)
        self.evaluations = 0

    def values(self, windows: Sequence[int]) -> Array:
        """Measured values of some windows, one after the other."""
        return np.array([one.value for i in windows for one in self.case.windows[i].measured])

    def real(self, u: Array) -> Array:
        """The parameters in their units."""
        found: Array = self.low + u * self.span
        return found

    def figures(self, u: Array, windows: Sequence[int]) -> Array:
        """Figures of some windows; NaN where one has no solution."""
        values = [float(v) for v in self.real(u)]
        parts = []
        for i in windows:
            found = self.model.figures(i, values)
            parts.append(np.full(len(self.case.windows[i].measured), np.nan) if found is None else np.array(found))
        return np.concatenate(parts) if parts else np.zeros(0)

    def residuals(self, u: Array) -> Array:
        """Uncorrelated residuals of unit variance, then those of the priors; NaN shortens the step."""
        self.evaluations += 1
        p = self.real(u)
        held = [(p[i] - value) / sd for i, value, sd in self.priors]
        return np.concatenate([self.white @ (self.figures(u, self.fitted) - self.measured), held])

    def slopes(self, u: Array, windows: Sequence[int]) -> Array:
        """Derivatives of the figures with u (figures, P) by central differences.

        Raises:
            ConvergenceError: E695.
        """
        columns = []
        for i, parameter in enumerate(self.case.parameters):
            ends = []
            for side in (1.0, -1.0):
                there = u.copy()
                there[i] = min(max(u[i] + side * self.step, 0.0), 1.0)
                values = self.figures(there, windows)
                ends.append((there[i], values if np.all(np.isfinite(values)) else None))
            good = [(at, values) for at, values in ends if values is not None]
            if len(good) == 1:  # one side is enough where the other has no solution
                good.append((u[i], self.figures(u, windows)))
            if len(good) < 2 or good[0][0] == good[1][0]:
                raise ConvergenceError(
                    "E695", read=f"{parameter.path} around {parameter.text(float(self.real(u)[i]))}",
                    expected="a plant that can be solved to one side at the least", write="within: [5 um, 15 um]",
                    place=self.case.document.place(("fit", parameter.path), key=True),
                )  # fmt: skip
            columns.append((good[0][1] - good[1][1]) / (good[0][0] - good[1][0]))
        return np.column_stack(columns)

    def jacobian(self, u: Array) -> Array:
        """Derivatives of the residuals with u."""
        held = np.zeros((len(self.priors), len(u)))
        for row, (i, _, sd) in enumerate(self.priors):
            held[row, i] = self.span[i] / sd
        return np.vstack([self.white @ self.slopes(u, self.fitted), held])

    def huber(self, squares: Array) -> Array:
        """Huber's loss and its derivatives over squared residuals; what is known beforehand counts in full."""
        rho = np.vstack([squares, np.ones_like(squares), np.zeros_like(squares)])
        far = squares > HUBER**2
        far[len(squares) - len(self.priors) :] = False
        root = np.sqrt(squares[far])
        rho[0, far] = 2.0 * HUBER * root - HUBER**2
        rho[1, far] = HUBER / root
        rho[2, far] = -0.5 * HUBER / root**3
        return rho


def covariance(windows: Sequence[Window]) -> Array:
    """Covariance of the measured figures of some windows, one after the other."""
    from scipy.linalg import block_diag

    blocks = [
        np.array(window.covariance) if window.covariance else np.diag([one.sd**2 for one in window.measured])
        for window in windows
    ]
    found = np.asarray(block_diag(*blocks), float)
    every = [one for window in windows for one in window.measured]
    for i, one in enumerate(every):
        for j, other in enumerate(every):
            if one.figure.path == other.figure.path:
                found[i, j] += one.systematic * other.systematic
    return found


def whitening(given: Array) -> Array:
    """Matrix W with ``W C W'`` the unit matrix; directions without variance are left out.

    Independent figures keep a row each, in their order, before those of the others.
    """
    deviations = np.sqrt(np.diag(given))
    scaled = given / np.outer(deviations, deviations)
    joined = np.flatnonzero(np.count_nonzero(scaled, axis=1) > 1)
    alone = [i for i in range(len(scaled)) if i not in set(joined)]
    rows = np.eye(len(scaled))[alone]
    if len(joined):
        sizes, directions = np.linalg.eigh(scaled[np.ix_(joined, joined)])
        if sizes[0] < -_NONE * sizes[-1]:
            raise CalibrationError("E698", read=f"a covariance with an eigenvalue of {sizes[0]:.2g}",
                                   expected="a covariance: none below zero",
                                   write="hydromet reconcile RECONCILE.yaml, once more")  # fmt: skip
        kept = sizes > _NONE * sizes[-1]
        more = np.zeros((int(np.count_nonzero(kept)), len(scaled)))
        more[:, joined] = (directions[:, kept] / np.sqrt(sizes[kept])).T
        rows = np.vstack([rows, more])
    found: Array = rows / deviations
    return found
