"""Haulage, electricity, heat, fuels, process gas, reagents, water and waste: by hand, then as case files."""

from __future__ import annotations

import pytest

from tests.literature.carbon.by_hand import exactly, per_kg, reckon, told, total


@pytest.mark.parametrize(
    ("legs", "expected"),
    [
        # 10 t x 350 km = 3500 t.km; 0.10163 tank to wheel + 0.02359 well to tank = 0.12522: 355.705 + 82.565
        (["goods: 10 t, distance: 350 km, by: truck"], 438.27),
        (["amount: 3500 t.km, factor: tr.truck_avg"], 438.27),
        # 0.850 t x 120 km = 102 t.km; times 0.12522. In kilograms it would be a thousand times that.
        (["goods: 850 kg, distance: 120 km"], 12.77244),
        # 5000 kg dry at 18 % moisture are 5000/0.82 = 6097.561 kg on the road; 260 km: 1585.3659 t.km x 0.12522
        (["goods: 6.097560976 t, distance: 260 km"], 198.5195122),
        # 150 mi = 241.4016 km; 12 t full: 0.07431 + 0.01757 = 0.09188; 12 x 241.4016 x 0.09188
        (["goods: 12 t, distance: 150 mi, by: truck_full"], 266.1597481),
        # 1600 x 0.09188 = 147.008; rail 12000 x 0.0347 = 416.4; sea without its fuel's making 38000 x 0.01612 = 612.56;
        # 700 x 0.12522 = 87.654
        (
            [
                "goods: 20 t, distance: 80 km, by: truck_full",
                "goods: 20 t, distance: 600 km, by: rail",
                "goods: 20 t, distance: 1900 km, factor: tr.container_ship.ttw",
                "goods: 20 t, distance: 35 km, by: truck",
            ],
            1263.622,
        ),
    ],
)
def test_haulage(legs, expected):
    assert total(*(f"leg_{i}: {leg}" for i, leg in enumerate(legs))) == exactly(expected)


def test_haulage_per_kg_of_product():
    # 438.27 over 788 kg of one product: 0.5561802
    assert per_kg(reckon("haul: goods: 10 t, distance: 350 km")) == {"nickel": exactly(438.27 / 788)}


def test_a_container_ship_brings_a_recalled_figure_for_its_fuel():
    # 38000 x 0.01612 = 612.56 read, 38000 x 0.0035 = 133 recalled: apart, and the second is told
    found = reckon("sea: goods: 20 t, distance: 1900 km, by: ship")
    assert found["contributions"]["climate"] == {
        "sea/tr.container_ship.ttw": exactly(612.56),
        "sea/tr.container_ship.wtt": exactly(133.0),
    }
    assert "tr.container_ship.wtt" in {each["where"] for each in found["warnings"] if each["code"] == "W772"}


@pytest.mark.parametrize(
    ("grid", "generated", "lost"),
    [
        # 1200 kWh at the meter; 4.6 % of what is generated is lost: 1200 x 0.046/0.954 = 57.86164 kWh more
        ("JP-Tokyo-2024", 646.8, 31.18742138),  # 0.539
        ("JP-Kansai-2024", 438.0, 21.11949686),  # 0.365
        ("JP-Kyushu-2024", 370.8, 17.87924528),  # 0.309
        ("EU-2024", 255.624, 12.32568553),  # 0.21302
        ("NO-2024", 36.9, 1.779245283),  # 0.03075
    ],
)
def test_electricity_with_losses_apart(grid, generated, lost):
    found = reckon("electricity: amount: 1200 kWh", grid=grid, losses="4.6 %")
    assert found["contributions"]["climate"] == {"electricity": exactly(generated), "electricity/losses": exactly(lost)}


@pytest.mark.parametrize(
    ("amount", "grid", "losses", "expected"),
    [
        # 1200 x 0.177 = 212.4; the ministry's own 0.01853 for losses is 9.477 % of 0.19553: 22.236 more
        ("1200 kWh", "GB-DEFRA-2025", "9.47681 %", 234.636),
        ("1200 kWh", "US-GREET-2022", "0 %", 559.8),  # 0.4665 is at the outlet
        ("900 MJ", "JP-Tokyo-2024", "0 %", 134.75),  # 250 kWh
        ("1.2 MWh", "JP-Tokyo-2024", "0 %", 646.8),
    ],
)
def test_electricity_in_other_units_and_areas(amount, grid, losses, expected):
    assert total(f"electricity: amount: {amount}", grid=grid, losses=losses) == exactly(expected)


def test_by_place_and_by_contract_are_two_figures():
    # 2000 kWh: Shikoku 0.515 = 1030; as sold by its utility 0.376 = 752, carbon dioxide only
    found = reckon("electricity: amount: 2000 kWh", grid="JP-Shikoku-2024", more="market: market.JP-Yonden-FY2024")
    assert found["location_based"]["total"] == found["totals"]["climate"] == exactly(1030.0)
    assert found["market_based"]["total"] == exactly(752.0)


