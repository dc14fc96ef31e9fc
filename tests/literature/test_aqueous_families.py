"""Mixtures, complexes, solids and gases of the aqueous data against numbers from outside."""

from __future__ import annotations

from math import log, log10

import pytest
from scipy.optimize import brentq

from hydromet.chemistry import Chemistry, Solution
from hydromet.chemistry.database import load_database
from hydromet.chemistry.fits.accuracy import compare_tables, load_measured
from hydromet.chemistry.records import at
from hydromet.stream import Stream

chemistry = Chemistry.load()
ZERO = 273.15


def log10_k(name, t=25.0):
    return at(load_database().aqueous[name].log10_k, t + ZERO)


# --- buffers and acids


# NBS standards; the scale of single ions differs by 0.01, the Pitzer pairs of the phosphates are of 25 degC.
@pytest.mark.parametrize(
    ("system", "to", "within"),
    [
        ("phosphate buffer 6.86", 60, 0.015),
        ("phosphate buffer 6.86", 95, 0.05),
        ("phosphate buffer 7.41", 50, 0.015),
        ("carbonate buffer 10.01", 50, 0.015),
        ("calcium hydroxide 12.45", 60, 0.02),
    ],
)
def test_pH_of_buffers(system, to, within):
    rows = [row for row in load_measured() if row.system == system and row.temperature <= to + ZERO + 0.01]
    assert len(rows) >= 7
    for one in compare_tables(rows):
        assert abs(one.error) < within, one


def test_sulfurous_acid_and_hydrogen_sulfide():
    assert log10_k("SO2") - log10_k("HSO3-") == pytest.approx(1.85, abs=0.05)
    assert log10_k("HSO3-") == pytest.approx(7.2, abs=0.05)
    assert log10_k("H2S") == pytest.approx(7.0, abs=0.05)
    # 1.23 and 0.102 mol/kg/bar are the handbook solubilities at 25 degC, recalled
    for gas, dissolved, henry in (("SO2(g)", "SO2", 1.23), ("H2S(g)", "H2S", 0.102)):
        k = 10.0 ** (at(load_database().gases[gas].log10_k, 298.15) + log10_k(dissolved))
        assert k == pytest.approx(henry, rel=0.05)


def test_sulfite_and_sulfide_stay_what_they_are():
    """No equilibrium makes sulfate of them, however strong the driving force."""
    feed = Stream({"H2O": 55.5, "Na+": 0.4, "SO3-2": 0.1, "HS-": 0.05, "SO4-2": 0.1, "H+": 0.05}, 333.15)
    made = chemistry.equilibrate(feed, solids=["Na2SO4:10H2O(s)"]).stream
    for ion in ("SO3-2", "HS-", "SO4-2"):
        assert made[ion] == pytest.approx(feed[ion], rel=1e-12)
    acid = chemistry.equilibrate(feed.plus(Stream({"H+": 0.4, "SO4-2": 0.2})), gases={"SO2(g)": 1e4, "H2S(g)": 1e4})
    assert acid.stream["SO3-2"] + acid.stream["SO2(g)"] == pytest.approx(0.1, rel=1e-9)
    assert acid.stream["HS-"] + acid.stream["H2S(g)"] == pytest.approx(0.05, rel=1e-9)


# --- complexes


def ligand_number(metal, free):
    """Mean NH3 per metal at about this free ammonia, mol/kg."""
    salt = {f"{metal}SO4": 1e-4, "(NH4)2SO4": 0.1, "NH3": free}
    molalities = Solution(salt).liquor.molalities
    names = [f"{metal}NH3+2", *(f"{metal}(NH3){n}+2" for n in range(2, 7 if metal != "Zn" else 5))]
    return sum(n * molalities[name] for n, name in enumerate(names, start=1)) / 1e-4


