"""The aqueous engine against measured numbers; osmotic coefficients stand in test_accuracy."""

from __future__ import annotations

import pytest

from hydromet import datafiles
from hydromet.chemistry import Chemistry, Solution
from hydromet.stream import Stream


@pytest.mark.parametrize(
    ("molality", "pH"),
    # From the measured activity of H2SO4 (Staples 1981) and a_H = gamma m split by the Pitzer convention; the pH of
    # 0.01 and 0.1 mol/kg are also what a hydrogen electrode reads to 0.05.
    [(0.01, 1.84), (0.1, 1.02)],
)
def test_pH_of_sulfuric_acid(molality, pH):
    assert Solution({"H2SO4": molality}).pH == pytest.approx(pH, abs=0.06)


def test_second_dissociation_of_sulfuric_acid():
    """Raman spectra at 25 degC: 0.27 to 0.33 of the sulfate free from 0.5 to 2 mol/kg."""
    for molality in (0.5, 1.0, 2.0):
        liquor = Solution({"H2SO4": molality}).liquor
        share = liquor.molalities["SO4-2"] / molality
        assert 0.2 < share < 0.36


# Largest relative error allowed per salt; in-sample where the solubility product was fitted to this very table.
SOLUBILITY = {
    "NiSO4": 0.03, "CoSO4": 0.03, "MnSO4": 0.03, "ZnSO4": 0.03, "MgSO4": 0.03, "FeSO4": 0.03, "CaSO4": 0.03,
    "Na2SO4": 0.03, "Li2SO4": 0.03, "K2SO4": 0.03, "CuSO4": 0.08, "Li2CO3": 0.02, "(NH4)2SO4": 0.05, "NaF": 0.03,
    "LiF": 0.03, "LiOH": 0.05, "NaHCO3": 0.03, "Na2CO3": 0.03, "NaCl": 0.01, "KCl": 0.02, "Na2SO3": 0.05,
}  # fmt: skip
FAMILY = {
    "NiSO4": ("NiSO4:7H2O(s)", "NiSO4:6H2O(s)"),
    "CoSO4": ("CoSO4:7H2O(s)", "CoSO4:6H2O(s)", "CoSO4:H2O(s)"),
    "MnSO4": ("MnSO4:7H2O(s)", "MnSO4:5H2O(s)", "MnSO4:H2O(s)"),
    "ZnSO4": ("ZnSO4:7H2O(s)", "ZnSO4:6H2O(s)", "ZnSO4:H2O(s)"),
    "MgSO4": ("MgSO4:11H2O(s)", "MgSO4:7H2O(s)", "MgSO4:6H2O(s)", "MgSO4:H2O(s)"),
    "FeSO4": ("FeSO4:7H2O(s)", "FeSO4:H2O(s)"),
    "CaSO4": ("CaSO4:2H2O(s)",),
    "Na2SO4": ("Na2SO4:10H2O(s)", "Na2SO4(s)"),
    "Li2SO4": ("Li2SO4:H2O(s)",),
    "CuSO4": ("CuSO4:5H2O(s)",),
    "LiOH": ("LiOH:H2O(s)",),
    "Na2CO3": ("Na2CO3:10H2O(s)", "Na2CO3:7H2O(s)", "Na2CO3:H2O(s)", "Na2CO3(s)"),
    "Na2SO3": ("Na2SO3:7H2O(s)", "Na2SO3(s)"),
}


def dissolved(salt, t_C, start):
    """Solubility with the stable solid chosen by the equilibrium itself, mol/kg water."""
    chemistry = Chemistry.load()
    start = Solution({salt: start}, t_C + 273.15)
    made = chemistry.equilibrate(start.stream, solids=FAMILY.get(salt, (f"{salt}(s)",)))
    aqueous = made.stream.part("aq")
    anions = {"SO4": "SO4-2", "CO3": "CO3-2", "SO3": "SO3-2", "F": "F-", "OH": "OH-", "Cl": "Cl-"}
    ion = next(anions[key] for key in ("SO4", "CO3", "SO3", "OH", "F", "Cl") if key in salt)
    return aqueous[ion] / (aqueous["H2O"] * 0.0180153)


@pytest.mark.parametrize("salt", sorted(SOLUBILITY))
def test_solubility_in_water(salt):
    points = [
        (float(row["t_C"]), float(row["mol_per_kg"]))
        for row in datafiles.read_csv("data/literature/solubility_in_water.csv")
        if row["salt"] == salt
    ]
    assert len(points) >= 2
    for t, measured in points:
        assert dissolved(salt, t, 1.4 * measured) == pytest.approx(measured, rel=SOLUBILITY[salt]), (
            f"{salt} at {t} degC"
        )


@pytest.mark.parametrize(("t", "solid"), [(20.0, "NiSO4:7H2O(s)"), (45.0, "NiSO4:6H2O(s)"), (75.0, "NiSO4:6H2O(s)")])
def test_the_stable_nickel_hydrate(t, solid):
    made = Solution({"NiSO4": 6.0}, t + 273.15).equilibrate(FAMILY["NiSO4"])
    assert [name for name, amount in made.precipitated.items() if amount > 1e-6] == [solid]


