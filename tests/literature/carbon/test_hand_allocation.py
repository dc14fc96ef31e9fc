"""Shares of two to four products, co-products and suppliers, reckoned by hand and written as case files.

Metals in the salts by the tables of the trade: Ni in NiSO4.6H2O 22.330 %, Co in CoSO4.7H2O 20.966 %, Li in Li2CO3
18.785 %, Mn in MnSO4.H2O 32.506 %. Prices of the published model, USD: Ni 16.85, Co 50.35 per kg of metal, Li2CO3 8.57.
The plant makes 788 kg NiSO4.6H2O (175.9604 kg Ni), 289 kg CoSO4.7H2O (60.59174 kg Co), 207 kg Li2CO3 (38.88495 kg Li).
"""

from __future__ import annotations

import pytest

from hydromet.errors import UserError
from tests.literature.carbon.by_hand import (
    CO2,
    COBALT,
    LITHIUM,
    MANGANESE,
    NICKEL,
    by_tables,
    exactly,
    per_kg,
    per_metal,
    priced,
    reckon,
)

THREE = (NICKEL, COBALT, LITHIUM)
PLANT = f"plant: amount: 3600 kg, {CO2}"
VALUED = (priced(NICKEL, 0.22330 * 16.85), priced(COBALT, 0.20966 * 50.35), priced(LITHIUM, 8.57))


def test_two_by_metal_mass():
    # 175.9604/236.55214 = 74.3855 %: 3600 x 0.743855/788 = 3.398321; per kg of metal 3600/236.55214 = 15.218632
    found = reckon(PLANT, outputs=(NICKEL, COBALT))
    assert per_kg(found) == {"nickel": by_tables(3.398320556), "cobalt": by_tables(3.190738414)}
    assert per_metal(found, "nickel", "Ni") == by_tables(15.21863214)
    assert per_metal(found, "cobalt", "Co") == by_tables(15.21863214)


def test_two_by_value():
    # 175.9604 x 16.85 = 2964.933; 60.59174 x 50.35 = 3050.794: 49.2864 % and 50.7136 %
    found = per_kg(reckon(PLANT, outputs=VALUED[:2]), "economic")
    assert found == {"nickel": exactly(2.251661078), "cobalt": exactly(6.317270141)}


def test_three_by_metal_mass_product_mass_and_value():
    found = reckon(PLANT, outputs=VALUED)
    # 275.43709 kg of metal: 13.07014 per kg of each
    assert per_kg(found) == {
        "nickel": by_tables(2.918561186), "cobalt": by_tables(2.740284542), "lithium": by_tables(2.455224894),
    }  # fmt: skip
    # 3600/1284 for all
    assert per_kg(found, "mass") == dict.fromkeys(("nickel", "cobalt", "lithium"), exactly(2.803738318))
    # 2964.93274 + 3050.79411 + 207 x 8.57 (1773.99) = 7789.71685: 3600 x 3.762605/7789.71685 and so on
    assert per_kg(found, "economic") == {
        "nickel": exactly(1.738879379), "cobalt": exactly(4.878607572), "lithium": exactly(3.960606091),
    }  # fmt: skip


def test_four_by_metal_mass():
    # 150 x 0.32506 = 48.759 kg Mn more: 3600/324.19609 = 11.10439 per kg of metal
    found = per_kg(reckon(PLANT, outputs=(*THREE, MANGANESE)))
    assert found == {
        "nickel": by_tables(2.479610411), "cobalt": by_tables(2.328146524), "lithium": by_tables(2.085959766),
        "manganese": by_tables(3.609593194),
    }  # fmt: skip


def test_subdivided_with_a_common_part():
    # Common 2000 by metal mass (1277.68123, 439.967907, 282.3508628), own 700, 300, 600
    lines = (f"common: amount: 2 t, {CO2}", f"a: amount: 700 kg, {CO2}, serves: nickel",
             f"b: amount: 300 kg, {CO2}, serves: [cobalt]", f"c: amount: 600 kg, {CO2}, serves: lithium")  # fmt: skip
    found = reckon(*lines, outputs=THREE)
    assert per_kg(found, "subdivision") == {
        "nickel": by_tables(2.509747754), "cobalt": by_tables(2.560442585), "lithium": by_tables(4.262564554),
    }  # fmt: skip
    assert per_kg(found) == pytest.approx(per_kg(reckon(PLANT, outputs=THREE)), rel=1e-12)


def test_a_stage_that_serves_two():
    # 1000 kg for nickel and cobalt alone, one to three: 250 and 750; nothing for lithium
    found = reckon(f"a: amount: 1 t, {CO2}, serves: {{nickel: 1, cobalt: 3}}", outputs=THREE)
    assert per_kg(found, "subdivision") == {"nickel": exactly(250 / 788), "cobalt": exactly(750 / 289), "lithium": 0.0}


