"""Enthalpies, adiabatic mixing, volumes."""

import pytest

from hydromet.chemistry import Chemistry
from hydromet.chemistry.properties.density_water_kell_1975 import water_density
from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import boiling_temperature, vapour_pressure
from hydromet.errors import ChemistryError
from hydromet.stream import Stream

ACID = Stream({"H2SO4(l)": 1.0, "H2O": 0.11})
LIQUOR = Stream({"H2O": 55.508, "Ni+2": 1.0, "SO4-2": 1.05, "H+": 0.1}, 330.0)


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def test_mix_loses_no_enthalpy(chemistry):
    water = Stream({"H2O": 50.0}, 290.0)
    mixed = chemistry.mix(water, ACID, LIQUOR)
    total = sum(chemistry.enthalpy(s) for s in (water, ACID, LIQUOR))
    assert chemistry.enthalpy(mixed) == pytest.approx(total, rel=1e-12)
    assert mixed.elements() == pytest.approx(water.plus(ACID, LIQUOR).elements())
    assert mixed["H2SO4(l)"] == 0.0


def test_acid_into_water_warms_it(chemistry):
    """1 mol of 98 % acid in 1 kg of water: about 73 kJ, of which 4.1 kJ/K is the liquor, so some 17 K."""
    mixed = chemistry.mix(Stream({"H2O": 55.508}), ACID)
    assert 15.0 < mixed.temperature - 298.15 < 20.0


def test_concentrated_acid_stays_a_liquid(chemistry):
    kept, extents = chemistry.canonical(ACID)
    assert kept == ACID
    assert extents == {}


def test_at_enthalpy_is_the_inverse_of_enthalpy(chemistry):
    for T in (275.0, 300.0, 365.0):
        back = chemistry.at_enthalpy(LIQUOR, chemistry.enthalpy(LIQUOR.at(T)))
        assert back.temperature == pytest.approx(T, abs=1e-8)


def test_impossible_enthalpy_is_named(chemistry):
    with pytest.raises(ChemistryError, match="E511"):
        chemistry.at_enthalpy(LIQUOR, chemistry.enthalpy(LIQUOR) + 1e9)


def test_heat_capacity_is_the_slope_at_fixed_species(chemistry):
    solid = Stream({"NiSO4:6H2O(s)": 2.0, "O2(g)": 1.0}, 300.0)
    slope = (chemistry.enthalpy(solid.at(310.0)) - chemistry.enthalpy(solid)) / 10.0
    assert chemistry.heat_capacity(solid) == pytest.approx(slope, rel=1e-9)


def test_species_without_thermochemistry_is_named(chemistry):
    with pytest.raises(ChemistryError, match="E510"):
        chemistry.enthalpy(Stream({"XeF2(s)": 1.0}))


@pytest.mark.parametrize(
    ("flows", "t", "density"),
    [
        ({"H2O": 1.0}, 25.0, 997.05),
        ({"H2O": 1.0}, 90.0, 965.3),
        # 30 % NiSO4 at 25 degC: 1.390; CoSO4 within 2 % of it, not the 1.304 of its own suspect row
        ({"H2O": 700 / 18.015, "Ni+2": 300 / 154.75, "SO4-2": 300 / 154.75}, 25.0, 1390.0),
        ({"H2O": 700 / 18.015, "Co+2": 300 / 155.0, "SO4-2": 300 / 155.0}, 25.0, 1390.0),
        ({"H2O": 800 / 18.015, "Na+": 2 * 200 / 142.04, "SO4-2": 200 / 142.04}, 20.0, 1191.0),
        ({"H2O": 900 / 18.015, "H+": 200 / 98.08, "SO4-2": 100 / 98.08}, 20.0, 1066.0),
        ({"H2O": 900 / 18.015, "Na+": 100 / 40.0, "OH-": 100 / 40.0}, 20.0, 1109.0),
    ],
)
def test_density(chemistry, flows, t, density):
    assert chemistry.density(Stream(flows, t + 273.15)) == pytest.approx(density, rel=0.005)


def test_density_outside_the_fitted_temperatures_stays_sane(chemistry):
    """The expression has a pole at 34 degC for FeSO4, fitted from 15 to 25 degC only."""
    hot = Stream({"H2O": 55.5, "Fe+2": 1.0, "SO4-2": 1.0}, 363.15)
    assert 1080.0 < chemistry.density(hot) < 1140.0


def test_volumes_add_up_by_phase(chemistry):
    slurry = Stream({"H2O": 50.0, "Ni+2": 1.0, "SO4-2": 1.0, "C(s)": 3.0, "Cu(s)": 1.0, "N2(g)": 1.0})
    parts = [chemistry.volume(slurry, phase) for phase in ("aq", "s", "g", "org", "l")]
    assert sum(parts) == pytest.approx(chemistry.volume(slurry))
    assert parts[2] == pytest.approx(0.024465, rel=1e-3)
    assert parts[3] == parts[4] == 0.0


def test_missing_density_is_named(chemistry):
    with pytest.raises(ChemistryError, match="E509"):
        chemistry.volume(Stream({"XeF2(s)": 1.0}))


def test_water_properties():
    assert vapour_pressure(298.15) == pytest.approx(3169.9, rel=1e-3)
    assert boiling_temperature(101325.0) == pytest.approx(373.124, abs=0.01)
    assert water_density(277.13) == pytest.approx(999.97, abs=0.02)


def test_boiling_point_elevation(chemistry):
    """Saturated NaCl boils at about 108.7 degC, and it agrees with the latent heat to first order."""
    brine = chemistry.liquor(Stream({"H2O": 55.508, "Na+": 6.7, "Cl-": 6.7}, 373.15))
    assert brine.boiling_point_elevation == pytest.approx(8.3, abs=0.6)
    dilute = chemistry.liquor(Stream({"H2O": 55.508, "Na+": 0.1, "Cl-": 0.1}, 373.15))
    assert dilute.boiling_point_elevation == pytest.approx(0.512 * 0.2 * 0.92, rel=0.03)
