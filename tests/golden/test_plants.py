"""The shipped plants: converged, closed, with the products they are built for, at figures that are physically possible.

The figures themselves are stored beside this file and compared to 1e-6. After a change that is meant, renew them with

    HYDROMET_RENEW_GOLDEN=1 python -m pytest tests/golden -k figures

and say in docs/changes.md what moved and why.
"""

from __future__ import annotations

import csv
import json
import os
from math import fsum
from pathlib import Path

import pytest

import hydromet
from hydromet import datafiles
from hydromet.chemistry import Chemistry
from hydromet.species import atomic_mass, species
from hydromet.stream import Stream

HERE = Path(__file__).parent
FLOWSHEETS = Path(hydromet.__file__).parent.parent / "flowsheets"
RENEW = "HYDROMET_RENEW_GOLDEN"
# Plant -> products with the compound sold, and the least number of recycles.
_PRODUCTS = {"nickel_sulfate": "NiSO4:6H2O(s)", "cobalt_sulfate": "CoSO4:7H2O(s)", "lithium_carbonate": "Li2CO3(s)"}
PLANTS = {"nmc622_black_mass": (_PRODUCTS, 6), "nmc811_process_scrap": (_PRODUCTS, 6)}
# Beside the plants lie recovery cases, which have their own tests.
NAMES = sorted(path.stem for path in FLOWSHEETS.glob("*.yaml") if "\nhydromet:" in path.read_text(encoding="utf-8"))
GATE, ENERGY_GATE, FLOOR = 1e-9, 1e-6, 1e-12
# An element's recovery is kept as a figure where it is a result and not a trace.
FIGURE = 0.01
# One worker solves a plant and makes all checks of it.
each_plant = pytest.mark.parametrize("plant", [pytest.param(n, marks=pytest.mark.xdist_group(n)) for n in NAMES])


def boundary(data):
    """Streams into the plant and out of it: all feeds as taken, every outlet that no unit takes."""
    taken = {source for unit in data["units"].values() for sources in unit["in"].values() for source in sources}
    leaving = {name: stream for name, stream in data["streams"].items() if name not in taken}
    return data["feeds"], leaving


def total(streams, weight):
    """Sum of weight(species) x mol/h over streams."""
    return fsum(n * weight(species(name)) for s in streams.values() for name, n in s["species_mol_h"].items())


def elements(streams):
    return sorted({e for s in streams.values() for name in s["species_mol_h"] for e in species(name).elements})


def moles(streams, name):
    return fsum(s["species_mol_h"].get(name, 0.0) for s in streams.values())


def sodium_sulfate(stream):
    """Na2SO4 that the sodium and the sulfur of a stream make, kg/h."""
    amount = stream["elements_kg_h"]
    sodium, sulfur = (amount.get(e, 0.0) / atomic_mass(e) for e in ("Na", "S"))
    return min(sodium / 2.0, sulfur) * species("Na2SO4(s)").molar_mass


def measured(data):
    """What the bands speak of: kg of pure substance per kg of dry feed, share of the feed's metal in products."""
    feeds, leaving = boundary(data)

    def bought(name, formula):
        return moles(feeds, name) * species(formula).molar_mass

    per_feed = {
        "H2SO4": bought("H2SO4(l)", "H2SO4(l)"),
        "H2O2": bought("H2O2", "H2O2"),
        "NaOH": moles(feeds, "OH-") * (species("Na+").molar_mass + species("OH-").molar_mass),
        "Na2CO3": bought("Na2CO3(s)", "Na2CO3(s)"),
        "Na2SO4": fsum(sodium_sulfate(stream) for stream in leaving.values()),
        **{product["compound"].removesuffix("(s)"): product["mass_kg_h"] for product in data["products"].values()},
    }
    return {**{name: kg_h / data["feed_kg_h"] for name, kg_h in per_feed.items()}, **data["recovery"]}


def figures(data):
    """The numbers that are kept."""
    return {
        "products": {n: {"mass_kg_h": p["mass_kg_h"], "purity": p["purity"]} for n, p in data["products"].items()},
        "by_products": {n: p["mass_kg_h"] for n, p in data["outlets"]["by_products"].items()},
        "recovery": {element: share for element, share in data["recovery"].items() if share > FIGURE},
        "reagents_kg_per_t_feed": {name: reagent["kg_per_t_feed"] for name, reagent in data["reagents"].items()},
        "electricity_kW": fsum(
            power for unit in data["units"].values() for power in unit["energy"]["electric_kW"].values()
        ),
    }


