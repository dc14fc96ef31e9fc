"""Transport, process CO2, conversions to metal, quality, completeness and sensitivity by hand."""

from __future__ import annotations

import pytest

from hydromet.assess.carbon.approaches import figure
from hydromet.assess.carbon.benchmarks import beside, primary, primary_of
from hydromet.assess.carbon.book import books
from hydromet.assess.carbon.breakdown import REST, breakdown
from hydromet.assess.carbon.completeness import check, mean_intensity
from hydromet.assess.carbon.prices import metal_fraction
from hydromet.assess.carbon.quality import primary_share, rating, ratings_of_processing
from hydromet.assess.carbon.sensitivity import doses, elasticities, grids, tornado, vary
from hydromet.assess.carbon.shapes import Contribution
from tests.literature.carbon.rows import activity, factor, inventory, product, row


def hand(value):
    return pytest.approx(value, rel=5e-5)


def leg(name, tonnes, km, *factors, share=1.0):
    """t.km of one leg with each factor of its mode; ``share``: laden trip plus what the empty return adds."""
    return [
        Contribution(activity(f"{name}/{i}", tonnes * km * share, "t.km", kind="transport", flow=name), each)
        for i, each in enumerate(factors)
    ]


def test_black_mass_by_truck_ship_and_rail():
    # 25 t: 300 km truck (0.10163 + 0.02359 per t.km): 7500 * 0.12522 = 939.15; 9000 km ship: 225000 * 0.01612 = 3627;
    # 50 km rail (0.02779 + 0.00691): 1250 * 0.0347 = 43.375. Together 4609.525 kg CO2e, 0.184381 per kg.
    of = books().factor
    mode = {
        "truck": [of("tr.truck_avg.ttw", "climate"), of("tr.truck_avg.wtt", "climate")],
        "ship": [of("tr.container_ship.ttw", "climate")],
        "rail": [of("tr.rail.ttw", "climate"), of("tr.rail.wtt", "climate")],
    }
    rows = [
        *leg("truck", 25.0, 300.0, *mode["truck"]),
        *leg("ship", 25.0, 9000.0, *mode["ship"]),
        *leg("rail", 25.0, 50.0, *mode["rail"]),
    ]
    parts = {part.name: part.value for part in breakdown(rows, "flow")}
    assert parts == {"truck": hand(939.15), "ship": hand(3627.0), "rail": hand(43.375)}
    assert sum(parts.values()) / 25_000.0 == hand(0.184381)


def test_fully_laden_there_and_empty_back():
    # 25 t over 300 km fully laden, 0.07431 + 0.01757 = 0.09188: 689.1. Empty back at 60 % of the laden burden:
    # 1.6 * 689.1 = 1102.56, more than the 939.15 of an average-laden truck, whose factor has empty running in it.
    laden = [books().factor(f"tr.truck_full.{part}", "climate") for part in ("ttw", "wtt")]
    assert sum(each.value for each in leg("truck", 25.0, 300.0, *laden)) == hand(689.1)
    assert sum(each.value for each in leg("truck", 25.0, 300.0, *laden, share=1.6)) == hand(1102.56)


@pytest.mark.parametrize(
    ("name", "kg", "expected"),
    [
        # CO2 44.009; CaCO3 100.086: 100 * 0.439712. Na2CO3 105.988: 120 * 0.415226. Li2CO3 73.888: 10 * 0.595618.
        ("proc.caco3_acid", 100.0, 43.9712),
        ("proc.na2co3_acid", 120.0, 49.82712),
        ("proc.li2co3_acid", 10.0, 5.95618),
        # Graphite: 44.009 / 12.011 = 3.66406; 350 kg of it in a tonne of black mass: 1282.42.
        ("proc.carbon_burn", 350.0, 1282.421),
    ],
)
def test_process_co2(name, kg, expected):
    found = Contribution(activity("gas", kg, kind="process"), books().factor(name, "climate"))
    assert found.value == hand(expected)


