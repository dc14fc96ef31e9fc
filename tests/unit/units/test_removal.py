"""The search for the water to remove: never an absurd state, the nearest one where the condition cannot be met."""

from __future__ import annotations

import pytest

from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units import removal
from hydromet.units.crystallise import Crystallise
from hydromet.units.evaporate import Evaporate

MW = species("H2O").molar_mass
WATER = 1.0 / MW
BRINE = Stream({"H2O": WATER, "Na+": 3.0, "SO4-2": 1.5}, 333.15)


def codes(result):
    return [notice.code for notice in result.notices]


def test_a_target_that_is_not_in_the_feed_ends_at_the_last_liquor(solve):
    """No lithium at all: all the sulfate that can fall has fallen, and it is said."""
    result = solve(Evaporate(temperature=373.15, solids=("Na2SO4(s)",), species="Li+", molality=2.0), {"liquor": BRINE})
    assert "W851" in codes(result)
    assert result.values["water_removed_fraction"] == pytest.approx(removal.MOST)
    # 5 g of water hold 42 g Na2SO4 per 100 g
    assert result.outlets["slurry"]["Na2SO4(s)"] == pytest.approx(1.5 - 0.005 * 2.97, rel=0.01)


def test_without_a_crop_the_search_ends_with_the_activity_model(solve, chemistry):
    result = solve(Evaporate(temperature=373.15, species="Li+", molality=2.0), {"liquor": BRINE})
    assert "W851" in codes(result)
    strength = chemistry.liquor(result.outlets["concentrate"], 373.15).ionic_strength
    assert strength == pytest.approx(removal.DENSE, rel=1e-3)


def test_declared_removal_stops_there_too(solve):
    result = solve(Evaporate(temperature=373.15, water_removed=0.99), {"liquor": BRINE})
    assert "W851" in codes(result)
    assert 0.8 < result.values["water_removed_fraction"] < 0.99


@pytest.mark.parametrize(
    "unit",
    [
        Evaporate(temperature=373.15, species="Li+", molality=2.0),
        Evaporate(temperature=373.15, solids=("Na2SO4(s)",), water_removed=0.5),
        Crystallise(temperature=283.15, salt="Na2SO4:10H2O(s)", operation="cooling"),
        Crystallise(temperature=283.15, salt="Na2SO4:10H2O(s)", operation="vacuum"),
        Crystallise(temperature=318.15, salt="NiSO4:6H2O(s)", crystal_yield=0.6),
    ],
)
def test_a_liquor_of_the_first_passes_does_not_stop_the_plant(chemistry, unit):
    """200 mol/kg Na and 40 mol/kg Ni, as the first passes of a closed loop may bring."""
    feed = Stream({"H2O": WATER, "Na+": 200.0, "Ni+2": 40.0, "Li+": 1.0, "SO4-2": 140.5}, 333.15)
    result = unit.solve({"liquor": feed}, chemistry)
    assert "W851" in codes(result)
    assert sum(s.elements().get("Ni", 0.0) for s in result.outlets.values()) == pytest.approx(40.0)


def test_a_large_crop_in_steps_is_the_crop_of_one_step(chemistry, monkeypatch):
    feed = Stream({"H2O": WATER, "Na+": 3.0, "Li+": 0.1, "H+": 0.1, "SO4-2": 1.6}, 333.15)
    steps = removal.remove_water(feed, 0.7, 373.15, ("Na2SO4(s)",), chemistry)
    monkeypatch.setattr(removal, "_DIRECT", 1e9)
    once = removal.remove_water(feed, 0.7, 373.15, ("Na2SO4(s)",), chemistry)
    assert steps.water == pytest.approx(once.water)
    for name, flow in once.stream.flows.items():
        assert steps.stream[name] == pytest.approx(flow, rel=1e-8), name
    assert sum(steps.extents.values()) == pytest.approx(sum(once.extents.values()), rel=1e-8)


def test_hydrates_leave_a_liquor(solve):
    """Complete crystallisation of NiSO4:6H2O would need all the water there is: the search stops before."""
    feed = Stream({"H2O": WATER, "Ni+2": 6.0, "SO4-2": 6.0}, 333.15)
    result = solve(Crystallise(temperature=318.15, salt="NiSO4:6H2O(s)", crystal_yield=0.999), {"liquor": feed})
    assert result.values["crystal_yield_fraction"] > 0.9
    assert "W860" in codes(result)