def test_a_third_of_its_own_making():
    # 1500 x 0.045 + 3500 x 0.309
    own = "factors: {my.roof: {value: 45, unit: gCO2e/kWh, source: study}}"
    lines = ("electricity: amount: 3500 kWh", "roof: kind: electricity, amount: 1500 kWh, factor: my.roof")
    assert total(*lines, grid="JP-Kyushu-2024", more=own) == exactly(1149.0)


@pytest.mark.parametrize(
    ("amount", "more", "expected"),
    [
        # 1000/0.90 MJ burnt x (0.0565334 + 0.0130232) = 62.81488889 + 14.47022222
        ("1000 MJ", "", 77.28511111),
        ("1000 MJ", "efficiency: 0.85", 81.83129412),
        ("1 GJ", "heat: lpg\nefficiency: 0.92", 85.06641304),  # (0.0657805 + 0.0124806)/0.92
        # 3 t of steam at 2.7 MJ/kg: 8100/0.88 x (0.081167 + 0.0125263) = 747.10534 + 115.29890
        ("8.1 GJ", "heat: heavy_oil\nefficiency: 0.88", 862.4042386),
        # An electric boiler at 98 %: 1000/0.98/3.6 kWh x 0.539
        ("1000 MJ", "heat: electric_boiler", 152.7777778),
    ],
)
def test_steam(amount, more, expected):
    assert total(f"steam: kind: heat, amount: {amount}", more=more) == exactly(expected)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("amount: 1000 MJ, factor: heat.steam_ng", 77.2851),
        # 1000 MJ by the higher heating value are 900 MJ by the lower: x 0.0695566
        ("amount: 900 MJ, factor: fuel.ng_boiler", 62.60094),
        ("amount: 100 kWh, factor: fuel.ng_boiler", 25.040376),  # 360 MJ
        ("amount: 240 m3, factor: fuel.citygas_jp", 492.0),  # x 2.05
        ("amount: 0.5 kL, factor: fuel.hfo_a_jp2010", 1354.815),  # 2.70963 t/kL
        ("amount: 500 L, factor: fuel.hfo_a_jp2010", 1354.815),
        ("amount: 3 t, factor: fuel.lng_jp2010", 8093.25),  # 2.69775 t/t
        ("amount: 2000 MJ, factor: fuel.coal_boiler.combustion", 190.1538),
    ],
)
def test_fuels(line, expected):
    assert total(f"fuel: {line}") == exactly(expected)


def test_carbon_dioxide_only_is_told():
    found = reckon("gas: amount: 240 m3, factor: fuel.citygas_jp")
    assert "W771" in told(found)
    assert "W771" not in told(reckon("gas: amount: 900 MJ, factor: fuel.ng_boiler"))


@pytest.mark.parametrize(
    ("lines", "told_of"),
    [
        (["a: amount: 1 GJ, factor: fuel.coal_boiler.combustion"], {"fuel.coal_boiler.combustion"}),
        (["a: amount: 1 GJ, factor: fuel.ng_boiler.combustion"], {"fuel.ng_boiler.combustion"}),
        (["a: goods: 1 t, distance: 9 km, factor: tr.rail.ttw"], {"tr.rail.ttw"}),
        (["a: goods: 1 t, distance: 9 km, by: rail", "b: kind: heat, amount: 1 GJ"], set()),
        (["a: amount: 1 GJ, factor: fuel.ng_boiler", "b: carbon: 1 kg"], set()),
    ],
)
def test_burning_without_the_supply_of_the_fuel_is_told(lines, told_of):
    assert {each["where"] for each in reckon(*lines)["warnings"] if each["code"] == "W774"} == told_of


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        # Limestone: its making 100 x 0.00964015 and its gas 100 x 0.439712 are two lines
        (["buy: amount: 100 kg, factor: chem.caco3", "gas: amount: 100 kg, factor: proc.caco3_acid"], 44.935215),
        (["gas: carbon: 47.5 kg"], 174.04285),  # 50 kg graphite at 95 % C x 3.66406
        (["gas: carbon: 50 kg, released: 95 %"], 174.04285),
        # Coke as a reductant: 80 x 0.399751 + 80 x 0.87 x 3.66406 = 31.98008 + 255.018576
        (["buy: amount: 80 kg, factor: mat.coke", "gas: carbon: 69.6 kg"], 286.998656),
        # 4 kg of diluent made up, 1.5 kg of it oxidised to 3.15 kg/kg: 2.643304 + 4.725
        (["buy: amount: 4 kg, factor: chem.kerosene", "gas: amount: 4.725 kg, factor: proc.co2"], 7.368304),
        # 100 MJ gas: 5.65334 of the stack and 1.30232 of its supply; graphite 7 kg CO2: the stack is not counted again
        (["fuel: amount: 100 MJ, factor: fuel.ng_boiler", "gas: amount: 7 kg, factor: proc.co2"], 13.95566),
        # 50 kg CO2 bought, 73.888 x 0.595618 = 44.009023 of it in the carbonate: the rest goes off
        (["gas: amount: 5.990977216 kg, factor: proc.co2"], 5.990977216),
    ],
)
def test_process_gas(lines, expected):
    assert total(*lines) == exactly(expected)