@pytest.mark.parametrize(
    ("compound", "metal", "per_kg", "per_metal"),
    [
        # 58.693 / 262.839 = 0.22330: 1.5 / 0.2233 = 6.71742.
        ("NiSO4:6H2O(s)", "Ni", 1.5, 6.71742),
        # 58.933 / 281.094 = 0.209656: 2.0 / 0.209656 = 9.53943.
        ("CoSO4:7H2O(s)", "Co", 2.0, 9.53943),
        # 2 * 6.94 / 73.888 = 0.187852: 3.0 / 0.187852 = 15.9700.
        ("Li2CO3(s)", "Li", 3.0, 15.9700),
    ],
)
def test_per_kg_of_metal(compound, metal, per_kg, per_metal):
    content = metal_fraction(compound, metal)
    output = product("p", 100.0, compound=compound, **{metal: 100.0 * content})
    found = figure(100.0 * per_kg, output)
    assert found.per_kg == hand(per_kg)
    assert found.per_kg_metal[metal] == pytest.approx(per_metal, rel=3e-4)


def test_an_impurity_has_no_figure_of_its_own():
    found = figure(150.0, product("p", 100.0, Ni=22.33, Co=0.02))
    assert set(found.per_kg_metal) == {"Ni"}


def test_moist_product():
    # The same salt with 2 % moisture: 21.8834 % Ni. Per kg as sold less, per kg of nickel the same.
    dry, moist = figure(150.0, product("p", 100.0, Ni=22.33)), figure(150.0, product("p", 102.04, Ni=22.33))
    assert moist.per_kg < dry.per_kg
    assert moist.per_kg_metal == dry.per_kg_metal


def test_benchmarks_on_equal_basis():
    # GREET: 7.569 per kg NiSO4 (37.928 % Ni) is 19.9563 per kg Ni and 4.45624 per kg of hexahydrate.
    # Own 2.0: 100 * (2.0 / 4.45624 - 1) = -55.119 %.
    output = product("nickel_sulfate", 100.0, Ni=22.330)
    found = {each.benchmark.id: each for each in beside(output, 2.0)}
    anhydrous = found["niso4.greet2022"]
    assert anhydrous.per_kg_metal == (hand(19.9563), hand(19.9563))
    assert anhydrous.low == hand(4.45624)
    assert anhydrous.difference[0] == pytest.approx(-55.119, abs=0.005)
    # A range stays one: 4 to 5.5 per kg of hexahydrate: -50 to -63.6 %.
    ranged = found["niso4.range"]
    assert (ranged.low, ranged.high) == (pytest.approx(4.0, rel=1e-4), pytest.approx(5.5, rel=1e-4))
    assert ranged.difference == (pytest.approx(-63.636, abs=0.01), pytest.approx(-50.0, abs=0.01))
    assert ranged.position == "below"
    # Published change: recycled hydro 36.2 % below primary; own 100 * (2.0 / (19.948 * 0.2233) - 1) = -55.100 %.
    change = found["niso4.ali2024"]
    assert change.own == pytest.approx(-55.100, abs=0.005)
    assert change.difference[0] == pytest.approx(-18.900, abs=0.005)
    assert change.per_kg_metal is None


@pytest.mark.parametrize(("per_kg", "position"), [(3.9, "below"), (4.7, "within"), (6.0, "above")])
def test_position_in_a_range(per_kg, position):
    found = {each.benchmark.id: each.position for each in beside(product("p", 100.0, Ni=22.330), per_kg)}
    assert found["niso4.range"] == position


def test_primary_of_mixed_hydroxide():
    # 40 % Ni and 10 % Co: 0.4 * 19.948 + 0.1 * 18.183 = 9.7975 per kg; no single row is a fair comparison.
    output = product("mhp", 100.0, Ni=40.0, Co=10.0)
    assert primary_of(output) == hand(9.7975)
    assert beside(output, 3.0) == ()


def test_primary_figures_per_metal():
    # Lithium carbonate 12.392 / 0.187852 = 65.967; manganese sulfate 0.869 / (54.938 / 151.0) = 2.3885.
    assert primary()["Ni"] == 19.948
    assert primary()["Li"] == pytest.approx(65.967, rel=1e-4)
    assert primary()["Mn"] == pytest.approx(2.3885, rel=2e-4)


def rated(name, value, quality, **given):
    return Contribution(activity(name, value, **given), factor(name, quality=quality))