@pytest.mark.parametrize(
    ("output", "metal", "expected"),
    [
        ('p: {mass: 1000 kg, compound: "NiSO4:6H2O(s)"}', "Ni", 11.19570085),  # 2.5/0.22330
        ('p: {mass: 1000 kg, compound: "NiSO4:7H2O(s)"}', "Ni", 11.96286726),  # 2.5/0.20898
        ('p: {mass: 1000 kg, compound: "CoSO4:7H2O(s)"}', "Co", 11.92406754),  # 2.5/0.20966
        ('p: {mass: 1000 kg, compound: "Li2CO3(s)"}', "Li", 13.30849082),  # 2.5/0.18785
        ("p: {mass: 1 t, metals: {Ni: 21.8834 wt%}}", "Ni", 11.42418454),  # 98 % of the hexahydrate: 2.5/0.218834
        ("p: {mass: 1 t, metals: {Ni: 218.834 kg}}", "Ni", 11.42418454),
    ],
)
def test_per_kg_as_sold_and_per_kg_of_metal(output, metal, expected):
    found = reckon(f"plant: amount: 2500 kg, {CO2}", outputs=(output,))
    assert per_kg(found)["p"] == exactly(2.5)
    assert per_metal(found, "p", metal) == by_tables(expected)


@pytest.mark.parametrize(("plant", "expected"), [(3600, -66.812), (2500, -1166.812)])
def test_avoided_burden_falls_below_zero(plant, expected):
    # Credits as declared: 289 x 3.812 + 207 x 12.392 = 1101.668 + 2565.144 = 3666.812
    primary = "factors: {my.co: {value: 3.812, unit: kgCO2e/kg, source: a}, my.li: {value: 12.392, unit: kgCO2e/kg, source: a}}"  # noqa: E501
    outputs = (NICKEL, f"{COBALT[:-1]}, credit: my.co}}", f"{LITHIUM[:-1]}, credit: my.li}}")
    found = reckon(f"plant: amount: {plant} kg, {CO2}", outputs=outputs, more=primary)
    figure = found["products"]["nickel"]["figures"]["climate"]["avoided_burden"]["metal_mass"]
    assert (figure["total"], figure["per_kg"]) == (exactly(expected), exactly(expected / 788))
    assert per_kg(found)["nickel"] > 0.0  # the cut-off figure is another


def test_avoided_burden_by_published_primary_figures():
    # 60.59174 x 18.183 = 1101.7396; 207 x 12.392 = 2565.144: 3600 - 3666.8836
    found = per_kg(reckon(PLANT, outputs=THREE), approach="avoided_burden")
    assert found["nickel"] * 788 == pytest.approx(-66.8836, abs=0.15)


def test_a_suppliers_declaration_and_the_plants_own():
    # 600 kg at 0.85 = 510 from upstream, 3100 own: 3610/500 = 7.22; declared in two stages they stay apart
    sold = "p: {mass: 500 kg, metals: {Ni: 100 kg}}"
    lines = ("bm: amount: 600 kg, declared: {raw_material: 0.6, production: 0.25, supplier: A}",
             f"plant: amount: 3100 kg, {CO2}")  # fmt: skip
    found = reckon(*lines, outputs=(sold,))
    assert (found["upstream"]["upstream"], found["upstream"]["own"]) == (exactly(510.0), exactly(3100.0))
    assert per_kg(found)["p"] == exactly(7.22)
    stages = {"preProduction": 0.0, "mainProduction": 6.2, "preComponent": 0.72, "mainComponent": 0.3}
    assert found["products"]["p"]["platform"] == {name: exactly(value) for name, value in stages.items()}


def test_two_suppliers_and_a_lot_without_a_declaration():
    # 400 x 0.85 + 350 x 1.40 = 830 and 3100
    lines = ("one: amount: 400 kg, declared: {value: 0.85, supplier: A}",
             "two: amount: 350 kg, declared: {value: 1.40, supplier: B}", f"plant: amount: 3100 kg, {CO2}")  # fmt: skip
    found = reckon(*lines)
    assert found["totals"]["climate"] == exactly(3930.0)
    assert found["upstream"]["upstream"] == exactly(830.0)


def test_production_scrap_by_its_value():
    # A cell maker's 10000 kg CO2e; sales 95000, scrap 5000: 5 % = 500 kg on 200 kg of scrap, 2.5 per kg
    found = reckon("scrap: amount: 200 kg, declared: {value: 2.5, supplier: cell maker}", f"plant: amount: 1 t, {CO2}")
    assert found["totals"]["climate"] == exactly(1500.0)


