"""``hydromet.Solution``."""

import pytest

import hydromet
from hydromet.chemistry import Solution
from hydromet.chemistry.salts import ions_of
from hydromet.errors import ChemistryError
from hydromet.species import species


def test_it_is_the_public_door():
    assert hydromet.Solution is Solution


@pytest.mark.parametrize(
    ("name", "ions"),
    [
        ("NiSO4", {"Ni+2": 1, "SO4-2": 1}),
        ("H2SO4", {"H+": 2, "SO4-2": 1}),
        ("Al2(SO4)3", {"Al+3": 2, "SO4-2": 3}),
        ("FeSO4", {"Fe+2": 1, "SO4-2": 1}),
        ("Fe2(SO4)3", {"Fe+3": 2, "SO4-2": 3}),
        ("NaHCO3", {"Na+": 1, "H+": 1, "CO3-2": 1}),
        ("NaOH", {"Na+": 1, "OH-": 1}),
        ("Ca(OH)2", {"Ca+2": 1, "OH-": 2}),
        ("NiSO4:6H2O", {"Ni+2": 1, "SO4-2": 1, "H2O": 6}),
        ("(NH4)2SO4", {"NH4+": 2, "SO4-2": 1}),
        ("H2O2", {"H2O2": 1}),
        ("Ni+2", {"Ni+2": 1}),
    ],
)
def test_ions(name, ions):
    assert dict(ions_of(name)) == ions


def test_nonsense_is_named():
    with pytest.raises(ChemistryError, match="E512"):
        Solution({"C6H8O7": 1.0})
    with pytest.raises(ChemistryError, match="E513"):
        Solution({"Ni+2": 1.0, "SO4-2": 0.9})
    with pytest.raises(ChemistryError, match="E514"):
        Solution({"Li2SO4": 2.0, "Na2CO3": 2.0}).saturate("Li2CO3(s)")


def test_properties():
    made = Solution({"NiSO4": 1.0, "H2SO4": 0.1})
    assert 1.0 < made.pH < 1.8
    assert 0.95 < made.water_activity < 0.99
    assert 1150.0 < made.density < 1170.0
    assert 3300.0 < made.heat_capacity < 3700.0
    assert made.ionic_strength > 4.0
    assert made.activity_coefficient("Ni+2") < 0.2
    assert made.saturation_index("NiSO4:6H2O(s)") < -0.5


def test_equilibrate_reports_what_precipitated():
    made = Solution({"CaCl2": 0.2, "Na2SO4": 0.2}).equilibrate(["CaSO4:2H2O(s)"])
    assert made.precipitated["CaSO4:2H2O(s)"] == pytest.approx(0.165, abs=0.02)
    assert made.saturation_index("CaSO4:2H2O(s)") == pytest.approx(0.0, abs=1e-8)


def test_saturate_counts_what_dissolves():
    soda = Solution({"Na2SO4": 0.5}, temperature=353.15)
    amount = soda.saturate("Li2CO3(s)")
    full = Solution({"Na2SO4": 0.5, "Li2CO3": amount}, temperature=353.15)
    assert full.saturation_index("Li2CO3(s)") == pytest.approx(0.0, abs=1e-8)


def test_titrate():
    made = Solution({"NiSO4": 1.0, "H2SO4": 0.1}).titrate("NaOH", to_pH=4.5)
    assert made.pH == pytest.approx(4.5, abs=1e-8)
    assert made.composition["Na+"] == pytest.approx(0.2, rel=0.01)


def test_tables_give_stoichiometric_coefficients():
    """H2SO4 counts as three ions in tables, whatever the bisulfate does."""
    made = Solution({"H2SO4": 1.0})
    assert made.osmotic_coefficient < made.liquor.osmotic_coefficient
    assert made.mean_activity_coefficient("H2SO4") == pytest.approx(0.13, abs=0.015)


@pytest.mark.parametrize(("salt", "ions"), [("NaHCO3", 2), ("NaH2PO4", 2), ("Na2HPO4", 3), ("NaHSO4", 3), ("HF", 1)])
def test_weak_acids_keep_their_protons_in_tables(salt, ions):
    made = Solution({salt: 0.5})
    ln_aw = -made.osmotic_coefficient * ions * 0.5 * species("H2O").molar_mass
    assert ln_aw == pytest.approx(made.liquor.activities["H2O"])
