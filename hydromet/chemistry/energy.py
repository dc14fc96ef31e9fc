"""Enthalpies: of species, of streams, and the temperature that belongs to an enthalpy."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.database import load_database
from hydromet.chemistry.records import T0, reaction_enthalpy
from hydromet.chemistry.thermochemistry import load_species
from hydromet.errors import ChemistryError
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.chemistry import Chemistry
    from hydromet.chemistry.engine import Solved
    from hydromet.chemistry.system import Array
    from hydromet.stream import Stream

_COLDEST, _HOTTEST = 200.0, 600.0


@lru_cache(maxsize=4096)
def _thermo(name: str) -> tuple[float, float]:
    """Formation enthalpy and heat capacity of a species, J/mol and J/(mol K)."""
    known = load_species().get(name) or load_species().get(species(name).id)
    if known is not None:
        return known.enthalpy, known.heat_capacity
    formed = load_database().aqueous.get(species(name).id)
    if formed is not None:
        # A complex without calorimetry: from its basis and the slope of its log K, heat capacities added up.
        parts = {part: _thermo(part) for part in formed.basis}
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
    enthalpy, heat_capacity = _thermo(name)
    return enthalpy + heat_capacity * (temperature - T0)


def sensible_enthalpy(flows: Mapping[str, float], temperature: float) -> float:
    """Sum of flow times species enthalpy over the species as listed, W."""
    formed = sensible = 0.0
    for name, flow in flows.items():
        enthalpy, capacity = _thermo(name)
        formed += flow * enthalpy
        sensible += flow * capacity
    return formed + sensible * (temperature - T0)


def heat_capacity(stream: Stream) -> float:
    """Sum of flow times Cp over the species as listed, W/K."""
    return sum(flow * _thermo(name)[1] for name, flow in stream.flows.items())


def speciation_heat(flows: Mapping[str, float], solved: Solved) -> float:
    """Heat of the way from the dissolved species as listed to those at equilibrium, W."""
    known = load_database().aqueous
    warmth = solved.temperature
    first = len(solved.system.components)
    enthalpies, capacities = _formation(solved.system.names[first:])
    formed = solved.m[first:]
    total = float(formed @ enthalpies + (warmth - T0) * (formed @ capacities))
    listed = sum(flow * _formation_heat(name, warmth) for name, flow in flows.items() if name in known)
    return total * solved.water - listed


@lru_cache(maxsize=256)
def _formation(names: tuple[str, ...]) -> tuple[Array, Array]:
    """Heat of formation from the basis at 298.15 K and its change with temperature, J/mol and J/(mol K)."""
    known = load_database().aqueous
    rows = []
    for name in names:
        parts = [(count, _thermo(part)) for part, count in known[name].basis.items()]
        own = _thermo(name)
        rows.append([own[i] - sum(count * part[i] for count, part in parts) for i in (0, 1)])
    values = np.array(rows).reshape(len(names), 2)
    return values[:, 0].copy(), values[:, 1].copy()


@lru_cache(maxsize=8192)
def _formation_heat(name: str, temperature: float) -> float:
    basis = load_database().aqueous[name].basis
    return species_enthalpy(name, temperature) - sum(
        count * species_enthalpy(part, temperature) for part, count in basis.items()
    )


def mean_temperature(streams: Sequence[Stream]) -> float:
    """Mean temperature weighted by heat capacity: the start of an adiabatic mix."""
    capacities = [heat_capacity(stream) for stream in streams]
    total = sum(capacities)
    if total <= 0.0:
        return streams[0].temperature
    return sum(c * stream.temperature for c, stream in zip(capacities, streams, strict=True)) / total


def at_enthalpy(chemistry: Chemistry, stream: Stream, enthalpy: float) -> Stream:
    """Newton on temperature with the frozen heat capacity, then secants; the enthalpy is nearly linear in T."""
    temperature = stream.temperature
    capacity = heat_capacity(stream)
    if not capacity > 0.0:
        return stream
    ask = chemistry.enthalpy_of(stream.flows)
    excess = ask(temperature) - enthalpy
    slope = capacity
    for _ in range(60):
        step = -excess / slope
        step = max(-60.0, min(60.0, step))
        if abs(step) < 1e-10 * temperature:
            return stream.at(temperature + step)
        warmer = min(max(temperature + step, _COLDEST), _HOTTEST)
        if warmer == temperature:
            break
        new = ask(warmer) - enthalpy
        secant = (new - excess) / (warmer - temperature)
        if secant > 0.2 * capacity:
            slope = secant
        temperature, excess = warmer, new
        if abs(excess) < 1e-13 * max(abs(enthalpy), capacity * temperature):
            return stream.at(temperature)
    raise ChemistryError(
        "E511",
        read=f"{enthalpy:.6g} W for {stream.mass():.4g} kg/s",
        expected=f"one met between {_COLDEST:g} and {_HOTTEST:g} K; at {temperature:.1f} K it is {excess:.3g} W off",
    )
