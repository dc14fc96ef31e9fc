"""Mistakes are named and never counted as zero; the tables hold together."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest

from hydromet.assess.carbon.allocation import KEYS, credits_of, matrix, shares
from hydromet.assess.carbon.approaches import cut_off, parameters
from hydromet.assess.carbon.benchmarks import benchmarks, beside, primary, primary_of
from hydromet.assess.carbon.boundaries import boundaries, boundary
from hydromet.assess.carbon.completeness import check
from hydromet.assess.carbon.prices import metal_fraction, prices
from hydromet.assess.carbon.quality import rating
from hydromet.assess.carbon.sensitivity import doses, grids, swapped, tornado, vary
from hydromet.assess.carbon.shapes import Contribution
from hydromet.assess.carbon.uncertainty import compare, draw, monte_carlo, with_prices
from hydromet.datafiles import read_csv, read_text, read_yaml
from hydromet.draws import Triangular, Uniform
from hydromet.errors import FootprintError
from tests.literature.carbon.rows import activity, factor, inventory, product, row

TWO = inventory(product("ni", 10.0, Ni=2.0, price=4.0), product("co", 5.0, Co=1.0))


def refused(code, call, *words):
    with pytest.raises(FootprintError, match=code) as caught:
        call()
    text = f"{caught.value.read} {caught.value.expected}"
    assert all(word in text for word in words), text


@pytest.mark.parametrize("key", KEYS)
def test_nothing_to_allocate_to(key):
    refused("E790", lambda: shares(inventory(), key))
    only = inventory(product("gypsum", 5.0, allocated=False), product("sulfate", 5.0, allocated=False))
    refused("E790", lambda: shares(only, key), "gypsum", "sulfate")


def test_key_without_weight():
    salts = inventory(product("a", 0.0), product("b", 0.0))
    refused("E791", lambda: shares(salts, "metal_mass"), "metal_mass is 0 for a, b")
    refused("E791", lambda: shares(salts, "mass"))


def test_product_without_metal_takes_nothing_beside_one_with_metal():
    assert shares(inventory(product("ni", 1.0, Ni=1.0), product("graphite", 9.0)), "metal_mass") == {
        "ni": 1.0,
        "graphite": 0.0,
    }


@pytest.mark.parametrize("mass", [-1.0, math.nan, math.inf])
def test_absurd_mass(mass):
    refused("E791", lambda: shares(inventory(product("a", mass, Ni=1.0)), "mass"), "a: mass")
    refused("E791", lambda: shares(inventory(product("a", 1.0, Ni=mass)), "mass"), "a: Ni")


def test_two_outputs_of_one_name():
    refused("E791", lambda: shares(inventory(product("a", 1.0), product("a", 2.0)), "mass"), "two outputs called a")


def test_missing_prices_are_all_named():
    made = inventory(product("a", 1.0, price=3.0), product("b", 1.0), product("c", 1.0, price=0.0))
    refused("E792", lambda: shares(made, "economic"), "b, c")
    # Prices are asked for only if something is left to them.
    rows = [row("x", 1.0, serves={"a": 1.0})]
    assert cut_off(rows, matrix(made, rows, "subdivision", "economic")) == {"a": 1.0, "b": 0.0, "c": 0.0}
    refused("E792", lambda: matrix(made, [row("x", 1.0)], "subdivision", "economic"))


def test_serving_what_does_not_exist():
    refused("E793", lambda: matrix(TWO, [row("x", 1.0, serves={"nii": 1.0})], "subdivision"), "x serves nii", "ni")
    refused("E793", lambda: matrix(TWO, [row("x", 1.0, serves={"ni": -1.0})], "subdivision"), "-1")


def test_weights_of_zero_leave_it_to_the_common_key():
    rows = [row("x", 3.0, serves={"ni": 0.0, "co": 0.0})]
    assert matrix(TWO, rows, "subdivision") == matrix(TWO, rows, "metal_mass")


def test_credit_that_cannot_be_given():
    made = inventory(product("a", 1.0, Ni=1.0), product("x", 5.0, allocated=False, credit="chem.na2so4"))
    refused("E795", lambda: credits_of(made, {"chem.na2s": factor("chem.na2s")}), "chem.na2s")
    refused("E795", lambda: credits_of(made, {"chem.na2so4": factor("chem.na2so4", per="kWh")}), "kWh")


def test_kilograms_are_not_added_to_litres():
    mixed = [row("a", 1.0), Contribution(activity("b"), factor("w", indicator="water"))]
    for call in (
        lambda: cut_off(mixed, matrix(TWO, mixed, "metal_mass")), lambda: rating(mixed), lambda: draw(mixed, [[1, 1]]),
        lambda: vary(mixed, {"a": 2.0}), lambda: check(TWO, mixed),
    ):  # fmt: skip
        refused("E795", call, "climate and water")


def test_deviation_below_one():
    for found in (
        Contribution(activity("a", gsd=0.3), factor("f")), Contribution(activity("a"), factor("f", gsd=math.nan))
    ):  # fmt: skip
        refused("E796", lambda found=found: monte_carlo([found], samples=100), "1 or more")
    refused("E796", lambda: monte_carlo([row("a", 1.0)], samples=10), "100 or more")


def test_prices_are_not_drawn_under_a_mass_key():
    refused("E796", lambda: with_prices(TWO, [row("a", 1.0)], {}, method="metal_mass"), "metal_mass")
    refused("E792", lambda: with_prices(TWO, [row("a", 1.0)], {}), "co")


def test_rating_outside_one_to_five():
    refused("E796", lambda: rating([Contribution(activity("a"), factor("f", quality=(0.0, 1.0, 1.0)))]), "f: rating 0")
    refused("E796", lambda: rating([row("a", 1.0)], precision={"a": 6.0}), "6")


def test_nothing_contributes():
    assert rating([row("a", 0.0)]) is None
    found = monte_carlo([row("a", 0.0)], samples=100)[""]
    assert (found.mean, found.gsd, found.first_order, found.moments) == (0.0, None, None, None)


def test_a_certain_figure_has_no_spread():
    found = monte_carlo([row("a", 5.0)], samples=100)[""]
    assert set(found.percentiles.values()) == {5.0}
    assert (found.first_order.gsd, found.moments.gsd) == (1.0, 1.0)
    # The mean of equal logarithms may be off by an ulp.
    assert found.gsd == pytest.approx(1.0, abs=1e-12)


def test_parts_of_both_signs_have_no_lognormal():
    rows = [Contribution(activity("a", 10.0), factor("f", gsd=1.2)), Contribution(activity("b", -4.0), factor("g"))]
    found = monte_carlo(rows, samples=1000)[""]
    assert found.first_order is None
    assert found.nominal == 6.0
    assert found.percentiles[2.5] < 6.0 < found.percentiles[97.5]


def test_a_credit_mirrors_the_lognormal():
    rows = [Contribution(activity("credit", -1.0), factor("f", 10.0, gsd=1.3))]
    found = monte_carlo(rows, samples=20_000)[""]
    assert found.percentiles[97.5] == pytest.approx(-10.0 / 1.3**1.96, rel=0.02)
    assert found.percentiles[2.5] == pytest.approx(-10.0 * 1.3**1.96, rel=0.02)


def test_other_laws():
    rows = [Contribution(activity("a", 2.0), factor("f", 1.5, gsd=1.3))]
    found = draw(rows, [[1.0]], 10_000, laws={"f": Uniform(1.0, 2.0)})[0]
    assert (found.min() >= 2.0, found.max() <= 4.0) == (True, True)
    assert found.mean() == pytest.approx(3.0, abs=0.03)
    tipped = draw(rows, [[1.0]], 10_000, laws={"f": Triangular(1.0, 1.0, 4.0)})[0]
    assert tipped.mean() == pytest.approx(4.0, abs=0.05)


def test_vary_what_is_not_there():
    rows = [row("sulfuric_acid", 1.0)]
    refused("E798", lambda: vary(rows, {"sulphuric_acid": 1.1}), "sulfuric_acid")
    refused("E798", lambda: vary(rows, {"sulfuric_acid": -0.1}), "multiple of 0 or more")
    refused("E798", lambda: doses(rows, 1.5), "up to 1")
    refused("E798", lambda: tornado(rows, ranges={"two": (1.0, 2.0)}), "one")
    refused("E798", lambda: grids(rows, {"x": factor("x", per="kWh")}), "reagent")
    power = [Contribution(activity("p", 1.0, "kWh", kind="electricity"), factor("g", per="kWh"))]
    refused("E798", lambda: swapped(power, factor("x", per="MJ")), "climate per kWh")
    assert doses(power) == ()


def test_excluded_flows():
    rows = [row("a", 1.0)]
    refused("E799", lambda: check(inventory(product("p", 1.0), mass_in=0.0), rows), "mass_in")
    refused("E799", lambda: check(inventory(product("p", 1.0), excluded={"x": (-2.0, "small")}), rows), "x: -2 kg")
    refused("E799", lambda: check(inventory(product("p", 1.0), excluded={"x": (2.0, " ")}), rows), "no reason")
    made = inventory(product("p", 1.0), excluded={"x": (2.0, "small")})
    refused("E799", lambda: check(made, rows, climate={"y": 1.0}), "x")


def test_a_flow_that_counts_as_nothing_is_told():
    found = check(TWO, [row("acid", 1.0), row("lime", 0.0)])
    assert [code for code, text in found.notices if "lime" in text] == ["W794"]
    assert found.complete


def test_benchmarks_need_a_mass_and_a_metal():
    refused("E791", lambda: beside(product("a", 0.0, Ni=1.0), 1.0))
    refused("E791", lambda: primary_of(product("a", 1.0)))
    assert beside(product("graphite", 1.0), 1.0) == ()
    refused("E797", lambda: metal_fraction("NiSO4:6H2O(s)", "Co"), "Co in NiSO4")


def test_years_without_prices():
    refused("E792", lambda: prices(1990, 1995), "2020 to 2024")
    refused("E792", lambda: prices(of="lme"), "annual or everbatt2023")


def test_unknown_boundary():
    refused("E798", lambda: boundary("pact_v2"), "pact_v3")


def test_comparing_a_figure_with_itself():
    rows = [Contribution(activity("a"), factor("f", gsd=1.5))]
    found = compare((rows, [1.0]), (rows, [1.0]), samples=100)
    assert found.less == 0.0
    assert found.difference.mean == 0.0


def test_sources_of_the_tables_are_explained():
    keys = {row["source"] for name in ("cff", "benchmarks", "prices") for row in read_csv(f"data/factors/{name}.csv")}
    keys |= {each.source for each in boundaries().values()}
    keys |= {each["source"] for each in read_yaml("data/factors/methods.yaml").values()}
    bibliography, words = read_text("data/REFERENCES.bib"), read_text("data/SOURCES.md")
    assert not [key for key in sorted(keys) if f"{{{key}," not in bibliography and f"| `{key}` |" not in words]


def test_recalled_rows_are_marked():
    for name in ("cff", "benchmarks", "prices"):
        for each in read_csv(f"data/factors/{name}.csv"):
            assert each["grade"] in ("measured", "fitted", "estimated", "recalled")
            assert each["grade"] != "recalled" or each["verified"] == "no", each
            assert each["verified"] in ("yes", "derived", "partly", "no")


def test_benchmark_table():
    assert len({each.id for each in benchmarks()}) == len(benchmarks())
    assert all(each.low <= each.high for each in benchmarks())
    assert set(primary()) == {"Ni", "Co", "Li", "Mn", "Cu"}
    assert sum(each.default for each in benchmarks()) == len(primary())
    # The sulfate and the metal in it are the same row of GREET: they agree within what rounding leaves.
    by_id = {each.id: each for each in benchmarks()}
    assert by_id["niso4.greet2022"].per_kg_metal()[0] == pytest.approx(primary()["Ni"], rel=1e-3)
    assert by_id["coso4.greet2022"].per_kg_metal()[0] == pytest.approx(primary()["Co"], rel=1e-3)


def test_parameters_lie_in_their_ranges():
    for of in parameters().values():
        assert all(each.low <= each.value <= each.high for each in of.values())


def test_boundaries_speak_both_languages_and_leave_the_use_stage_out():
    assert set(boundaries()) == {
        "meti_automotive_battery_v1_0", "iso_14067", "cfb_ev_draft", "pact_v3", "catena_x_v4"
    }  # fmt: skip
    for each in boundaries().values():
        texts = [each.title, *each.included.values(), *each.excluded.values()]
        assert all(text["en"] and text["ja"] for text in texts)
        assert "use" in each.excluded
        assert each.sums_up("production")
        assert not each.sums_up("use")


def test_draws_are_the_same_in_another_process():
    """Nothing of the machine's state or of hash randomisation is in a sample."""
    code = (
        "from tests.literature.carbon.rows import *; from hydromet.assess.carbon.uncertainty import monte_carlo\n"
        "from hydromet.assess.carbon.shapes import Contribution\n"
        "rows = [Contribution(activity(f'a{i}', 1.0 + i, gsd=1.1), factor(f'f{i % 3}', gsd=1.3)) for i in range(9)]\n"
        "print(repr(monte_carlo(rows, samples=500)['']))"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PATH": "/usr/bin:/bin"}).stdout
        for seed in ("0", "1", "4711")
    }  # fmt: skip
    assert len(found) == 1
    assert "Spread(nominal=45.0" in found.pop()
