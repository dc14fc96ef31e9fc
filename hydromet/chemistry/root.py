"""Root of an increasing function between two bounds, by Chandrupatla's mix of bisection and inverse interpolation."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 200

Point = tuple[float, float]


def bracket_root(function: Callable[[float], float], low: Point, high: Point, width: float) -> tuple[Point, Point]:
    """Points (x, f) below and above the zero of an increasing function, no farther apart than ``width``.

    Args:
        function: increasing, steps and flat parts allowed.
        low: (x, f) with f < 0. Where f is zero or more there, both points are ``low``.
        high: (x, f) with f > 0. Where f is zero or less there, both points are ``high``.
        width: of the last interval.
    """
    (a, fa), (b, fb) = low, high
    if fa >= 0.0:
        return low, low
    if fb <= 0.0:
        return high, high
    share = 0.5
    for _ in range(_MOST):
        middle = a + share * (b - a)
        value = function(middle)
        if value == 0.0:
            return (middle, value), (middle, value)
        if (value > 0.0) is (fa > 0.0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = middle, value
        near = 0.5 * width / abs(b - a)
        if near >= 0.5:
            break
        x, y = (a - b) / (c - b), (fa - fb) / (fc - fb)
        share = 0.5
        if 1.0 - sqrt(1.0 - x) < y < sqrt(x):
            share = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = min(1.0 - near, max(near, share))
    return ((a, fa), (b, fb)) if fa < 0.0 else ((b, fb), (a, fa))