@pytest.mark.parametrize(
    ("salt", "kg", "expected"),
    [
        ("CaCO3", 100, 43.9712),
        ("Li2CO3", 40, 23.82472),  # 0.595618
        ("NaHCO3", 30, 15.71637),  # 0.523879
        ("Na2CO3", 200, 83.0452),  # 0.415226
    ],
)
def test_carbonates_by_their_formula(salt, kg, expected):
    # The carbon of the salt by its atomic masses, 3.5e-5 beside the rounded figures of the tables
    assert total(f"gas: carbonate: {salt}, amount: {kg} kg") == pytest.approx(expected, rel=5e-5)


def test_soda_ash_keeps_its_carbon_in_the_lithium_carbonate():
    # In 200 x 0.415226 = 83.0452 kg CO2; kept by 120 kg Li2CO3 71.47416; goes off 11.57104 = 13.9334 % of it.
    # With 200 x 0.705604 = 141.1208 of its making 152.69184; the product holds 120 x 12.011/73.888 = 19.50682 kg C.
    product = 'lithium: {mass: 120 kg, compound: "Li2CO3(s)"}'
    lines = ("buy: amount: 200 kg, factor: chem.na2co3", "gas: carbonate: Na2CO3, amount: 200 kg, released: 13.93342 %")
    found = reckon(*lines, outputs=(product,))
    assert found["totals"]["climate"] == pytest.approx(152.69184, rel=1e-5)
    assert found["products"]["lithium"]["fossil"]["carbon_content"] == pytest.approx(19.50682 / 120, rel=5e-5)


def test_charcoal_is_told_apart():
    # 10 kg at 90 %: 9 x 3.66406 = 32.97654 kg CO2 of living carbon, over 788 kg; nothing of it is fossil
    found = reckon("gas: carbon: 9 kg, biogenic: yes", "other: amount: 10 kg, factor: proc.co2")
    carbon = found["products"]["nickel"]["fossil"]
    assert (carbon["biogenic"], carbon["fossil"]) == (exactly(32.97654 / 788), exactly(10 / 788))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("amount: 120 kg, strength: 50 wt%, factor: chem.h2o2", 64.8744),  # 60 x 1.08124
        ("amount: 130 kg, strength: 35 wt%, factor: chem.h2o2", 49.19642),
        ("amount: 500 kg, strength: 48 wt%, factor: chem.naoh", 508.8768),  # 240 x 2.12032
        ("amount: 1 t, strength: 98 wt%, factor: chem.h2so4", 43.18958),  # 980 x 0.044071
        ("amount: 100 kg, strength: 28 wt%, factor: chem.nh3", 79.60204),  # 28 x 2.84293
        ("amount: 60 kg, factor: chem.caoh2", 58.3281),  # 0.972135
        ("amount: 0.63348 kg, factor: chem.h2so4", 0.02791810),  # the workbook: 27.918 g per kg NiSO4
        ("amount: 35 m3, factor: util.water_supply", 6.6955),  # 0.1913
        ("amount: 28 m3, factor: util.wastewater, kind: effluent", 4.78464),  # 0.17088
        ("amount: 2400 kg, factor: waste.landfill_inert", 3.03444),  # 1.26435 per tonne
    ],
)
def test_reagents_water_and_waste(line, expected):
    assert total(f"bought: {line}") == exactly(expected)


@pytest.mark.parametrize(
    ("unit", "value"),
    [("kgCO2e/short_ton", 39.98053), ("kgCO2e/t", 44.071), ("gCO2e/kg", 44.071), ("kgCO2e/lb", 0.01999027)],
)
def test_a_factor_in_the_unit_it_was_bought_in(unit, value):
    # 39.98053/907.18474 = 0.01999027/0.45359237 = 0.044071 kg/kg: a tonne has 44.071
    own = f"factors: {{my.acid: {{value: {value}, unit: {unit}, source: licensed}}}}"
    found = total("acid: kind: reagent, amount: 1 t, factor: my.acid", more=own)
    assert found == pytest.approx(44.071, rel=1e-6)


def test_water_and_energy_of_what_is_bought():
    # Supplied 35 m3 of it, final energy at least 1200 x 3.6 = 4320 MJ
    found = reckon("water: amount: 35 m3, factor: util.water_supply", "electricity: amount: 1200 kWh")
    assert found["contributions"]["water"]["water"] == exactly(35.0)
    assert found["contributions"]["energy"]["electricity"] > 4320.0
    assert sum(found["contributions"]["energy"].values()) == exactly(found["totals"]["energy"])