WHOLE = (
    "haul: goods: 1086.956522 kg, distance: 180 km, by: truck",  # 1000 kg dry at 8 %: 24.49956522
    "acid: amount: 900 kg, strength: 98 wt%, factor: chem.h2so4",  # 38.870622
    "peroxide: amount: 130 kg, strength: 35 wt%, factor: chem.h2o2",  # 49.19642
    "caustic: amount: 820 kg, strength: 48 wt%, factor: chem.naoh",  # 834.557952
    "soda: amount: 320 kg, factor: chem.na2co3, serves: lithium",  # 225.79328
    # 320 x 0.415226 = 132.87232 less 207 x 0.995 x 0.595618 = 122.6764614: 10.19585863, 7.673425 % of it
    "soda_gas: carbonate: Na2CO3, amount: 320 kg, released: 7.673425 %, serves: lithium",
    "lime: amount: 60 kg, factor: chem.caco3",  # 0.578409
    "lime_gas: amount: 60 kg, factor: proc.caco3_acid",  # 26.38272
    "electricity: amount: 1500 kWh",  # x 0.365 = 547.5
    "steam: amount: 4000 MJ, factor: heat.steam_ng",  # 309.1404
    "water: kind: effluent, amount: 12 m3, factor: util.wastewater",  # 2.05056
    "residue: amount: 380 kg, factor: waste.landfill_inert",  # 0.480453
)


def test_a_whole_small_plant():
    # Sum 2069.24624. Metal mass: 175.9604/275.43709 of it over 788 kg; subdivision: less 235.98914 of the lithium stage
    found = reckon(*WHOLE, outputs=THREE, grid="JP-Kansai-2024")
    assert found["totals"]["climate"] == exactly(2069.24624)
    assert per_kg(found)["nickel"] == by_tables(1.6775616)
    assert per_kg(found)["lithium"] == by_tables(1.411240244)
    assert per_kg(found, "subdivision")["nickel"] == by_tables(1.486242505)
    assert per_kg(found, "subdivision")["lithium"] == by_tables(2.390338168)


@pytest.mark.parametrize("allocation", ["metal_mass", "economic", "subdivision", "mass"])
def test_products_add_up_to_the_plant(allocation):
    found = reckon(*WHOLE, outputs=VALUED, grid="JP-Kansai-2024")
    parts = [each["figures"]["climate"]["cut_off"][allocation]["total"] for each in found["products"].values()]
    assert sum(parts) == pytest.approx(found["totals"]["climate"], rel=1e-12)
    assert sum(found["contributions"]["climate"].values()) == pytest.approx(found["totals"]["climate"], rel=1e-12)


def test_waste_carries_nothing_and_is_charged_to_the_products():
    lines = (PLANT, "cake: amount: 100 t, factor: waste.landfill_inert")  # 126.435
    waste = "cake: {mass: 100 t, kind: by_products}"
    found = reckon(*lines, outputs=(*THREE, waste))
    assert set(found["products"]) == {"nickel", "cobalt", "lithium"}
    assert per_kg(found, "mass")["nickel"] == exactly(3726.435 / 1284)


def test_no_price_no_share_by_value():
    with pytest.raises(UserError, match="iron"):
        reckon(PLANT, outputs=(NICKEL, "iron: {mass: 1 t, metals: {Fe: 1 t}}"), more="allocation: economic")


def test_sodium_sulfate_by_system_expansion():
    # 900 kg at 0.3 = 270 off: 3330 by metal mass, 3330/275.43709 = 12.08987 per kg of metal
    own = "factors: {my.na2so4: {value: 0.3, unit: kgCO2e/kg, source: a}}"
    salt = "salt: {mass: 900 kg, kind: by_products, credit: my.na2so4}"
    found = reckon(PLANT, outputs=(*VALUED, salt), more=own)
    assert per_kg(found, approach="system_expansion") == {
        "nickel": by_tables(2.699669097), "cobalt": by_tables(2.534763201), "lithium": by_tables(2.271083027),
    }  # fmt: skip
    # By value: 3330/7789.71685 x 3.762605; by mass 3330/1284; the cut-off figure has no credit in it
    assert per_kg(found, "economic", "system_expansion")["nickel"] == exactly(1.738879379 * 3330 / 3600)
    assert per_kg(found, "mass", "system_expansion")["lithium"] == exactly(3330 / 1284)
    assert per_kg(found)["nickel"] == by_tables(2.918561186)
    assert "system_expansion" not in reckon(PLANT, outputs=THREE)["products"]["nickel"]["figures"]["climate"]


def test_system_expansion_beside_subdivision():
    # Lithium alone carries 600 and 38.88495/275.43709 of 2000 - 270 = 1730: 244.2335 + 600
    own = "factors: {my.na2so4: {value: 0.3, unit: kgCO2e/kg, source: a}}"
    salt = "salt: {mass: 900 kg, kind: by_products, credit: my.na2so4}"
    lines = (f"common: amount: 2 t, {CO2}", f"own: amount: 600 kg, {CO2}, serves: lithium")
    found = reckon(*lines, outputs=(*THREE, salt), more=own)
    assert per_kg(found, "subdivision", "system_expansion")["lithium"] * 207 == by_tables(844.2335)
