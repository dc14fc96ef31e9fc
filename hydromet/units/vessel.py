"""What most vessels share: reactions applied to a stream, mixing, the end temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.physical.energy import mean_temperature
from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import vapour_pressure
from hydromet.species import atomic_mass
from hydromet.stream import Stream, add_flows
from hydromet.units.heat import common_temperature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry import Chemistry

# mol of H+ in 1 kg of H2SO4: free acid is quoted as g/L H2SO4.
ACID_EQUIVALENT = 2.0 / 0.098079
LIQUOR = ("aq", "org", "l")
EVAPORATION = "H2O = H2O(g)"


def blend(streams: Iterable[Stream], chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """Adiabatic mixture in canonical composition, with the extents (mol/s) of neutralisation and dissolution."""
    real = [stream for stream in streams if stream.flows]
    if not real:
        return Stream(), {}
    mixed, extents = chemistry.canonical(Stream(add_flows(real), mean_temperature(real), real[0].pressure))
    if len(real) == 1 and not extents:
        return real[0], {}
    end = chemistry.at_enthalpy(mixed, sum(chemistry.enthalpy(stream) for stream in real))
    return end, dict(extents)


def react(stream: Stream, extents: Mapping[str, float], chemistry: Chemistry) -> Stream:
    """The stream after reactions at its own temperature: n + sum xi nu.

    A species used up completely may end a round-off below zero; what is below 1e-13 of its gross flow becomes zero.

    Args:
        stream: mol/s.
        extents: equation -> mol/s.
        chemistry: reads the equations.
    """
    flows = dict(stream.flows)
    gross = dict(stream.flows)
    for equation, extent in extents.items():
        if extent:
            for name, nu in chemistry.reaction(equation).coefficients.items():
                flows[name] = flows.get(name, 0.0) + nu * extent
                gross[name] = gross.get(name, 0.0) + abs(nu * extent)
    clean = {name: 0.0 if -1e-13 * gross[name] < flow < 0.0 else flow for name, flow in flows.items()}
    return stream.with_flows(clean)


def add_extents(*parts: Mapping[str, float]) -> dict[str, float]:
    """Extents of the same reaction added, mol/s; reactions that do not run are left out."""
    total: dict[str, float] = {}
    for part in parts:
        for equation, extent in part.items():
            total[equation] = total.get(equation, 0.0) + extent
    return {equation: extent for equation, extent in total.items() if extent}


def liquor_volume(stream: Stream, chemistry: Chemistry) -> float:
    """Volume flow of the aqueous liquor, m3/s; zero without water."""
    return chemistry.volume(stream, "aq") if stream["H2O"] > 0.0 else 0.0


def concentration(stream: Stream, element: str, chemistry: Chemistry) -> float:
    """Concentration of a dissolved element, kg/m3 = g/L; zero without water."""
    volume = liquor_volume(stream, chemistry)
    amount = stream.part("aq").elements().get(element, 0.0)
    return amount * atomic_mass(element) / volume if volume > 0.0 else 0.0


def free_acid(stream: Stream, chemistry: Chemistry) -> float:
    """Free acid of the liquor as H2SO4, kg/m3 = g/L: H+ and HSO4- together, not the acid bound as HF or H3PO4."""
    volume = liquor_volume(stream, chemistry)
    if volume <= 0.0:
        return 0.0
    liquor = chemistry.liquor(stream)
    return liquor.free_acid * liquor.water / volume / ACID_EQUIVALENT


def open_gas(
    stream: Stream, chemistry: Chemistry, activity: float | None = None
) -> tuple[Stream, Stream, dict[str, float]]:
    """Gas that leaves an open vessel at the temperature of its liquor, saturated with water.

    n_H2O / n_dry = p_w / (p - p_w) with p_w the water activity times the vapour pressure; at most half of the water
    evaporates, which is a limit of sense, not of physics.

    Args:
        stream: contents of the vessel with their gas.
        chemistry: speciation.
        activity: of the water in the liquor, where it is known.

    Returns:
        the vessel's contents, the gas, the extent of evaporation.
    """
    gas = stream.part("g")
    dry = sum(gas.flows.values()) - gas["H2O(g)"]
    left = stream.where(lambda name: name not in gas.flows)
    if dry <= 0.0 or left["H2O"] <= 0.0:
        return left, gas, {}
    known: float = chemistry.liquor(left).water_activity if activity is None else activity
    partial = min(known * vapour_pressure(left.temperature), 0.9 * stream.pressure)
    wanted = dry * partial / (stream.pressure - partial) - gas["H2O(g)"]
    extent = max(-gas["H2O(g)"], min(wanted, 0.5 * left["H2O"]))
    vapour = left.with_flows({**gas.flows, "H2O(g)": gas["H2O(g)"] + extent})
    return left.with_flows({**left.flows, "H2O": left["H2O"] - extent}), vapour, {EVAPORATION: extent}


def finish(
    contents: Stream, inlets: Iterable[Stream], temperature: float | None, chemistry: Chemistry
) -> tuple[Stream, Stream, dict[str, float]]:
    """Contents and gas of a vessel at a given temperature or, without one, at that of an adiabatic vessel.

    Args:
        contents: everything after the reactions, gas included.
        inlets: as they flow; their enthalpy decides an adiabatic end.
        temperature: K.
        chemistry: enthalpies, vapour pressure.

    Returns:
        as ``open_gas``.
    """
    if temperature is not None:
        return open_gas(contents.at(temperature), chemistry)
    heat = sum(chemistry.enthalpy(stream) for stream in inlets if stream.flows)
    if not contents.flows:
        return contents, Stream(), {}
    left, gas, vapour = open_gas(chemistry.at_enthalpy(contents, heat), chemistry)
    if gas.flows:
        end = common_temperature([left, gas], heat, chemistry)
        left, gas = left.at(end), gas.at(end)
    return left, gas, vapour


def redistributed(
    parts: Iterable[Stream], met: Iterable[Stream], chemistry: Chemistry
) -> tuple[list[Stream], dict[str, float]]:
    """Streams that took shares of others which mixed on the way: canonical, at the temperature of the adiabatic mix.

    Args:
        parts: what leaves, each with its shares of the flows.
        met: what came together; its enthalpy is that of the parts.
        chemistry: neutralisation, enthalpies.

    Returns:
        the parts and the extents of neutralisation, mol/s.
    """
    came = [stream for stream in met if stream.flows]
    if not came:
        return list(parts), {}
    start, heat = mean_temperature(came), sum(chemistry.enthalpy(stream) for stream in came)
    done = [chemistry.canonical(part.at(start)) for part in parts]
    end = common_temperature([stream for stream, _ in done], heat, chemistry)
    return [stream.at(end) for stream, _ in done], add_extents(*(extents for _, extents in done))
