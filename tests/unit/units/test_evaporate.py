"""Evaporator: water removed, crop, elevation, power and steam against numbers by hand."""

from __future__ import annotations

import math

import pytest

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.evaporate import Evaporate

MW = species("H2O").molar_mass


def liquor(sodium_sulfate: float, lithium: float, temperature: float = 313.15) -> Stream:
    """mol/s of Na2SO4 and Li+ in 1 kg/s of water."""
    sulfate = sodium_sulfate + 0.5 * lithium
    return Stream({"H2O": 1 / MW, "Na+": 2 * sodium_sulfate, "Li+": lithium, "SO4-2": sulfate}, temperature)


def test_water_removed_is_shared_between_condensate_and_vent(solve):
    unit = Evaporate(temperature=363.15, water_removed=0.4, vented=0.01, carry_over=0.0)
    result = solve(unit, {"liquor": liquor(0.5, 0.2)})
    assert result.outlets["condensate"]["H2O"] == pytest.approx(0.4 * 0.99 / MW)
    assert result.outlets["vent"]["H2O(g)"] == pytest.approx(0.4 * 0.01 / MW)
    assert result.outlets["concentrate"]["H2O"] == pytest.approx(0.6 / MW)
    assert result.outlets["condensate"]["Na+"] == 0.0


def test_droplets_carry_liquor_into_the_condensate(solve):
    unit = Evaporate(temperature=363.15, water_removed=0.4, vented=0.0, carry_over=1e-3)
    result = solve(unit, {"liquor": liquor(0.5, 0.2)})
    mass = 0.6 + 0.6 * 0.14204 - 0.1 * 0.14204 + 0.1 * 0.10994  # kg/s: water, Na2SO4, Li2SO4
    share = 1e-3 * 0.4 / mass
    assert result.outlets["condensate"]["Na+"] == pytest.approx(share * 1.0, rel=0.03)
    assert any(split.outlet == "condensate" for split in result.fixed_splits)


def test_molality_is_reached(solve):
    result = solve(Evaporate(temperature=363.15, species="Li+", molality=0.5), {"liquor": liquor(0.5, 0.2)})
    main = result.outlets["concentrate"]
    assert main["Li+"] / (main["H2O"] * MW) == pytest.approx(0.5, rel=1e-9)
    assert result.values["water_removed_fraction"] == pytest.approx(0.6, rel=1e-9)  # 0.2 mol in 0.4 kg


def test_concentration_is_reached_while_salt_falls(solve, chemistry):
    unit = Evaporate(temperature=373.15, solids=("Na2SO4(s)",), species="K+", concentration=5.0)
    feed = Stream({"H2O": 1 / MW, "Na+": 1.5, "K+": 0.02, "SO4-2": 0.76}, 313.15)
    main = solve(unit, {"liquor": feed}).outlets["slurry"]
    assert main["K+"] * 39.098e-3 / chemistry.volume(main, "aq") == pytest.approx(5.0, rel=1e-4)
    assert chemistry.liquor(main).saturation_index("Na2SO4(s)") == pytest.approx(0.0, abs=1e-6)
    # the liquor keeps 42.2 g Na2SO4 per 100 g of water at 100 degC, the rest has fallen
    assert (main["Na+"] / 2) / (main["H2O"] * MW) == pytest.approx(2.97, rel=0.06)


def test_saturation_is_reached_without_a_crop(solve, chemistry):
    unit = Evaporate(temperature=363.15, salt="Na2SO4(s)", saturation_index=-0.05)
    main = solve(unit, {"liquor": liquor(0.8, 0.0)}).outlets["concentrate"]
    assert chemistry.liquor(main).saturation_index("Na2SO4(s)") == pytest.approx(-0.05, abs=1e-8)


def test_the_boiling_point_elevation_balances_the_vapour_pressures(solve, chemistry):
    result = solve(Evaporate(temperature=373.15, water_removed=0.6), {"liquor": liquor(1.0, 0.0)})
    activity = chemistry.liquor(result.outlets["concentrate"]).water_activity
    # Clausius-Clapeyron with 40.7 kJ/mol: dT = -R T^2 ln(aw) / L
    by_hand = -8.314 * 373.15**2 * math.log(activity) / 40.7e3
    assert result.values["boiling_point_elevation_K"] == pytest.approx(by_hand, rel=0.05)
    assert 1.5 < result.values["boiling_point_elevation_K"] < 4.0


def test_recompression_power_by_hand(solve, chemistry):
    unit = Evaporate(temperature=373.15, water_removed=0.5, arrangement="mvr", lift=6.0, vented=0.0)
    inlets = {"liquor": liquor(0.0, 0.0, 373.15)}
    result = solve(unit, inlets)
    energy = unit.energy(inlets, result, chemistry)
    # pure water: 101.4 to 125.1 kPa (steam table, 100 and 106 degC), cp 33.8 J/mol/K, per kg of vapour
    ideal = 33.8 * 373.15 * ((125.1 / 101.4) ** (8.314 / 33.8) - 1) / MW
    assert energy.shaft == pytest.approx(0.5 * ideal / 0.75, rel=0.01)
    assert energy.electric["MVR"] == pytest.approx(energy.shaft / 0.94)
    assert 10 < energy.electric["MVR"] / 0.5 / 3600 < 45  # kWh/t; plants 25-45 with elevation and pumps


@pytest.mark.parametrize(("effects", "low", "high"), [(1, 1.1, 1.4), (3, 0.35, 0.55)])
def test_steam_economy(solve, chemistry, effects, low, high):
    arrangement = "live_steam" if effects == 1 else "multi_effect"
    unit = Evaporate(temperature=363.15, water_removed=0.6, arrangement=arrangement, effects=effects, approach=10.0)
    inlets = {"liquor": liquor(0.5, 0.2)}
    result = solve(unit, inlets)
    energy = unit.energy(inlets, result, chemistry)
    assert low < energy.steam / 2.1e6 / result.values["water_evaporated_kg_s"] < high  # t steam of 2.1 MJ/kg per t
    assert energy.steam - energy.cooling == pytest.approx(energy.heat)


def test_a_feed_beyond_the_condition_passes_with_a_notice(solve):
    result = solve(Evaporate(temperature=363.15, species="Li+", molality=0.1), {"liquor": liquor(0.5, 0.2)})
    assert result.values["water_evaporated_kg_s"] == 0.0
    assert [notice.code for notice in result.notices] == ["W850"]


def test_a_condition_out_of_reach_is_said(solve):
    unit = Evaporate(temperature=363.15, salt="Na2SO4(s)", saturation_index=-0.05)
    result = solve(unit, {"liquor": Stream({"H2O": 50.0}, 313.15)})
    assert result.values["water_evaporated_kg_s"] == 0.0


def test_zero_feed(solve):
    result = solve(Evaporate(temperature=363.15, species="Li+", molality=0.5), {"liquor": Stream()})
    assert all(not stream.flows for stream in result.outlets.values())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "E850"),
        ({"water_removed": 0.5, "molality": 1.0}, "E850"),
        ({"molality": 1.0}, "E851"),
        ({"saturation_index": 0.0}, "E851"),
    ],
)
def test_one_condition_with_its_object(given, code):
    with pytest.raises(ValueError, match=code) as caught:
        Evaporate(temperature=363.15, **given)
    assert isinstance(caught.value.errors()[0]["ctx"]["error"], UnitError)
