"""Equations: read, spelled, checked."""

import pytest

from hydromet.chemistry import Chemistry
from hydromet.errors import ReactionError, SpeciesError


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def test_coefficients(chemistry):
    made = chemistry.reaction("Al(OH)3(s)  +  3 H+ = Al+3 + 3 H2O")
    assert made.equation == "Al(OH)3(s) + 3 H+ = Al+3 + 3 H2O"
    assert made.coefficients == {"Al(OH)3(s)": -1.0, "H+": -3.0, "Al+3": 1.0, "H2O": 3.0}


def test_heat_is_the_difference_of_enthalpies(chemistry):
    made = chemistry.reaction("H+ + OH- = H2O")
    for T in (298.15, 350.0):
        expected = (
            chemistry.species_enthalpy("H2O", T)
            - chemistry.species_enthalpy("H+", T)
            - chemistry.species_enthalpy("OH-", T)
        )
        assert made.heat(T) == expected
    assert made.heat(298.15) == pytest.approx(-55.8e3, rel=2e-3)


def test_a_species_on_both_sides_cancels(chemistry):
    made = chemistry.reaction("NiSO4:6H2O(s) + H2O = NiSO4:7H2O(s)")
    assert made.coefficients["H2O"] == -1.0
    assert "Ni+2" not in made.coefficients


@pytest.mark.parametrize(
    ("text", "code", "says"),
    [
        ("Al(OH)3(s) + 2 H+ = Al+3 + 3 H2O", "E321", "H +1"),
        ("Ni+2 = Ni(s)", "E321", "charge -2"),
        ("CaF2(s) -> Ca+2 + 2 F-", "E320", "one ="),
        ("CaF2(s) = Ca+2 + two F-", "E320", "two F-"),
        ("= Ca+2", "E320", ""),
    ],
)
def test_mistakes_are_named(chemistry, text, code, says):
    with pytest.raises(ReactionError, match=code) as caught:
        chemistry.reaction(text)
    assert says in str(caught.value)
    assert caught.value.write


def test_unknown_element(chemistry):
    with pytest.raises(SpeciesError, match="E302"):
        chemistry.reaction("Xx+2 + 2 F- = XxF2(s)")
