"""Spread, ratings, primary data and completeness, reckoned by hand and written as case files."""

from __future__ import annotations

from dataclasses import replace
from math import log

import pytest

from hydromet.assess.carbon.quality import rating
from tests.literature.carbon.by_hand import CO2, exactly, reckon, told
from tests.literature.carbon.rows import factor, row

SOLD = ("p: {mass: 1000 kg, metals: {Ni: 200 kg}}",)


def spread(*parts):
    """The spread of a case: amount in kg and geometric standard deviation of its factor; the same name, one factor."""
    factors = ", ".join(
        f"my.{name}: {{value: 1, unit: kgCO2e/kg, source: s, uncertainty: gsd {gsd}}}"
        for name, gsd in {name: gsd for name, _, gsd in parts}.items()
    )
    lines = (f"l{i}: kind: reagent, amount: {kg} kg, factor: my.{name}" for i, (name, kg, _) in enumerate(parts))
    found = reckon(*lines, outputs=SOLD, more=f"factors: {{{factors}}}\nuncertainty: {{samples: 20000}}")
    return found["products"]["p"]["uncertainty"]


def test_three_independent_parts():
    # sqrt((0.6 ln 1.2)^2 + (0.3 ln 1.1)^2 + (0.1 ln 1.5)^2) = ln 1.127630197; 5 / 1.12763^1.96 and 5 x 1.12763^1.96
    found = spread(("a", 3000, 1.2), ("b", 1500, 1.1), ("c", 500, 1.5))
    assert found["first_order_gsd"] == exactly(1.127630197)
    assert (found["first_order_low"], found["first_order_high"]) == (exactly(3.951147818), exactly(6.327275301))
    # The drawn figure: a sum of lognormals lies a little above
    assert found["p2.5"] == pytest.approx(3.951147818, rel=0.04)
    assert found["p97.5"] == pytest.approx(6.327275301, rel=0.03)


def test_a_factor_used_twice_is_one_error():
    # Together 0.7 ln 1.3 and 0.3 ln 1.1: 1.204262649. Taken for two it would be 1.143692555.
    found = spread(("a", 4000, 1.3), ("a", 3000, 1.3), ("b", 3000, 1.1))
    assert found["first_order_gsd"] == exactly(1.204262649)
    assert found["gsd"] == pytest.approx(1.2043, rel=0.01)


def test_one_part_is_its_own_factor():
    # exp(1.96 ln 1.25) = 1.548619: 3.0 from 1.93721 to 4.64586, and the drawn one has the same
    found = spread(("a", 3000, 1.25))
    assert (found["first_order_low"], found["first_order_high"]) == (exactly(3 / 1.25**1.96), exactly(3 * 1.25**1.96))
    assert (log(found["p97.5"]) - log(found["p2.5"])) / (2 * 1.96) == pytest.approx(log(1.25), rel=0.01)


def test_a_credit_weighs_by_its_size():
    # 1200 rated 2, 800 rated 1, -100 rated 4: (2400 + 800 + 400)/2100 = 1.714286
    parts = [row("a", 1200.0), row("b", 800.0), row("c", -100.0)]
    rated = [
        replace(each, factor=factor("one", quality=(grade,) * 3))
        for each, grade in zip(parts, (2.0, 1.0, 4.0), strict=True)
    ]
    found = rating(rated)
    assert found is not None
    assert found.technological == found.overall == exactly(1.714285714)


def test_the_mean_of_four_ratings():
    # (2 + 3 + 1 + 2)/4
    one = replace(row("a", 1.0), factor=factor("one", quality=(2.0, 3.0, 1.0)))
    found = rating([one], precision={"a": 2.0})
    assert found is not None
    assert found.overall == exactly(2.0)


def test_a_suppliers_own_ratings():
    # 510 rated (2, 1, 3) by the supplier and 1020 of process gas rated (1, 1, 1): TeR (1020 + 1020)/1530 = 4/3, TiR 5/3
    line = "bm: amount: 600 kg, declared: {value: 0.85, DQR: [2, 1, 3], supplier: A}"
    found = reckon(line, f"gas: amount: 1020 kg, {CO2}", outputs=SOLD)["products"]["p"]["quality"]["DQR"]
    assert (found["TeR"], found["GeR"], found["TiR"]) == (exactly(4 / 3), exactly(1.0), exactly(5 / 3))


def test_primary_data_in_two_readings():
    # 1500 of caustic soda by a book, metered amount: primary as an activity only; 500 of its own gas: primary in both
    amount = 1500 / 2.12032
    lines = (f"naoh: amount: {amount!r} kg, factor: chem.naoh", f"gas: amount: 500 kg, {CO2}")
    found = reckon(*lines, outputs=SOLD)["products"]["p"]["quality"]["PDS"]
    assert (found["pact"], found["catena_x"]) == (exactly(25.0), exactly(100.0))


@pytest.mark.parametrize(
    ("left", "codes"),
    [
        # 1000 kg bought; left out 4 + 9 + 9 + 7 kg = 29/1029 = 2.82 %: within both limits
        ((4, 9, 9, 7), set()),
        # 11/1000+: 1.07 % of the mass is too much for one flow
        ((4, 11, 8), {"W791"}),
        # 4 x 9.5 = 38/1038 = 3.66 % together, none of them above 1 %
        ((9.5, 9.5, 9.5, 9.5), {"W792"}),
        ((20, 20), {"W791", "W792"}),
    ],
)
def test_one_per_cent_of_a_flow_and_three_together(left, codes):
    flows = ", ".join(f"f{i}: {{mass: {kg} kg, reason: small}}" for i, kg in enumerate(left))
    found = reckon("acid: amount: 1 t, factor: chem.h2so4", outputs=SOLD, more=f"left_out: {{{flows}}}")
    assert told(found) & {"W791", "W792"} == codes
    assert found["completeness"]["complete"] is (not codes)
    assert found["completeness"]["excluded_mass"] == exactly(sum(left) / (1000 + sum(left)))
    # At the mean intensity of what is bought the share of the CO2e is that of the mass
    assert found["completeness"]["exempted_percent"] == exactly(100 * sum(left) / (1000 + sum(left)))
