"""EverBatt 2023 for other feeds than the shipped one: the formulas of its sheet, factors of GREET 2022, by hand.

Per kg of feed, with the model's rounded molar masses: n = Co/59 + Ni/59 + Mn/55 kmol; H2SO4 7 Li + 196 n; H2O2 17 n;
NaOH 160 n; Na2CO3 106/14 Li; CaO 56/38 F; electricity 0.9 MJ; natural gas 1 + 148/7 Li MJ; diesel 0.6 MJ; water 2 gal.
Yields 98 % of Ni, Co and Mn, 90 % of Li as Li2CO3 (Li x 0.9/7 x 37). Prices, USD per kg: Ni 16.85, Co 50.35, Mn 3.149,
Li2CO3 8.57. kg CO2e: H2SO4 0.044071, H2O2 1.08124, NaOH 2.12032, Na2CO3 0.705604, CaO 1.28444, kWh 0.4665,
MJ gas 0.0695566, MJ diesel 0.0904604 (wheel loader), m3 water 0.1913 (UK).

Oxides are pure: LiMO2 of 7 + M + 32. For NMC111 that is 96.667: Li 0.0724138, Co 0.2034483, Ni 0.2034483, Mn 0.1896552.
"""

from __future__ import annotations

import pytest

from tests.literature.carbon.by_hand import per_kg, per_metal, reckon

# Feed -> mass fractions; kg per kg of feed; kg CO2e per kg of feed, line by line and in sum.
FEEDS = {
    "NMC111": {"Li": 0.07241379310, "Co": 0.2034482759, "Ni": 0.2034482759, "Mn": 0.1896551724, "F": 0.0},
    "NMC622": {"Li": 0.07201646091, "Co": 0.1213991770, "Ni": 0.3641975309, "Mn": 0.1131687243, "F": 0.0},
    "NMC811": {"Li": 0.07172131148, "Co": 0.06045081967, "Ni": 0.4836065574, "Mn": 0.05635245902, "F": 0.0},
    "LCO": {"Li": 0.07142857143, "Co": 0.6020408163, "Ni": 0.0, "Mn": 0.0, "F": 0.0},
    "black mass": {"Li": 0.04, "Co": 0.08, "Ni": 0.20, "Mn": 0.06, "F": 0.015},
}
AMOUNTS = {
    "NMC111": {"acid": 2.534482759, "peroxide": 0.1758620690, "caustic": 1.655172414, "soda": 0.5482758621,
               "lime": 0.0, "gas": 2.531034483},
    "NMC622": {"acid": 2.520576132, "peroxide": 0.1748971193, "caustic": 1.646090535, "soda": 0.5452674897,
               "lime": 0.0, "gas": 2.522633745},
    "NMC811": {"acid": 2.510245902, "peroxide": 0.1741803279, "caustic": 1.639344262, "soda": 0.5430327869,
               "lime": 0.0, "gas": 2.516393443},
    "LCO": {"acid": 2.5, "peroxide": 0.1734693878, "caustic": 1.632653061, "soda": 0.5408163265, "lime": 0.0,
            "gas": 2.510204082},
    "black mass": {"acid": 1.423987673, "peroxide": 0.09922342065, "caustic": 0.9338674884, "soda": 0.3028571429,
                   "lime": 0.02210526316, "gas": 1.845714286},
}  # fmt: skip
# Everywhere: electricity 0.25 x 0.4665 = 0.116625, diesel 0.6 x 0.0904604 = 0.05427624, water 0.007570824 x 0.1913 =
# 0.001448299.
LINES = {
    "NMC111": (0.1116971897, 0.1901491034, 3.509495172, 0.3868656414, 0.0, 0.1760501531, 4.546606799),
    "NMC622": (0.1110843107, 0.1891057613, 3.490238683, 0.3847429218, 0.0, 0.1754658263, 4.522987042),
    "NMC811": (0.1106290471, 0.1883307377, 3.475934426, 0.3831661066, 0.0, 0.1750317721, 4.505441628),
    "LCO": (0.1101775, 0.1875620408, 3.461746939, 0.3816021633, 0.0, 0.1746012612, 4.488039443),
    "black mass": (0.06275656075, 0.1072843313, 1.980097913, 0.2136972114, 0.02839288421, 0.1283816103, 2.69296005),
}
# kg CO2e per kg of metal in all products by metal mass; per kg of Ni, Co, Mn and of Li2CO3 by value.
PER_METAL = {"NMC111": 6.997006854, "NMC622": 6.941302584, "NMC811": 6.90012401, "LCO": 6.85944893,
             "black mass": 7.294041305}  # fmt: skip
BY_VALUE = {
    "NMC111": (4.523576411, 13.51703693, 0.845385289, 2.300715124),
    "NMC622": (4.984634326, 14.89473818, 0.9315497622, 2.535211642),
    "NMC811": (5.396981167, 16.12688438, 1.008610902, 2.744933448),
    "LCO": (None, 6.927738323, None, 1.179160227),
    "black mass": (5.005143199, 14.95602137, 0.9353825479, 2.545642564),
}


@pytest.fixture(scope="module", params=FEEDS)
def feed(request):
    """A feed and its record, per tonne."""
    name = request.param
    amounts, part = AMOUNTS[name], FEEDS[name]
    lines = [
        f"{line}: amount: {1000 * amounts[line]!r} {per}, factor: {factor}"
        for line, per, factor in (
            ("acid", "kg", "chem.h2so4"), ("peroxide", "kg", "chem.h2o2"), ("caustic", "kg", "chem.naoh"),
            ("soda", "kg", "chem.na2co3"), ("lime", "kg", "chem.cao"), ("gas", "MJ", "fuel.ng_boiler"),
        )
    ]  # fmt: skip
    lines += ["electricity: amount: 900 MJ", "diesel: amount: 600 MJ, factor: fuel.diesel_loader",
              "water: amount: 7570.823568 L, factor: util.water_supply"]  # fmt: skip
    outputs = [
        f"{metal}: {{mass: {980 * part[metal]!r} kg, metals: {{{metal}: {980 * part[metal]!r} kg}}, price: {price}}}"
        for metal, price in (("Ni", 16.85), ("Co", 50.35), ("Mn", 3.149))
        if part[metal]
    ]
    lithium = 900 * part["Li"]
    outputs.append(f"Li: {{mass: {lithium / 7 * 37!r} kg, metals: {{Li: {lithium!r} kg}}, price: 8.57}}")
    return name, reckon(*lines, outputs=outputs, grid="US-GREET-2022")


def near(value):
    return pytest.approx(value, rel=1e-8)


def test_per_kg_of_feed(feed):
    name, found = feed
    *lines, whole = LINES[name]
    rows = {line: value / 1000 for line, value in found["contributions"]["climate"].items()}
    assert [rows[line] for line in AMOUNTS[name]] == [near(value) for value in lines]
    assert (rows["electricity"], rows["diesel"]) == (near(0.116625), near(0.05427624))
    assert found["totals"]["climate"] / 1000 == near(whole)


def test_per_kg_of_metal(feed):
    name, found = feed
    for product in found["products"]:
        assert per_metal(found, product, product) == near(PER_METAL[name])
    # Li2CO3: 7 of 37 is lithium
    assert per_kg(found)["Li"] == near(PER_METAL[name] * 7 / 37)


def test_by_value(feed):
    name, found = feed
    figures = per_kg(found, "economic")
    assert [figures.get(each) for each in ("Ni", "Co", "Mn", "Li")] == [
        None if value is None else near(value) for value in BY_VALUE[name]
    ]
