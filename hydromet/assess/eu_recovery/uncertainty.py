"""How sure the rates are: first order and Monte Carlo, from the standard deviations of masses, assays and moistures.

Errors of different figures are taken as independent; a figure used on both sides of a rate moves both. The shares of a
solved flowsheet have no standard deviation here: an estimate is not made more certain by it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from hydromet.assess.eu_recovery.amounts import Values
from hydromet.assess.eu_recovery.figures import figures, named
from hydromet.draws import Normal, Truncated, uniform

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.eu_recovery.amounts import Array, Quantity
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.plant import Plants

Rate = tuple[str, str, str]
_TAIL = 0.025


@dataclass(frozen=True)
class Spread:
    """How sure one rate is, percentage points.

    Attributes:
        first_order: standard deviation by propagation. contributions: quantity -> its part of the standard deviation.
        mean, deviation, low, high: of the Monte Carlo cases; the middle 95 %. samples: the cases themselves.
    """

    nominal: float
    first_order: float
    contributions: Mapping[str, float]
    mean: float
    deviation: float
    low: float
    high: float
    samples: Array

    def passing(self, target: float) -> tuple[float, float]:
        """Probability of reaching a target: first order, Monte Carlo."""
        if self.first_order > 0.0:
            linear = 1.0 - NormalDist(self.nominal, self.first_order).cdf(target)
        else:
            linear = float(self.nominal >= target)
        return linear, float(np.mean(self.samples >= target))


def spreads(case: Case, plants: Plants, met: Mapping[str, Quantity]) -> dict[Rate, Spread]:
    """The uncertainty of every rate of a case.

    Args:
        case: the case.
        plants: its solved flowsheets.
        met: the figures its rates rest on.
    """
    uncertain = {name: each for name, each in sorted(met.items()) if each.sigma > 0.0}
    linear = _first_order(case, plants, uncertain)
    setting = case.file.options.monte_carlo
    random = _random(case, plants, uncertain, setting.cases, setting.seed)
    found = {}
    for rate, (nominal, parts) in linear.items():
        samples = random[rate]
        low, high = np.quantile(samples, [_TAIL, 1.0 - _TAIL])
        found[rate] = Spread(
            nominal, math.sqrt(math.fsum(part * part for part in parts.values())), parts,
            float(np.mean(samples)), float(np.std(samples, ddof=1)), float(low), float(high), samples,
        )  # fmt: skip
    return found


def _first_order(
    case: Case, plants: Plants, uncertain: Mapping[str, Quantity]
) -> dict[Rate, tuple[float, dict[str, float]]]:
    """Nominal rate, and half the change from one standard deviation below to one above, quantity by quantity."""
    size = 2 * len(uncertain) + 1
    drawn = {}
    for i, (name, each) in enumerate(uncertain.items()):
        values = np.full(size, each.value)
        values[2 * i + 1] += each.sigma
        values[2 * i + 2] -= each.sigma
        drawn[name] = values
    rates = named(case, figures(case, plants, Values(size, drawn)))
    return {
        rate: (float(values[0]), {name: float(values[2 * i + 1] - values[2 * i + 2]) / 2.0
                                  for i, name in enumerate(uncertain)})
        for rate, values in rates.items()
    }  # fmt: skip


def _random(case: Case, plants: Plants, uncertain: Mapping[str, Quantity], cases: int, seed: int) -> dict[Rate, Array]:
    """Random cases; the first entry of an array is the nominal case and is left out of what is returned."""
    drawn = {}
    for name, each in uncertain.items():
        law = Truncated(Normal(each.value, each.sigma), 0.0, 1.0 if each.share else math.inf)
        drawn[name] = np.array([each.value, *(law.quantile(uniform(seed, name, i)) for i in range(cases))])
    rates = named(case, figures(case, plants, Values(cases + 1, drawn)))
    return {rate: values[1:] for rate, values in rates.items()}
