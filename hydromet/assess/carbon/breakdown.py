"""Contribution analysis: what a footprint is made of, by activity, unit, stage, kind, flow or factor."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.carbon.shapes import Contribution

By = Literal["activity", "unit", "stage", "kind", "flow", "factor"]
GROUPINGS: tuple[By, ...] = get_args(By)
# What the smaller parts are called together, and what belongs to no unit.
REST, PLANT = "other", "plant"


@dataclass(frozen=True)
class Part:
    """One part of a total.

    Attributes:
        name: of the activity, unit, stage and so on; ``REST`` for all that is not among the largest.
        value: in the unit of the indicator. share: ``value / total``; None of a total of zero.
        cumulative: ``sum of |value| / sum of all |value|`` down to this part, 0 to 1.
    """

    name: str
    value: float
    share: float | None
    cumulative: float


def _name(each: Contribution, by: By) -> str:
    activity = each.activity
    names: Mapping[By, str] = {
        "activity": activity.id, "unit": activity.unit or PLANT, "stage": activity.stage, "kind": activity.kind,
        "flow": activity.flow, "factor": each.factor.id,
    }  # fmt: skip
    return names[by]


def sums(contributions: Sequence[Contribution], by: By, weights: Sequence[float] | None = None) -> dict[str, float]:
    """Group -> ``sum of weight * value``, in the unit of the indicator, in order of first appearance.

    Args:
        contributions: of one indicator.
        by: what to group by.
        weights: shares of one product; left out: the plant.
    """
    found: dict[str, list[float]] = defaultdict(list)
    for each, weight in zip(contributions, weights or (1.0,) * len(contributions), strict=True):
        found[_name(each, by)].append(weight * each.value)
    return {name: math.fsum(values) for name, values in found.items()}


def breakdown(
    contributions: Sequence[Contribution],
    by: By = "activity",
    weights: Sequence[float] | None = None,
    top: int | None = None,
) -> tuple[Part, ...]:
    """The parts of a total, largest absolute value first, the rest as one part; they add up to the total.

    Args:
        contributions: of one indicator.
        by: what to group by.
        weights: shares of one product; left out: the plant.
        top: how many parts to name; left out: all.
    """
    grouped = sums(contributions, by, weights)
    ordered = sorted(grouped.items(), key=lambda item: (-abs(item[1]), item[0]))
    if top is not None and len(ordered) > top:
        ordered = [*ordered[:top], (REST, math.fsum(value for _, value in ordered[top:]))]
    total = math.fsum(grouped.values())
    whole = math.fsum(abs(value) for value in grouped.values())
    left = whole
    found = []
    for i, (name, value) in enumerate(ordered):
        left = 0.0 if i == len(ordered) - 1 else left - abs(value)
        reached = 1.0 - left / whole if whole > 0.0 else 1.0
        found.append(Part(name, value, value / total if total else None, reached))
    return tuple(found)
