"""Amounts as a chemist writes them."""

import pytest

from hydromet.chemistry.solutions.amounts import (
    Amount,
    ions_of_all,
    read_amount,
    read_substance,
    suggestions,
    to_molality,
)
from hydromet.chemistry.solutions.solution import Solution
from hydromet.errors import ChemistryError, QuantityError, SpeciesError
from hydromet.species import species


@pytest.mark.parametrize(
    ("name", "meant", "ions"),
    [
        ("NiSO4", "NiSO4", {"Ni+2": 1, "SO4-2": 1}),
        ("Co", "Co+2", {"Co+2": 1}),
        ("S", "SO4-2", {"SO4-2": 1}),
        ("SO4", "SO4-2", {"SO4-2": 1}),
        ("NH4", "NH4+", {"NH4+": 1}),
        ("Ni2+", "Ni+2", {"Ni+2": 1}),
        ("Ni++", "Ni+2", {"Ni+2": 1}),
        ("Ni²⁺", "Ni+2", {"Ni+2": 1}),
        ("SO42-", "SO4-2", {"SO4-2": 1}),
        ("SO₄²⁻", "SO4-2", {"SO4-2": 1}),
        ("CO3--", "CO3-2", {"CO3-2": 1}),
        ("Fe+3", "Fe+3", {"Fe+3": 1}),
        ("NiSO4:6H2O", "NiSO4:6H2O", {"Ni+2": 1, "SO4-2": 1, "H2O": 6}),
    ],
)
def test_names(name, meant, ions):
    found = read_substance(name)
    assert found.name == meant
    assert dict(found.ions) == ions


def test_an_element_weighs_what_the_element_weighs():
    assert read_substance("S").molar_mass == species("S(s)").molar_mass
    assert read_substance("SO4").molar_mass == species("SO4-2").molar_mass


@pytest.mark.parametrize("name", ["NiSO", "NO3-", "Ni3+", "Pt", "H", "O", "C6H8O7", "Na+2"])
def test_what_is_not_known_is_refused(name):
    with pytest.raises(ChemistryError, match="E512") as caught:
        read_substance(name)
    assert caught.value.write


def test_iron_has_two_ions():
    with pytest.raises(ChemistryError, match="E542") as caught:
        read_substance("Fe")
    assert "Fe+2 or Fe+3" in caught.value.expected


def test_no_formula_at_all():
    with pytest.raises(SpeciesError) as caught:
        read_substance("niso4")
    assert caught.value.write == "NiSO4"


def test_suggestions_share_an_element():
    assert suggestions("H2S04")[0] == "H2SO4"
    assert suggestions("NO3-") == ()


@pytest.mark.parametrize(
    ("text", "value", "dimension"),
    [
        ("1.2 mol/kg", 1.2, "molality"),
        ("1.2mol/kgw", 1.2, "molality"),
        ("12 g/L", 12.0, "mass concentration"),
        ("250 mg/L", 0.25, "mass concentration"),
        ("0.5 M", 500.0, "molar concentration"),
        ("5 wt%", 0.05, "mass fraction"),
        ("5 g/kg", 0.005, "mass fraction"),
        ("5 g/kgw", 0.005, "mass ratio"),
    ],
)
def test_units(text, value, dimension):
    found = read_amount(text)
    assert found == Amount(text, pytest.approx(value), dimension)


@pytest.mark.parametrize(
    ("text", "code"),
    [("12", "E202"), ("1,2 g/L", "E204"), ("5 %", "E207"), ("12 ppm", "E207"), ("2 N", "E203"), ("60 degC", "E203")],
)
def test_units_that_are_no_amounts(text, code):
    with pytest.raises(QuantityError, match=code):
        read_amount(text)


def test_below_zero():
    with pytest.raises(ChemistryError, match="E546"):
        read_amount("-3 g/L")


def made(**amounts):
    composition = {name: read_amount(text) for name, text in amounts.items()}
    return to_molality(composition, 298.15, lambda ions: ions)


def test_a_litre_is_a_litre_of_the_solution():
    """What goes in as 100 g/L is 100 g/L of the solution that comes out, whatever else is in it."""
    found = made(NiSO4="100 g/L", NaCl="1 mol/kg", H2SO4="2 wt%")
    solution = Solution(found)
    litres = 1e3 * solution.stream.mass() / solution.density
    assert found["NiSO4"] * species("NiSO4").molar_mass * 1e3 / litres == pytest.approx(100.0, rel=1e-12)
    assert found["H2SO4"] * species("H2SO4").molar_mass / solution.stream.mass() == pytest.approx(0.02, rel=1e-12)
    assert found["NaCl"] == 1.0


def test_weight_percent_by_hand():
    assert made(NaOH="50 wt%")["NaOH"] == pytest.approx(1.0 / species("NaOH").molar_mass, rel=1e-12)


def test_no_room_for_water():
    with pytest.raises(ChemistryError, match="E544"):
        made(NaOH="100 wt%")


def test_ions_add_up():
    assert ions_of_all({"NiSO4": 1.0, "Ni": 0.5}) == {"Ni+2": 1.5, "SO4-2": 1.0}
