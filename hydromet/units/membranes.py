"""Ions and water that electrodialysis moves between its compartments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.errors import UnitError
from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.units.practice import Practice, practices

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "data/equipment/electrodialysis.csv"
_KINDS = (("voltage", "voltage"), ("current_density", "current density"))
CATIONS = ("Na+", "Li+", "K+", "NH4+")
ANIONS = ("SO4-2", "Cl-")


def practice(name: str) -> Practice:
    """One value of the data file."""
    return practices(FILE, _KINDS)[name]


def charge(stream: Stream, names: tuple[str, ...]) -> float:
    """Equivalents of ions, mol/s."""
    return sum(stream[name] * abs(species(name).charge) for name in names)


def shares(stream: Stream, names: tuple[str, ...]) -> dict[str, float]:
    """Ions per equivalent of all of them, in the proportion of the stream."""
    total = charge(stream, names)
    return {name: stream[name] / total for name in names if stream[name] > 0.0}


def times(ions: Mapping[str, float], factor: float) -> dict[str, float]:
    """The ions multiplied."""
    return {name: share * factor for name, share in ions.items()}


def product(
    template: Stream, ions: Mapping[str, float], made: float, mass: float, moved: float
) -> tuple[Stream, float]:
    """Base or acid and what is drawn of its make-up water, kg/s.

    Half of the water that the bipolar membranes split is taken from either side.

    Args:
        template: make-up water, 1 kg/s.
        ions: that arrive, hydroxide or H+ among them, mol/s.
        made: hydroxide or H+, mol/s.
        mass: water wanted beside them, kg/s.
        moved: water that the ions bring, mol/s.

    Raises:
        UnitError: E873, the make-up holds no water.
    """
    if template[WATER] <= 0.0:
        raise UnitError(
            "E873", read="no water in the feed of a make-up", expected="a feed with H2O", write="base_water: water"
        )
    dose = max(0.0, mass / species(WATER).molar_mass + 0.5 * made - moved) / template[WATER]
    flows = dict(template.scaled(dose).flows)
    for name, flow in ions.items():
        flows[name] = flows.get(name, 0.0) + flow
    flows[WATER] = flows.get(WATER, 0.0) + moved - 0.5 * made
    return Stream(flows, template.temperature), dose


def per_water(stream: Stream, name: str) -> float:
    """Amount of an ion, mol per kg of water."""
    return stream[name] / (stream[WATER] * species(WATER).molar_mass) if stream[WATER] > 0.0 else 0.0
