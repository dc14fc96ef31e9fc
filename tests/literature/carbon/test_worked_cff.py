"""Circular footprint formula by hand, term by term, and against what others have published."""

from __future__ import annotations

import pytest

from hydromet.assess.carbon.approaches import (
    Burdens,
    Circular,
    cff,
    cff_of_product,
    cff_total,
    defaults,
    doubts,
    figure,
)
from hydromet.assess.carbon.benchmarks import primary
from hydromet.errors import FootprintError
from tests.literature.carbon.rows import product


def hand(value):
    return pytest.approx(value, rel=5e-5)


def test_recycled_nickel_at_the_default_of_metals():
    # A 0.2, all recycled: 0.2 * 5.0 + 0.8 * 19.948 * 1 = 1.0 + 15.9584 = 16.9584 kg CO2e per kg Ni.
    found = cff(Burdens(19.948, recycled=5.0), Circular(0.2, R1=1.0))
    assert found.recycled_input == hand(16.9584)
    assert found.total == hand(16.9584)
    assert found.primary == 0.0


def test_A_one_is_cut_off():
    # A 1: 1 * 5.0 + 0 * 19.948 = 5.0; the end of life (1 - A) R2 (...) = 0.
    found = cff(Burdens(19.948, recycled=5.0, recycling_eol=5.0), Circular(1.0, R1=1.0, R2=0.9))
    assert found.material == hand(5.0)
    assert found.recycling == 0.0


def test_A_zero_is_avoided_burden():
    # A 0, R2 0.9: input 20; end of life 0.9 * (5 - 20) = -13.5; together 6.5.
    found = cff(Burdens(20.0, recycled=5.0, recycling_eol=5.0), Circular(0.0, R1=1.0, R2=0.9))
    assert found.recycled_input == hand(20.0)
    assert found.recycling == hand(-13.5)
    assert found.material == hand(6.5)


def test_blend_with_loss_of_quality():
    # A 0.5, R1 0.4, Ev 10, Erec 3, Qsin/Qp 0.9: primary 0.6 * 10 = 6; input 0.4 * (1.5 + 0.5 * 10 * 0.9) = 2.4.
    # R2 0.6, ErecEoL 2.5, Ev* 8, Qsout/Qp 0.75: 0.5 * 0.6 * (2.5 - 6) = -1.05. Together 7.35.
    burdens = Burdens(10.0, recycled=3.0, recycling_eol=2.5, substituted=8.0)
    found = cff(burdens, Circular(0.5, R1=0.4, R2=0.6, quality_in=0.9, quality_out=0.75))
    assert (found.primary, found.recycled_input, found.recycling) == (hand(6.0), hand(2.4), hand(-1.05))
    assert found.material == hand(7.35)


@pytest.mark.parametrize(("B", "expected"), [(0.0, 0.324), (0.5, 0.162), (1.0, 0.0)])
def test_energy_term(B, expected):
    # LHV 20 MJ/kg, heat 0.4 at 0.07, electricity 0.15 at 0.12 kg CO2e/MJ: 20 * (0.028 + 0.018) = 0.92 saved.
    # R3 0.3, EER 2.0: (1 - B) * 0.3 * (2.0 - 0.92) = (1 - B) * 0.324.
    burdens = Burdens(0.0, energy_recovery=2.0, heat=0.07, electricity=0.12)
    found = cff(burdens, Circular(0.2, B=B, R3=0.3, LHV=20.0, heat=0.4, electricity=0.15))
    assert found.energy == pytest.approx(expected, abs=1e-12)


def test_disposal_term():
    # R2 0.6, R3 0.3: a tenth is landfilled: 0.1 * 0.5 = 0.05; the energy of burning 0.3 * 2 = 0.6 is a term of its own.
    found = cff(Burdens(0.0, disposal=0.5, energy_recovery=2.0), Circular(1.0, R2=0.6, R3=0.3))
    assert found.disposal == hand(0.05)
    assert found.total == hand(0.65)


def test_nothing_is_landfilled_when_all_is_recovered():
    assert cff(Burdens(0.0, disposal=1e9), Circular(0.2, R2=0.7, R3=0.3)).disposal < 1e-6


def test_published_example_of_wool():
    # Ecobalyse: T-shirt of recycled wool, 0.207 kg, A 0.8, Qsin/Qp 0.5, Erec 0.5, Ev 80.3; published 1.75 kg CO2e.
    # 0.207 * (0.8 * 0.5 + 0.2 * 0.5 * 80.3) = 0.207 * 8.43 = 1.74501.
    setting = defaults("natural_fibres", R1=1.0)
    assert (setting.A, setting.quality_in) == (0.8, 0.5)
    found = 0.207 * cff(Burdens(80.3, recycled=0.5), setting).total
    assert found == hand(1.74501)
    assert round(found, 2) == 1.75


