"""Parameters of a plant fitted to what was measured in steady windows.

With the figures ``f(p)`` of the plant and their measured values ``y``, the parameters minimise

    (f(p) - y)' C^-1 (f(p) - y) + sum ((p_i - prior_i) / sd_i)^2      within their bounds,

where ``C`` holds the standard errors of the window means, the covariance of reconciled figures, and of each figure the
error that all windows share (an electrode that reads high reads high in all of them). Each evaluation is a warm-started
solve of every window. Derivatives are central differences of converged solves: with figures converged to a share ``e``,
a step of ``e^(1/3)`` of the span of the bounds balances what convergence leaves (``e / step``) against the curvature
(``step^2``); decision 14 says why not implicit ones.

Standard errors are those of the linearised problem at the minimum, wider by ``sqrt(chi2 / freedom)`` where chi-square
is beyond its 95 % point; a parameter at its bound has none, and the others have theirs at that bound.

Sources: Nocedal and Wright 2006 (step); Brun, Reichert and Kuensch 2001 (collinearity index); Huber 1964 (robust).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from hydromet.calibrate.identify import identify
from hydromet.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hydromet.calibrate.identify import Identified
    from hydromet.calibrate.plant_fit_file import Measured, PlantCase, Window

    Array = NDArray[np.float64]

# Of a correlation matrix: directions below this share carry no information (what reconciliation made exact).
_NONE = 1e-8
# A parameter nearer to its bound than this share of the span is at it.
_AT = 1e-4
_STOP = 1e-8
# Distance from which an outlier counts linearly: 95 % efficient on normal errors.
_HUBER = 1.345
_CONFIDENCE = 0.95
# Probability below which what was left out is not foretold.
_REFUSED = 0.01
# Residuals beyond so many deviations are named.
_FAR = 3.0


class Model(Protocol):
    """A plant as a function; see ``plant_model.PlantModel``."""

    tolerance: float

    def figures(self, window: int, values: Sequence[float]) -> tuple[float, ...] | None:
        """Figures of a window, None where there is no solution."""


@dataclass(frozen=True)
class Estimate:
    """A fitted parameter, in its unit.

    Attributes:
        path: in the flowsheet. value: found. error: standard error; None at a bound.
        bound: low or high where it is at one.
    """

    path: str
    unit: str
    value: float
    error: float | None
    start: float
    bound: str = ""


@dataclass(frozen=True)
class Point:
    """A measurement and what the fitted plant says.

    Attributes:
        residual: calculated less measured, over the deviation of the measurement; where foretold, also of the forecast.
    """

    window: str
    measured: Measured
    calculated: float
    deviation: float
    predicted: bool

    @property
    def residual(self) -> float:
        """Calculated less measured, in deviations."""
        return (self.calculated - self.measured.value) / self.deviation


@dataclass(frozen=True)
class PlantFit:
    """A plant fitted.

    Attributes:
        parameters: what was found. correlation: (P, P), in their order; zero with one at a bound.
        points: every measurement, fitted or foretold.
        chi2, freedom, probability: of the fit; probability of a larger chi-square.
        widened: factor of the standard errors.
        foretold: chi-square, number and probability of the windows left out; None without any.
        identified: what the measurements tell, before the fit.
        sensitivity: (figures, P) at the minimum: change of a figure, in its unit, per unit of the parameter.
        evaluations: of all windows. notices: (code, text).
    """

    parameters: tuple[Estimate, ...]
    correlation: Array
    points: tuple[Point, ...]
    chi2: float
    freedom: int
    probability: float
    widened: float
    foretold: tuple[float, int, float] | None
    identified: Identified
    sensitivity: Array
    evaluations: int
    notices: tuple[tuple[str, str], ...]


def fit(case: PlantCase, model: Model) -> PlantFit:
    """Fit a plant.

    Raises:
        CalibrationError: E691, E692, the measurements do not tell the parameters. E698, no covariance.
        ConvergenceError: E695, the plant cannot be solved around a point. E696, no minimum was found.
    """
    from scipy.optimize import least_squares

    asked = _Question(case, model)
    begin = np.clip((asked.start - asked.low) / asked.span, 0.0, 1.0)
    found = identify(case, asked.jacobian(begin))
    # Strictly within, where the method of trust regions has to begin.
    inside = np.clip(begin, _AT, 1.0 - _AT)
    if not np.all(np.isfinite(asked.residuals(inside))):
        raise ConvergenceError(
            "E695", read="the start of the fit, just within the bounds", expected="a plant that can be solved there",
            write="start: ...", place=case.document.place(("fit",), key=True),
        )  # fmt: skip
    answer: Any = least_squares(
        asked.residuals, inside, jac=asked.jacobian, bounds=(0.0, 1.0), method="trf", x_scale=1.0,
        loss=asked.huber if case.file.robust else "linear", xtol=_STOP, ftol=_STOP, gtol=_STOP,
        max_nfev=100,
    )  # fmt: skip
    if not answer.success or not np.all(np.isfinite(answer.x)):
        raise ConvergenceError("E696", read=str(answer.message), expected="a minimum within the bounds",
                               write="fit fewer parameters, or give them a prior")  # fmt: skip
    return _answered(asked, np.asarray(answer.x), found)


class _Question:
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
        self.white = whitening(covariance([case.windows[i] for i in self.fitted]))
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
        far = squares > _HUBER**2
        far[len(squares) - len(self.priors) :] = False
        root = np.sqrt(squares[far])
        rho[0, far] = 2.0 * _HUBER * root - _HUBER**2
        rho[1, far] = _HUBER / root
        rho[2, far] = -0.5 * _HUBER / root**3
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
    from hydromet.errors import CalibrationError

    deviations = np.sqrt(np.diag(given))
    scaled = given / np.outer(deviations, deviations)
    joined = np.flatnonzero(np.count_nonzero(scaled, axis=1) > 1)
    alone = [i for i in range(len(scaled)) if i not in set(joined)]
    rows = np.eye(len(scaled))[alone]
    if len(joined):
        sizes, directions = np.linalg.eigh(scaled[np.ix_(joined, joined)])
        if sizes[0] < -_NONE * sizes[-1]:
            raise CalibrationError("E698", read=f"a covariance with an eigenvalue of {sizes[0]:.2g}",
                                   expected="a covariance: none below zero")  # fmt: skip
        kept = sizes > _NONE * sizes[-1]
        more = np.zeros((int(np.count_nonzero(kept)), len(scaled)))
        more[:, joined] = (directions[:, kept] / np.sqrt(sizes[kept])).T
        rows = np.vstack([rows, more])
    found: Array = rows / deviations
    return found


def _answered(asked: _Question, u: Array, found: Identified) -> PlantFit:
    """Errors, chi-square and forecast at the minimum."""
    from scipy.stats import chi2 as distribution

    case = asked.case
    residuals = asked.residuals(u)
    u, bounds = _bounds(u, asked.jacobian(u).T @ residuals)
    jacobian, residuals = asked.jacobian(u), asked.residuals(u)
    free = [i for i, bound in enumerate(bounds) if not bound]
    spread = np.zeros((len(u), len(u)))
    freedom = len(residuals) - len(free)
    chi2 = float(residuals @ residuals)
    probability = float(distribution.sf(chi2, freedom)) if freedom > 0 else 1.0
    widened = 1.0
    if free:
        spread[np.ix_(free, free)] = np.linalg.pinv(jacobian[:, free].T @ jacobian[:, free])
    if case.file.robust:
        widened = _robust_factor(residuals[: len(residuals) - len(asked.priors)], len(free))
    elif probability < 1.0 - _CONFIDENCE:
        widened = float(np.sqrt(chi2 / freedom))
    spread *= widened**2
    values = asked.real(u)
    errors = [None if bounds[i] else float(np.sqrt(spread[i, i]) * asked.span[i]) for i in range(len(u))]
    parameters = tuple(
        Estimate(p.path, p.unit, float(values[i]), errors[i], p.start, bounds[i]) for i, p in enumerate(case.parameters)
    )
    points = _fitted_points(asked, u)
    ahead, foretold = _forecast(asked, u, spread)
    notices = [*found.notices, *_notices(parameters, spread), *_of_fit(points, chi2, freedom, probability)]
    if foretold is not None and foretold[2] < _REFUSED:
        notices.append(("W689", f"the windows left out are not foretold: chi-square {foretold[0]:.1f} of "
                        f"{foretold[1]} figures"))  # fmt: skip
    return PlantFit(parameters, _correlation(spread), (*points, *ahead), chi2, freedom, probability, widened, foretold,
                    found, asked.slopes(u, asked.fitted) / asked.span, asked.evaluations, tuple(notices))  # fmt: skip


def _bounds(u: Array, gradient: Array) -> tuple[Array, list[str]]:
    """Parameters at a bound that would go further are put on it."""
    put, names = u.copy(), []
    for i, at in enumerate(u):
        name = "low" if at < _AT and gradient[i] > 0.0 else "high" if at > 1.0 - _AT and gradient[i] < 0.0 else ""
        put[i] = {"low": 0.0, "high": 1.0}.get(name, at)
        names.append(name)
    return put, names


def _robust_factor(residuals: Array, free: int) -> float:
    """Factor of the errors of Huber's estimate: sqrt(sum psi^2 / (n - p)) / mean psi'."""
    bent = np.clip(residuals, -_HUBER, _HUBER)
    share = float(np.mean(np.abs(residuals) < _HUBER))
    count = max(len(residuals) - free, 1)
    return float(np.sqrt(bent @ bent / count)) / share if share else float("inf")


def _correlation(spread: Array) -> Array:
    deviations = np.sqrt(np.diag(spread))
    safe = np.where(deviations > 0.0, deviations, 1.0)
    found: Array = spread / np.outer(safe, safe)
    return found


def _fitted_points(asked: _Question, u: Array) -> tuple[Point, ...]:
    values = iter(asked.figures(u, asked.fitted))
    return tuple(
        Point(asked.case.windows[i].name, one, float(next(values)), float(np.hypot(one.sd, one.systematic)), False)
        for i in asked.fitted
        for one in asked.case.windows[i].measured
    )


def _forecast(asked: _Question, u: Array, spread: Array) -> tuple[tuple[Point, ...], tuple[float, int, float] | None]:
    """Windows left out, with the deviation of measurement and forecast together."""
    from scipy.stats import chi2 as distribution

    if not asked.left_out:
        return (), None
    windows = [asked.case.windows[i] for i in asked.left_out]
    values = asked.figures(u, asked.left_out)
    if not np.all(np.isfinite(values)):
        name = next(w.name for i, w in zip(asked.left_out, windows, strict=True)
                    if not np.all(np.isfinite(asked.figures(u, [i]))))  # fmt: skip
        raise ConvergenceError(
            "E695", read=f"{name}, left out, at the fitted values", expected="a plant that can be solved there",
            place=asked.case.document.place(("windows", name), key=True),
        )  # fmt: skip
    slopes = asked.slopes(u, asked.left_out)
    total = covariance(windows) + slopes @ spread @ slopes.T
    white = whitening(total) @ (values - asked.values(asked.left_out))
    chi2 = float(white @ white)
    every = [(window.name, one) for window in windows for one in window.measured]
    points = tuple(
        Point(name, one, float(values[i]), float(np.sqrt(total[i, i])), True) for i, (name, one) in enumerate(every)
    )
    return points, (chi2, len(white), float(distribution.sf(chi2, len(white))))


def _notices(found: Sequence[Estimate], spread: Array) -> list[tuple[str, str]]:
    """Parameters at their bounds, and those the measurements hardly narrow."""
    told = []
    for i, one in enumerate(found):
        if one.bound:
            told.append(("W685", f"{one.path} is at its {one.bound} bound, {one.value:g} {one.unit}".rstrip()))
        elif np.sqrt(spread[i, i]) > 0.5:  # standard error of half the span
            told.append(("W687", f"{one.path}: the standard error is {np.sqrt(spread[i, i]):.0%} of its span"))
    return told


def _of_fit(points: Sequence[Point], chi2: float, freedom: int, probability: float) -> list[tuple[str, str]]:
    """A fit that is not as good as its standard errors, figures far off."""
    told = []
    if freedom > 0 and probability < 1.0 - _CONFIDENCE:
        text = f"chi-square {chi2:.1f} of {freedom}: the plant does not meet the figures within their standard errors"
        told.append(("W688", text))
    told += [
        ("W690", f"{p.measured.figure.path} of {p.window} is {p.residual:+.1f} deviations off")
        for p in points
        if abs(p.residual) > _FAR
    ]
    return told