def test_gypsum_in_sodium_sulfate_and_acid():
    """Hill and Wills (1938), Marshall and Slusher (1966) as recalled: a shallow minimum, then a rise; more in acid."""
    water = Solution({}).saturate("CaSO4:2H2O(s)")
    soda = {m: Solution({"Na2SO4": m}).saturate("CaSO4:2H2O(s)") for m in (0.1, 0.5, 1.0, 2.0)}
    assert water == pytest.approx(0.0152, rel=0.02)
    assert soda[0.1] == pytest.approx(0.0095, rel=0.25)
    assert soda[0.1] < 0.75 * water
    assert soda[2.0] > soda[0.5]
    acid = Solution({"H2SO4": 0.5}).saturate("CaSO4:2H2O(s)")
    assert 0.95 * water < acid < 2.0 * water


def test_lithium_carbonate_in_brines():
    """What the abstracts say: a maximum in NaCl near 1 mol/kg from 5 to 85 degC; less in Na2CO3; more in Na2SO4."""
    for t in (283.15, 298.15, 333.15, 358.15):

        def salt(name, m, t=t):
            return Solution({name: m} if m else {}, t).saturate("Li2CO3(s)")

        none = salt("NaCl", 0.0)
        chloride = {m: salt("NaCl", m) for m in (0.5, 1.0, 2.0, 4.0)}
        assert max(chloride.values()) == pytest.approx(1.17 * none, abs=0.1 * none)
        assert chloride[4.0] < max(chloride[1.0], chloride[2.0])
        assert salt("Na2SO4", 1.0) > salt("Na2SO4", 0.5) > none
        assert salt("Na2CO3", 0.5) < salt("Na2CO3", 0.2) < none or t < 290.0


@pytest.mark.parametrize(("lithium", "low", "high"), [(5.0, 0.55, 0.75), (10.0, 0.77, 0.86), (20.0, 0.86, 0.94)])
def test_lithium_carbonate_yield(lithium, low, high):
    """Plants find 1.5 to 2 g/L of lithium after 1.1 times the soda at 90 degC, and 0.72, 0.82, 0.89 of it as solid."""
    m = lithium / 6.94
    feed = Solution({"Li2SO4": m / 2, "Na2SO4": 0.2, "Na2CO3": 1.1 * m / 2}, 363.15)
    made = feed.equilibrate(["Li2CO3(s)"])
    assert low < 2.0 * made.precipitated["Li2CO3(s)"] / m < high
    assert 1.3 < made.composition["Li+"] * 6.94 < 2.0


LIQUOR = {
    "H+": 0.1,
    "Li+": 1.0,
    "Ni+2": 0.6,
    "Co+2": 0.2,
    "Mn+2": 0.2,
    "Cu+2": 0.02,
    "Fe+3": 0.02,
    "Al+3": 0.1,
    "Na+": 0.1,
}


def removed(pH, t_C):
    charge = 0.1 + 1.0 + 0.1 + 2 * 1.02 + 3 * 0.12
    feed = Stream({"H2O": 55.508, **LIQUOR, "SO4-2": charge / 2}, t_C + 273.15)
    base = Stream({"Na+": 1.0, "OH-": 1.0, "H2O": 4.0})
    solids = [f"{m}(OH)3(s)" for m in ("Fe", "Al")] + [f"{m}(OH)2(s)" for m in ("Cu", "Ni", "Co", "Mn")]
    made = Chemistry.load().at_pH(feed, pH, base, solids=solids)
    return {ion: 1.0 - made.stream[ion] / feed[ion] for ion in LIQUOR}


def test_iron_and_aluminium_leave_where_plants_find_it():
    """Battery liquors at 60 degC: iron done by pH 3.5, aluminium by 4.5 to 5, nickel and cobalt untouched till 6."""
    assert removed(2.3, 60)["Fe+3"] < 0.2
    assert removed(3.5, 60)["Fe+3"] > 0.98
    assert removed(3.5, 60)["Al+3"] < 0.1
    assert removed(4.5, 60)["Al+3"] > 0.95
    assert removed(5.0, 60)["Ni+2"] < 1e-3


@pytest.mark.parametrize(
    ("ion", "start", "end"),
    [
        ("Fe+3", 2.3, 3.65),
        ("Al+3", 3.2, 5.2),
        ("Cu+2", 4.7, 7.0),
        ("Ni+2", 6.8, 8.7),
        ("Co+2", 7.0, 9.0),
        ("Mn+2", 8.2, 10.2),
    ],
)
def test_windows_of_the_hydroxides(ion, start, end):
    """25 degC: nothing before the window, 99 % at its end (textbook windows, end widened for the sulfate medium)."""
    assert removed(start, 25)[ion] < 0.2
    assert removed(end, 25)[ion] > 0.985
