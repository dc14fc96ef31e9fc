"""How sure a footprint is: Monte Carlo with shared factors drawn once, and the lognormal approximation beside it.

A contribution is ``amount * factor``; both are lognormal with the stated value as the median and the stated geometric
standard deviation, unless the caller gives another law. One factor used by many activities is one draw, so that its
error does not cancel; each activity's amount is a draw of its own. A draw depends on the seed, the name of the quantity
and the number of the case only: neither on order nor on worker count, and two scenarios share what they have in common.

Analytic, first order in the logarithms, grouped the same way:
``ln GSD = sqrt(sum over factors (s_f ln g_f)^2 + sum over activities (s_a ln g_a)^2)``, s: shares of the total; the
interval is ``median */ GSD^1.96``. Moments: the exact mean and variance of the sum, and the lognormal that has them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.assess.carbon.allocation import carriers, matrix, served, shares
from hydromet.assess.carbon.approaches import one_indicator
from hydromet.draws import column
from hydromet.errors import FootprintError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.assess.carbon.allocation import Key, Matrix, Method
    from hydromet.assess.carbon.shapes import Contribution, Inventory
    from hydromet.draws import Distribution

    Array = NDArray[np.float64]

PERCENTILES = (2.5, 5.0, 50.0, 95.0, 97.5)
SAMPLES = 10_000
# Half width of the middle 95 % of a normal distribution, in standard deviations.
_REACH = 1.96
_FEWEST = 100


@dataclass(frozen=True)
class Lognormal:
    """A lognormal stand-in for the sum: median, geometric standard deviation, middle 95 %."""

    median: float
    gsd: float

    @property
    def low(self) -> float:
        """2.5th percentile, ``median / GSD^1.96``."""
        return self.median * math.exp(-_REACH * math.log(self.gsd))

    @property
    def high(self) -> float:
        """97.5th percentile, ``median * GSD^1.96``."""
        return self.median * math.exp(_REACH * math.log(self.gsd))


@dataclass(frozen=True)
class Spread:
    """How sure one figure is, in its unit.

    Attributes:
        nominal: with every quantity at its stated value.
        mean, deviation: of the samples.
        percentiles: percent -> value.
        gsd: geometric standard deviation of the samples; None if one of them is not above zero.
        first_order, moments: the analytic approximations; None of a sum with a part below zero, or of zero.
        samples, seed: how many and from which seed.
    """

    nominal: float
    mean: float
    deviation: float
    percentiles: Mapping[float, float]
    gsd: float | None
    first_order: Lognormal | None
    moments: Lognormal | None
    samples: int
    seed: int

    def record(self) -> dict[str, float | int | None]:
        """As plain data for a result."""
        found: dict[str, float | int | None] = {"nominal": self.nominal, "mean": self.mean, "deviation": self.deviation}
        found |= {f"p{percent:g}": value for percent, value in self.percentiles.items()}
        found |= {"gsd": self.gsd, "samples": self.samples, "seed": self.seed}
        for name, each in (("first_order", self.first_order), ("moments", self.moments)):
            for key in ("gsd", "low", "high"):
                found[f"{name}_{key}"] = None if each is None else getattr(each, key)
        return found


@dataclass(frozen=True)
class Comparison:
    """Two figures from the same draws.

    Attributes:
        less: probability that the first is below the second. difference: spread of first less second.
    """

    less: float
    difference: Spread


def draw(
    contributions: Sequence[Contribution],
    weights: Sequence[Sequence[float]],
    samples: int = SAMPLES,
    seed: int = 0,
    laws: Mapping[str, Distribution] | None = None,
) -> Array:
    """Random cases of weighted sums of contributions, all from the same draws.

    Args:
        contributions: of one indicator.
        weights: one row a sum, one weight a contribution: shares of a product, ones for the plant.
        samples: number of cases, 100 or more.
        seed: any whole number.
        laws: id of a factor -> distribution of its value in place of the lognormal.

    Returns:
        shape ``(len(weights), samples)``, in the unit of the indicator per reference.

    Raises:
        FootprintError: E796 too few samples or a deviation below one; E795 two indicators.
    """
    one_indicator(contributions)
    if samples < _FEWEST:
        raise FootprintError("E796", read=f"{samples} samples", expected=f"{_FEWEST} or more", write="samples: 10000")
    found = np.zeros((len(weights), samples))
    factors: dict[str, Array | float] = {}
    # In an order of its own, so that the order of the inventory does not move the last bit.
    order = sorted(
        range(len(contributions)), key=lambda i: (contributions[i].activity.id, contributions[i].factor.id, i)
    )
    for i in order:
        each = contributions[i]
        factor = each.factor
        if factor.id not in factors:
            law = (laws or {}).get(factor.id)
            factors[factor.id] = (
                _lognormal(factor.value, factor.deviation, f"factor {factor.indicator} {factor.id}", samples, seed)
                if law is None
                else _of_law(law, f"factor {factor.indicator} {factor.id}", samples, seed)
            )
        amount = _lognormal(each.activity.amount, each.activity.deviation, f"amount {each.activity.id}", samples, seed)
        value = amount * factors[factor.id]
        for row, weight in zip(found, weights, strict=True):
            if weight[i]:
                row += weight[i] * value
    return found


def _lognormal(median: float, deviation: float, name: str, samples: int, seed: int) -> Array | float:
    """``median * deviation^z``; a median below zero mirrors it. A number if there is nothing to draw."""
    if not (math.isfinite(deviation) and deviation >= 1.0):
        raise FootprintError("E796", read=f"{name}: deviation {deviation:g}", expected="1 or more", write="1.3")
    if deviation == 1.0 or median == 0.0:
        return median
    from scipy.special import ndtri

    found: Array = median * np.exp(math.log(deviation) * ndtri(column(seed, name, samples)))
    return found


def _of_law(law: Distribution, name: str, samples: int, seed: int) -> Array:
    return np.array([law.quantile(float(each)) for each in column(seed, name, samples)])


def spread(cases: Array, contributions: Sequence[Contribution], weights: Sequence[float], seed: int) -> Spread:
    """Percentiles and moments of one row of ``draw``, with the analytic approximations of the same sum."""
    nominal = math.fsum(weight * each.value for each, weight in zip(contributions, weights, strict=True))
    values = np.quantile(cases, [each / 100.0 for each in PERCENTILES])
    gsd = float(np.exp(np.std(np.log(cases), ddof=1))) if float(np.min(cases)) > 0.0 else None
    return Spread(
        nominal, float(np.mean(cases)), float(np.std(cases, ddof=1)),
        {percent: float(value) for percent, value in zip(PERCENTILES, values, strict=True)}, gsd,
        first_order(contributions, weights), moments(contributions, weights), cases.size, seed,
    )  # fmt: skip


def monte_carlo(
    contributions: Sequence[Contribution],
    shared: Matrix | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
    laws: Mapping[str, Distribution] | None = None,
) -> dict[str, Spread]:
    """Spread of every product's burden, with shares of allocation as they are; of the plant under ``""``.

    Args:
        contributions: of one indicator.
        shared: as ``allocation.matrix`` gives it; left out: the plant only.
        samples: number of cases.
        seed: any whole number.
        laws: as in ``draw``.
    """
    rows: dict[str, Sequence[float]] = {"": (1.0,) * len(contributions), **(shared or {})}
    cases = draw(contributions, list(rows.values()), samples, seed, laws)
    return {
        name: spread(found, contributions, row, seed) for (name, row), found in zip(rows.items(), cases, strict=True)
    }


def with_prices(
    inventory: Inventory,
    contributions: Sequence[Contribution],
    deviations: Mapping[str, float],
    method: Method = "economic",
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Spread]:
    """Spread of every product's burden with prices drawn, too: the shares of economic allocation are drawn anew.

    Args:
        inventory: outputs with prices.
        contributions: of one indicator.
        deviations: output -> geometric standard deviation of its price; 1 where it is not named.
        method: ``economic``, or ``subdivision`` with value as the common key.
        samples: number of cases.
        seed: any whole number.

    Raises:
        FootprintError: E792 a price is missing; E796 a deviation below one, or another method.
    """
    if method not in ("economic", "subdivision"):
        raise FootprintError("E796", read=f"prices drawn under {method}", expected="economic or subdivision")
    key: Key = "economic"
    shares(inventory, key)
    outputs = carriers(inventory)
    revenue = {
        each.name: np.broadcast_to(
            np.asarray(
                _lognormal(
                    (each.price or 1.0) * each.mass, deviations.get(each.name, 1.0), f"price {each.name}", samples, seed
                )
            ),
            (samples,),
        )
        for each in outputs
    }
    whole = np.sum(list(revenue.values()), axis=0)
    own = [served(inventory, each.activity) if method == "subdivision" else None for each in contributions]
    common = [1.0 if each is None else 0.0 for each in own]
    fixed = [[0.0 if each is None else each.get(output.name, 0.0) for each in own] for output in outputs]
    cases = draw(contributions, [common, *fixed], samples, seed)
    nominal = matrix(inventory, contributions, method, key)
    return {
        each.name: spread(revenue[each.name] / whole * cases[0] + cases[i + 1], contributions, nominal[each.name], seed)
        for i, each in enumerate(outputs)
    }


def compare(
    first: tuple[Sequence[Contribution], Sequence[float]],
    second: tuple[Sequence[Contribution], Sequence[float]],
    samples: int = SAMPLES,
    seed: int = 0,
) -> Comparison:
    """Whether one scenario is below another: both from the same draws, so that what they share cancels.

    Args:
        first: contributions and weights, such as shares over the mass of the product.
        second: the other scenario; a factor or activity of the same id is the same draw.
        samples: number of cases.
        seed: any whole number.
    """
    one = draw(first[0], [first[1]], samples, seed)[0]
    other = draw(second[0], [second[1]], samples, seed)[0]
    both = (*first[0], *second[0])
    signed = (*first[1], *(-weight for weight in second[1]))
    return Comparison(float(np.mean(one < other)), spread(one - other, both, signed, seed))


def _parts(contributions: Sequence[Contribution], weights: Sequence[float]) -> list[tuple[float, Contribution]] | None:
    """Weighted values that are not zero, in an order of their own; None if one is negative or nothing is left."""
    parts = [(weight * each.value, each) for each, weight in zip(contributions, weights, strict=True)]
    parts = sorted(
        ((value, each) for value, each in parts if value != 0.0), key=lambda part: (part[1].activity.id, part[0])
    )
    return parts if parts and min(value for value, _ in parts) > 0.0 else None


def first_order(contributions: Sequence[Contribution], weights: Sequence[float]) -> Lognormal | None:
    """First-order propagation of geometric standard deviations; see the module.

    Validity: no part below zero, deviations up to about 1.5; it takes the nominal for the median, which is low if many
    wide parts are added up.
    """
    parts = _parts(contributions, weights)
    if parts is None:
        return None
    total = math.fsum(value for value, _ in parts)
    of_factor: dict[str, list[float]] = defaultdict(list)
    of_amount: dict[str, list[float]] = defaultdict(list)
    for value, each in parts:
        of_factor[each.factor.id].append(value / total * math.log(each.factor.deviation))
        of_amount[each.activity.id].append(value / total * math.log(each.activity.deviation))
    squares = [math.fsum(each) ** 2 for each in (*of_factor.values(), *of_amount.values())]
    return Lognormal(total, math.exp(math.sqrt(math.fsum(squares))))


def moments(contributions: Sequence[Contribution], weights: Sequence[float]) -> Lognormal | None:
    """The lognormal with the exact mean and variance of the sum (Fenton and Wilkinson).

    ``E_i = c_i exp((a_i^2 + f_i^2)/2)``, a and f: ln GSD of amount and factor; ``Cov_ij = E_i E_j (exp(k_ij) - 1)``
    with ``k_ij`` the ln^2 of what i and j share. Then ``GSD = exp(sqrt(ln(1 + Var/M^2)))`` and
    ``median = M / sqrt(1 + Var/M^2)``.
    Validity: no part below zero, all lognormal.
    """
    parts = _parts(contributions, weights)
    if parts is None:
        return None
    amounts = np.array([math.log(each.activity.deviation) ** 2 for _, each in parts])
    factors = np.array([math.log(each.factor.deviation) ** 2 for _, each in parts])
    means = np.array([value for value, _ in parts]) * np.exp(0.5 * (amounts + factors))
    activity_ids = np.array([each.activity.id for _, each in parts])
    factor_ids = np.array([each.factor.id for _, each in parts])
    shared = (factor_ids[:, None] == factor_ids) * factors + (activity_ids[:, None] == activity_ids) * amounts
    total = math.fsum(means)
    # Shares first: the square of a very small total is zero.
    shares_of = means / total
    widened = math.log1p(float(np.sum(shares_of[:, None] * shares_of * np.expm1(shared))))
    return Lognormal(total / math.exp(0.5 * widened), math.exp(math.sqrt(widened)))
