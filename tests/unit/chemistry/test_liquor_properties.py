"""Excess enthalpy, heat capacity, viscosity and the salts that stand for ions."""

from __future__ import annotations

import numpy as np
import pytest

from hydromet.chemistry import Chemistry
from hydromet.chemistry.engine import solve_equilibrium
from hydromet.chemistry.physical.excess import load_slopes, slope_of
from hydromet.chemistry.physical.heat_capacity import LiquorHeatCapacity
from hydromet.chemistry.physical.salt_shares import SaltShares, load_ions
from hydromet.chemistry.physical.stream_enthalpy import liquor_totals
from hydromet.chemistry.physical.volumes import aqueous_volume, load_salts
from hydromet.chemistry.properties.heat_capacity_water_iapws_2008 import water_heat, water_heat_capacity
from hydromet.chemistry.properties.viscosity_water_iapws_2008 import water_viscosity
from hydromet.chemistry.records import T0
from hydromet.chemistry.system import at_temperature
from hydromet.errors import ChemistryError
from hydromet.kernels.excess import gibbs_slope
from hydromet.kernels.pitzer import MW, pitzer
from hydromet.stream import Stream

KG = 55.508
MIXED = {"H2O": KG, "Ni+2": 0.8, "Co+2": 0.2, "Na+": 0.6, "H+": 0.4, "SO4-2": 1.35, "Cl-": 0.3}
# Al+3 and Na+ in chloride and sulfate: E-Theta of cations and of anions.
UNLIKE = {"H2O": KG, "Al+3": 0.2, "Na+": 0.5, "SO4-2": 0.4, "Cl-": 0.3}


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def gibbs(system, m, temperature):
    """Excess Gibbs energy over RT, mol/kg: from ln gamma and the water activity of the activity kernel."""
    at = at_temperature(system.components, (), temperature)
    lng = np.zeros(len(m))
    ln_aw, _ = pitzer(
        m, system.z, at.aphi, system.alphas, system.pair, system.pair_alpha, at.pair_value, system.two, at.two_value,
        system.three, at.three_value, lng, np.full(len(m), -1), np.zeros((len(m), 0)),
    )  # fmt: skip
    return m.sum() + m @ lng + ln_aw / MW


@pytest.mark.parametrize("flows", [MIXED, UNLIKE], ids=["mixed", "unlike charges"])
def test_slope_is_the_derivative_of_the_gibbs_energy(flows):
    """The kernel of the enthalpy against a difference of the kernel of the activities, at the molalities of 25 degC."""
    y = (solved := solve_equilibrium(dict(liquor_totals(flows)), T0)).system
    basis = np.array([0.0, -1.0 / T0**2, 1.0 / T0, 1.0])
    slopes = y.pitzer @ basis
    n, q = 4 * len(y.pair), len(y.two)
    at = at_temperature(y.components, (), T0)
    value = gibbs_slope(
        solved.m, y.z, at.aphi, slopes[0], y.alphas, y.pair, y.pair_alpha, slopes[1 : 1 + n].reshape(-1, 4), y.two,
        slopes[1 + n : 1 + n + q], y.three, slopes[1 + n + q :],
    )  # fmt: skip
    step = 0.05
    numeric = (gibbs(y, solved.m, T0 + step) - gibbs(y, solved.m, T0 - step)) / (2.0 * step)
    assert value == pytest.approx(numeric, rel=1e-6)


def test_slopes_of_pairs():
    """A pair's own row, then the temperature terms of its activity, then the row of its charges."""
    assert slope_of("H+", "HSO4-") is load_slopes()["H+", "HSO4-"]
    assert slope_of("Na+", "SO4-2") is None
    assert slope_of("NiNH3+2", "SO4-2") is load_slopes()["+2", "-2"]
    assert slope_of("Na+", "HF2-") is None


@pytest.mark.parametrize("t", [5.0, 25.0, 60.0, 95.0])
@pytest.mark.parametrize("flows", [MIXED, {"H2O": KG, "Na+": 10.0, "OH-": 10.0}, {"H2O": KG, "H+": 4.0, "Cl-": 4.0}])
def test_heat_capacity_is_the_slope_of_the_enthalpy(chemistry, flows, t):
    liquor = Stream(flows, t + 273.15)
    warm, cold = (chemistry.enthalpy(liquor.at(liquor.temperature + d)) for d in (0.02, -0.02))
    assert chemistry.heat_capacity(liquor) == pytest.approx((warm - cold) / 0.04, rel=1e-5)


def test_heat_taken_up_is_the_integral_of_the_heat_capacity():
    capacity = LiquorHeatCapacity(dict(liquor_totals(MIXED)))
    ends = np.linspace(T0, 368.15, 2001)
    values = np.array([capacity(t) for t in ends])
    assert capacity.heat(368.15) == pytest.approx(float(np.trapezoid(values, ends)), rel=1e-6)
    assert capacity.heat(T0) == 0.0


def test_water():
    """IAPWS SR6-08: table values of cp and viscosity, and the enthalpy beyond the range of the correlation."""
    assert water_heat_capacity(298.15) == pytest.approx(4181.446, abs=1e-3)
    assert water_viscosity(298.15) == pytest.approx(889.9966e-6, rel=1e-6)
    assert water_heat(373.15) - water_heat(273.15) == pytest.approx(419.1e3, rel=1e-3)
    assert water_heat(400.0) - water_heat(390.0) == pytest.approx(10.0 * water_heat_capacity(395.0))


