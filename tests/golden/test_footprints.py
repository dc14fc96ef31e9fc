"""The footprints of the shipped plants: complete, traceable, and the same plant total whatever is asked."""

from __future__ import annotations

from math import fsum

import pytest

from hydromet.assess.carbon.inventory import value_at
from hydromet.species import atomic_mass
from tests.golden.test_plants import NAMES

each_plant = pytest.mark.parametrize("plant", [pytest.param(n, marks=pytest.mark.xdist_group(n)) for n in NAMES])
METHODS = {"metal_mass", "economic", "subdivision", "mass"}


@pytest.fixture
def record(result):
    return result["assessments"]["carbon"]


@each_plant
def test_nothing_is_missing(record):
    assert record["gaps"] == {}
    assert record["completeness"]["complete"]
    assert set(record["method"]["impossible"]) == set()
    assert all(record["totals"][indicator] > 0.0 for indicator in ("climate", "water", "energy"))


@each_plant
def test_every_activity_stands_in_the_result(result, record):
    for each in record["activities"]:
        assert value_at(result.data, each["path"]) is not None, each["path"]
        assert each["factor"] in record["factors"]


@each_plant
def test_contributions_add_up_and_allocation_moves_nothing(record):
    for indicator, total in record["totals"].items():
        assert fsum(record["contributions"][indicator].values()) == pytest.approx(total, rel=1e-9)
        for method in METHODS:
            parts = [p["figures"][indicator]["cut_off"][method]["total"] for p in record["products"].values()]
            assert fsum(parts) == pytest.approx(total, rel=1e-9)


@each_plant
def test_all_reagents_and_all_power_are_in(result, record):
    """Every reagent that is drawn and no water is charged or listed; electricity is that of the result."""
    named = {each["flow"] for each in record["activities"]} | set(record["excluded"])
    for name, row in result["reagents"].items():
        assert row["kg_h"] == 0.0 or name in named
    own = [e for e in record["activities"] if e["flow"] == "electricity"]
    energy = result["energy"]
    bought = energy["electric_kW"] + fsum(energy["auxiliaries_kW"].values())
    assert fsum(each["amount"] for each in own) == pytest.approx(bought, rel=1e-6)
    for name in result["outlets"]["wastes"]:
        mass = result["outlets"]["wastes"][name]["mass_kg_h"]
        assert mass == 0.0 or any(each["id"].startswith(f"{name}/") for each in record["activities"])


@each_plant
def test_carbon_given_off_is_that_of_the_emissions(result, record):
    streams = [result["streams"][each["stream"]] for each in result["outlets"]["emissions"].values()]
    carbon = fsum(each["species_mol_h"].get("CO2(g)", 0.0) for each in streams) * atomic_mass("C")
    given = [each["amount"] for each in record["activities"] if "/CO2(g)/" in each["id"]]
    assert fsum(given) == pytest.approx(carbon, rel=1e-9)


@each_plant
def test_carbonate_in_the_lithium_carbonate(record):
    """12.011/73.888 = 0.1626 kg C/kg, less impurities and moisture."""
    content = record["products"]["lithium_carbonate"]["fossil"]["carbon_content"]
    assert content == pytest.approx(0.1626, rel=0.005)


@each_plant
def test_caustic_dominates(record):
    """Alkali of the neutralisation is the largest single item of an acid circuit; see the page on the plants."""
    by_factor: dict[str, float] = {}
    for each in record["activities"]:
        value = record["contributions"]["climate"][each["id"]]
        by_factor[each["factor"]] = by_factor.get(each["factor"], 0.0) + value
    assert max(by_factor, key=by_factor.__getitem__) == "chem.naoh"
    assert 0.3 < by_factor["chem.naoh"] / record["totals"]["climate"] < 0.6
