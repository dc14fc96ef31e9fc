"""Design specifications: vary some numbers until as many figures have their values.

Every look at the figures is a converged plant, warm from the one before; first looks are converged loosely. One
target is found by a bracketing secant (Illinois), several by Broyden's method within the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from hydromet.dimensions import DIMENSIONS
from hydromet.errors import ConvergenceError
from hydromet.flowsheet.solve import Limits, Rung, solve
from hydromet.quantity import convert

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.flowsheet.figures import Figure
    from hydromet.flowsheet.knobs import Knob
    from hydromet.flowsheet.passes import Problem, State
    from hydromet.flowsheet.solve import Watch

    Vector = NDArray[np.float64]

# A figure has its value within this share of the value (or of one pH unit).
CLOSE = 1e-8
_LOOKS = 40
# Convergence of first looks, as a factor on the goals of the solver.
_LOOSE = 1e4
_FIRST_STEP = 0.03
# Longest Broyden step, as a share of the bounds; a step into a bound has to bring the miss down by this factor.
_LONGEST = 0.5
_PROGRESS = 0.7
_DIFFERENCE = 1e-4


@dataclass(frozen=True)
class Aim:
    """One target.

    Attributes:
        knob: what is varied. low, high: its bounds, SI.
        figure: what is aimed at. value: what it shall be, SI.
    """

    knob: Knob
    low: float
    high: float
    figure: Figure
    value: float

    @property
    def scale(self) -> float:
        """Size by which a miss is judged."""
        return 1.0 if self.figure.name == "pH" or not self.value else abs(self.value)


@dataclass
class _Search:
    """The plant as a function of the varied numbers, each from 0 (lowest) to 1 (highest)."""

    problem: Problem
    rates: Mapping[str, float]
    aims: Sequence[Aim]
    limits: Limits
    watch: Watch | None
    state: State | None = None
    rungs: tuple[Rung, ...] = ()
    turned: Problem | None = None
    looks: list[tuple[Vector, Vector]] = field(default_factory=list)

    def start(self) -> Vector:
        """The values in the file, moved into the bounds."""
        at = [a.knob.read(self.problem, self.rates) for a in self.aims]
        return np.array(
            [min(max((v - a.low) / (a.high - a.low), 0.0), 1.0) for v, a in zip(at, self.aims, strict=True)]
        )

    def misses(self, place: Vector, loosen: float) -> Vector:
        """Converge the plant there; figures less goals, relative to their scales."""
        problem = self.problem
        for share, aim in zip(place.tolist(), self.aims, strict=True):
            problem = aim.knob.turn(problem, aim.low + share * (aim.high - aim.low), self.rates)
        limits = replace(self.limits, loosen=loosen * self.limits.loosen)
        self.state, self.rungs = solve(problem, self.state, limits, self.watch)
        self.turned = problem
        state = self.state
        found = np.array([(a.figure.value(problem, state) - a.value) / a.scale for a in self.aims])
        self.looks.append((place, found))
        return found

    def settled(self, place: Vector, found: Vector) -> tuple[Vector, bool]:
        """Is this place the answer? Near it, the plant is converged fully and looked at again."""
        if float(np.max(np.abs(found))) < 1e3 * CLOSE:
            found = self.misses(place, 1.0)
            return found, bool(np.max(np.abs(found)) <= CLOSE)
        return found, False


def solve_targets(
    problem: Problem,
    aims: Sequence[Aim],
    rates: Mapping[str, float],
    limits: Limits | None = None,
    watch: Watch | None = None,
    state: State | None = None,
) -> tuple[Problem, State, tuple[Rung, ...]]:
    """Converge a plant that meets its targets.

    Args:
        problem: the plant as in the file.
        aims: the targets; none is a plain solution.
        rates: kg/s of the feeds with a rate.
        limits: budget of each solution.
        watch: as in ``solve``.
        state: a warm start.

    Returns:
        the plant with the values found, its state, and how its blocks converged.

    Raises:
        ConvergenceError: E711 a target is out of reach within the bounds (the range reached is told), E712 several
            targets were not met together.
    """
    if not aims:
        return (problem, *solve(problem, state, limits, watch))
    search = _Search(problem, rates, aims, limits or Limits(), watch, state)
    (_one if len(aims) == 1 else _several)(search)
    assert search.turned is not None  # noqa: S101  # every search looks at least once
    assert search.state is not None  # noqa: S101
    return search.turned, search.state, search.rungs


def _one(search: _Search) -> None:
    """Secant steps until the value is bracketed, then the Illinois form of the false position."""
    start = search.start()
    found, done = search.settled(start, search.misses(start, _LOOSE))
    a, fa = float(start[0]), float(found[0])
    b: float | None = a + _FIRST_STEP if a + _FIRST_STEP <= 1.0 else a - _FIRST_STEP
    bracket: tuple[float, float] | None = None
    tried = {a}
    for _ in range(_LOOKS):
        if done or b is None:
            break
        tried.add(b)
        found, done = search.settled(np.array([b]), search.misses(np.array([b]), _LOOSE))
        fb = float(found[0])
        if fa * fb <= 0.0:
            bracket = (a, fa)
        elif bracket is not None:
            # the far end stays, and half its value keeps it from staying for ever
            bracket = (bracket[0], 0.5 * bracket[1])
        far, ffar = bracket or (a, fa)
        new = b - fb * (b - far) / (fb - ffar) if bracket and fb != ffar else _outward(a, fa, b, fb, tried)
        a, fa, b = b, fb, new
    if not done:
        _out_of_reach(search)


def _outward(a: float, fa: float, b: float, fb: float, tried: set[float]) -> float | None:
    """The next place without a bracket: a long secant step, at last the bounds; None when both were tried."""
    guess = b - 1.5 * fb * (b - a) / (fb - fa) if fb != fa else 1.0
    if 0.0 < guess < 1.0 and guess not in tried:
        return guess
    ends = (1.0, 0.0) if guess >= 1.0 else (0.0, 1.0)
    return next((end for end in ends if end not in tried), None)


def _several(search: _Search) -> None:
    """Broyden's method with a difference Jacobian at the start; bounded least squares where it runs into a bound."""
    x = search.start()
    f, done = search.settled(x, search.misses(x, _LOOSE))
    if done or _broyden(search, x, f):
        return
    from scipy.optimize import least_squares

    inside = np.clip(x, 1e-6, 1.0 - 1e-6)
    found = least_squares(
        lambda place: search.misses(place, 1.0), inside, bounds=(0.0, 1.0), diff_step=_DIFFERENCE, max_nfev=_LOOKS,
        ftol=1e-10, xtol=1e-12, gtol=None,
    )  # fmt: skip
    if not search.settled(found.x, search.misses(found.x, 1.0))[1]:
        _out_of_reach(search)


