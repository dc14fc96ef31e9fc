"""Streams, units, balances and convergence as the plain data of a result; flows per hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.errors import HydrometError
from hydromet.flowsheet.balance import HOUR
from hydromet.species import WATER, atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.flowsheet.balance import Balance, Count, Heat
    from hydromet.flowsheet.solve import Rung
    from hydromet.stream import Stream
    from hydromet.units.base import Energy, Unit, UnitResult

# Below this share of aqueous water in the mass of a stream there is no liquor whose pH one could ask for.
_DAMP = 1e-4
KILO = 1e3


def stream_record(stream: Stream, chemistry: Chemistry) -> dict[str, Any]:
    """A stream; pH, potentials, volume and density where there is a liquor."""
    phases: dict[str, float] = {}
    for name, flow in stream.flows.items():
        kind = species(name)
        phases[kind.phase] = phases.get(kind.phase, 0.0) + flow * kind.molar_mass * HOUR
    return {
        "temperature_K": stream.temperature,
        "pressure_Pa": stream.pressure,
        "mass_kg_h": stream.mass() * HOUR,
        "phases_kg_h": dict(sorted(phases.items())),
        "elements_kg_h": element_masses(stream),
        "species_mol_h": {name: flow * HOUR for name, flow in stream.flows.items()},
        **_liquor(stream, chemistry),
    }


def _liquor(stream: Stream, chemistry: Chemistry) -> dict[str, Any]:
    """Figures of the dissolved part; None where there is none or the chemistry cannot say."""
    empty: dict[str, Any] = {"pH": None, "potentials_V": {}, "volume_m3_h": None, "density_kg_m3": None}
    try:
        empty["volume_m3_h"] = chemistry.volume(stream) * HOUR if stream.flows else 0.0
        water = stream[WATER] * species(WATER).molar_mass
        if water > _DAMP * stream.mass() > 0.0:
            empty["density_kg_m3"] = chemistry.density(stream)
            liquor = chemistry.liquor(stream)
            empty["pH"] = liquor.pH
            empty["potentials_V"] = dict(liquor.potentials)
    except HydrometError:
        pass
    return empty


def element_masses(stream: Stream) -> dict[str, float]:
    """Element -> kg/h, alphabetical."""
    return {name: flow * atomic_mass(name) * HOUR for name, flow in sorted(stream.elements().items())}


def unit_record(unit: Unit, result: UnitResult, energy: Energy) -> dict[str, Any]:
    """Parameters, performance and energy of a unit."""
    return {
        "model": unit.model,
        "parameters": unit.model_dump(mode="json", exclude={"model"}),
        "values": dict(result.values),
        "stages": [dict(stage) for stage in result.stages],
        "extents_mol_h": {equation: extent * HOUR for equation, extent in sorted(result.extents.items())},
        "drawn_kg_h": {port: flow * HOUR for port, flow in sorted(result.drawn.items())},
        "energy": {
            "heat_kW": energy.heat / KILO,
            "shaft_kW": energy.shaft / KILO,
            "electric_kW": {use: power / KILO for use, power in sorted(energy.electric.items())},
            "steam_kW": energy.steam / KILO,
            "cooling_kW": energy.cooling / KILO,
            "basis": list(energy.basis),
        },
    }


def balance_record(found: Balance) -> dict[str, Any]:
    """The balance as in ``result.json``."""
    worst, closure = found.worst()
    unit, error = found.worst_heat()
    return {
        "elements": {name: _count(count) for name, count in found.plant.items() if name != "charge"},
        "charge": _charge(found.plant["charge"]),
        "energy": {
            "plant": _heat(found.plant_heat),
            "units": {name: _heat(heat) for name, heat in found.unit_heat.items()},
        },
        "units": {
            name: {what: count.closure for what, count in counts.items()} for name, counts in found.units.items()
        },
        "worst": {"element": worst, "closure": closure, "energy_unit": unit, "energy_error": error},
    }


def _count(count: Count) -> dict[str, float | None]:
    return {"in_kg_h": count.into * HOUR, "out_kg_h": count.out * HOUR, "closure": count.closure}


def _charge(count: Count) -> dict[str, float | None]:
    return {"in_mol_h": count.into * HOUR, "out_mol_h": count.out * HOUR, "closure": count.closure}


def _heat(heat: Heat) -> dict[str, float]:
    return {
        "declared_kW": heat.declared / KILO,
        "enthalpy_change_kW": heat.change / KILO,
        "absolute_kW": heat.absolute / KILO,
        "error": heat.error,
    }


def solver_record(rungs: Sequence[Rung]) -> dict[str, Any]:
    """How every group of units converged."""
    loops = [
        {
            "units": list(rung.units),
            "tears": {tear: list(way) for tear, way in sorted(rung.loops.items())},
            "method": rung.method,
            "passes": rung.passes,
            "closure": rung.check.closure if rung.check else 0.0,
            "error_estimate": rung.check.error if rung.check else 0.0,
            "last_step": rung.check.step if rung.check else 0.0,
        }
        for rung in rungs
        if rung.loops
    ]
    return {"loops": loops, "passes": max((rung.passes for rung in rungs), default=0)}
