"""The canonical composition of a stream: dissolved matter on basis species, acid or base but not both."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.chemistry.database import OH, H, load_database
from hydromet.chemistry.reaction import parse_equation
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.stream import Stream

NEUTRALISATION = "H+ + OH- = H2O"
# Pure liquids dissolve once the water is at least this many times their amount; before that they are the reagent.
_ENOUGH_WATER = 2.0
LIQUIDS = {
    "H2SO4(l)": "H2SO4(l) = 2 H+ + SO4-2",
    "H2O2(l)": "H2O2(l) = H2O2",
    "H3PO4(l)": "H3PO4(l) = 3 H+ + PO4-3",
}


def apply(flows: dict[str, float], extents: dict[str, float], equation: str, extent: float) -> None:
    """Add ``extent`` of a reaction to the flows and to the record; nothing is checked for sign."""
    spelled, coefficients = parse_equation(equation)
    for name, nu in coefficients.items():
        flows[name] = flows.get(name, 0.0) + nu * extent
    extents[spelled] = extents.get(spelled, 0.0) + extent


def neutralise(flows: dict[str, float], extents: dict[str, float]) -> None:
    """Let H+ and OH- react until one of them is zero; a negative flow of one becomes a flow of the other."""
    acid, base = flows.get(H, 0.0), flows.get(OH, 0.0)
    extent = min(acid, base)
    if extent != 0.0:
        apply(flows, extents, NEUTRALISATION, extent)
        flows[H if acid <= base else OH] = 0.0


def dissolving(flows: Mapping[str, float]) -> tuple[str, ...]:
    """Pure liquids among the flows that dissolve in the water there is."""
    water = flows.get(WATER, 0.0)
    return tuple(name for name in LIQUIDS if flows.get(name, 0.0) > 0.0 and water >= _ENOUGH_WATER * flows[name])


def canonical(stream: Stream) -> tuple[Stream, Mapping[str, float]]:
    """The stream with its dissolved matter on basis species, and the extents that lead there.

    Pure acids dissolve if there is water for them, complexes are taken apart (HSO4- = H+ + SO4-2), and H+ and OH-
    react to water. Solids, gases and the organic part are left alone.

    Returns:
        (stream at the same temperature, extents: equation -> mol/s).
    """
    flows, extents = on_basis(stream.flows)
    if not extents:
        return stream, extents
    return stream.with_flows(flows), extents


def on_basis(listed: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Flows and extents of ``canonical``, before there is a stream of them."""
    flows, extents = dict(listed), dict[str, float]()
    liquids, complexes = _off_basis(tuple(listed))
    for name in dissolving(flows) if liquids else ():
        apply(flows, extents, LIQUIDS[name], flows[name])
    for name, equation in complexes:
        if flows[name] > 0.0:
            _, coefficients = parse_equation(equation)
            apply(flows, extents, equation, -flows[name] / coefficients[name])
            flows[name] = 0.0
    neutralise(flows, extents)
    return flows, extents


@lru_cache(maxsize=4096)
def _off_basis(names: tuple[str, ...]) -> tuple[bool, tuple[tuple[str, str], ...]]:
    """Whether a pure liquid is among the names, and the complexes with the equations of their formation."""
    known = load_database().aqueous
    found = [name for name in names if name in known and name != OH and species(name).phase == "aq"]
    return not LIQUIDS.keys().isdisjoint(names), tuple((name, known[name].equation) for name in found)


def dissolved_totals(flows: Mapping[str, float]) -> dict[str, float]:
    """``totals_of`` of the dissolved part of the flows."""
    totals: dict[str, float] = {}
    for name, basis in _dissolved(tuple(flows)):
        flow = flows[name]
        if flow == 0.0:
            continue
        for part, count in basis:
            totals[part] = totals.get(part, 0.0) + count * flow
    return totals


@lru_cache(maxsize=4096)
def _dissolved(names: tuple[str, ...]) -> tuple[tuple[str, tuple[tuple[str, float], ...]], ...]:
    """What is dissolved among the names, on the basis."""
    data = load_database()
    aqueous = [name for name in names if species(name).phase == "aq"]
    return tuple((name, tuple(data.made_of(name).items())) for name in aqueous)


def totals_of(flows: Mapping[str, float]) -> dict[str, float]:
    """Net totals on the basis (H+ negative for a base, H2O with the water of OH-) of dissolved flows."""
    known = load_database().aqueous
    totals: dict[str, float] = {}
    for name, flow in flows.items():
        if flow == 0.0:
            continue
        constant = known.get(name)
        if constant is None:
            totals[name] = totals.get(name, 0.0) + flow
        else:
            for part, count in constant.basis.items():
                totals[part] = totals.get(part, 0.0) + count * flow
    return totals
