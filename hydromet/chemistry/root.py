"""Root of an increasing function between two bounds, by Chandrupatla's mix of bisection and inverse interpolation."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST = 200


def increasing_root(function: Callable[[float], float], low: float, high: float, tolerance: float = 1e-13) -> float:
    """Where an increasing function is zero; the nearer bound where it is zero beyond it.

    Args:
        function: increasing, steps and flat parts allowed.
        low: lower bound.
        high: upper bound.
        tolerance: width of the last interval, relative to its place (absolute below 1).
    """
    a, b = low, high
    fa, fb = function(a), function(b)
    if fa >= 0.0:
        return a
    if fb <= 0.0:
        return b
    share = 0.5
    for _ in range(_MOST):
        middle = a + share * (b - a)
        value = function(middle)
        if (value > 0.0) is (fa > 0.0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = middle, value
        best = a if abs(fa) < abs(fb) else b
        near = tolerance * max(1.0, abs(best)) / abs(b - a) if b != a else 1.0
        if near > 0.5 or fa == 0.0:
            return best
        x, y = (a - b) / (c - b), (fa - fb) / (fc - fb)
        share = 0.5
        if 1.0 - sqrt(1.0 - x) < y < sqrt(x):
            share = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        share = min(1.0 - near, max(near, share))
    return best
