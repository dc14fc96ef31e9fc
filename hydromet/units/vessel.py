"""What most vessels share: reactions applied to a stream, mixing, the end temperature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.species import atomic_mass, species
from hydromet.stream import Stream, add_flows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry import Chemistry

# mol of H+ in 1 kg of H2SO4: free acid is quoted as g/L H2SO4.
ACID_EQUIVALENT = 2.0 / 0.098079
LIQUOR = ("aq", "org", "l")


def blend(streams: Iterable[Stream], chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """Adiabatic mixture in canonical composition, with the extents (mol/s) of neutralisation and dissolution."""
    real = [stream for stream in streams if stream.flows]
    if not real:
        return Stream(), {}
    total = Stream(add_flows(real), real[0].temperature, real[0].pressure)
    mixed, extents = chemistry.canonical(total)
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
    water = stream["H2O"] * species("H2O").molar_mass
    acid: float = chemistry.liquor(stream).free_acid
    return acid * water / volume / ACID_EQUIVALENT
