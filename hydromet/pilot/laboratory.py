"""What the laboratory finds in the samples of a virtual plant: the truth with the scatter of the method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.draws import Normal, uniform
from hydromet.pilot.plant import laboratory_tag

if TYPE_CHECKING:
    from hydromet.pilot.plant import PilotPlant


@dataclass(frozen=True)
class Finding:
    """One result.

    Attributes:
        sample: its number.
        place: where it was taken.
        element: what was determined.
        value: in ``unit``.
        unit: g/L, or wt% of a cake.
    """

    sample: str
    place: str
    element: str
    value: float
    unit: str


def findings(plant: PilotPlant, number: int) -> list[Finding]:
    """Results of a round; it is taken ``number`` times the interval after the start. The same every time it is asked.

    Args:
        plant: the plant.
        number: of the round, from 0.
    """
    laboratory = plant.pilot.file.laboratory
    if laboratory is None:
        return []
    true = plant.state(number * laboratory.every)
    scatter = Normal(1.0, laboratory.deviation)
    found = []
    for place, what in laboratory.places.items():
        for element in what.elements:
            name = laboratory_tag(place, element)
            value = true[name] * scatter.quantile(uniform(plant.pilot.file.seed, f"laboratory {name}", number))
            found.append(Finding(f"{place}-{number:04d}", place, element, value, what.unit))
    return found
