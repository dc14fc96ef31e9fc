"""Species identifiers: grammar, masses and the messages for what does not parse."""

import periodictable
import pytest
from molmass import Formula

from hydromet.errors import SpeciesError
from hydromet.species import atomic_mass, declare_pseudo_element, pseudo_elements, species

PLAIN = ["NiSO4", "Al(OH)3", "Li2CO3", "Fe2(SO4)3", "CaF2", "Li3PO4", "Mg(OH)2", "H2SO4", "Na2SO4"]


@pytest.mark.parametrize("formula", PLAIN)
def test_mass_agrees_with_an_independent_parser(formula: str) -> None:
    assert species(f"{formula}(s)").molar_mass * 1e3 == pytest.approx(Formula(formula).mass, rel=1e-9)


@pytest.mark.parametrize("formula", PLAIN)
def test_composition_agrees_with_an_independent_parser(formula: str) -> None:
    atoms = {element.symbol: count for element, count in periodictable.formula(formula).atoms.items()}
    assert dict(species(f"{formula}(s)").elements) == atoms


@pytest.mark.parametrize("mark", [":", "·", ".", "*"])
def test_every_hydrate_mark_means_the_same(mark: str) -> None:
    hydrate = species(f"NiSO4{mark}6H2O(s)")
    assert hydrate.id == "NiSO4:6H2O(s)"
    assert dict(hydrate.elements) == {"Ni": 1, "S": 1, "O": 10, "H": 12}


@pytest.mark.parametrize("mark", [":", "·", ".", "*"])
def test_a_hemihydrate_has_half_a_water(mark: str) -> None:
    hydrate = species(f"CaSO4{mark}0.5H2O(s)")
    assert hydrate.id == "CaSO4:0.5H2O(s)"
    assert dict(hydrate.elements) == {"Ca": 1, "S": 1, "O": 4.5, "H": 1}


def test_a_fractional_cathode_is_not_a_hydrate() -> None:
    cathode = species("LiNi0.6Mn0.2Co0.2O2(s)")
    assert cathode.elements["Ni"] == 0.6
    assert cathode.elements["O"] == 2


@pytest.mark.parametrize(
    ("identifier", "charge", "phase"),
    [
        ("Ni+2", 2, "aq"),
        ("SO4-2", -2, "aq"),
        ("H+", 1, "aq"),
        ("CO2(g)", 0, "g"),
        ("C(s)", 0, "s"),
        ("H2SO4(l)", 0, "l"),
        ("H2O", 0, "aq"),
    ],
)
def test_charge_and_phase(identifier: str, charge: int, phase: str) -> None:
    assert (species(identifier).charge, species(identifier).phase) == (charge, phase)


def test_an_extractant_anion_is_a_pseudo_element() -> None:
    loaded = species("Co(Cyanex272)2(org)")
    assert dict(loaded.elements) == {"Co": 1, "Cyanex272": 2}
    assert loaded.molar_mass == pytest.approx(atomic_mass("Co") + 2 * Formula("C16H34O2P").mass * 1e-3)


def test_a_named_form_keeps_its_formula_and_its_own_identity() -> None:
    carried, plain = species("Ni(OH)2[sorbed](s)"), species("Ni(OH)2(s)")
    assert carried.id != plain.id
    assert carried.elements == plain.elements


def test_a_trade_name_stands_for_its_formula() -> None:
    assert dict(species("PVDF(s)").elements) == {"C": 2, "H": 2, "F": 2}


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        ("Xx+2", "E302"),
        ("Ni(OH2", "E304"),
        ("", "E304"),
        ("ni", "E304"),
        ("Ni+2(s)", "E303"),
        ("60", "E304"),
        ("Ni)", "E304"),
    ],
)
def test_what_does_not_parse_is_named(identifier: str, code: str) -> None:
    with pytest.raises(SpeciesError) as caught:
        species(identifier)
    assert caught.value.code == code


def test_a_pseudo_element_keeps_its_first_formula() -> None:
    declare_pseudo_element("D2EHPA", pseudo_elements()["D2EHPA"])
    with pytest.raises(SpeciesError) as caught:
        declare_pseudo_element("D2EHPA", "C2H6")
    assert caught.value.code == "E301"
