"""Acid or saline waste water is told, neutralised on request; what has no buyer is hauled; contracts of electricity."""

from __future__ import annotations

import json

import pytest

from hydromet.assess.carbon.assess import of_result
from hydromet.assess.carbon.scenario import scenarios
from hydromet.assess.case import run as solve
from hydromet.errors import UserError, UserErrors
from hydromet.source import load_text
from tests.plants import CARBONATION

OPEN = CARBONATION.partition("carbon:\n")[0].replace(
    "wastes: {mother_liquor: polish.liquor, spent", "by_products: {mother_liquor: polish.liquor}\nwastes: {spent"
)
FACTOR = {"value": 12.0, "unit": "kgCO2e/m3", "source": "offer of a zero-discharge plant"}


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """The plant with its mother liquor as a waste, and as a by-product."""
    folder = tmp_path_factory.mktemp("effluents")
    made = []
    for name, text in (("waste", CARBONATION), ("sold", OPEN)):
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
        made.append(json.loads(solve(folder / f"{name}.yaml").to_json()))
    return made


def reckon(result, **section):
    document = load_text(f"carbon: {json.dumps({'grid': 'JP-Tokyo-2024', **section})}", "plant.yaml")
    return of_result(result, scenarios(document, ("carbon",), None)[0])


def told(record):
    return [each["text"] for each in record["warnings"] if each["code"] == "W781"]


def test_a_saline_acid_effluent_at_the_municipal_factor_is_told_with_what_its_acid_needs(results):
    stream = results[0]["streams"]["polish.liquor"]
    acid = sum(stream["species_mol_h"].get(each, 0.0) for each in ("H+", "HSO4-"))
    dissolved = 100.0 * (1.0 - stream["species_mol_h"]["H2O"] * 0.018015 / stream["phases_kg_h"]["aq"])
    (text,) = told(reckon(results[0]))
    assert text.startswith(f"mother_liquor: {dissolved:.2g} wt% dissolved at pH {stream['pH']:.2g}")
    # Ca(OH)2: 74.09 g for 2 mol of acid, 0.972135 kgCO2e/kg
    assert f"lime for its acid, {acid / 2 * 0.07409 * 0.972135:.2g} kgCO2e/h" in text


def test_acid_waste_water_adds_lime_for_the_free_acid(results):
    before, after = reckon(results[0]), reckon(results[0], treatments={"mother_liquor": "acid_waste_water"})
    species = results[0]["streams"]["polish.liquor"]["species_mol_h"]
    acid = sum(species.get(each, 0.0) for each in ("H+", "HSO4-"))
    more = after["totals"]["climate"] - before["totals"]["climate"]
    assert more == pytest.approx(acid / 2 * 0.074092 * 0.972135, rel=1e-4)
    (text,) = told(after)
    assert "evaporating the salt" in text
    assert "lime" not in text


def test_a_factor_of_ones_own_stands_for_a_treatment_per_m3(results):
    found = reckon(results[0], factors={"my.zld": FACTOR}, treatments={"mother_liquor": "my.zld"})
    volume = results[0]["streams"]["polish.liquor"]["volume_m3_h"]
    assert found["contributions"]["climate"]["mother_liquor/my.zld/my.zld"] == pytest.approx(12.0 * volume, rel=1e-12)
    assert told(found) == []
    assert not any(each["id"].startswith("mother_liquor/haul") for each in found["activities"])


@pytest.mark.parametrize(("treatment", "hauled"), [("hazardous_landfill", True), ("waste_water", False)])
def test_a_by_product_without_a_buyer_is_hauled_to_its_treatment(results, treatment, hauled):
    found = reckon(results[1], by_products={"mother_liquor": {"treatment": treatment}})
    haul = [each for each in found["activities"] if each["id"].startswith("mother_liquor/haul")]
    mass = results[1]["outlets"]["by_products"]["mother_liquor"]["mass_kg_h"]
    assert [each["amount"] for each in haul] == ([pytest.approx(mass / 1000 * 50)] * 2 if hauled else [])


@pytest.mark.parametrize(
    ("section", "code", "near"),
    [
        ({"treatments": {"mother_liquor": "util.wastwater"}}, "E770", "util.wastewater"),
        ({"treatments": {"mother_liquor": "acid_wastewater"}}, "E785", "acid_waste_water"),
    ],
)
def test_an_unknown_treatment_is_told_with_the_nearest(results, section, code, near):
    with pytest.raises((UserError, UserErrors)) as raised:
        reckon(results[0], **section)
    error = getattr(raised.value, "errors", [raised.value])[0]
    assert error.code == code
    assert near in error.expected


def test_a_contract_per_kwh_delivered_has_the_losses_in_it_and_says_that_it_is_co2_only(results):
    found = reckon(results[0], market="market.JP-Yonden-FY2024")
    bought = [each for each in found["activities"] if each["kind"] == "electricity" and each["id"] != "grid/losses"]
    taken = sum(each["amount"] for each in bought)
    assert found["market_based"]["electricity"] == pytest.approx(0.376 * taken, rel=1e-12)
    assert {each["where"] for each in found["warnings"] if each["code"] == "W771"} == {"market.JP-Yonden-FY2024"}


def test_a_heat_pump_for_what_is_hotter_than_it_heats_is_told(results):
    found = reckon(results[0], heat="heat_pump")
    hot = [each["text"] for each in found["warnings"] if each["code"] == "W784"]
    warm = max(s["temperature_K"] for name, s in results[0]["streams"].items() if name.startswith("carbonation."))
    assert warm == pytest.approx(363.15)  # at its limit, not above
    assert hot == []
    warmer = json.loads(json.dumps(results[0]))
    warmer["streams"]["carbonation.slurry"]["temperature_K"] = 373.15
    (text,) = [each["text"] for each in reckon(warmer, heat="heat_pump")["warnings"] if each["code"] == "W784"]
    assert text == "heat_pump heats to 90 degC; hotter: carbonation"
    for section in ({}, {"heat": "heat_pump", "efficiency": 1.8}):
        assert [each for each in reckon(warmer, **section)["warnings"] if each["code"] == "W784"] == []
