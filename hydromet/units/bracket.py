"""One safeguarded root search for the design equations of the evaporating units."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_PASSES = 60
# Functions are relative misses (value / target - 1): below the first they are zero; once below the second, a step that
# gains nothing more has met the noise of the equilibrium solver inside.
_ROUND_OFF = 1e-14
_SMALL = 1e-9


def rising_root(
    function: Callable[[float], float],
    low: float,
    high: float,
    guess: float,
    *,
    slope: float | None = None,
    tolerance: float = 1e-13,
) -> float:
    """The root of a function that rises from ``low`` to ``high``.

    Secant steps from ``guess``, kept inside a bracket that only shrinks; a value of infinity (a state that cannot
    exist) counts as too high. Converges to the last digits because a flowsheet iterates around it.

    Args:
        function: a relative miss that rises through zero between the bounds; a root outside gives the nearer bound.
        low: lower bound.
        high: upper bound.
        guess: first trial, best from a closed form that is nearly right.
        slope: of the function near the guess, where it is known; spares a trial.
        tolerance: on the argument, relative to the width of the interval.

    Returns:
        the argument; ``low`` or ``high`` where the function does not change its sign.
    """
    width = high - low
    below, above = low, high
    x = min(max(guess, low), high)
    f = function(x)
    older: tuple[float, float] | None = None
    for _ in range(_PASSES):
        if abs(f) <= _ROUND_OFF or (older and abs(f) < _SMALL and abs(f) > 0.5 * abs(older[1])):
            return x
        below, above = (x, above) if f < 0.0 else (below, x)
        if above - below <= tolerance * width:
            return low if below == low else x
        if older is None and slope and math.isfinite(f):
            new = min(max(x - f / slope, below), above)
        else:
            new = _next(x, f, older, below, above, width)
        if abs(new - x) <= tolerance * width:
            return low if below == low and new - low <= tolerance * width else new
        older = (x, f)
        x, f = new, function(new)
    return x


def _next(x: float, f: float, older: tuple[float, float] | None, below: float, above: float, width: float) -> float:
    """Secant step from the last two points where it stays inside the bracket, else the middle."""
    if older is None:
        return min(max(x + (width if f < 0.0 else -width) * 1e-3, below), above)
    slope = (f - older[1]) / (x - older[0]) if x != older[0] else 0.0
    if math.isfinite(slope) and slope > 0.0:
        step = x - f / slope
        if below < step < above:
            return step
        # A secant that leaves the bracket points at the bound: try the bound itself once.
        bound = above if f < 0.0 else below
        if bound not in (x, older[0]):
            return bound
    return 0.5 * (below + above)