@pytest.mark.parametrize(
    ("A", "B", "R1", "R2", "R3", "q_in", "q_out"),
    [(0.2, 0.0, 0.0, 0.5, 0.2, 1.0, 0.0), (0.5, 0.3, 0.7, 0.1, 0.9, 0.7, 0.4), (0.8, 1.0, 1.0, 0.0, 0.0, 0.5, 1.0)],
)
def test_structure_of_an_independent_implementation(A, B, R1, R2, R3, q_in, q_out):
    """The nesting of the LCA-as-code tutorial: manufacturing and end of life as processes that call processes."""
    e = Burdens(3.0, 1.1, 0.7, 2.0, 1.9, 0.06, 0.13, 0.4)
    lhv, heat, power = 17.0, 0.31, 0.101

    manufacturing = (1 - R1) * e.primary + R1 * (A * e.recycled + (1 - A) * q_in * e.primary)
    recycling = e.recycling_eol - q_out * 2.0
    recovery = e.energy_recovery - lhv * heat * e.heat - lhv * power * e.electricity
    end_of_life = (1 - A) * R2 * recycling + (1 - B) * R3 * recovery + (1 - R2 - R3) * e.disposal

    setting = Circular(A, R1, R2, q_in, q_out, B, R3, lhv, heat, power)
    assert cff(e, setting).total == pytest.approx(manufacturing + end_of_life, abs=1e-12)


def test_nickel_sulfate_for_a_cell_maker():
    # 100 kg NiSO4.6H2O with 22.33 kg Ni carry 150 kg CO2e: 1.5 per kg, 150 / 22.33 = 6.71742 per kg Ni.
    # A 0.2: 0.2 * 6.71742 + 0.8 * 19.948 = 1.343484 + 15.9584 = 17.301884 per kg Ni; per kg of salt * 0.2233 = 3.86351.
    output = product("nickel_sulfate", 100.0, Ni=22.33)
    terms = cff_of_product(150.0, output, primary(), defaults())
    assert terms["Ni"].total == hand(17.301884)
    assert figure(cff_total(terms, output), output).per_kg == hand(3.86351)


def test_mixed_hydroxide_has_its_burden_spread_over_its_metals():
    # 100 kg MHP with 40 kg Ni and 10 kg Co carry 200 kg CO2e: 4 per kg of metal.
    # Ni: 0.2 * 4 + 0.8 * 19.948 = 16.7584; Co: 0.2 * 4 + 0.8 * 18.183 = 15.3464; 40 * 16.7584 + 10 * 15.3464 = 823.8.
    output = product("mhp", 100.0, Ni=40.0, Co=10.0)
    terms = cff_of_product(200.0, output, primary(), defaults())
    assert (terms["Ni"].total, terms["Co"].total) == (hand(16.7584), hand(15.3464))
    assert cff_total(terms, output) == hand(823.8)


def test_defaults_say_that_they_are_recalled():
    told = {text.split(" = ")[0]: text for code, text in doubts(defaults()) if code == "W793"}
    assert set(told) == {"A", "quality_in", "quality_out", "B"}
    assert "recalled default (pef_2021)" in told["A"]


def test_value_outside_the_range_of_the_method_is_told():
    assert any("A = 1 is outside 0.2 to 0.8" in text for _, text in doubts(defaults(A=1.0)))
    assert not any(text.startswith("A ") for _, text in doubts(defaults(A=0.5)))


@pytest.mark.parametrize(
    "given",
    [{"A": 1.1}, {"A": -0.1}, {"R1": 2.0}, {"R2": 0.8, "R3": 0.3}, {"quality_in": 1.2}, {"B": float("nan")},
     {"heat": 0.7, "electricity": 0.4}, {"LHV": -1.0}, {"LHV": float("inf")}],
    ids=str,
)  # fmt: skip
def test_out_of_range(given):
    with pytest.raises(FootprintError, match="E794"):
        Circular(**{"A": 0.2} | given)


@pytest.mark.parametrize(
    ("application", "given"),
    [
        ("plastic", {}),
        ("battery_metals", {"R4": 0.1}),
        ("battery_metals", {"A": "20 %"}),
        ("battery_metals", {"A": True}),
    ],
)
def test_unknown_names_and_what_is_no_number(application, given):
    with pytest.raises(FootprintError, match="E794"):
        defaults(application, **given)


def test_a_metal_without_primary_figure():
    with pytest.raises(FootprintError, match="E797") as caught:
        cff_of_product(1.0, product("alloy", 1.0, Ni=0.5, Mn=0.5), {"Ni": 20.0}, defaults())
    assert "Mn" in caught.value.read


def test_a_product_without_metal():
    with pytest.raises(FootprintError, match="E791"):
        cff_of_product(1.0, product("graphite", 1.0), primary(), defaults())
