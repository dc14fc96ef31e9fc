"""How good the data are: data-quality rating weighted by contribution, and the share that rests on primary data.

``TeR = sum of |c_i| TeR_i / sum of |c_i|``, the same for GeR (geographical) and TiR (time), 1 best to 5. The overall
rating is their mean, and ``(TeR + GeR + TiR + P) / 4`` as the EU's Product Environmental Footprint has it (recalled) if
the precision P is known. PACT, Catena-X and Ouranos carry the three ratings under names of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.assess.carbon.approaches import one_indicator
from hydromet.assess.carbon.thresholds import quality_levels
from hydromet.errors import FootprintError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from hydromet.assess.carbon.shapes import Contribution

_BEST, _WORST = 1.0, 5.0
# Processing of the Japanese platform -> the stages that count there.
_PROCESSING = {"preProcessing": ("raw_material",), "mainProcessing": ("production", "distribution", "end_of_life")}


@dataclass(frozen=True)
class Rating:
    """A data-quality rating, 1 (best) to 5.

    Attributes:
        technological, geographical, time: TeR, GeR, TiR. precision: P; None if it is not known.
        covered: part of the absolute contributions that the rating speaks of, 0 to 1.
    """

    technological: float
    geographical: float
    time: float
    precision: float | None = None
    covered: float = 1.0

    @property
    def overall(self) -> float:
        """Mean of the three, or of the four if the precision is known."""
        parts = [self.technological, self.geographical, self.time]
        parts += [] if self.precision is None else [self.precision]
        return math.fsum(parts) / len(parts)

    @property
    def level(self) -> str:
        """The word of a PEF study for the overall rating (recalled): excellent, very good, good, fair or poor."""
        levels = quality_levels()
        return next((word for word, bound in levels.items() if self.overall <= bound), list(levels)[-1])

    def ouranos(self) -> dict[str, float]:
        """As ``dqrValue`` of the Japanese platform."""
        return {"TeR": self.technological, "GeR": self.geographical, "TiR": self.time}

    def pact(self) -> dict[str, float]:
        """As ``dqi`` of PACT, and the ratings 1 to 5 of Catena-X, which have the same names."""
        return {
            "technologicalDQR": self.technological,
            "geographicalDQR": self.geographical,
            "temporalDQR": self.time,
        }


def rating(
    contributions: Sequence[Contribution],
    weights: Sequence[float] | None = None,
    precision: Mapping[str, float] | None = None,
) -> Rating | None:
    """The rating of a footprint, weighted by absolute contribution.

    Args:
        contributions: of one indicator.
        weights: shares of one product; left out: the plant.
        precision: activity -> P, 1 to 5; the overall rating uses it only if every activity that counts has one.

    Returns:
        the rating; None if nothing contributes.

    Raises:
        FootprintError: E796 a rating outside 1 to 5; E795 two indicators.
    """
    one_indicator(contributions)
    sizes = [
        abs(weight * each.value)
        for each, weight in zip(contributions, weights or (1.0,) * len(contributions), strict=True)
    ]
    whole = math.fsum(sizes)
    for each in contributions:
        _within(each.factor.quality, each.factor.id)
    if not whole > 0.0:
        return None
    means = [
        math.fsum(size * each.factor.quality[i] for size, each in zip(sizes, contributions, strict=True)) / whole
        for i in range(3)
    ]
    known = precision or {}
    _within(known.values(), "precision")
    told = all(each.activity.id in known for size, each in zip(sizes, contributions, strict=True) if size > 0.0)
    mean = (
        math.fsum(size * known.get(each.activity.id, 0.0) for size, each in zip(sizes, contributions, strict=True))
        / whole
        if told
        else None
    )
    return Rating(means[0], means[1], means[2], mean)


def _within(values: Collection[float], name: str) -> None:
    for each in values:
        if not _BEST <= each <= _WORST:
            raise FootprintError("E796", read=f"{name}: rating {each:g}", expected="1 (best) to 5")


def ratings_of_processing(
    contributions: Sequence[Contribution], weights: Sequence[float] | None = None
) -> dict[str, Rating | None]:
    """``preProcessing`` (raw materials) and ``mainProcessing`` (own production) of the Japanese platform, apart."""
    given = weights or (1.0,) * len(contributions)
    found = {}
    for name, stages in _PROCESSING.items():
        picked = [i for i, each in enumerate(contributions) if each.activity.stage in stages]
        found[name] = rating([contributions[i] for i in picked], [given[i] for i in picked] or None)
    return found


@dataclass(frozen=True)
class PrimaryShare:
    """Percent of the absolute contributions that rests on primary data.

    Attributes:
        pact: amount and emission factor (or direct emission) are the company's or its supplier's own.
        catena_x: the amount is primary, whatever the factor.
    """

    pact: float
    catena_x: float


def own_factor(each: Contribution) -> bool:
    """Whether the emission factor is primary: direct emissions, and what a supplier declares.

    Direct are process gases (their factor is stoichiometry); a declared footprint has ``supplier`` in its scope.
    """
    return each.activity.kind == "process" or "supplier" in each.factor.scope.lower()


def primary_share(
    contributions: Sequence[Contribution],
    weights: Sequence[float] | None = None,
    primary_factor: Callable[[Contribution], bool] = own_factor,
) -> PrimaryShare | None:
    """Primary data share, ``100 * sum of |c_i| of primary data / sum of |c_i|``, in the two readings.

    Args:
        contributions: of one indicator.
        weights: shares of one product; left out: the plant.
        primary_factor: which factors are primary.

    Returns:
        the shares in percent; None if nothing contributes.
    """
    one_indicator(contributions)
    sizes = [
        abs(weight * each.value)
        for each, weight in zip(contributions, weights or (1.0,) * len(contributions), strict=True)
    ]
    whole = math.fsum(sizes)
    if not whole > 0.0:
        return None
    paired = list(zip(sizes, contributions, strict=True))
    strict = math.fsum(size for size, each in paired if each.activity.primary and primary_factor(each))
    wide = math.fsum(size for size, each in paired if each.activity.primary)
    return PrimaryShare(100.0 * strict / whole, 100.0 * wide / whole)
