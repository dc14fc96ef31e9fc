"""The gate: every balance of a solved plant, rebuilt from species data and independent of how it was solved.

Elements and charge are counted from the formulae of the species that cross each boundary. The enthalpy of the streams
(formation enthalpy, heat capacity, speciation) is compared with the heat and shaft power that the units declare, which
they obtain from sensible heats and reaction heats.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.errors import BalanceError, raise_all
from hydromet.flowsheet.convergence import taken
from hydromet.flowsheet.graph import maker
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.flowsheet.passes import Problem, State
    from hydromet.stream import Stream
    from hydromet.units.base import Energy

GATE = 1e-9
ENERGY_GATE = 1e-6
# Share of a boundary's mass flow below which an element counts as if it were this share.
FLOOR = 1e-12
HOUR = 3600.0


@dataclass(frozen=True)
class Count:
    """One conserved quantity over one boundary.

    Attributes:
        into, out: kg/s of an element; mol/s of charges for the charge.
        closure: (out - into) / input, the input no less than its floor; None where neither flows.
    """

    into: float
    out: float
    closure: float | None


@dataclass(frozen=True)
class Heat:
    """Enthalpy over one boundary, W.

    Attributes:
        change: enthalpy of the outlets less that of the inlets.
        declared: heat and shaft power that the units declare.
        absolute: sum of |n h| over all species in and out.
    """

    change: float
    declared: float
    absolute: float

    @property
    def error(self) -> float:
        """Difference over the absolute flows."""
        return (self.change - self.declared) / self.absolute if self.absolute else 0.0


@dataclass(frozen=True)
class Balance:
    """All balances: of the plant under its own name, of every unit.

    Attributes:
        plant: element or ``charge`` -> count over the plant's boundary.
        units: unit -> element or ``charge`` -> count.
        plant_heat, unit_heat: enthalpy likewise.
    """

    plant: Mapping[str, Count]
    units: Mapping[str, Mapping[str, Count]]
    plant_heat: Heat
    unit_heat: Mapping[str, Heat]

    def worst(self) -> tuple[str, float]:
        """The element (or charge) that closes worst over the plant, and its closure."""
        closures = {name: count.closure for name, count in self.plant.items() if count.closure is not None}
        name = max(closures, key=lambda n: (abs(closures[n]), n), default="")
        return name, closures.get(name, 0.0)

    def worst_heat(self) -> tuple[str, float]:
        """The unit whose enthalpy balance closes worst, and its error."""
        name = max(self.unit_heat, key=lambda n: (abs(self.unit_heat[n].error), n), default="")
        return name, self.unit_heat[name].error if name else 0.0


def terminals(problem: Problem, state: State) -> tuple[str, ...]:
    """Streams that leave the plant, in the order written."""
    used = {source for node in problem.plan.nodes.values() for source in node.sources()}
    made = (f"{name}.{port}" for name in problem.plan.nodes for port in state.results[name].outlets)
    return tuple(stream for stream in made if stream not in used)


def balance(problem: Problem, state: State, energies: Mapping[str, Energy]) -> Balance:
    """Count everything that crosses the boundary of the plant and of each unit.

    Args:
        problem: the plant.
        state: the converged streams.
        energies: what every unit declares.
    """
    chemistry = problem.chemistry
    feeds = taken(problem, state, tuple(problem.plan.nodes))
    leaving = [state.streams[name] for name in terminals(problem, state)]
    units: dict[str, dict[str, Count]] = {}
    heats: dict[str, Heat] = {}
    for name in problem.plan.nodes:
        inlets = _inlets(problem, state, feeds, name)
        outlets = list(state.results[name].outlets.values())
        units[name] = _count(inlets, outlets)
        heats[name] = _heat(inlets, outlets, energies[name].heat + energies[name].shaft, chemistry)
    declared = sum(energies[name].heat + energies[name].shaft for name in problem.plan.nodes)
    return Balance(_count(feeds.values(), leaving), units, _heat(feeds.values(), leaving, declared, chemistry), heats)


def gate(found: Balance) -> None:
    """Refuse a plant that does not close.

    Raises:
        BalanceError, UserErrors: E750 an element, E751 the charge, E752 the enthalpy; unit and element are named.
    """
    problems = []
    for where, counts in (("the plant", found.plant), *found.units.items()):
        for what, count in counts.items():
            if count.closure is not None and not abs(count.closure) <= GATE:
                code = "E751" if what == "charge" else "E750"
                factor, unit = (HOUR, "mol/h") if what == "charge" else (HOUR, "kg/h")
                read = f"{where}, {what}: in {count.into * factor:.9g} {unit}, out {count.out * factor:.9g} {unit}"
                problems.append(
                    BalanceError(code, read=f"{read}, closure {count.closure:.2e}", expected=f"at most {GATE:g}")
                )
    for where, heat in (("the plant", found.plant_heat), *found.unit_heat.items()):
        if not abs(heat.error) <= ENERGY_GATE:
            read = f"{where}: streams {heat.change / 1e3:.6g} kW, declared {heat.declared / 1e3:.6g} kW"
            expected = f"a difference of at most {ENERGY_GATE:g} of the {heat.absolute / 1e3:.4g} kW that flow"
            problems.append(BalanceError("E752", read=read, expected=expected))
    raise_all(problems)


def _inlets(problem: Problem, state: State, feeds: Mapping[tuple[str, str], Stream], name: str) -> list[Stream]:
    """What really enters a unit: the streams as produced, the feeds as taken."""
    node = problem.plan.nodes[name]
    made = [state.streams[source] for source in node.sources() if maker(source)]
    return made + [stream for (_, unit), stream in feeds.items() if unit == name]


def _count(inlets: Iterable[Stream], outlets: Iterable[Stream]) -> dict[str, Count]:
    into, charges_in = _totals(inlets)
    out, charges_out = _totals(outlets)
    mass = sum(into.values())
    counts = {
        element: _counted(into.get(element, 0.0), out.get(element, 0.0), FLOOR * mass)
        for element in sorted({*into, *out})
    }
    net_in, size_in = charges_in
    net_out, size_out = charges_out
    size = max(size_in, size_out)
    counts["charge"] = Count(net_in, net_out, (net_out - net_in) / size if size else None)
    return counts


def _counted(into: float, out: float, floor: float) -> Count:
    scale = max(into, floor)
    return Count(into, out, (out - into) / scale if scale else None)


def _totals(streams: Iterable[Stream]) -> tuple[dict[str, float], tuple[float, float]]:
    """Element masses, kg/s, and (net, absolute) charge, mol/s."""
    amounts: dict[str, float] = {}
    net = size = 0.0
    for stream in streams:
        for name, flow in stream.flows.items():
            kind = species(name)
            for element, number in kind.elements.items():
                amounts[element] = amounts.get(element, 0.0) + flow * number
            net += flow * kind.charge
            size += flow * abs(kind.charge)
    return {element: flow * atomic_mass(element) for element, flow in amounts.items()}, (net, size)


def _heat(inlets: Iterable[Stream], outlets: Iterable[Stream], declared: float, chemistry: Chemistry) -> Heat:
    change = absolute = 0.0
    for sign, streams in ((-1.0, inlets), (1.0, outlets)):
        for stream in streams:
            if stream.flows:
                change += sign * chemistry.enthalpy(stream)
                absolute += sum(
                    abs(n * chemistry.species_enthalpy(s, stream.temperature)) for s, n in stream.flows.items()
                )
    return Heat(change, declared, absolute)
