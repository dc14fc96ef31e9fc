"""Volume and density of a stream's phases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.physical.volumes import aqueous_volume
from hydromet.chemistry.records import R
from hydromet.errors import ChemistryError
from hydromet.species import species

if TYPE_CHECKING:
    from hydromet.stream import Stream

__all__ = ["aqueous_volume", "volume"]


def volume(stream: Stream, phase: str | None = None) -> float:
    """Volume flow of one phase or of all, m3/s.

    Solids, pure liquids and organics by the density of their data file, gases as ideal.

    Raises:
        ChemistryError: E509 a species has no density.
    """
    total = 0.0
    if phase in (None, "aq"):
        total += aqueous_volume(stream.part("aq").flows, stream.temperature)
    known = load_species()
    for name, flow in stream.flows.items():
        kind = species(name).phase
        if kind == "aq" or phase not in (None, kind):
            continue
        if kind == "g":
            total += flow * R * stream.temperature / stream.pressure
            continue
        density = known[name].density if name in known else 0.0
        if density <= 0.0:
            raise ChemistryError(
                "E509", read=name, expected="a density in data/species", write="NiSO4:6H2O(s),-2682.8,327.9,2070,..."
            )
        total += flow * species(name).molar_mass / density
    return total