def _broyden(search: _Search, x: Vector, f: Vector) -> bool:
    slope = _slope(search, x, f)
    for _ in range(_LOOKS):
        try:
            step = np.linalg.solve(slope, -f)
        except np.linalg.LinAlgError:
            return False
        new = np.clip(x + step * min(1.0, _LONGEST / max(float(np.max(np.abs(step))), 1e-12)), 0.0, 1.0)
        found, done = search.settled(new, search.misses(new, _LOOSE))
        if done:
            return True
        move = new - x
        at_bound = bool(np.any((new == 0.0) | (new == 1.0)))
        if at_bound and float(np.max(np.abs(found))) > _PROGRESS * float(np.max(np.abs(f))):
            return False
        if not move.any():
            return False
        slope = slope + np.outer(found - f - slope @ move, move) / float(move @ move)
        x, f = new, found
    return False


def _slope(search: _Search, x: Vector, f: Vector) -> Vector:
    slope = np.zeros((len(f), len(x)))
    for i in range(len(x)):
        moved = x.copy()
        moved[i] += _FIRST_STEP if x[i] + _FIRST_STEP <= 1.0 else -_FIRST_STEP
        slope[:, i] = (search.misses(moved, 1.0) - f) / (moved[i] - x[i])
    return slope


def _out_of_reach(search: _Search) -> None:
    """Tell what was reached, in the units of the file."""
    lines = []
    for i, aim in enumerate(search.aims):
        reached = [aim.value + float(found[i]) * aim.scale for _, found in search.looks]
        low, high = _shown(min(reached), aim), _shown(max(reached), aim)
        lines.append(f"{aim.figure.path} reached {low} to {high} for {aim.knob.path} within its bounds")
    wanted = "; ".join(f"{aim.figure.path} = {_shown(aim.value, aim)}" for aim in search.aims)
    code = "E711" if len(search.aims) == 1 else "E712"
    raise ConvergenceError(
        code, read="\n".join(lines), expected=wanted, write="wider bounds in `within`, or another value in `until`"
    )


def _shown(value: float, aim: Aim) -> str:
    kind = DIMENSIONS[aim.figure.dimension]
    unit = kind.example.partition(" ")[2]
    return f"{convert(value, unit, kind.name) if unit else value:.4g} {unit}".rstrip()