def test_ammines():
    """Formation curves of Bjerrum (2 mol/L NH4NO3), recalled to 0.3: nickel 5.3 at 1 mol/L, 3.7 at 0.1."""
    assert ligand_number("Ni", 1.0) == pytest.approx(5.3, abs=0.3)
    assert ligand_number("Ni", 0.1) == pytest.approx(3.7, abs=0.3)
    assert ligand_number("Co", 1.0) == pytest.approx(4.9, abs=0.4)
    assert ligand_number("Zn", 0.1) > 3.5
    # 0.4 log units less a step at 60 degC: exothermic, not the rise that the enthalpy of minteq4 would give
    for name in ("NiNH3+2", "CoNH3+2", "CuNH3+2"):
        step = {t: log10_k(name, t) - log10_k("NH3", t) for t in (25.0, 60.0)}
        assert -0.6 < step[60.0] - step[25.0] < -0.1


def test_ferric_sulfate_complexes():
    liquor = Solution({"Fe2(SO4)3": 0.005, "Na2SO4": 1.0, "H2SO4": 0.2}).liquor.molalities
    bound = liquor["FeSO4+"] + liquor["Fe(SO4)2-"]
    assert bound > 0.6 * 0.01
    assert liquor["Fe(SO4)2-"] > liquor["FeSO4+"]


# --- mixtures


def water(composition, t):
    return log(Solution(composition, t + ZERO).water_activity)


def beside_the_line(composition, t=25.0):
    """ln of the water activity over that of Zdanovskii's rule (sum m_i / m_i alone = 1), less one."""
    own = water(composition, t)

    def alone(salt, target):
        return brentq(lambda m: water({salt: m}, t) - target, 1e-4, 8.0, xtol=1e-7)

    def excess(target):
        return sum(m / alone(salt, target) for salt, m in composition.items()) - 1.0

    return own / brentq(excess, 1.2 * own, 0.8 * own, xtol=1e-7) - 1.0


@pytest.mark.parametrize("metal", ["Mg", "Ni", "Co", "Mn", "Zn", "Cu", "Fe"])
def test_sulfates_mix_as_magnesium_does(metal):
    """Isopiestic MgSO4-Na2SO4 lies within 2 % of the Zdanovskii line, as most of 100 systems do (Rowland, May 2012)."""
    for other, within in (("Na2SO4", 0.045), ("Li2SO4", 0.02), ("(NH4)2SO4", 0.035)):
        for m, n in ((0.5, 0.5), (1.0, 1.0), (2.0, 1.0), (1.0, 2.0)):
            assert abs(beside_the_line({f"{metal}SO4": m, other: n})) < within, (metal, other, m, n)


@pytest.mark.parametrize(
    ("system", "mean"), [("CaSO4 in Na2SO4", 0.045), ("CaSO4 in MgSO4", 0.04), ("CaSO4 in H2SO4", 0.07)]
)
def test_gypsum_in_brines(system, mean):
    """In-sample. The measured points in Na2SO4 part from each other by 5 %; the table in H2SO4 is 4 % high in water."""
    rows = [row for row in load_measured() if row.system == system]
    assert len(rows) >= 10
    errors = [abs(one.error) for one in compare_tables(rows)]
    assert sum(errors) / len(errors) < mean


@pytest.mark.parametrize(
    ("system", "t", "mean"),
    [
        ("Na2SO4 in NaCl", 0, 0.015), ("Na2SO4 in NaCl", 10, 0.01), ("Na2SO4 in NaCl", 20, 0.02),
        ("MgSO4 in NaCl", 25, 0.015), ("MgSO4 in MgCl2", 25, 0.01), ("MgSO4 in Na2SO4", 25, 0.015),
        ("MgSO4 in Na2SO4", 10, 0.03), ("K2SO4 in KCl", 25, 0.015),
    ],
)  # fmt: skip
def test_sulfates_in_a_second_salt(system, t, mean):
    """Independent: published models (ColdChem, pitzer.dat) at 0 to 25 degC."""
    rows = [row for row in load_measured() if row.system == system and abs(row.temperature - 273.15 - t) < 0.1]
    assert len(rows) >= 3
    assert not any(row.in_sample for row in rows)
    errors = [abs(one.error) for one in compare_tables(rows)]
    assert sum(errors) / len(errors) < mean


