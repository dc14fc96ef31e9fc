"""Enthalpies of species, and the temperature that belongs to an enthalpy of a stream."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.chemistry.database import load_database
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.records import T0, reaction_enthalpy
from hydromet.errors import ChemistryError
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry.physical.stream_enthalpy import StreamEnthalpy
    from hydromet.stream import Stream

_COLDEST, _HOTTEST = 200.0, 600.0


@lru_cache(maxsize=4096)
def thermo(name: str) -> tuple[float, float]:
    """Formation enthalpy at 298.15 K and heat capacity of a species, J/mol and J/(mol K).

    Raises:
        ChemistryError: E510 the species has no thermochemistry.
    """
    known = load_species().get(name) or load_species().get(species(name).id)
    if known is not None:
        return known.enthalpy, known.heat_capacity
    formed = load_database().aqueous.get(species(name).id)
    if formed is not None:
        # A complex without calorimetry: from its basis and the slope of its log K, heat capacities added up.
        parts = {part: thermo(part) for part in formed.basis}
        enthalpy = sum(count * parts[part][0] for part, count in formed.basis.items())
        heat_capacity = sum(count * parts[part][1] for part, count in formed.basis.items())
        return enthalpy + reaction_enthalpy(formed.log10_k, T0), heat_capacity
    raise ChemistryError(
        "E510",
        read=name,
        expected="a species of data/species",
        write="NiSO4:6H2O(s),-2682.8,327.9,2070,nbs1982,recalled,",
    )


def species_enthalpy(name: str, temperature: float) -> float:
    """``Hf + Cp (T - 298.15 K)``, J/mol."""
    enthalpy, heat_capacity = thermo(name)
    return enthalpy + heat_capacity * (temperature - T0)


def mean_temperature(streams: Sequence[Stream]) -> float:
    """Mean temperature weighted by the heat capacities of the species: the start of an adiabatic mix."""
    capacities = [sum(flow * thermo(name)[1] for name, flow in stream.flows.items()) for stream in streams]
    total = sum(capacities)
    if total <= 0.0:
        return streams[0].temperature
    return sum(c * stream.temperature for c, stream in zip(capacities, streams, strict=True)) / total


def at_enthalpy(stream: Stream, ask: StreamEnthalpy, enthalpy: float) -> Stream:
    """Newton on temperature: the enthalpy is nearly linear in it and its slope is known."""
    temperature = stream.temperature
    capacity = ask.capacity(temperature)
    if not capacity > 0.0:
        return stream
    excess = 0.0
    for _ in range(60):
        excess = ask(temperature) - enthalpy
        if abs(excess) < 1e-13 * max(abs(enthalpy), capacity * temperature):
            return stream.at(temperature)
        step = max(-60.0, min(60.0, -excess / ask.capacity(temperature)))
        warmer = min(max(temperature + step, _COLDEST), _HOTTEST)
        if abs(step) < 1e-10 * temperature:
            return stream.at(warmer)
        if warmer == temperature:
            break
        temperature = warmer
    raise ChemistryError(
        "E511",
        read=f"{enthalpy:.6g} W for {stream.mass():.4g} kg/s",
        expected=f"one met between {_COLDEST:g} and {_HOTTEST:g} K; at {temperature:.1f} K it is {excess:.3g} W off",
    )