def test_enthalpy_of_concentrated_acid_meets_that_of_the_dissolved(chemistry):
    """The heat of mixing of the pure liquid and that of the liquor at the two moles of water where acid dissolves."""
    below, above = (chemistry.enthalpy(Stream({"H2SO4(l)": 1.0, "H2O": n})) for n in (1.9999, 2.0001))
    apart = chemistry.enthalpy(Stream({"H2SO4(l)": 1.0})) + chemistry.enthalpy(Stream({"H2O": 2.0}))
    assert below - above == pytest.approx(0.0002 * 285830.0, abs=0.01 * abs(above - apart))


def test_listed_acid_has_the_enthalpy_of_the_dissolved(chemistry):
    """Enough water dissolves it: 50 % acid bought is a liquor, however it is listed."""
    listed = Stream({"H2SO4(l)": 1.0, "H2O": 5.44})
    assert chemistry.enthalpy(listed) == pytest.approx(chemistry.enthalpy(chemistry.canonical(listed)[0]), rel=1e-12)


def test_caustic_beyond_the_activity_model_has_an_enthalpy(chemistry):
    """70 % NaOH: the engine may have no speciation, the heat of dilution is extrapolated and grows on."""

    def heat(water: float) -> float:
        made = chemistry.enthalpy(Stream({"Na+": 1.0, "OH-": 1.0, "H2O": water}))
        return made - chemistry.enthalpy(Stream({"H2O": water})) if water else made

    assert heat(0.95) > heat(2.2) > heat(10.0)


def test_enthalpy_scales_with_the_flow(chemistry):
    one, many = Stream(MIXED, 330.0), Stream(MIXED, 330.0).scaled(1e4)
    assert chemistry.enthalpy(many) == pytest.approx(1e4 * chemistry.enthalpy(one), rel=1e-10)


def test_salts_of_a_liquor():
    """One salt comes out as itself; H+ is bound by sulfate, else it is hydrochloric acid; ammonia binds OH-."""
    salts = tuple(load_salts())
    ions = load_ions("data/density/ions.csv")

    def shares(flows):
        totals = dict(liquor_totals(flows))
        names = tuple(sorted(totals))
        shared = SaltShares(names, ions, salts)(np.array([totals[n] for n in names]))
        return {n: pytest.approx(x) for n, x in zip(salts, shared.moles.tolist(), strict=True) if abs(x) > 1e-12}

    assert shares({"H2O": KG, "Ni+2": 1.0, "SO4-2": 1.0}) == {"NiSO4": 1.0}
    assert shares({"H2O": KG, "Na+": 1.0, "OH-": 1.0}) == {"NaOH": 1.0}
    assert shares({"H2O": KG, "H+": 2.0, "SO4-2": 1.0}) == {"H2SO4": 1.0}
    assert shares({"H2O": KG, "H+": 1.0, "Cl-": 1.0}) == {"HCl": 1.0}
    assert shares({"H2O": KG, "H+": 3.0, "Cl-": 1.0, "SO4-2": 1.0}) == {"H2SO4": 1.0, "HCl": 1.0}
    assert shares({"H2O": KG, "NH4+": 1.0, "OH-": 1.0}) == {"NH3": 1.0}
    assert shares({"H2O": KG, "Na+": 1.0, "H+": 1.0, "CO3-2": 1.0}) == {"NaHCO3": 1.0}


def test_volume_is_the_same_alone_and_in_rows():
    alone = aqueous_volume({"H2O": KG, "Co+2": 1.0, "SO4-2": 1.0, "O2": 0.001}, 320.0)
    assert alone == pytest.approx(1.0034e-3, rel=0.02)
    assert aqueous_volume({}, 300.0) == 0.0


def test_viscosity(chemistry):
    """Water, then a liquor that is thicker when colder and stronger."""
    assert chemistry.viscosity(Stream({"H2O": KG})) == pytest.approx(water_viscosity(298.15), rel=1e-9)
    liquor = Stream({"H2O": KG, "Ni+2": 2.0, "SO4-2": 2.0})
    strong = Stream({"H2O": KG, "Ni+2": 2.5, "SO4-2": 2.5})
    assert chemistry.viscosity(liquor.at(350.0)) < chemistry.viscosity(liquor) < chemistry.viscosity(strong)
    with pytest.raises(ChemistryError, match="E506"):
        chemistry.viscosity(Stream({"NaCl(s)": 1.0}))


def test_property_cautions(chemistry):
    """Cobalt stands on nickel, 90 degC is beyond the data, 45 % too; a nickel liquor at 40 degC is fine but for cp."""
    cobalt = chemistry.property_cautions(Stream({"H2O": KG, "Co+2": 5.5, "SO4-2": 5.5}, 363.15))
    assert {c.code for c in cobalt} == {"W531", "W532", "W533"}
    assert any(c.text == "density taken from another salt: Co+2 (NiSO4)" for c in cobalt)
    nickel = chemistry.property_cautions(Stream({"H2O": KG, "Ni+2": 1.0, "SO4-2": 1.0}, 313.15))
    assert [c.text for c in nickel] == ["heat capacity taken from another salt: Ni+2 (MgSO4)"]
    assert chemistry.property_cautions(Stream({"H2O": KG, "Na+": 2.0, "SO4-2": 1.0})) == ()
