"""Hold-ups: what leaves well-mixed vessels whose inlet runs by a schedule that repeats itself."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Curve = NDArray[np.float64]


def grid(period: float, step: float) -> Curve:
    """Times of a grid over one period, s: both ends, steps of equal length no longer than ``step``."""
    return np.linspace(0.0, period, max(2, -floor(-period / step) + 1))


def scheduled(times: Curve, period: float, starts: Sequence[float], values: Sequence[float], ramp: float) -> Curve:
    """A quantity that is steady between changes, and goes to its next value on a straight line.

    Args:
        times: of the grid, s.
        period: of the schedule, s; it then begins again.
        starts: when each value is set, s, rising, the first at 0.
        values: what is set.
        ramp: how long a change takes, s.
    """
    knots, levels = [], []
    for i, start in enumerate(starts):
        knots += [start, start + ramp]
        levels += [values[i - 1], values[i]]
    if ramp <= 0.0:
        held: Curve = np.asarray(values, float)[np.searchsorted(np.asarray(starts), times % period, side="right") - 1]
        return held
    return np.interp(times, [*knots, period], [*levels, values[-1]])


def lagged(times: Curve, inlet: Curve, residence: Curve) -> Curve:
    """What leaves a well-mixed vessel: dy/dt = (u - y) / tau, in the steady cycle of a schedule that repeats itself.

    The inlet is straight between grid points, the residence time that of the middle of each step; the step is then
    solved exactly, so a long one is no less stable. The cycle closes: y(0) = y(period).

    Args:
        times: of the grid, s.
        inlet: u at these times.
        residence: tau at these times, s; 0 for no hold-up.
    """
    step = np.diff(times)
    tau = 0.5 * (residence[1:] + residence[:-1])
    ratio = np.divide(step, tau, out=np.full_like(step, np.inf), where=tau > 0.0)
    keep = np.exp(-ratio)
    # Weights of the inlet at both ends of a step that it crosses on a straight line.
    share = np.divide(1.0 - keep, ratio, out=np.zeros_like(ratio), where=np.isfinite(ratio))
    gain = inlet[:-1] * (share - keep) + inlet[1:] * (1.0 - share)
    # y(end) = product * y(0) + rest; the cycle closes where both are equal.
    product, rest = 1.0, 0.0
    for factor, added in zip(keep, gain, strict=True):
        product, rest = product * factor, rest * factor + added
    found = np.empty_like(inlet)
    found[0] = rest / (1.0 - product)
    for i, (factor, added) in enumerate(zip(keep, gain, strict=True)):
        found[i + 1] = factor * found[i] + added
    return found


def collected(times: Curve, rate: Curve, emptied: float, discharged: float) -> Curve:
    """What lies in a drum under a filter: the integral of ``rate`` (per s) over ``times`` (s), in whole discharges.

    Args:
        times: of the grid, s.
        rate: at these times.
        emptied: time between changes of the drum, s; the first is at 0.
        discharged: time between discharges of the filter, s; 0 for a steady fall of cake.
    """
    total = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * np.diff(times))])

    def last(every: float) -> Curve:
        found: Curve = np.floor(times / every + 1e-9) * every
        return found

    fallen = np.interp(last(discharged), times, total) if discharged > 0.0 else total
    found: Curve = fallen - np.interp(last(emptied), times, total)
    return found