def test_data_quality():
    # |c| 60, 30, 10 with (1,2,1), (3,3,2), (5,1,3): TeR 0.6 + 0.9 + 0.5 = 2.0; GeR 1.2 + 0.9 + 0.1 = 2.2;
    # TiR 0.6 + 0.6 + 0.3 = 1.5; mean 5.7 / 3 = 1.9. With P 1, 2, 4 = 0.6 + 0.6 + 0.4 = 1.6: 7.3 / 4 = 1.825.
    rows = [rated("a", 60.0, (1, 2, 1)), rated("b", 30.0, (3, 3, 2)), rated("c", -10.0, (5, 1, 3))]
    found = rating(rows)
    assert (found.technological, found.geographical, found.time) == (hand(2.0), hand(2.2), hand(1.5))
    assert (found.overall, found.level) == (hand(1.9), "very good")
    assert found.ouranos() == {"TeR": hand(2.0), "GeR": hand(2.2), "TiR": hand(1.5)}
    precise = rating(rows, precision={"a": 1.0, "b": 2.0, "c": 4.0})
    assert (precise.precision, precise.overall) == (hand(1.6), hand(1.825))


def test_data_quality_of_a_product():
    # A share of 0.5 of a and all of b: 30 and 30: TeR (1 + 3) / 2 = 2.
    rows = [rated("a", 60.0, (1, 2, 1)), rated("b", 30.0, (3, 3, 2))]
    assert rating(rows, [0.5, 1.0]).technological == hand(2.0)


def test_quality_of_pre_and_main_processing():
    rows = [rated("a", 60.0, (1, 2, 1), stage="raw_material"), rated("b", 30.0, (3, 3, 2))]
    found = ratings_of_processing(rows)
    assert found["preProcessing"].ouranos() == {"TeR": 1.0, "GeR": 2.0, "TiR": 1.0}
    assert found["mainProcessing"].ouranos() == {"TeR": 3.0, "GeR": 3.0, "TiR": 2.0}
    assert ratings_of_processing([row("c", 1.0)])["preProcessing"] is None


def test_primary_data_share():
    # Process gas 20 (own amount, stoichiometric factor), a supplier's declared 10, electricity 50 (own amount, factor
    # of a table), haulage 20 (a default): PACT (20 + 10) / 100 = 30 %, Catena-X (20 + 10 + 50) / 100 = 80 %.
    rows = [
        row("gas", 20.0, kind="process"),
        Contribution(activity("black_mass", 10.0, kind="upstream"), factor("d", scope="supplier declaration")),
        row("electricity", 50.0, kind="electricity"),
        row("haulage", 20.0, kind="transport", primary=False),
    ]
    found = primary_share(rows)
    assert (found.pact, found.catena_x) == (hand(30.0), hand(80.0))


def test_completeness():
    # In: acid 1000 kg at 0.05 = 50, caustic 400 kg at 2.0 = 800: 850 kg CO2e from 1400 kg, 0.607143 per kg.
    # Out: filter cloth 5 kg, estimated 3.03571 kg CO2e; of 853.03571 that is 0.355872 %; of 2005 kg in 0.249377 %.
    rows = [
        Contribution(activity("acid", 1000.0), factor("h2so4", 0.05)),
        Contribution(activity("caustic", 400.0), factor("naoh", 2.0)),
    ]
    made = inventory(product("p", 1.0, Ni=1.0), mass_in=2000.0, excluded={"filter_cloth": (5.0, "minor")})
    assert mean_intensity(rows) == hand(0.607143)
    found = check(made, rows)
    assert found.exempted_percent == hand(0.355872)
    assert found.excluded_mass == hand(0.00249377)
    assert found.complete


def test_completeness_missed():
    # The cloth is found to bring 30 kg CO2e: 30 / 880 = 3.40909 %, above 1 % for one flow and 3 % for all.
    rows = [Contribution(activity("acid", 1000.0), factor("h2so4", 0.85))]
    made = inventory(product("p", 1.0, Ni=1.0), mass_in=2000.0, excluded={"filter_cloth": (5.0, "minor")})
    found = check(made, rows, climate={"filter_cloth": 30.0})
    assert found.exempted_percent == hand(3.40909)
    assert [code for code, _ in found.notices] == ["W791", "W792"]
    assert not found.complete


