"""Parameters of a plant fitted to what was measured in steady windows.

With the figures ``f(p)`` of the plant and their measured values ``y``, the parameters minimise

    (f(p) - y)' C^-1 (f(p) - y) + sum ((p_i - prior_i) / sd_i)^2      within their bounds,

where ``C`` holds the standard errors of the window means, the covariance of reconciled figures, and of each figure the
error that all windows share (an electrode that reads high reads high in all of them). Each evaluation is a warm-started
solve of every window. Derivatives are central differences of converged solves: with figures converged to a share ``e``,
a step of ``e^(1/3)`` of the span of the bounds balances what convergence leaves (``e / step``) against the curvature
(``step^2``); `docs/decisions` says why not implicit ones.

Standard errors are those of the linearised problem at the minimum, wider by ``sqrt(chi2 / freedom)`` where chi-square
is beyond its 95 % point; a parameter at its bound has none, and the others have theirs at that bound.

Sources: Nocedal and Wright 2006 (step); Brun, Reichert and Kuensch 2001 (collinearity index); Huber 1964 (robust).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.calibrate.identify import identify
from hydromet.calibrate.plant_question import HUBER, Question, covariance, whitening
from hydromet.errors import ConvergenceError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from hydromet.calibrate.identify import Identified
    from hydromet.calibrate.plant_case import Measured, PlantCase
    from hydromet.calibrate.plant_question import Model

    Array = NDArray[np.float64]

# A parameter nearer to its bound than this share of the span is at it.
_AT = 1e-4
# A fit begins so far within the bounds, as a share of the span: steps away from a bound are short ones.
_WITHIN = 0.02
_STOP = 1e-8
_CONFIDENCE = 0.95
# Probability below which what was left out is not foretold.
_REFUSED = 0.01
# Residuals beyond so many deviations are named.
_FAR = 3.0


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

    asked = Question(case, model)
    begin = np.clip((asked.start - asked.low) / asked.span, 0.0, 1.0)
    found = identify(case, asked.jacobian(begin))
    # Strictly within, where the method of trust regions has to begin.
    inside = np.clip(begin, _WITHIN, 1.0 - _WITHIN)
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


def _answered(asked: Question, u: Array, found: Identified) -> PlantFit:
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
    bent = np.clip(residuals, -HUBER, HUBER)
    share = float(np.mean(np.abs(residuals) < HUBER))
    count = max(len(residuals) - free, 1)
    return float(np.sqrt(bent @ bent / count)) / share if share else float("inf")


def _correlation(spread: Array) -> Array:
    deviations = np.sqrt(np.diag(spread))
    safe = np.where(deviations > 0.0, deviations, 1.0)
    found: Array = spread / np.outer(safe, safe)
    return found


def _fitted_points(asked: Question, u: Array) -> tuple[Point, ...]:
    values = iter(asked.figures(u, asked.fitted))
    return tuple(
        Point(asked.case.windows[i].name, one, float(next(values)), float(np.hypot(one.sd, one.systematic)), False)
        for i in asked.fitted
        for one in asked.case.windows[i].measured
    )


def _forecast(asked: Question, u: Array, spread: Array) -> tuple[tuple[Point, ...], tuple[float, int, float] | None]:
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
