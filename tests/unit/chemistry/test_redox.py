"""Potentials of couples: standard values, Nernst slopes, what is missing, what a probe reads."""

from math import log

import pytest

from hydromet import datafiles
from hydromet.chemistry import Solution
from hydromet.chemistry.liquor import Liquor
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.records import GRADES, R, reaction_enthalpy
from hydromet.chemistry.redox import potentials as redox
from hydromet.chemistry.redox.couples import FARADAY, couple, load_couples, parse_half_reaction
from hydromet.errors import ChemistryError

T = 298.15
NERNST = R * T / FARADAY


def liquor(activities, temperature=T):
    """A liquor whose species have the given activities and an activity coefficient of 1."""
    logs = {"H2O": 0.0, **{name: log(a) for name, a in activities.items()}}
    return Liquor(temperature, 101325.0, 1.0, dict(activities), logs, 1.0, 0.0)


# CRC Handbook, Bard 1985 and Bratsch 1989: E0 in V, its temperature coefficient in mV/K, both recalled.
@pytest.mark.parametrize(
    ("name", "E0", "slope", "within"),
    [
        ("Fe+3/Fe+2", 0.771, 1.175, 0.003),
        ("Co+3/Co+2", 1.92, 1.23, 0.01),
        ("Cu+2/Cu+", 0.159, 0.776, 0.01),
        ("Cu+2/Cu", 0.340, 0.011, 0.004),
        ("Zn+2/Zn", -0.7626, 0.119, 0.001),
        ("Ni+2/Ni", -0.236, 0.146, 0.003),
        ("Co+2/Co", -0.282, 0.065, 0.008),
        ("Mn+2/Mn", -1.182, -0.129, 0.003),
        ("MnO2/Mn+2", 1.23, -0.609, 0.015),
        ("MnO4-/Mn+2", 1.507, -0.646, 0.006),
        ("MnO4-/MnO2", 1.692, -0.671, 0.003),
        ("Mn+3/Mn+2", 1.5, 1.23, 0.04),
        ("O2/H2O", 1.2291, -0.8456, 0.001),
        ("H2O2/H2O", 1.763, -0.698, 0.001),
        ("O2/H2O2", 0.695, -0.993, 0.001),
        ("H+/H2", 0.0, 0.0, 0.0),
        ("Al+3/Al", -1.677, 0.533, 0.01),
        ("Li+/Li", -3.040, -0.514, 0.005),
    ],
)
def test_standard_potentials_of_the_tables(name, E0, slope, within):
    one = couple(name)
    assert one.standard_potential(T) == pytest.approx(E0, abs=within)
    assert 1e3 * (one.standard_potential(T + 0.5) - one.standard_potential(T - 0.5)) == pytest.approx(slope, abs=0.09)


def test_every_couple_has_source_grade_and_a_consistent_enthalpy():
    """The temperature coefficients and the enthalpies of formation of data/species say the same, to 8 kJ/mol."""
    species = load_species()
    # Li metal has no row; the NBS enthalpy of Co3O4 in the species files is 30 kJ/mol above the one used here.
    unknown = {"Li+/Li", "Co3O4/Co+2"}
    for one in load_couples().values():
        assert one.origin.grade in GRADES
        assert one.origin.source
        assert 0.0 <= one.uncertainty <= 0.2
        if one.name not in unknown:
            formation = sum(nu * species[name].enthalpy for name, nu in one.coefficients.items())
            assert reaction_enthalpy(one.log10_k, T) == pytest.approx(formation, abs=8e3), one.name


def test_estimated_solids_say_so():
    for name in ("CoOOH/Co+2", "NiOOH/Ni+2", "LiNiO2/Ni+2"):
        assert couple(name).uncertainty == 0.2
    assert couple("NiOOH/Ni+2").origin.grade == "recalled"
    assert couple("LiNiO2/Ni+2").origin.grade == "estimated"


def test_sources_are_in_the_bibliography():
    known = datafiles.read_text("data/REFERENCES.bib") + datafiles.read_text("data/SOURCES.md")
    files = ("reactions/redox", "reactions/reference_electrodes", "literature/pourbaix_atlas")
    for row in (row for file in files for row in datafiles.read_csv(f"data/{file}.csv")):
        assert not row["source"] or f"{{{row['source']}," in known or f"| `{row['source']}` |" in known, row["source"]


