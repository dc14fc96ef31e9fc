"""The inventory of a solved plant: every line has a place in the result, and the sums hold whatever is asked."""

from __future__ import annotations

import json
from math import fsum

import pytest

from hydromet.assess.carbon.assess import of_result, run
from hydromet.assess.carbon.inventory import value_at
from hydromet.assess.carbon.scenario import practice, scenarios
from hydromet.assess.case import run as solve
from hydromet.errors import FootprintError, UserError, UserErrors
from hydromet.source import load_text
from hydromet.species import atomic_mass, species
from tests.plants import CARBONATION

ALL = ("climate", "water", "energy")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("carbonation")
    (path / "plant.yaml").write_text(CARBONATION, encoding="utf-8")
    result = solve(path / "plant.yaml")
    (path / "result.json").write_text(result.to_json(), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def result(folder):
    return json.loads((folder / "result.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def record(folder):
    (found,) = run(folder)
    return found


def reckon(result, section, **changes):
    document = load_text(f"carbon: {json.dumps(section)}", "plant.yaml")
    return of_result(result, scenarios(document, ("carbon",), None, (), changes)[0])


def amount(record, name):
    return next(each["amount"] for each in record["activities"] if each["id"] == name)


def test_run_and_result_give_the_same_record(result, record):
    assert result["assessments"]["carbon"] == record


def test_every_activity_names_its_place(result, record):
    for each in record["activities"]:
        assert value_at(result, each["path"]) is not None, each["path"]


def test_every_figure_reaches_its_source_in_two_steps(record):
    activities = {each["id"]: each for each in record["activities"]}
    for indicator in ALL:
        for name in record["contributions"][indicator]:
            factor = record["factors"][activities[name]["factor"]][indicator]
            assert factor["source"]
            assert factor["book"] in [book["id"] for book in record["books"]]


def test_contributions_add_up(record):
    for indicator in ALL:
        total = record["totals"][indicator]
        assert fsum(record["contributions"][indicator].values()) == pytest.approx(total, rel=1e-12)
        assert total > 0.0
    for group in ("by_stage", "by_kind", "by_unit"):
        assert fsum(record[group].values()) == pytest.approx(record["totals"]["climate"], rel=1e-12)


def test_soda_is_charged_as_its_carbonate(result, record):
    bought = result["reagents"]["soda"]
    assert amount(record, "carbonation/soda/Na2CO3(s)") == pytest.approx(0.992 * bought["kg_h"], rel=1e-4)
    assert "impurities of soda" in record["excluded"]


def test_carbon_of_the_soda_goes_off_or_stays_in_the_product(result, record):
    """C of the soda = C as CO2 in the gas + C in the lithium carbonate + C left in the liquor."""
    gas = result["streams"]["decarbonation.gas"]["species_mol_h"]["CO2(g)"] * atomic_mass("C")
    given_off = fsum(a["amount"] for a in record["activities"] if a["kind"] == "process")
    assert given_off == pytest.approx(gas, rel=1e-12)
    # Kilograms of carbon times 44.009/12.011.
    assert fsum(
        record["contributions"]["climate"][a["id"]] for a in record["activities"] if a["kind"] == "process"
    ) == (pytest.approx(given_off * 3.66406, rel=1e-5))
    product = record["products"]["lithium_carbonate"]
    salt = species("Li2CO3(s)")
    pure = salt.elements["C"] * atomic_mass("C") / salt.molar_mass
    assert product["fossil"]["carbon_content"] < pure
    assert product["fossil"]["carbon_content"] * product["mass_kg"] + gas == pytest.approx(
        result["balance"]["elements"]["C"]["in_kg_h"]
        - result["streams"]["polish.liquor"]["elements_kg_h"].get("C", 0.0),
        rel=1e-9,
    )


def test_steam_by_the_efficiency_of_the_boiler(result, record):
    duty = result["units"]["carbonation"]["energy"]["steam_kW"]
    assert amount(record, "carbonation/heat/fuel.ng_boiler.combustion") == pytest.approx(duty * 3.6 / 0.9, rel=1e-12)
    better = reckon(result, {"efficiency": 0.95})
    assert amount(better, "carbonation/heat/fuel.ng_boiler.combustion") == pytest.approx(duty * 3.6 / 0.95, rel=1e-12)


@pytest.mark.parametrize("source", ["natural_gas", "lpg", "heavy_oil", "electric_boiler", "heat_pump"])
def test_heat_is_never_free(result, source):
    found = reckon(result, {"heat": source})
    heat = [each["amount"] for each in found["activities"] if each["flow"] == "steam"]
    assert heat
    assert min(heat) > 0.0


def test_waste_heat_is_told(result):
    found = reckon(result, {"heat": "waste_heat"})
    assert "waste heat" in found["excluded"]["heat"]["reason"]


def test_haulage_is_goods_times_distance(result, record):
    goods = result["feeds"]["liquor"]["mass_kg_h"] / 1000.0
    assert amount(record, "liquor/haul 1/tr.rail.ttw") == pytest.approx(100.0 * goods, rel=1e-12)


def test_losses_of_the_grid_are_a_line_of_their_own(record):
    taken = fsum(e["amount"] for e in record["activities"] if e["kind"] == "electricity" and e["id"] != "grid/losses")
    assert amount(record, "grid/losses") == pytest.approx(taken * 0.043 / (1.0 - 0.043), rel=1e-12)


def test_declared_footprint_is_kept_apart(result):
    declared = {"raw_material": 0.2, "production": 0.1, "supplier": "Brine Co.", "DQR": [1, 2, 3]}
    found = reckon(result, {"feeds": {"liquor": {"declared": declared}}})
    dry = 140.0  # 14 wt% of 1000 kg/h
    assert found["upstream"]["upstream"] == pytest.approx(0.3 * dry, rel=1e-9)
    assert found["upstream"]["declared"][0]["supplier"] == "Brine Co."
    assert found["upstream"]["upstream"] + found["upstream"]["own"] == pytest.approx(
        found["totals"]["climate"], rel=1e-12
    )
    product = found["products"]["lithium_carbonate"]
    per_kg = product["figures"]["climate"]["cut_off"]["metal_mass"]["per_kg"]
    assert fsum(product["platform"].values()) == pytest.approx(per_kg, rel=1e-12)
    assert product["platform"]["preComponent"] == pytest.approx(0.2 * dry / product["mass_kg"], rel=1e-9)
    factor = found["factors"]["declared.liquor.raw_material"]["climate"]
    assert factor["quality"] == [1, 2, 3]
    # Only the climate is declared: water and energy lack it, and say so.
    assert "liquor/declared/raw_material" in found["gaps"]["water"]
    assert "W780" in [each["code"] for each in found["warnings"]]


def test_scrap_takes_its_share_of_the_cell_maker(result):
    scrap = {"burden": 20.0, "value_share": "15 %", "source": "cell maker"}
    found = reckon(result, {"feeds": {"liquor": {"scrap": scrap, "preparation": False}}})
    assert found["contributions"]["climate"]["liquor/scrap"] == pytest.approx(20.0 * 0.15 * 140.0, rel=1e-9)


def test_own_factor_goes_before_the_book(result, record):
    own = {"chem.na2co3": {"value": 1.5, "unit": "kgCO2e/kg", "source": "supplier"}}
    found = reckon(result, {"factors": own})
    bought = amount(record, "carbonation/soda/Na2CO3(s)")
    assert found["contributions"]["climate"]["carbonation/soda/Na2CO3(s)"] == pytest.approx(1.5 * bought, rel=1e-12)
    assert "W773" in [each["code"] for each in found["warnings"]]


def test_market_based_beside_location_based(result, record):
    found = reckon(result, {"market": "market.JP-Yonden-FY2024", "feeds": {"liquor": {"preparation": False}}})
    place, market = found["location_based"], found["market_based"]
    metered = [a for a in found["activities"] if a["kind"] == "electricity" and a["id"] != "grid/losses"]
    taken = fsum(each["amount"] for each in metered)  # the contract is per kWh delivered: its losses are in it
    assert market["electricity"] == pytest.approx(0.376 * taken, rel=1e-12)
    assert place["total"] - market["total"] == pytest.approx(place["electricity"] - market["electricity"], rel=1e-9)
    assert record["market_based"] is None


def test_carbon_burns_where_the_treatment_says_so(result):
    """1 kg/h of graphite, 1 kmol/h of PVDF (2 C) and of Versatic 10 (10 C) become CO2; a carbonate does not."""
    spent = json.loads(json.dumps(result))
    species_flows = spent["streams"]["polish.liquor"]["species_mol_h"]
    species_flows |= {"C(s)": 1000.0 / 12.011, "PVDF(s)": 1000.0, "H(Versatic10)(org)": 1000.0, "CaCO3(s)": 50.0}
    found = reckon(spent, {"treatments": {"mother_liquor": "incineration"}})
    burnt = 1.0 + 2 * 12.011 + 10 * 12.011
    assert amount(found, "mother_liquor/incineration/carbon") == pytest.approx(burnt, rel=1e-4)
    given = found["contributions"]["climate"]["mother_liquor/incineration/carbon"]
    assert given == pytest.approx(3.664 * burnt, rel=1e-3)
    assert not [each for each in reckon(spent, {})["activities"] if each["id"].endswith("incineration/carbon")]


def test_every_shipped_scenario(result):
    names = list(practice().named)
    assert len([name for name in names if name.startswith("JP-")]) == 10
    assert {"EU", "low_carbon"} <= set(names)
    document = load_text("carbon: {}", "plant.yaml")
    totals = [of_result(result, each)["totals"]["climate"] for each in scenarios(document, ("carbon",), None, names)]
    assert min(totals) > 0.0
    assert len({f"{total:.9g}" for total in totals}) == len(names)


def test_defaults_are_told(result, record):
    bare = reckon(result, {})
    assert set(record["scenario"]["defaults"]) < set(bare["scenario"]["defaults"])
    assert bare["scenario"]["defaults"]["grid"] == "JP-2024"
    assert bare["scenario"]["defaults"]["treatment of mother_liquor"] == "waste_water"


def test_an_older_result_without_tracing(result, record):
    old = json.loads(json.dumps(result))
    for key in ("serves", "carbon_origin"):
        del old["assessments"][key]
    for row in old["reagents"].values():
        if row["kg_h"] and not row["water"]:
            row["contains_kg_h"] = {}
    found = reckon(old, {"feeds": {"liquor": {"preparation": False}}, "grid": "JP-Tokyo-2024",
                         "transport": {"liquor": {"distance": "100 km", "by": "rail"}}})  # fmt: skip
    assert found["totals"]["climate"] == pytest.approx(record["totals"]["climate"], rel=0.01)


WRONG = [
    ({"grid": "JP-Tokio-2024"}, "E772", "JP-Tokyo-2024"),
    ({"heat": "natural_gaz"}, "E784", "natural_gas"),
    ({"cooling": "cooling_towers"}, "E784", "cooling_tower"),
    ({"treatments": {"mother_licor": "landfill"}}, "E780", "mother_liquor"),
    ({"treatments": {"mother_liquor": "land_fill"}}, "E785", "landfill"),
    ({"transport": {"liquor": {"distance": "9 km", "by": "trucks"}}}, "E786", "truck"),
    ({"substances": {"NaOH": "chem.naho"}}, "E770", "chem.naoh"),
    ({"excluded": {"sodas": "x"}}, "E780", "soda"),
    ({"scenario": "JP-Tokyoo"}, "E781", "JP-Tokyo"),
    ({"serves": {"carbonation": "lithium_carbonat"}}, "E780", "lithium_carbonate"),
    ({"gird": "JP-2024"}, "E113", "grid"),
    ({"books": ["hydromet-2026.2"]}, "E775", "hydromet-2026.1"),
    ({"market": "market.JP-Yonden-FY2042"}, "E770", "market.JP-Yonden-FY2024"),
    ({"losses": "4 kg"}, "E203", "fraction"),
    ({"allocation": "by_mass"}, "E117", "mass"),
    ({"cff": {"lithium_carbonate": {"A": 1.5}}}, "E794", "0 to 1"),
    ({"feeds": {"liquor": {"declared": {"value": 0.4, "raw_material": 0.2}}}}, "E783", "add up"),
]


@pytest.mark.parametrize(("section", "code", "near"), WRONG, ids=lambda each: str(each)[:40])
def test_mistakes_have_a_place_and_the_nearest_name(result, section, code, near):
    with pytest.raises((UserError, UserErrors)) as caught:
        reckon(result, section)
    error = caught.value.errors[0] if isinstance(caught.value, UserErrors) else caught.value
    assert error.code == code
    assert near in f"{error.expected} {error.write}"
    assert error.place is not None
    assert error.place.file == "plant.yaml"
    assert error.place.line == 1


def test_a_reagent_without_a_factor_is_no_zero(result):
    odd = json.loads(json.dumps(result))
    odd["reagents"]["soda"]["contains_kg_h"] = {"Cs2CO3(s)": odd["reagents"]["soda"]["kg_h"]}
    with pytest.raises(FootprintError) as caught:
        reckon(odd, {})
    assert caught.value.code == "E782"
    assert reckon(odd, {"substances": {"Cs2CO3(s)": "chem.na2co3"}})["totals"]["climate"] > 0.0


def test_air_is_not_bought_oxygen(result):
    odd = json.loads(json.dumps(result))
    odd["reagents"]["soda"]["contains_kg_h"] = {"N2(g)": 0.76, "O2(g)": 0.24}
    odd["reagents"]["soda"]["kg_h"] = 1.0
    assert "carbonation/soda/O2(g)" not in [each["id"] for each in reckon(odd, {})["activities"]]


def test_lots_with_declared_footprints(result):
    """60 % at 0.5 and 40 % at 1.0 kg/kg of 140 kg of dry feed: 42 + 56 = 98 kg CO2e."""
    lots = {"a": {"share": "60 %", "value": 0.5, "supplier": "A"}, "b": {"share": "40 %", "value": 1.0, "PDS": "80 %"}}
    found = reckon(result, {"feeds": {"liquor": {"lots": lots}}})
    assert found["upstream"]["upstream"] == pytest.approx(98.0, rel=1e-9)
    assert [each["lot"] for each in found["upstream"]["declared"]] == ["liquor.a", "liquor.b"]
    assert found["upstream"]["declared"][1]["PDS"] == 0.8
    with pytest.raises(UserError) as caught:
        reckon(result, {"feeds": {"liquor": {"lots": {"a": lots["a"]}}}})
    assert caught.value.code == "E783"


def test_biogenic_carbon_is_told_apart(result, record):
    living = reckon(result, {"biogenic": ["soda"], "grid": "JP-Tokyo-2024", "feeds": {"liquor": {"preparation": False}},
                             "transport": {"liquor": {"distance": "100 km", "by": "rail"}}})  # fmt: skip
    given = fsum(record["contributions"]["climate"][e["id"]] for e in record["activities"] if e["kind"] == "process")
    product = living["products"]["lithium_carbonate"]
    assert product["fossil"]["biogenic"] == pytest.approx(given / product["mass_kg"], rel=1e-12)
    assert product["fossil"]["fossil"] + product["fossil"]["biogenic"] == pytest.approx(
        product["figures"]["climate"]["cut_off"]["metal_mass"]["per_kg"], rel=1e-12
    )
    assert living["totals"]["climate"] == pytest.approx(record["totals"]["climate"], rel=1e-12)


def test_haulage_of_products_is_beyond_the_gate_unless_the_boundary_says_otherwise(result):
    legs = {"transport": {"lithium_carbonate": [{"distance": "1000 km", "by": "ship"}, {"distance": "50 km"}]}}
    gate, customer = reckon(result, legs), reckon(result, {**legs, "boundary": "cradle_to_customer"})
    mass = result["products"]["lithium_carbonate"]["mass_kg_h"]
    assert "beyond the gate" in gate["excluded"]["haulage of lithium_carbonate"]["reason"]
    # 1000 km x (0.01612 + 0.0035) + 50 km x (0.10163 + 0.02359), kg CO2e per t
    more = mass / 1000.0 * (1000.0 * 0.01962 + 50.0 * 0.12522)
    assert customer["totals"]["climate"] - gate["totals"]["climate"] == pytest.approx(more, rel=1e-3)
    assert customer["by_stage"]["distribution"] == pytest.approx(more, rel=1e-3)


def test_packaging_and_what_is_left_out(result):
    found = reckon(result, {"packaging": {"lithium_carbonate": {"amount": "2 kg/t", "factor": "chem.pp"}},
                            "excluded": {"acid": "supplied by the neighbour"}})  # fmt: skip
    mass = result["products"]["lithium_carbonate"]["mass_kg_h"]
    bag = found["contributions"]["climate"]["lithium_carbonate/packaging"]
    assert bag == pytest.approx(0.002 * mass * 1.72237, rel=1e-9)
    assert not [each for each in found["activities"] if each["flow"] == "acid"]
    assert found["excluded"]["acid"]["reason"] == "supplied by the neighbour"
    # More than 3 % of the mass is left out: the check says so.
    assert not found["completeness"]["complete"]
    assert {"W791", "W792"} & {each["code"] for each in found["warnings"]}


def test_water_and_energy_have_a_spread_and_parts(record):
    for indicator in ("water", "energy"):
        each = record["products"]["lithium_carbonate"]["by_indicator"][indicator]
        whole = record["products"]["lithium_carbonate"]["figures"][indicator]["cut_off"]["metal_mass"]["per_kg"]
        assert each["uncertainty"]["nominal"] == pytest.approx(whole, rel=1e-12)
        assert each["uncertainty"]["p2.5"] < whole < each["uncertainty"]["p97.5"]
        assert fsum(each["by_kind"].values()) == pytest.approx(record["totals"][indicator], rel=1e-9)