def test_sodium_sulfate_beside_potassium_and_lithium():
    """Saturated with two salts: 273 K (7.56 % K2SO4, 5.14 % Na2SO4) and 303 K (4.95 % Li2SO4, 27.39 % Na2SO4)."""
    cold = Solution({"K2SO4": 0.4969, "Na2SO4": 0.4145}, 273.15)
    assert cold.saturation_index("Na2SO4:10H2O(s)") == pytest.approx(0.0, abs=0.05)
    assert cold.saturation_index("K2SO4(s)") == pytest.approx(0.0, abs=0.05)
    # 30 degC is near the melting of the decahydrate: 0.07 in log K is 16 % of the Na2SO4
    warm = Solution({"Li2SO4": 0.6655, "Na2SO4": 2.850}, 303.2)
    assert warm.saturation_index("Na2SO4:10H2O(s)") == pytest.approx(0.0, abs=0.08)


@pytest.mark.parametrize(
    ("t", "solids"),
    [
        (25.0, {"Li2SO4:H2O(s)", "Na3Li(SO4)2:6H2O(s)", "Na2SO4:10H2O(s)"}),
        (35.0, {"Li2SO4:H2O(s)", "LiNaSO4(s)", "Na3Li(SO4)2:6H2O(s)", "Na2SO4(s)"}),
        (40.0, {"Li2SO4:H2O(s)", "LiNaSO4(s)", "Na3Li(SO4)2:6H2O(s)", "Na2SO4(s)"}),
        (60.0, {"Li2SO4:H2O(s)", "LiNaSO4(s)", "Na2SO4(s)"}),
    ],
)
def test_fields_of_lithium_sodium_sulfate(t, solids):
    """Solids of the phase diagrams at 25 degC (Li 1997), 35 and 40 degC (Ji 2015); no 6-hydrate when hot."""
    possible = [*solids, "Li2SO4:H2O(s)", "LiNaSO4(s)", "Na3Li(SO4)2:6H2O(s)", "Na2SO4(s)", "Na2SO4:10H2O(s)"]
    found = set()
    for k in range(1, 20):
        total = Solution({"Li2SO4": 0.23 * k, "Na2SO4": 4.6 - 0.23 * k}, t + ZERO)
        made = chemistry.equilibrate(total.stream, solids=list(dict.fromkeys(possible))).stream
        found |= {name for name in possible if made[name] > 1e-6}
    assert found == solids


# --- gases in brines


def salting(gas, salt, m=1.0, t=25.0):
    """Setschenow constant, kg/mol: log10 of the activity coefficient of the dissolved gas over the molality."""
    added = {gas: 1e-6}
    return log10(Solution({salt: m, **added}, t + ZERO).activity_coefficient(gas)) / m


@pytest.mark.parametrize(
    ("gas", "salt", "constant", "within"),
    # handbook values at 25 degC, recalled
    [
        ("O2", "NaCl", 0.14, 0.02),
        ("O2", "Na2SO4", 0.36, 0.04),
        ("O2", "H2SO4", 0.10, 0.05),
        ("O2", "MgSO4", 0.32, 0.05),
    ],
)
def test_oxygen_in_brines(gas, salt, constant, within):
    assert salting(gas, salt) == pytest.approx(constant, abs=within)


def test_carbon_dioxide_in_brines():
    for salt, constant, within in (("NaCl", 0.10, 0.015), ("Na2SO4", 0.27, 0.03)):
        assert salting("CO2", salt) == pytest.approx(constant, abs=within)