def test_many_small_flows_are_too_much_together():
    # Four flows of 16 kg in 2000 + 64 kg: 0.775 % each, 3.10 % together.
    rows = [Contribution(activity("acid", 1000.0), factor("h2so4", 0.85))]
    left = {f"x{i}": (16.0, "minor") for i in range(4)}
    found = check(inventory(product("p", 1.0, Ni=1.0), mass_in=2000.0, excluded=left), rows, dict.fromkeys(left, 0.1))
    assert found.excluded_mass == hand(64.0 / 2064.0)
    assert [code for code, _ in found.notices] == ["W792"]


def test_energy_criterion():
    # 100 kWh = 360 MJ in; 4 MJ of an excluded carrier: 4 / 364 = 1.0989 %: it has to be in.
    rows = [Contribution(activity("power", 100.0, "kWh", kind="electricity"), factor("grid", 0.4, "kWh"))]
    made = inventory(product("p", 1.0, Ni=1.0), excluded={"diesel": (0.1, "forklift")})
    found = check(made, rows, climate={"diesel": 0.3}, energy={"diesel": 4.0})
    assert found.excluded_energy == hand(0.010989)
    assert [code for code, _ in found.notices] == ["W791"]


# Electricity 500 kWh at 0.4 = 200, caustic 300 kg at 2 = 600, acid 1000 kg at 0.2 = 200: 1000 kg CO2e.
CASE = [
    Contribution(activity("power", 500.0, "kWh", kind="electricity"), factor("grid.A", 0.4, "kWh", gsd=1.1)),
    Contribution(activity("caustic", 300.0), factor("naoh", 2.0, gsd=1.2)),
    Contribution(activity("acid", 1000.0), factor("h2so4", 0.2, gsd=1.5)),
]


def test_grids_side_by_side():
    # At 0.05: 25 in place of 200: 825, -17.5 %. At 0.6: 300: 1100, +10 %.
    low, high = grids(CASE, {"low": factor("grid.B", 0.05, "kWh"), "high": factor("grid.C", 0.6, "kWh")})
    assert (low.total, low.change, low.percent) == (hand(825.0), hand(-175.0), hand(-17.5))
    assert (high.total, high.percent) == (hand(1100.0), hand(10.0))


def test_tornado():
    # Acid 200 / 1.5^1.96 = 90.340 to 200 * 2.213844 = 442.769; caustic 600 / 1.2^1.96 = 419.721 .. 857.711;
    # power 200 / 1.1^1.96 = 165.919 .. 241.081.
    bars = {bar.name: bar for bar in tornado(CASE)}
    assert list(bars) == ["naoh", "h2so4", "grid.A"]
    assert (bars["h2so4"].low, bars["h2so4"].high) == (hand(890.340), hand(1242.769))
    assert bars["naoh"].span == hand(857.711 - 419.721)
    # A range of its own: caustic 0.5 to 2.5 per kg: 550 to 1150.
    own = tornado(CASE, ranges={"naoh": (0.5, 2.5)})[0]
    assert (own.name, own.low, own.high) == ("naoh", hand(550.0), hand(1150.0))


def test_doses_and_elasticities():
    # 10 % more caustic: +60; elasticities 0.6, 0.2, 0.2.
    assert [(bar.name, bar.low, bar.high) for bar in doses(CASE)] == [
        ("caustic", hand(940.0), hand(1060.0)), ("acid", hand(980.0), hand(1020.0)),
    ]  # fmt: skip
    assert vary(CASE, {"caustic": 1.1, "acid": 0.5}).total == hand(960.0)
    assert elasticities(CASE) == {"caustic": hand(0.6), "acid": hand(0.2), "power": hand(0.2)}


def test_largest_contributions():
    # 600, 200, 200: the first is 60 %, the first two 80 %, the rest makes it whole.
    found = breakdown(CASE, top=1)
    assert [(part.name, part.value, part.share, part.cumulative) for part in found] == [
        ("caustic", hand(600.0), hand(0.6), hand(0.6)), (REST, hand(400.0), hand(0.4), 1.0),
    ]  # fmt: skip
