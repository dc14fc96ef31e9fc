"""What every unit operation must do, whatever it models; ``properties/test_every_unit.py`` runs it."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Any

from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.heat import taken
from hydromet.units.registry import unit_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.units.base import Unit, UnitResult

CLOSURE = 1e-12
ENERGY = 1e-6
SCALE = 1000.0
# Equilibria are solved per kilogram of water to about 1e-10: a unit 1000 times as large agrees to this.
SAME = 1e-6
# Share of the flows that are left out or kept as they are.
_PLAIN = 0.25
SECTIONS = ("Assumptions", "Ports", "Equations", "Validity", "Sources")


def cases() -> list[tuple[str, type[Unit], Mapping[str, Any]]]:
    """Every example of every unit: (name for the test report, class, example)."""
    found: list[tuple[str, type[Unit], Mapping[str, Any]]] = []
    for name, kind in unit_models().items():
        examples = kind.example if isinstance(kind.example, tuple) else (kind.example,)
        found += [(f"{name}-{i}", kind, example) for i, example in enumerate(examples)]
    return found


def build(kind: type[Unit], example: Mapping[str, Any]) -> tuple[Unit, dict[str, Stream]]:
    """The unit and the inlets of an example; drawn templates at 1 kg/s."""
    unit = kind(**example.get("parameters", {}))
    recipes = example["inlets"]
    streams = {port: Stream(r["flows"], r.get("temperature", 298.15)) for port, r in recipes.items()}
    return unit, normalised(unit, streams)


def normalised(unit: Unit, inlets: Mapping[str, Stream]) -> dict[str, Stream]:
    """The inlets with drawn templates at 1 kg/s."""
    drawn = {port.name for port in unit.inlet_ports() if port.drawn}
    return {name: s.scaled(1.0 / s.mass()) if name in drawn else s for name, s in inlets.items()}


def varied(seed: int, unit: Unit, inlets: Mapping[str, Stream]) -> dict[str, Stream]:
    """Random valid inlets: each flow times 0.3 to 3 or absent, charge balanced, temperature shifted a little."""
    chance = Random(seed)  # noqa: S311  # feeds, not secrets

    def factor(name: str) -> float:
        if name == "H2O":
            return 1.0
        return chance.choice((0.0, 1.0)) if chance.random() < _PLAIN else chance.uniform(0.3, 3.0)

    found: dict[str, Stream] = {}
    for port, stream in inlets.items():
        flows = {name: flow * factor(name) for name, flow in stream.flows.items()}
        if not any(flows.values()):
            flows = dict(stream.flows)
        found[port] = Stream(neutral(flows), stream.temperature + chance.uniform(-8.0, 8.0), stream.pressure)
    return normalised(unit, found)


def neutral(flows: Mapping[str, float]) -> dict[str, float]:
    """Flows with SO4-2 or Na+ added until the charge is zero."""
    done = dict(flows)
    charge = sum(flow * species(name).charge for name, flow in flows.items())
    if charge > 0.0:
        done["SO4-2"] = done.get("SO4-2", 0.0) + 0.5 * charge
    elif charge < 0.0:
        done["Na+"] = done.get("Na+", 0.0) - charge
    return done


def check_conservation(inlets: Mapping[str, Stream], result: UnitResult) -> None:
    """Every element and pseudo-element and the charge: outlets equal inlets."""
    fed = Stream(add_flows(taken(inlets, result.drawn).values()))
    made = Stream(add_flows(result.outlets.values()))
    start, end = fed.elements(), made.elements()
    size = sum(start.values())
    for element in sorted({*start, *end}):
        before, after = start.get(element, 0.0), end.get(element, 0.0)
        assert abs(after - before) <= CLOSURE * max(before, 1e-6 * size), f"{element}: {before!r} in, {after!r} out"
    ions = sum(abs(species(name).charge) * flow for name, flow in {**fed.flows, **made.flows}.items())
    assert abs(made.charge() - fed.charge()) <= CLOSURE * max(ions, 1e-6 * size), "charge"


def check_signs(result: UnitResult) -> None:
    """No negative or absurd flow, amount drawn or temperature."""
    for port, stream in result.outlets.items():
        assert all(0.0 <= flow < float("inf") for flow in stream.flows.values()), port
        assert 200.0 < stream.temperature < 700.0, port
    assert all(flow >= 0.0 for flow in result.drawn.values()), result.drawn


def check_ports(unit: Unit, inlets: Mapping[str, Stream], result: UnitResult) -> None:
    """Outlets are the declared ones; what is drawn is a drawn port."""
    assert set(result.outlets) == {port.name for port in unit.outlet_ports()}
    drawn = {port.name for port in unit.inlet_ports() if port.drawn and port.name in inlets}
    assert set(result.drawn) == drawn


def check_extents(inlets: Mapping[str, Stream], result: UnitResult, chemistry: Chemistry) -> None:
    """Inlets plus extents times coefficients are the outlets, species by species."""
    total = add_flows(taken(inlets, result.drawn).values())
    gross = dict(total)
    for equation, extent in result.extents.items():
        for name, nu in chemistry.reaction(equation).coefficients.items():
            total[name] = total.get(name, 0.0) + nu * extent
            gross[name] = gross.get(name, 0.0) + abs(nu * extent)
    end = add_flows(result.outlets.values())
    size = max(gross.values(), default=0.0)
    for name in sorted({*total, *end}):
        miss = abs(end.get(name, 0.0) - total.get(name, 0.0))
        assert miss <= 1e-9 * max(gross.get(name, 0.0), 1e-3 * size), f"{name} is {miss:.3g} mol/s off"


def check_energy(unit: Unit, inlets: Mapping[str, Stream], result: UnitResult, chemistry: Chemistry) -> None:
    """Heat and shaft power are the enthalpy of the outlets less that of the inlets."""
    energy = unit.energy(inlets, result, chemistry)
    before = [chemistry.enthalpy(s) for s in taken(inlets, result.drawn).values() if s.flows]
    after = [chemistry.enthalpy(s) for s in result.outlets.values() if s.flows]
    size = sum(abs(h) for h in (*before, *after))
    miss = energy.heat + energy.shaft - (sum(after) - sum(before))
    assert abs(miss) <= ENERGY * size, f"{miss:.6g} W of {size:.6g} W"
    assert energy.steam >= 0.0
    assert energy.cooling >= 0.0


def check_same(one: Iterable[tuple[str, Stream]], other: Mapping[str, Stream], factor: float = 1.0) -> None:
    """The same outlets, the second ``factor`` times as large."""
    for port, stream in one:
        scaled = other[port]
        size = max((*stream.flows.values(), 0.0))
        for name in sorted({*stream.flows, *scaled.flows}):
            miss = abs(scaled[name] / factor - stream[name])
            assert miss <= SAME * max(stream[name], 1e-4 * size), f"{port} {name}: {stream[name]} {scaled[name]}"
        if stream.flows:
            assert abs(scaled.temperature - stream.temperature) <= 1e-5 * stream.temperature
