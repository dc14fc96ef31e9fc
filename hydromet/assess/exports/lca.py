"""A footprint as a life-cycle model: a plant, background processes that are the factors, flows that are counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.errors import ExportError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.assess.carbon.allocation import Matrix, Method
    from hydromet.assess.carbon.shapes import Activity, Factor, Indicator, Output
    from hydromet.assess.exports.footprint import Footprint

# Indicator -> elementary flow that carries it, its quantity and unit.
FLOWS: Mapping[Indicator, tuple[str, str, str]] = {
    "climate": ("CO2 equivalents, GWP100", "mass", "kg"),
    "water": ("water taken and not given back", "volume", "m3"),
    "energy": ("primary energy", "energy", "MJ"),
}
# Quantity -> unit -> what one of it is in the first.
UNITS: Mapping[str, Mapping[str, float]] = {
    "mass": {"kg": 1.0, "t": 1000.0},
    "energy": {"MJ": 1.0, "kWh": 3.6},
    "volume": {"m3": 1.0},
    "goods transport": {"t.km": 1.0},
}


@dataclass(frozen=True)
class System:
    """What the LCA formats write.

    Attributes:
        reference: what the amounts are per. activities: inputs of the plant.
        factors: id -> indicator -> factor. outputs: that carry burden, by name.
        method: the allocation asked for. uniform: allocation -> product -> share of everything.
        subdivided: product -> share of every activity. shares: the same of the allocation asked for.
    """

    reference: str
    activities: tuple[Activity, ...]
    factors: Mapping[str, Mapping[Indicator, Factor]]
    outputs: Mapping[str, Output]
    method: Method
    uniform: Mapping[Method, Mapping[str, float]]
    subdivided: Matrix
    shares: Matrix


def system(found: Footprint, method: Method) -> System:
    """The model of a footprint.

    Args:
        found: the footprint.
        method: the allocation that is used by default.

    Raises:
        ExportError: E971 the allocation cannot be made.
    """
    factors: dict[str, dict[Indicator, Factor]] = {}
    for indicator, rows in found.contributions.items():
        for each in rows:
            factors.setdefault(each.activity.factor, {})[indicator] = each.factor
    uniform: dict[Method, Mapping[str, float]] = {}
    keys: tuple[Method, ...] = ("metal_mass", "mass", "economic")
    for key in keys:
        try:
            uniform[key] = {name: row[0] for name, row in found.matrix(key).items()}
        except ExportError:  # no prices, or no metal in any product
            if key == method:
                raise
    return System(
        found.inventory.reference, found.inventory.activities, factors, found.products, method, uniform,
        found.matrix("subdivision"), found.matrix(method),
    )  # fmt: skip
