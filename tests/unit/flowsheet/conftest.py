"""A toy chemistry and toy units for the solver: no speciation, so that answers are known exactly."""

# ruff: noqa: ARG002, RUF012, S311
from __future__ import annotations

import random
from types import SimpleNamespace
from typing import ClassVar, Literal

import pytest

from hydromet.errors import UnitError
from hydromet.flowsheet.graph import Node, plan
from hydromet.flowsheet.passes import Problem
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Energy, FixedSplit, Port, Unit, UnitResult

CAPACITY = 75.0


class ToyChemistry:
    """Every species has the same heat capacity and no heat of formation."""

    def mix(self, *streams):
        sizes = [sum(s.flows.values()) for s in streams]
        heat = sum(n * s.temperature for n, s in zip(sizes, streams, strict=True))
        return Stream(add_flows(streams), heat / sum(sizes))

    def species_enthalpy(self, name, temperature):
        return CAPACITY * temperature

    def enthalpy(self, stream):
        return CAPACITY * stream.temperature * sum(stream.flows.values())


class Toy(Unit):
    def energy(self, inlets, result, chemistry):
        into = sum(chemistry.enthalpy(s) for s in inlets.values())
        return Energy(heat=sum(chemistry.enthalpy(s) for s in result.outlets.values()) - into)


class Join(Toy):
    model: Literal["join"] = "join"
    inlets: ClassVar = (Port("feed", "everything"),)
    outlets: ClassVar = (Port("out", "the mixture"),)

    def solve(self, inlets, chemistry):
        return UnitResult({"out": inlets["feed"]})


class Part(Toy):
    """Declared shares to ``a``, the rest to ``b``."""

    model: Literal["part"] = "part"
    share: dict[str, float] = {}
    default: float = 0.5
    inlets: ClassVar = (Port("feed", "in"),)
    outlets: ClassVar = (Port("a", "share"), Port("b", "rest"))

    def solve(self, inlets, chemistry):
        feed = inlets["feed"]
        to_a = {n: v * self.share.get(n, self.default) for n, v in feed.flows.items()}
        to_b = {n: v - to_a[n] for n, v in feed.flows.items()}
        split = FixedSplit("shares", "K(s)", self.share.get("K(s)", self.default), "a")
        return UnitResult({"a": feed.with_flows(to_a), "b": feed.with_flows(to_b)}, fixed_splits=(split,))


class Crystals(Toy):
    """Water evaporates; what exceeds a solubility (mol per mol of water left) falls out."""

    model: Literal["crystals"] = "crystals"
    solubility: dict[str, float] = {}
    evaporated: float = 0.5
    inlets: ClassVar = (Port("feed", "in"),)
    outlets: ClassVar = (Port("liquor", "mother liquor"), Port("solid", "crystals"), Port("vapour", "water"))

    def solve(self, inlets, chemistry):
        feed = inlets["feed"]
        water = feed["H2O"]
        liquor, solid = {"H2O": water * (1.0 - self.evaporated)}, {}
        for name, flow in feed.flows.items():
            if name != "H2O":
                liquor[name] = min(flow, self.solubility.get(name, 1e9) * liquor["H2O"])
                solid[name] = flow - liquor[name]
        vapour = {"H2O": water * self.evaporated}
        return UnitResult(
            {"liquor": Stream(liquor, 350.0), "solid": Stream(solid, 350.0), "vapour": Stream(vapour, 373.0)}
        )


class Dose(Toy):
    """Takes as much of a drawn feed as there is nickel."""

    model: Literal["dose"] = "dose"
    inlets: ClassVar = (Port("feed", "in"), Port("agent", "reagent", drawn=True))
    outlets: ClassVar = (Port("out", "both"),)

    def solve(self, inlets, chemistry):
        amount = inlets["feed"]["Ni(s)"] / inlets["agent"]["Na(s)"]
        flows = add_flows([inlets["feed"], inlets["agent"].scaled(amount)])
        return UnitResult({"out": Stream(flows, inlets["feed"].temperature)}, {"agent": amount})

    def energy(self, inlets, result, chemistry):
        used = inlets["agent"].scaled(result.drawn["agent"])
        into = chemistry.enthalpy(inlets["feed"]) + chemistry.enthalpy(used)
        return Energy(heat=chemistry.enthalpy(result.outlets["out"]) - into)


