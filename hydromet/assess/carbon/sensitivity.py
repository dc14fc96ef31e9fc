"""What a footprint depends on: other grids, doses and factors on one inventory.

Everything here is linear: ``E = sum of weight * amount * factor``, so each case is exact and no plant is solved again.
A changed dose that would change the chemistry (pH, yield, a bleed) is a new solution of the plant, not a case of this.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from hydromet.assess.carbon.approaches import one_indicator
from hydromet.assess.carbon.breakdown import sums
from hydromet.errors import FootprintError
from hydromet.source import nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from hydromet.assess.carbon.breakdown import By
    from hydromet.assess.carbon.shapes import Contribution, Factor

    Weights = Sequence[float] | None

# The middle 95 % of a lognormal lies between value / GSD^1.96 and value * GSD^1.96.
_REACH = 1.96
_DOSED = ("reagent", "solvent")


@dataclass(frozen=True)
class Variant:
    """One case beside the base.

    Attributes:
        name: what was changed to what.
        total: in the unit of the indicator. change: ``total - base``. percent: of the base; None of a base of zero.
    """

    name: str
    total: float
    change: float
    percent: float | None


@dataclass(frozen=True)
class Bar:
    """One bar of a tornado chart: totals with one quantity at either end of its range.

    Attributes:
        name: of the factor or flow. low, high: totals; low is with the quantity at its lower end.
        span: ``|high - low|``, what the bars are sorted by.
    """

    name: str
    low: float
    high: float

    @property
    def span(self) -> float:
        """Length of the bar."""
        return abs(self.high - self.low)


def total(contributions: Sequence[Contribution], weights: Weights = None) -> float:
    """``sum of weight * amount * factor`` in the unit of the indicator; the weights are shares of one product.

    Raises:
        FootprintError: E795 two indicators.
    """
    one_indicator(contributions)
    given = weights or (1.0,) * len(contributions)
    return math.fsum(weight * each.value for each, weight in zip(contributions, given, strict=True))


def swapped(contributions: Sequence[Contribution], factor: Factor, kind: str = "electricity") -> list[Contribution]:
    """The same activities of one kind with another factor, such as another grid; in the order given.

    Raises:
        FootprintError: E798 no such kind in the inventory, or the factor is per another unit or of another indicator.
    """
    met = [each for each in contributions if each.activity.kind == kind]
    if not met:
        kinds = sorted({each.activity.kind for each in contributions})
        raise FootprintError("E798", read=kind, expected=", ".join(kinds))
    for each in met:
        if (each.activity.per, each.factor.indicator) != (factor.per, factor.indicator):
            raise FootprintError(
                "E798",
                read=f"{factor.id}: {factor.indicator} per {factor.per}",
                expected=f"{each.factor.indicator} per {each.activity.per}, as {each.activity.id}",
            )
    return [
        replace(each, factor=factor, activity=replace(each.activity, factor=factor.id))
        if each.activity.kind == kind
        else each
        for each in contributions
    ]


def grids(
    contributions: Sequence[Contribution],
    factors: Mapping[str, Factor],
    weights: Weights = None,
    kind: str = "electricity",
) -> tuple[Variant, ...]:
    """Several grids side by side on one inventory.

    Args:
        contributions: of one indicator.
        factors: name of the grid -> its factor, in the order wanted.
        weights: shares of one product; left out: the plant.
        kind: the activities that change; electricity that stands in factors of bought chemicals does not.

    Raises:
        FootprintError: as ``swapped``.
    """
    base = total(contributions, weights)
    return tuple(
        _variant(name, total(swapped(contributions, factor, kind), weights), base) for name, factor in factors.items()
    )


def vary(
    contributions: Sequence[Contribution], changes: Mapping[str, float], weights: Weights = None, by: By = "flow"
) -> Variant:
    """Flows (or factors, units, kinds) times a multiple, all at once.

    Args:
        contributions: of one indicator.
        changes: name -> multiple of 0 or more: ``{"sulfuric_acid": 1.1}`` is 10 % more.
        weights: shares of one product; left out: the plant.
        by: what the names are.

    Raises:
        FootprintError: E798 a name that is not there, or a multiple below zero.
    """
    grouped = sums(contributions, by, weights)
    for name, multiple in changes.items():
        if name not in grouped:
            raise FootprintError("E798", read=name, expected=", ".join(nearest(name, grouped) or sorted(grouped)))
        if not (math.isfinite(multiple) and multiple >= 0.0):
            raise FootprintError("E798", read=f"{name}: {multiple:g}", expected="a multiple of 0 or more", write="1.1")
    base = total(contributions, weights)
    changed = math.fsum((multiple - 1.0) * grouped[name] for name, multiple in changes.items())
    name = ", ".join(f"{name} x {multiple:g}" for name, multiple in changes.items())
    return _variant(name, base + changed, base)


def doses(
    contributions: Sequence[Contribution],
    relative: float = 0.1,
    weights: Weights = None,
    only: Collection[str] = _DOSED,
) -> tuple[Bar, ...]:
    """Each reagent less and more by a part of its dose, longest bar first.

    Args:
        contributions: of one indicator.
        relative: part of the dose, 0 to 1.
        weights: shares of one product; left out: the plant.
        only: kinds of activity.

    Raises:
        FootprintError: E798 the part is not between 0 and 1.
    """
    if not 0.0 < relative <= 1.0:
        raise FootprintError("E798", read=f"dose +-{relative:g}", expected="a part above 0 and up to 1", write="0.1")
    base = total(contributions, weights)
    given = weights or (1.0,) * len(contributions)
    picked = [i for i, each in enumerate(contributions) if each.activity.kind in only]
    grouped = sums([contributions[i] for i in picked], "flow", [given[i] for i in picked]) if picked else {}
    return _sorted(Bar(name, base - relative * part, base + relative * part) for name, part in grouped.items())


def tornado(
    contributions: Sequence[Contribution],
    weights: Weights = None,
    ranges: Mapping[str, tuple[float, float]] | None = None,
) -> tuple[Bar, ...]:
    """Each factor over its own range, the others at their values; longest bar first.

    Args:
        contributions: of one indicator.
        weights: shares of one product; left out: the plant.
        ranges: factor -> low and high value in its own unit; left out: ``value / GSD^1.96`` to ``value * GSD^1.96``.

    Raises:
        FootprintError: E798 a factor that is not there.
    """
    base = total(contributions, weights)
    grouped = sums(contributions, "factor", weights)
    factors = {each.factor.id: each.factor for each in contributions}
    for name in ranges or {}:
        if name not in factors:
            raise FootprintError("E798", read=name, expected=", ".join(nearest(name, factors) or sorted(factors)))
    bars = []
    for name, part in grouped.items():
        factor = factors[name]
        reach = factor.deviation**_REACH
        ends = (factor.value / reach, factor.value * reach)
        low, high = (ranges or {}).get(name, ends)
        # What one unit of the factor moves: its contributions over its value.
        if factor.value != 0.0:
            bars.append(Bar(name, base + part * (low / factor.value - 1.0), base + part * (high / factor.value - 1.0)))
    return _sorted(bars)


def elasticities(
    contributions: Sequence[Contribution], weights: Weights = None, by: By = "flow"
) -> dict[str, float] | None:
    """Percent of change of the total per percent of change: ``d ln E / d ln x = part / total``; they add up to one.

    Args:
        contributions: of one indicator.
        weights: shares of one product; left out: the plant.
        by: what x is.

    Returns:
        name -> elasticity, the largest first; None of a total of zero.
    """
    whole = total(contributions, weights)
    if whole == 0.0:
        return None
    found = {name: part / whole for name, part in sums(contributions, by, weights).items()}
    return dict(sorted(found.items(), key=lambda item: (-abs(item[1]), item[0])))


def _variant(name: str, value: float, base: float) -> Variant:
    return Variant(name, value, value - base, 100.0 * (value / base - 1.0) if base else None)


def _sorted(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    return tuple(sorted(bars, key=lambda bar: (-bar.span, bar.name)))
