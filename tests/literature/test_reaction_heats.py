"""Heats of reaction against calorimetry and handbook values, kJ/mol at 25 degC unless said otherwise."""

from __future__ import annotations

import pytest

from hydromet.stream import Stream

WATER = 55.508


# Equation, measured heat, tolerance, where it comes from.
HEATS = [
    ("H+ + OH- = H2O", -55.8, 0.3, "calorimetry of strong acid and base at infinite dilution"),
    ("Ca(OH)2(s) = Ca+2 + 2 OH-", -17.9, 2.0, "solution calorimetry, -16.7 to -17.9"),
    ("NaOH(s) = Na+ + OH-", -44.5, 0.5, "solution calorimetry, infinite dilution"),
    ("H2SO4(l) = 2 H+ + SO4-2", -95.3, 0.5, "infinite dilution, NBS tables"),
    ("Al+3 + 3 OH- = Al(OH)3[gibbsite](s)", -73.0, 8.0, "Hess: -102.8 (gibbsite with acid, ThermoChimie) and -55.8"),
    ("Cu+2 + Fe(s) = Fe+2 + Cu(s)", -153.9, 2.0, "Gibbs-Helmholtz on E0 of the two couples, -150 to -154"),
    ("H2O2 = H2O + 0.5 O2(g)", -94.7, 1.0, "catalytic decomposition calorimetry, dilute"),
    ("2 Li+ + CO3-2 = Li2CO3(s)", 17.6, 2.0, "solution calorimetry of Li2CO3, -16 to -18.2"),
    ("NiSO4:6H2O(s) = Ni+2 + SO4-2 + 6 H2O", 4.5, 2.0, "enthalpy of solution, ThermoChimie 4.485"),
    ("NiSO4:7H2O(s) = Ni+2 + SO4-2 + 7 H2O", 12.2, 2.0, "enthalpy of solution, ThermoChimie 12.167"),
    ("Na2SO4:10H2O(s) = 2 Na+ + SO4-2 + 10 H2O", 79.5, 1.5, "enthalpy of solution, ThermoChimie 79.471"),
    ("Na2SO4(s) = 2 Na+ + SO4-2", -2.3, 1.0, "enthalpy of solution, ThermoChimie -2.2"),
    ("Al(s) + 3 H+ = Al+3 + 1.5 H2(g)", -531.0, 8.0, "acid calorimetry of aluminium, -531 to -538"),
    ("Mg(OH)2(s) + 2 H+ = Mg+2 + 2 H2O", -114.0, 2.0, "brucite with acid, minteq -113.996"),
    ("CaSO4:2H2O(s) = Ca+2 + SO4-2 + 2 H2O", -1.1, 1.5, "enthalpy of solution, ThermoChimie -1.05"),
    ("CO3-2 + 2 H+ = CO2(g) + H2O", -2.2, 1.5, "CO2(g) solution -20.3 and both protonations +14.9, +9.2"),
    ("NH4+ + OH- = NH3(g) + H2O", 30.8, 2.0, "protonation -52.2, neutralisation -55.8, vaporisation 34.2"),
    ("Co(OH)2(s) + 2 H+ = Co+2 + 2 H2O", -92.0, 3.0, "ThermoChimie -88.5 to -93.6"),
    ("H2O = H2O(g)", 44.0, 0.1, "steam tables at 25 degC"),
]


@pytest.mark.parametrize(("equation", "heat", "tolerance", "origin"), HEATS, ids=[h[0] for h in HEATS])
def test_heat(chemistry, equation, heat, tolerance, origin):
    assert chemistry.reaction(equation).heat(298.15) / 1e3 == pytest.approx(heat, abs=tolerance), origin


def test_latent_heat_at_the_boiling_point(chemistry):
    assert chemistry.reaction("H2O = H2O(g)").heat(373.15) / 1e3 == pytest.approx(40.66, abs=0.4)


def test_bisulfate_takes_up_heat(chemistry):
    """SO4-2 + H+ = HSO4-, calorimetry +22.4 (ThermoChimie): the speciation heat of acid sulfate liquors."""
    assert chemistry.reaction("SO4-2 + H+ = HSO4-").heat(298.15) / 1e3 == pytest.approx(22.4, abs=1.0)


def test_neutralising_acid_with_caustic(chemistry):
    """0.5 mol/kg H2SO4 with NaOH: the bisulfate gives its heat back, about -66 kJ per mol of OH-."""
    acid = Stream({"H2O": WATER, "H+": 1.0, "SO4-2": 0.5})
    caustic = Stream({"H2O": WATER, "Na+": 1.0, "OH-": 1.0})
    salt, _ = chemistry.canonical(acid.plus(caustic))
    heat = chemistry.enthalpy(salt) - chemistry.enthalpy(acid) - chemistry.enthalpy(caustic)
    assert heat / 1e3 == pytest.approx(-64.5, abs=3.0)


@pytest.mark.parametrize(
    ("flows", "cp", "tolerance"),
    [
        ({"H2O": 900 / 18.0153, "Na+": 200 / 142.04, "SO4-2": 100 / 142.04}, 3.78, 0.04),
        ({"H2O": 800 / 18.0153, "Ni+2": 200 / 154.75, "SO4-2": 200 / 154.75}, 3.30, 0.12),
        ({"H2O": 900 / 18.0153, "Na+": 100 / 40.0, "OH-": 100 / 40.0}, 3.75, 0.06),
    ],
)
def test_heat_capacity_of_liquors(chemistry, flows, cp, tolerance):
    """kJ/(kg K), from solution calorimetry (10 % Na2SO4, 20 % NiSO4, 10 % NaOH)."""
    stream = Stream(flows)
    assert chemistry.heat_capacity(stream) / stream.mass() / 1e3 == pytest.approx(cp, abs=tolerance)