class Leak(Join):
    """Loses one per mille of the potassium: a unit with a mistake in it."""

    def solve(self, inlets, chemistry):
        flows = {n: v * (0.999 if n == "K(s)" else 1.0) for n, v in inlets["feed"].flows.items()}
        return UnitResult({"out": inlets["feed"].with_flows(flows)})


class Furnace(Join):
    """Heats without saying so."""

    def solve(self, inlets, chemistry):
        return UnitResult({"out": inlets["feed"].at(inlets["feed"].temperature + 10.0)})

    def energy(self, inlets, result, chemistry):
        return Energy()


class Fussy(Join):
    """Cannot work with more than a certain amount of potassium."""

    most: float = 1.0

    def solve(self, inlets, chemistry):
        if inlets["feed"]["K(s)"] > self.most:
            raise UnitError("E899", read="too much potassium", expected="less", write="less potassium")
        return UnitResult({"out": inlets["feed"]})


SPECIES = ("H2O", "Ni(s)", "Co(s)", "Mn(s)", "Li(s)", "K(s)", "Cl(s)", "F(s)", "Na(s)", "S(s)", "Mg(s)", "Ca(s)")


def problem(units, inlets, feeds, drawn=()):
    nodes = [Node(name, {port: tuple(sources) for port, sources in ports.items()}) for name, ports in inlets.items()]
    return Problem(plan(nodes), units, feeds, frozenset(drawn), ToyChemistry())


def purge_loop(kept=0.97, feed=None):
    """A crystalliser whose mother liquor comes back but for a purge: everything soluble builds up."""
    units = {
        "mix": Join(),
        "crystals": Crystals(solubility={"Na(s)": 0.05}, evaporated=0.3),
        "bleed": Part(default=kept),
    }
    inlets = {
        "mix": {"feed": ["feed", "bleed.a"]},
        "crystals": {"feed": ["mix.out"]},
        "bleed": {"feed": ["crystals.liquor"]},
    }
    return problem(
        units, inlets, {"feed": Stream({"H2O": 100.0, "Na(s)": 10.0, "K(s)": 0.01} if feed is None else feed, 300.0)}
    )


def random_plant(seed, count=25):
    """A chain of units with recycles that return anything from nothing to 99 %."""
    draw = random.Random(seed)
    kinds = ["join", *(draw.choice(["join", "part", "part", "crystals"]) for _ in range(count - 1))]
    units, inlets = {}, {f"u{i}": {"feed": []} for i in range(count)}
    inlets["u0"]["feed"].append("feed")
    for i, kind in enumerate(kinds):
        if kind == "part":
            units[f"u{i}"] = Part(share={s: draw.random() for s in SPECIES}, default=0.02 + 0.97 * draw.random())
        elif kind == "crystals":
            solubility = {s: 10 ** draw.uniform(-5, -1) for s in SPECIES[1:]}
            units[f"u{i}"] = Crystals(solubility=solubility, evaporated=draw.uniform(0.05, 0.6))
        else:
            units[f"u{i}"] = Join()
        ports = [port.name for port in units[f"u{i}"].outlet_ports()]
        if i + 1 < count:
            inlets[f"u{i + 1}"]["feed"].append(f"u{i}.{ports[0]}")
        for port in ports[1:]:
            if port == "b" and draw.random() < 0.6:
                inlets[f"u{draw.randrange(count)}"]["feed"].append(f"u{i}.{port}")
            elif port == "vapour" and draw.random() < 0.5:
                inlets[f"u{draw.randrange(max(i, 1))}"]["feed"].append(f"u{i}.{port}")
    feed = {s: 10 ** draw.uniform(-4, 1) for s in SPECIES} | {"H2O": 100.0}
    return problem(units, inlets, {"feed": Stream(feed, 300.0)})


@pytest.fixture(scope="session")
def toy():
    names = (Join, Part, Crystals, Dose, Leak, Furnace, Fussy)
    return SimpleNamespace(
        **{kind.__name__: kind for kind in names},
        chemistry=ToyChemistry(), problem=problem, purge_loop=purge_loop, random_plant=random_plant,
    )  # fmt: skip