def flat(tree, path=""):
    for key, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def bands():
    with (HERE / "bands.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(line for line in file if not line.startswith("#")))


def test_every_plant_is_known_here():
    assert NAMES
    assert set(PLANTS) == set(NAMES)
    assert {row["plant"] for row in bands()} == set(NAMES)


@each_plant
def test_converged_with_its_recycles(plant, result):
    assert result.converged
    loops = result["solver"]["loops"]
    tears = {tear for loop in loops for tear in loop["tears"]}
    assert len(tears) >= PLANTS[plant][1]
    for loop in loops:
        for tear, way in loop["tears"].items():
            assert tear.partition(".")[0] in way
            assert set(way) <= set(loop["units"])


@each_plant
def test_every_element_and_the_charge_close(result):
    feeds, leaving = boundary(result.data)
    mass = total(feeds, lambda kind: kind.molar_mass)
    assert mass > 0.0
    for element in elements({**feeds, **leaving}):
        into, out = (
            total(side, lambda kind: kind.elements.get(element, 0.0) * atomic_mass(element))  # noqa: B023
            for side in (feeds, leaving)
        )
        assert abs(out - into) <= GATE * max(into, FLOOR * mass), element
    net = total(leaving, lambda kind: kind.charge) - total(feeds, lambda kind: kind.charge)
    assert abs(net) <= GATE * total(leaving, lambda kind: abs(kind.charge))


@each_plant
def test_the_reported_closure_is_the_one_found_here(result):
    feeds, leaving = boundary(result.data)
    for element, record in result["balance"]["elements"].items():
        for side, key in ((feeds, "in_kg_h"), (leaving, "out_kg_h")):
            found = total(side, lambda kind: kind.elements.get(element, 0.0) * atomic_mass(element))  # noqa: B023
            assert record[key] == pytest.approx(found, rel=1e-12, abs=1e-15), element


@each_plant
def test_every_outlet_has_a_name(result):
    _, leaving = boundary(result.data)
    declared = [p["stream"] for p in result.products.values()]
    declared += [outlet["stream"] for kind in result["outlets"].values() for outlet in kind.values()]
    assert sorted(declared) == sorted(leaving)
    for element, ways in result["losses"].items():
        assert fsum(way["share"] for way in ways.values()) == pytest.approx(1.0, rel=1e-7), element


@each_plant
def test_the_enthalpy_of_the_streams_is_what_the_units_declare(result):
    feeds, leaving = boundary(result.data)
    chemistry = Chemistry.load()
    change = absolute = 0.0
    for sign, side in ((-1.0, feeds), (1.0, leaving)):
        for record in side.values():
            flows = {name: n / 3600.0 for name, n in record["species_mol_h"].items()}
            stream = Stream(flows, record["temperature_K"], record["pressure_Pa"])
            change += sign * chemistry.enthalpy(stream) if flows else 0.0
            absolute += fsum(abs(n * chemistry.species_enthalpy(s, stream.temperature)) for s, n in flows.items())
    declared = 1e3 * fsum(u["energy"]["heat_kW"] + u["energy"]["shaft_kW"] for u in result["units"].values())
    assert abs(change - declared) <= ENERGY_GATE * absolute
    for name, record in result["balance"]["energy"]["units"].items():
        assert abs(record["error"]) <= ENERGY_GATE, name


@each_plant
def test_products(plant, result):
    assert {name: product["compound"] for name, product in result.products.items()} == PLANTS[plant][0]
    for product in result.products.values():
        assert product["mass_kg_h"] > 0.0
        assert 0.9 < product["purity"] <= 1.0


@pytest.mark.parametrize(
    ("plant", "band"),
    [
        pytest.param(b["plant"], b, id=f"{b['plant']}-{b['quantity']}", marks=pytest.mark.xdist_group(b["plant"]))
        for b in bands()
    ],
)
def test_within_what_is_physically_possible(band, result):
    low, high, found = float(band["low"]), float(band["high"]), measured(result.data)[band["quantity"]]
    assert low <= found <= high, (
        f"{band['quantity']} {found:.4g} {band['unit']}, possible {low} to {high}: {band['reason']}"
    )


def test_every_band_has_a_reason_and_holds_its_reference():
    rows = datafiles.read_csv("data/literature/flowsheet_cases.csv")
    reference = {row["quantity"]: float(row["value"]) for row in rows if row["case"] == "FS-9"}
    for band in bands():
        assert band["reason"]
        if band["reference"]:
            value = fsum(reference[name] for name in band["reference"].split("+"))
            assert float(band["low"]) <= value <= float(band["high"]), band["quantity"]


@each_plant
def test_figures(plant, result):
    file, found = HERE / f"{plant}.json", figures(result.data)
    if os.environ.get(RENEW):
        file.write_text(json.dumps(found, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    kept = dict(flat(json.loads(file.read_text(encoding="utf-8"))))
    now = dict(flat(found))
    assert sorted(now) == sorted(kept)
    moved = {key: (kept[key], value) for key, value in now.items() if value != pytest.approx(kept[key], rel=1e-6)}
    assert not moved, f"(stored, now): {moved}\n{__doc__}"
