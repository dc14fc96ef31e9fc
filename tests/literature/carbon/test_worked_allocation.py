"""Allocation, subdivision, system expansion and avoided burden by hand."""

from __future__ import annotations

import math

import pytest

from hydromet.assess.carbon.allocation import (
    allocated,
    credits_of,
    directly_served,
    expanded,
    matrix,
    price_test,
    shares,
    subdivided,
    with_prices,
)
from hydromet.assess.carbon.approaches import avoided_burden, cut_off, figure
from hydromet.assess.carbon.prices import EVERBATT, notices, priced, prices
from tests.literature.carbon.rows import factor, inventory, product, row


def hand(value):
    return pytest.approx(value, rel=5e-5)


# 788 kg NiSO4.6H2O (22.330 % Ni), 289 kg CoSO4.7H2O (20.966 % Co), 207 kg Li2CO3 (18.785 % Li).
PLANT = inventory(
    product("nickel_sulfate", 788.0, Ni=175.9604, price=4.0),
    product("cobalt_sulfate", 289.0, Co=60.59174, price=10.0),
    product("lithium_carbonate", 207.0, Li=38.88495, price=12.0),
    product("gypsum", 400.0, kind="by_products", allocated=False),
)


def test_metal_mass():
    # 175.9604 + 60.59174 + 38.88495 = 275.43709 kg: 0.638841, 0.219984, 0.141175. Of 5000 kg CO2e, 3194.21 for nickel,
    # 3194.21 / 788 = 4.05356 per kg of salt and / 0.2233 = 18.1530 per kg Ni, as for the other two metals.
    found = shares(PLANT, "metal_mass")
    assert list(found.values()) == [hand(0.638841), hand(0.219984), hand(0.141175)]
    totals = cut_off([row("all", 5000.0)], matrix(PLANT, [row("all", 5000.0)], "metal_mass"))
    nickel = figure(totals["nickel_sulfate"], PLANT.outputs[0])
    assert (nickel.total, nickel.per_kg) == (hand(3194.21), hand(4.05356))
    for output in PLANT.outputs[:3]:
        assert list(figure(totals[output.name], output).per_kg_metal.values()) == [hand(18.1530)]


def test_economic_value():
    # 788 * 4 = 3152, 289 * 10 = 2890, 207 * 12 = 2484, together 8526: 0.369693, 0.338963, 0.291344.
    # Of 5000: 1848.46, 1694.82, 1456.72; per kg 2.34577, 5.86441, 7.03730.
    found = shares(PLANT, "economic")
    assert list(found.values()) == [hand(0.369693), hand(0.338963), hand(0.291344)]
    totals = cut_off([row("all", 5000.0)], matrix(PLANT, [row("all", 5000.0)], "economic"))
    per_kg = [figure(totals[each.name], each).per_kg for each in PLANT.outputs[:3]]
    assert per_kg == [hand(2.34577), hand(5.86441), hand(7.03730)]


def test_product_mass():
    # 788 + 289 + 207 = 1284 kg: the same 5000 / 1284 = 3.89408 per kg of whatever is sold.
    totals = cut_off([row("all", 5000.0)], matrix(PLANT, [row("all", 5000.0)], "mass"))
    assert [totals[each.name] / each.mass for each in PLANT.outputs[:3]] == [hand(3.89408)] * 3


# Metals 6:3:1, so that the common key is easy to follow.
TEN = inventory(product("ni", 20.0, Ni=6.0), product("co", 15.0, Co=3.0), product("li", 5.0, Li=1.0))


def test_subdivision():
    # Soda ash 70 serves lithium; caustic 200 serves nickel and cobalt 3:1; electricity 130 serves all, 6:3:1.
    # ni 150 + 78 = 228; co 50 + 39 = 89; li 70 + 13 = 83; together 400. Assigned directly: 270 / 400 = 0.675.
    rows = [
        row("soda_ash", 70.0, serves={"li": 1.0}),
        row("caustic", 200.0, serves={"ni": 3.0, "co": 1.0}),
        row("electricity", 130.0),
    ]
    totals = cut_off(rows, matrix(TEN, rows, "subdivision"))
    assert totals == {"ni": hand(228.0), "co": hand(89.0), "li": hand(83.0)}
    assert subdivided(TEN, rows)["ni"] == {"soda_ash": 0.0, "caustic": 0.75, "electricity": hand(0.6)}
    assert directly_served(TEN, rows) == hand(0.675)
    # By metal mass alone it is 240, 120, 40: subdivision doubles lithium.
    assert cut_off(rows, matrix(TEN, rows, "metal_mass"))["li"] == hand(40.0)


def test_subdivision_with_value_as_the_common_key():
    # Prices 4, 8, 40: revenue 80, 120, 200 of 400. Electricity 130: 26, 39, 65; soda ash 70 to lithium: 135.
    rows = [row("soda_ash", 70.0, serves={"li": 1.0}), row("electricity", 130.0)]
    valued = with_prices(TEN, {"ni": 4.0, "co": 8.0, "li": 40.0})
    totals = cut_off(rows, matrix(valued, rows, "subdivision", "economic"))
    assert totals == {"ni": hand(26.0), "co": hand(39.0), "li": hand(135.0)}


