"""Gross errors: is what the balances ask of the measured values still chance, and if not, which instrument is it?

- **Global test**: the sum of squared adjustments is a chi-square with as many degrees of freedom as there are
  independent balances of measured values alone.
- **Measurement test**: each adjustment over its own standard deviation, from its covariance; the limit is that of the
  largest of so many (Sidak), so that a healthy plant is suspected in a share ``alpha`` of the windows.
- **Serial elimination**: while the largest is beyond its limit, that value is taken for unmeasured and everything is
  reconciled again; the balances then say what it should have been.

Values that only ever enter the balances together give the same figure: the test cannot tell them apart, and says so. Of
these the one is taken out that would have to be the least wrong, counted in its own uncertainty.

Sources: Mah and Tamhane 1982 (measurement test), Serth and Heenan 1986 (serial elimination).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from hydromet.calibrate.reconcile import OBSERVABLE, REDUNDANT, Estimate, System, reconcile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

# Figures nearer to each other than this are the same.
_SAME = 1e-6
# A trend or an offset over the windows is told beyond so many standard deviations.
_SURE = 3.0
_WINDOWS_OF_A_TREND = 3


@dataclass(frozen=True)
class Suspect:
    """A value that was taken out.

    Attributes:
        index: of the variable. measured, uncertainty: what was read.
        estimated, error: what the balances say without it, and its standard error; None if they then say nothing.
        standardised: its adjustment over the standard deviation of that. limit: beyond which it is suspected.
        chi2_before, chi2_after: with it and without. freedom_after: of the latter.
        alike: other variables whose figure is the same: the test cannot tell them apart.
    """

    index: int
    measured: float
    uncertainty: float
    estimated: float | None
    error: float | None
    standardised: float
    limit: float
    chi2_before: float
    chi2_after: float
    freedom_after: int
    alike: tuple[int, ...]

    @property
    def bias(self) -> float | None:
        """Measured less what the balances say."""
        return None if self.estimated is None else self.measured - self.estimated

    @property
    def bias_error(self) -> float | None:
        """Standard error of the bias: both sides are independent, since the estimate does not use the value."""
        return None if self.error is None else sqrt(self.uncertainty**2 + self.error**2)


@dataclass(frozen=True)
class Tested:
    """An estimate with its tests.

    Attributes:
        first: everything measured. last: without the suspects. suspects: in the order they were taken out.
        alpha: share of healthy windows that would be suspected. limit: of the measurement test at the end.
    """

    first: Estimate
    last: Estimate
    suspects: tuple[Suspect, ...]
    alpha: float
    limit: float


def critical_chi2(freedom: int, alpha: float) -> float:
    """Value that a chi-square exceeds in a share ``alpha`` of the cases; 0 without degrees of freedom."""
    from scipy.stats import chi2

    return float(chi2.isf(alpha, freedom)) if freedom else 0.0


def chance(value: float, freedom: int) -> float:
    """Share of healthy cases with a larger chi-square; 1 without degrees of freedom."""
    from scipy.stats import chi2

    return float(chi2.sf(value, freedom)) if freedom else 1.0


def limit_of(count: int, alpha: float) -> float:
    """Limit of the largest of ``count`` standardised adjustments."""
    from scipy.stats import norm

    return float(norm.isf(0.5 * (1.0 - (1.0 - alpha) ** (1.0 / max(count, 1)))))


def passes(estimate: Estimate, alpha: float) -> bool:
    """Whether the global test sees nothing."""
    return estimate.freedom == 0 or estimate.chi2 <= critical_chi2(estimate.freedom, alpha)


def examine(system: System, measured: Mapping[int, tuple[float, float]], alpha: float, kept: Collection[int]) -> Tested:
    """Reconcile, test, and take out one value after the other as long as one is beyond its limit.

    Args:
        system: variables and equations.
        measured: index -> (value, standard uncertainty).
        alpha: share of healthy cases in which something is suspected.
        kept: values that are never taken out, such as declared compositions.

    Raises:
        ConvergenceError: E684.
    """
    left = dict(measured)
    first = estimate = reconcile(system, left)
    suspects: list[Suspect] = []
    while True:
        limit = limit_of(sum(estimate.status[i] == REDUNDANT for i in left), alpha)
        figures = {i: abs(estimate.standardised(i)) for i in left if estimate.status[i] == REDUNDANT}
        candidates = {i: figure for i, figure in figures.items() if i not in kept}
        if not candidates or max(candidates.values()) <= limit:
            return Tested(first, estimate, tuple(suspects), alpha, limit)
        top = max(candidates.values())
        same = [i for i, figure in sorted(figures.items()) if abs(figure - top) < _SAME * limit]
        worst = max((i for i in same if i in candidates), key=lambda i: (round(estimate.redundancy(i), 9), -i))
        alike = tuple(i for i in same if i != worst)
        value = left.pop(worst)
        after = reconcile(system, left)
        suspects.append(_suspect(worst, value, estimate, after, limit, alike))
        estimate = after


def _suspect(
    i: int, value: tuple[float, float], before: Estimate, after: Estimate, limit: float, alike: tuple[int, ...]
) -> Suspect:
    told = after.status[i] == OBSERVABLE
    return Suspect(
        i, *value, float(after.values[i]) if told else None, float(after.errors[i]) if told else None,
        before.standardised(i), limit, before.chi2, after.chi2, after.freedom, alike,
    )  # fmt: skip


@dataclass(frozen=True)
class Course:
    """What the biases of one instrument do over the windows.

    Attributes:
        kind: ``drift``, ``offset``, ``once`` (one window of several) or ``unclear``.
        rate, rate_error: of the bias, per second; None for fewer than three windows.
        mean, mean_error: of the bias.
    """

    kind: str
    rate: float | None
    rate_error: float | None
    mean: float
    mean_error: float


def course(times: Sequence[float], biases: Sequence[float], errors: Sequence[float], suspected: int) -> Course:
    """A straight line through the biases of an instrument, by weighted least squares.

    Args:
        times: of the windows, s.
        biases: measured less what the balances say without it.
        errors: of these.
        suspected: in how many of the windows it was taken out.
    """
    weights = [1.0 / error**2 for error in errors]
    total = sum(weights)
    mean = sum(w * b for w, b in zip(weights, biases, strict=True)) / total
    mean_error = sqrt(1.0 / total)
    if len(times) < _WINDOWS_OF_A_TREND:
        kind = "offset" if suspected == len(times) > 1 else "unclear" if len(times) == 1 else "once"
        return Course(kind, None, None, mean, mean_error)
    middle = sum(w * t for w, t in zip(weights, times, strict=True)) / total
    spread = sum(w * (t - middle) ** 2 for w, t in zip(weights, times, strict=True))
    rate = sum(w * (t - middle) * b for w, t, b in zip(weights, times, biases, strict=True)) / spread
    rate_error = sqrt(1.0 / spread)
    if abs(rate) > _SURE * rate_error:
        kind = "drift"
    elif suspected > 1 and abs(mean) > _SURE * mean_error:
        kind = "offset"
    else:
        kind = "once" if suspected == 1 else "unclear"
    return Course(kind, rate, rate_error, mean, mean_error)