def test_unit_activities_give_the_standard_potential():
    one = liquor({"Fe+3": 1.0, "Fe+2": 1.0, "Mn+2": 1.0, "MnO4-": 1.0, "H+": 1.0, "Cu+2": 1.0})
    found = redox.potentials(one, ["Cu(s)", "MnO2(s)"])
    assert list(found) == ["MnO4-/MnO2", "MnO4-/Mn+2", "MnO2/Mn+2", "Fe+3/Fe+2", "Cu+2/Cu"]
    for name, value in found.items():
        assert value == pytest.approx(couple(name).standard_potential(T), abs=1e-12)


@pytest.mark.parametrize(
    ("name", "changed", "slope"),
    [
        ("Fe+3/Fe+2", "Fe+3", 1.0),
        ("Fe+3/Fe+2", "Fe+2", -1.0),
        ("MnO2/Mn+2", "H+", 4 / 2),
        ("MnO2/Mn+2", "Mn+2", -1 / 2),
        ("MnO4-/Mn+2", "H+", 8 / 5),
        ("Cu+2/Cu", "Cu+2", 1 / 2),
        ("O2/H2O", "O2", 1 / 4),
        ("H2O2/H2O", "H2O2", 1 / 2),
    ],
)
def test_nernst_slopes(name, changed, slope):
    start = {"Fe+3": 0.1, "Fe+2": 0.1, "Mn+2": 0.1, "MnO4-": 0.1, "H+": 0.1, "Cu+2": 0.1, "O2": 1e-4, "H2O2": 0.1}
    solids = ["MnO2(s)", "Cu(s)"]
    for temperature in (T, 353.15):
        before = redox.potential(liquor(start, temperature), name, solids)
        after = redox.potential(liquor({**start, changed: 10.0 * start[changed]}, temperature), name, solids)
        assert after - before == pytest.approx(slope * R * temperature / FARADAY * log(10.0), abs=1e-12)


def test_dissolved_oxygen_at_saturation_is_the_gas_electrode():
    """Water in equilibrium with 1 bar of O2 is at 1.229 V less 59 mV a unit of pH."""
    made = Solution({"H2SO4": 0.01}).equilibrate([], {"O2(g)": 1e5})
    expected = couple("O2/H2O").standard_potential(T) - NERNST * log(10.0) * made.pH
    assert made.potentials["O2/H2O"] == pytest.approx(expected, abs=1e-4)


def test_couples_are_told_apart():
    made = Solution({"FeSO4": 0.1, "Fe2(SO4)3": 0.05, "H2SO4": 0.5, "H2O2": 0.01})
    found = made.liquor.potentials
    assert set(found) == {"Fe+3/Fe+2", "H2O2/H2O"}
    assert found["H2O2/H2O"] - found["Fe+3/Fe+2"] > 0.9
    # The formal potential of iron in 1 N H2SO4 is 0.68 V: sulfate binds Fe+3.
    assert found["Fe+3/Fe+2"] == pytest.approx(0.68, abs=0.02)


def test_a_missing_side_and_an_unknown_couple_are_named():
    one = Solution({"FeSO4": 0.1}).liquor
    with pytest.raises(ChemistryError, match=r"E521[\s\S]*without Fe\+3"):
        redox.potential(one, "Fe+3/Fe+2")
    with pytest.raises(ChemistryError, match=r"E522[\s\S]*Fe\+3/Fe\+2"):
        redox.potential(one, "Fe+2/Fe+3")
    assert one.potentials == {}


@pytest.mark.parametrize(
    "equation",
    [
        "MnO2(s) + 4 H+ + e- = Mn+2 + 2 H2O",
        "Fe+2 = Fe+3 + e-",
        "Fe+3 + H+ + e- = Fe+2",
        "Fe+3 = Fe+2",
        "Fe+3 + e-",
    ],
)
def test_half_reactions_are_checked(equation):
    with pytest.raises(ChemistryError, match="E523"):
        parse_half_reaction(equation)


def test_half_reaction():
    assert parse_half_reaction("MnO2(s) + 4 H+ + 2 e- = Mn+2 + 2 H2O") == (
        {"MnO2(s)": -1.0, "H+": -4.0, "Mn+2": 1.0, "H2O": 2.0},
        2.0,
    )
    assert parse_half_reaction("2 H+ + 2 e- = H2(g)") == ({"H+": -2.0, "H2(g)": 1.0}, 2.0)


def test_probe():
    assert redox.reference_potential(298.15) == pytest.approx(0.199)
    assert redox.reference_potential(300.65) == pytest.approx(0.1965)
    assert redox.reference_potential(353.15) == pytest.approx(0.144)
    assert redox.from_probe(redox.probe_reading(0.68, 333.15), 333.15) == pytest.approx(0.68)
    with pytest.raises(ChemistryError, match="E527"):
        redox.reference_potential(298.15, "Hg/Hg2SO4")