def test_waste_takes_no_burden_and_its_treatment_goes_to_the_products():
    # Landfill of gypsum 40 is booked on the gypsum, which carries nothing: the products share it by metal.
    rows = [row("landfill", 40.0, serves={"gypsum": 1.0})]
    found = matrix(PLANT, rows, "subdivision")
    assert "gypsum" not in found
    assert allocated(rows, found["nickel_sulfate"]) == hand(40.0 * 0.638841)


def test_system_expansion_for_sodium_sulfate():
    # 500 kg Na2SO4 in place of primary at 0.4: 200 off 1000. Shares 3:1: 750 - 150 = 600 and 250 - 50 = 200.
    made = inventory(
        product("a", 10.0, Ni=3.0), product("b", 10.0, Co=1.0),
        product("sodium_sulfate", 500.0, kind="by_products", allocated=False, credit="chem.na2so4"),
    )  # fmt: skip
    rows = [row("all", 1000.0)]
    given = credits_of(made, {"chem.na2so4": factor("chem.na2so4", 0.4)})
    totals = cut_off(rows, matrix(made, rows, "metal_mass"))
    found = expanded(totals, shares(made, "metal_mass"), given)
    assert found == {"a": hand(600.0), "b": hand(200.0)}
    assert math.fsum(found.values()) == hand(1000.0 - 200.0)


def test_credit_per_tonne():
    made = inventory(product("a", 1.0, Ni=1.0), product("x", 500.0, allocated=False, credit="c"))
    (credit,) = credits_of(made, {"c": factor("c", 400.0, per="t")})
    assert credit.value == hand(200.0)


def test_avoided_burden():
    # 1000 kg CO2e. For a, cobalt as sulfate (50 kg, primary 3.812 per kg) is replaced: 1000 - 190.6 = 809.4.
    # For b, 200 kg of nickel sulfate (primary 4.454) are replaced: 1000 - 890.8 = 109.2.
    made = inventory(
        product("a", 200.0, Ni=44.66, credit="ni"), product("b", 50.0, Co=10.483, credit="co"),
    )  # fmt: skip
    primary = {"ni": factor("ni", 4.454), "co": factor("co", 3.812)}
    found = avoided_burden(made, [row("all", 1000.0)], primary)
    assert found == {"a": hand(809.4), "b": hand(109.2)}
    # At 500 kg CO2e the second is below zero: 500 - 890.8 = -390.8. It is told as it is.
    assert avoided_burden(made, [row("all", 500.0)], primary)["b"] == hand(-390.8)


def test_avoided_burden_with_an_output_that_replaces_nothing():
    # c has no primary counterpart; a and c share by metal, 3:1, what is left after b: (1000 - 190.6) * 0.75 = 607.05.
    made = inventory(
        product("a", 20.0, Ni=3.0, credit="ni"), product("b", 50.0, Co=10.483, credit="co"), product("c", 9.0, Li=1.0)
    )
    primary = {"ni": factor("ni", 4.454), "co": factor("co", 3.812)}
    assert avoided_burden(made, [row("all", 1000.0)], primary)["a"] == hand(607.05)


def test_price_ratio():
    # 12 / 4 = 3: a mass key stands. With cobalt sulfate at 24: 24 / 4 = 6, above 5.
    assert price_test(PLANT).ratio == hand(3.0)
    assert not price_test(PLANT).economic
    found = price_test(with_prices(PLANT, {"cobalt_sulfate": 24.0}))
    assert (found.ratio, found.highest, found.lowest, found.economic) == (
        hand(6.0), "cobalt_sulfate", "nickel_sulfate", True,
    )  # fmt: skip


def test_mean_prices_of_five_years():
    # Nickel 2020-2024: (13.79 + 18.47 + 25.83 + 21.521 + 16.81) / 5 = 96.421 / 5 = 19.2842 USD/kg.
    found = prices(2020, 2024)["Ni"]
    assert (found.value, found.years, found.verified) == (hand(19.2842), (2020, 2024), False)
    # Lithium carbonate (8.6 + 12.6 + 68.1 + 41.3 + 14.0) / 5 = 28.92, per kg of lithium / 0.18785 = 153.95.
    assert prices(2020, 2024)["Li"].value == pytest.approx(153.95, rel=1e-4)


def test_value_of_the_metal_in_a_salt():
    # EverBatt 2023: nickel in product 16.85 USD/kg: NiSO4.6H2O at 22.33 % is worth 3.76261; a stated price stays.
    bare = inventory(product("a", 100.0, Ni=22.33), product("b", 1.0, Co=1.0, price=7.0))
    found = priced(bare, prices(of=EVERBATT))
    assert [each.price for each in found.outputs] == [hand(3.76261), 7.0]


def test_prices_that_are_not_the_users_are_told():
    bare = inventory(product("a", 100.0, Ni=22.33), product("b", 100.0, Li=18.785, price=30.0))
    market = prices()
    found = dict(notices(bare, priced(bare, market), market))
    # 0.2233 * 19.2842 = 4.30616; 30 / 4.30616 = 6.97, above 5.
    assert found["W790"] == "a: 4.31 per kg from the prices of Ni in 2020 to 2024, not all verified"
    assert found["W795"] == "b costs 7.0 times as much per kg as a"
    own = with_prices(bare, {"a": 10.0})
    assert notices(own, priced(own, market), market) == ()


def test_a_metal_without_price_leaves_the_output_without():
    bare = inventory(product("a", 100.0, Ni=10.0, Mn=10.0), product("b", 1.0, Co=1.0, price=7.0))
    assert priced(bare, prices()).outputs[0].price is None
