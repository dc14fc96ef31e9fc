"""Extraction, scrubbing and stripping of random liquors with random organics: a balanced result or a named error.

Every extractant, 1 to 60 stages, preloaded and full organics, traces and absent metals, pH set points from -1 to 12,
acid from far too little to far too much. Drawn wildly: most of these plants nobody would build.
"""

from __future__ import annotations

from collections import Counter
from math import isfinite
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from hydromet.chemistry import Chemistry
from hydromet.chemistry.extraction.extractants import extractants, load_extractant
from hydromet.errors import UserError
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.extract import Extract
from hydromet.units.heat import taken
from hydromet.units.scrub import Scrub
from hydromet.units.strip import Strip

if TYPE_CHECKING:
    from hydromet.units.base import Unit

CHEMISTRY = Chemistry.load()
METALS = {"Mn+2": 0.3, "Co+2": 0.3, "Ni+2": 0.6, "Li+": 0.8, "Na+": 0.8, "Ca+2": 0.01, "Mg+2": 0.1, "Cu+2": 0.1,
          "Zn+2": 0.1, "Fe+3": 0.05, "Al+3": 0.05, "NH4+": 0.3}  # fmt: skip
STAGES = (1, 2, 3, 5, 8, 15, 30, 60)
# What may be refused: no solution found, base beyond the capacity, a pH the base cannot reach.
NAMED = {"E603", "E604", "E613"}


def one(flows: dict[str, float]) -> Stream:
    stream = Stream(flows)
    return stream.scaled(1.0 / stream.mass())


ACID, WATER = one({"H2SO4(l)": 9.99, "H2O": 1.11}), one({"H2O": 55.5})
BASES = (
    one({"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}),
    one({"Li+": 4.0, "OH-": 4.0, "H2O": 50.0}),
    one({"NH4+": 8.0, "OH-": 8.0, "H2O": 40.0}),
)


def liquor(chance: Random) -> Stream:
    sizes = {
        ion: chance.choice((1e-6, 1e-3, chance.uniform(0.05, 1.0), 1.0)) for ion in METALS if chance.random() < 0.5
    }
    flows = {ion: METALS[ion] * size for ion, size in sizes.items()}
    flows["H+"] = 10.0 ** -chance.uniform(-0.3, 6.0)
    flows["SO4-2"] = 0.5 * sum(species(ion).charge * n for ion, n in flows.items())
    return Stream({**flows, "H2O": 52.0})


def organic(chance: Random, key: str) -> Stream:
    """Fresh, partly loaded or full."""
    known = load_extractant(key)
    total, free, bound = chance.uniform(0.2, 1.5), 1.0, dict[str, float]()
    for metal in known.metals.values():
        if chance.random() < 0.4:
            share = chance.choice((0.0, 1e-6, chance.random() * free))
            bound[metal.organic], free = total * share / metal.charge, free - share
    if chance.random() < 0.25 and free < 1.0:
        bound, free = {name: flow / (1.0 - free) for name, flow in bound.items()}, 0.0
    flows = {known.acid: total * free, "Diluent(org)": 3.4, **bound}
    return Stream({name: flow for name, flow in flows.items() if flow > 0.0}).scaled(10.0 ** chance.uniform(-1.0, 1.0))


def draw(seed: int) -> tuple[Unit, dict[str, Stream]]:
    """A unit and its inlets."""
    chance = Random(seed)  # noqa: S311  # cases, not secrets
    key = chance.choice(extractants())
    feed, loaded = liquor(chance), organic(chance, key)
    common: dict[str, Any] = {
        "extractant": key, "stages": chance.choice(STAGES), "temperature": 298.15 + chance.uniform(0.0, 35.0),
        "stage_efficiency": chance.choice((1.0, 0.95, 0.7)),
    }  # fmt: skip
    kind = chance.choice(("extract", "scrub", "strip"))
    if kind == "extract":
        pH = chance.choice((None, chance.uniform(-1.0, 12.0), chance.uniform(3.0, 8.0)))
        base = {"base": chance.choice(BASES)} if pH is not None else {}
        return Extract(**common, raffinate_pH=pH), {"aqueous": feed, "organic": loaded, **base}
    if kind == "scrub":
        ratio = chance.choice((None, chance.uniform(0.5, 20.0)))
        water = {"water": WATER} if ratio else {}
        return Scrub(**common, O_A=ratio), {"aqueous": feed.scaled(0.1), "organic": loaded, **water}
    acid = chance.choice(({"acid_ratio": chance.uniform(0.1, 2.0)}, {"free_acid": chance.uniform(0.0, 200.0)}))
    how: dict[str, Any] = chance.choice(
        ({}, {"O_A": chance.uniform(0.3, 20.0)}, {"metal": "Co+2", "concentration": chance.uniform(5.0, 120.0)})
    )
    inlets = {"organic": loaded, "acid": ACID, **({"water": WATER} if how else {})}
    if not how or chance.random() < 0.3:
        inlets["aqueous"] = feed.scaled(0.2) if chance.random() < 0.5 else WATER.scaled(5.0)
    return Strip(**common, **acid, **how), inlets


def check(seed: int) -> str:
    """Solve one case; ``solved`` or the code it was refused with."""
    unit, inlets = draw(seed)
    try:
        result = unit.solve(inlets, CHEMISTRY)
    except UserError as error:
        assert error.code in NAMED, (seed, error)
        assert error.read, seed
        return error.code
    fed = Stream(add_flows(taken(inlets, result.drawn).values()))
    made = Stream(add_flows(result.outlets.values()))
    before, after = fed.elements(), made.elements()
    for element, amount in before.items():
        assert after.get(element, 0.0) == pytest.approx(amount, rel=1e-9, abs=1e-12 * max(before.values())), seed
    assert made.charge() == pytest.approx(fed.charge(), abs=1e-9 * sum(fed.flows.values())), seed
    assert all(isfinite(flow) and flow >= 0.0 for flow in made.flows.values()), seed
    for row in result.stages:
        assert all(isfinite(value) for value in row.values()), seed
        assert row["loading"] <= 1.0 + 1e-9, seed
    return "solved"


def sweep(first: int, count: int) -> Counter[str]:
    return Counter(check(seed) for seed in range(first, first + count))


def test_random_contacts() -> None:
    seen = sweep(1000, 40)
    assert seen["solved"] >= 38, seen


def test_a_full_organic_and_too_little_acid() -> None:
    """The free dimer falls by decades along the fifteen stages; Newton needs many steps after a few sweeps."""
    assert check(2155) == "solved"


@pytest.mark.long
def test_many_random_contacts() -> None:
    """Without a solution: about 1 of 100, such as a full organic against water or hydrolysing metals at high pH."""
    seen = sweep(2000, 300)
    assert seen["E604"] <= 6, seen
    assert seen["solved"] >= 285, seen