@pytest.mark.parametrize(
    ("salt", "pressure", "amount"), [(0.49, 3.27, 0.172), (0.95, 5.97, 0.219), (0.95, 10.74, 0.423)]
)
def test_hydrogen_sulfide_in_sodium_sulfate(salt, pressure, amount):
    """Measured at 40 degC, atm and mol/kg (test data of PHREEQC), fugacity coefficient 0.975 at 3, 0.92 at 11 atm.

    The model is up to 9 % high; whether the 0.95 of the heading is per litre or per kilogram is not said.
    """
    fugacity = pressure * 1.01325e5 * (1.0 - 0.0075 * pressure)
    brine = Solution({"Na2SO4": salt, "H2SO4": 1e-4}, 313.15).stream
    made = chemistry.equilibrate(brine.plus(Stream({"H+": 2.0, "HS-": 2.0}, 313.15)), gases={"H2S(g)": fugacity})
    assert made.liquor.molalities["H2S"] == pytest.approx(amount, rel=0.10)


# --- solids


def test_sulfides_fall_by_their_solubility():
    """At pH 1.4 under 1 bar H2S copper is gone, zinc mostly, nickel, cobalt, iron and manganese stay."""
    metals = {"Cu+2": 0.01, "Zn+2": 0.01, "Ni+2": 0.1, "Co+2": 0.05, "Fe+2": 0.01, "Mn+2": 0.1}
    feed = Stream({"H2O": 55.508, **metals, "SO4-2": 0.355, "H+": 0.65, "HS-": 0.5}, 298.15)
    made = chemistry.equilibrate(feed, solids=[f"{m[:2]}S(s)" for m in metals], gases={"H2S(g)": 1e5})
    assert made.liquor.pH < 1.6
    left = {metal: made.stream[metal] / amount for metal, amount in metals.items()}
    assert left["Cu+2"] < 1e-9
    assert left["Zn+2"] < 0.3
    assert min(left[m] for m in ("Ni+2", "Co+2", "Fe+2", "Mn+2")) > 0.95


def test_jarosite():
    """Zinc plants drop 20 g/L of iron as jarosite at 90-95 degC and pH 1-1.5; potassium jarosite is the firmest."""
    hot = {ion: Solution({"Fe2(SO4)3": 0.18, salt: 0.1, "H2SO4": 0.4}, 363.15) for ion, salt in
           (("Na", "Na2SO4"), ("K", "K2SO4"), ("(NH4)", "(NH4)2SO4"))}  # fmt: skip
    index = {ion: one.saturation_index(f"{ion}Fe3(SO4)2(OH)6(s)") for ion, one in hot.items()}
    assert 0.0 < index["Na"] < index["(NH4)"] < index["K"]
    assert hot["Na"].saturation_index("Fe(OH)3(s)") < -1.0
    strong = Solution({"Fe2(SO4)3": 0.18, "Na2SO4": 0.1, "H2SO4": 2.0}, 298.15)
    assert strong.saturation_index("NaFe3(SO4)2(OH)6(s)") < 0.0


@pytest.mark.parametrize(
    ("solid", "molality", "within"),
    [
        ("CaF2(s)", 2.05e-4, 0.06),
        ("Li3PO4(s)", 2.33e-3, 0.06),
        ("Ca(OH)2(s)", 0.0216, 0.03),
        ("AlF3:3H2O(s)", 0.0598, 0.03),
    ],
)
def test_sparingly_soluble_in_water(solid, molality, within):
    """Handbook solubility at 25 degC; AlF3 in-sample."""
    assert Solution({}).saturate(solid) == pytest.approx(molality, rel=within)


def test_soda_and_bicarbonate_solids():
    """Trona lies between soda and bicarbonate at 25 degC; anhydrous soda is never stable below 100 degC."""
    mixed = Solution({"Na2CO3": 2.2, "NaHCO3": 0.6}, 298.15)
    assert mixed.saturation_index("Na3H(CO3)2:2H2O(s)") > 0.0
    hot = Solution({"Na2CO3": 4.22}, 373.15)
    assert hot.saturation_index("Na2CO3(s)") < hot.saturation_index("Na2CO3:H2O(s)")


@pytest.mark.parametrize("name", sorted(load_database().solids))
def test_every_solid_has_a_finite_constant_over_its_range(name):
    constant = load_database().solids[name]
    assert constant.origin.t_min < constant.origin.t_max
    for t in (273.15, 298.15, 373.15):
        assert -220.0 < at(constant.log10_k, t) < 260.0
