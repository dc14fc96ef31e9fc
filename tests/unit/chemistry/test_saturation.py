"""Saturation as a mode of the engine: exact amounts, from nothing to molten hydrates; adiabatic mixing."""

from __future__ import annotations

import numpy as np
import pytest

from hydromet import Solution
from hydromet.chemistry import Chemistry
from hydromet.chemistry.database import load_database
from hydromet.chemistry.engine import clamp
from hydromet.chemistry.saturation import dissolve
from hydromet.errors import ChemistryError
from hydromet.stream import Stream
from tests.properties.oracle import Oracle

WATER = {"H2O": 55.508}


def index_of(solved, solid):
    """ln saturation by the oracle."""
    oracle = Oracle(solved.system.components, (solid,), clamp(solved.temperature))
    _, lng, law = oracle.excess(solved.m)
    activity = (np.log(solved.m) + lng)[: len(oracle.components)]
    return float((oracle.S @ activity + oracle.sa * law - oracle.lnKs)[0])


@pytest.mark.parametrize("solid", sorted(load_database().solids))
def test_amount_that_dissolves_saturates_exactly(solid):
    """Offered exactly, nothing is left and the liquor is saturated; a tenth less is undersaturated."""
    try:
        found = dissolve(WATER, 298.15, solid)
    except ChemistryError as error:
        assert error.code == "E514"
        return
    assert found.amount > 0.0
    assert found.left > 0.0
    assert index_of(found.solved, solid) == pytest.approx(0.0, abs=1e-6)
    # What dissolved is in the liquor, component by component, whatever the size: 6 mol or 1e-15.
    y = found.solved.system
    inside = found.solved.m @ y.A * found.solved.water
    basis = load_database().solids[solid].basis
    for part, count in basis.items():
        if part not in ("H2O", "H+"):
            assert inside[y.components.index(part)] == pytest.approx(count * found.amount, rel=1e-7), part


def test_common_ion_and_supersaturation():
    alone = dissolve(WATER, 298.15, "CaSO4:2H2O(s)").amount
    beside = dissolve({**WATER, "Na+": 1.0, "SO4-2": 0.5}, 298.15, "CaSO4:2H2O(s)").amount
    assert beside < alone
    much = {**WATER, "Ca+2": 0.1, "SO4-2": 0.1}
    # A supersaturated liquor gives up what it holds beyond saturation.
    assert dissolve(much, 298.15, "CaSO4:2H2O(s)").amount < -0.05
    with pytest.raises(ChemistryError) as error:
        Solution({"CaSO4": 0.1}).saturate("CaSO4:2H2O(s)")
    assert error.value.code == "E514"


@pytest.mark.parametrize(("celsius", "stays", "goes"), [(17, "7", "6"), (25, "7", "6"), (37, "6", "7"), (45, "6", "7")])
def test_hydrate_that_is_not_the_stable_one_turns_into_it(celsius, stays, goes):
    stable, other = f"NiSO4:{stays}H2O(s)", f"NiSO4:{goes}H2O(s)"
    found = dissolve(WATER, celsius + 273.15, stable, beside=(other,))
    assert index_of(found.solved, other) < 0.0
    with pytest.raises(ChemistryError) as error:
        dissolve(WATER, celsius + 273.15, other, beside=(stable,))
    assert error.value.code == "E514"
    assert f"turns into {stable}" in error.value.read


def test_incongruent_solid_leaves_another():
    """Carbonate of nickel in water of air: what cannot dissolve as such leaves hydroxide."""
    free = dissolve(WATER, 298.15, "MgCO3:3H2O(s)")
    both = dissolve(WATER, 298.15, "MgCO3:3H2O(s)", beside=("Mg(OH)2(s)",))
    assert both.amount >= free.amount - 1e-12
    k = both.solved.system.phases.index("Mg(OH)2(s)")
    if both.solved.amounts[k] > 1e-9:
        assert both.amount > free.amount


def test_size_of_the_liquor_does_not_matter():
    one = dissolve(WATER, 313.15, "Li2CO3(s)").amount
    for factor in (1e-6, 1e6):
        scaled = dissolve({"H2O": WATER["H2O"] * factor}, 313.15, "Li2CO3(s)").amount
        assert scaled == pytest.approx(one * factor, rel=1e-8)


def test_unknown_solid():
    with pytest.raises(ChemistryError) as error:
        dissolve(WATER, 298.15, "Au(s)")
    assert error.value.code == "E505"


# --- adiabatic mixing


@pytest.fixture(scope="module")
def chemistry():
    return Chemistry.load()


def test_mixing_keeps_the_enthalpy(chemistry):
    hot = Stream({"H2O": 50.0, "Ni+2": 2.0, "SO4-2": 2.0}, 353.15)
    cold = Stream({"H2O": 100.0, "Na+": 4.0, "OH-": 4.0}, 288.15)
    mixed = chemistry.mix(hot, cold)
    assert chemistry.enthalpy(mixed) == pytest.approx(chemistry.enthalpy(hot) + chemistry.enthalpy(cold), rel=1e-10)
    for element, amount in hot.plus(cold).elements().items():
        assert mixed.elements()[element] == pytest.approx(amount, rel=1e-12)


def test_mixing_neutralises_and_warms(chemistry):
    """1 mol/kg acid and base of 25 degC: 55.8 kJ per mol of water formed over twice 1 kg of water, 6.4 K."""
    acid = Stream({"H2O": 55.508, "H+": 1.0, "Cl-": 1.0})
    base = Stream({"H2O": 55.508, "Na+": 1.0, "OH-": 1.0})
    mixed = chemistry.mix(acid, base)
    assert mixed.temperature - 298.15 == pytest.approx(6.6, abs=0.7)
    assert mixed["H+"] == mixed["OH-"] == 0.0


def test_mixing_dilutes_sulfuric_acid_and_leaves_solids(chemistry):
    acid = Stream({"H2SO4(l)": 1.0})
    water = Stream({"H2O": 55.508})
    mixed = chemistry.mix(acid, water)
    # About 71 kJ/mol at 1 mol/kg (NBS tables, recalled), over 4.1 kJ/K.
    assert 13.0 < mixed.temperature - 298.15 < 19.0
    slurry = chemistry.mix(Stream({"H2O": 55.0, "CaSO4:2H2O(s)": 0.5}, 333.15), Stream({"H2O": 55.0}, 298.15))
    assert slurry["CaSO4:2H2O(s)"] == 0.5
    assert 313.0 < slurry.temperature < 317.5


def test_mixing_nothing_and_one(chemistry):
    assert chemistry.mix() == Stream()
    one = Stream({"H2O": 10.0, "Na+": 1.0, "Cl-": 1.0}, 320.0)
    assert chemistry.mix(one).temperature == pytest.approx(320.0, abs=1e-9)


def test_mixing_then_crystallising(chemistry):
    """Mixing adds no phase: what a mixture precipitates comes of an equilibrium at its temperature, with its heat."""
    soda = Stream({"H2O": 55.508, "Na+": 4.0, "CO3-2": 2.0}, 353.15)
    lithium = Stream({"H2O": 55.508, "Li+": 4.0, "SO4-2": 2.0}, 353.15)
    mixed = chemistry.mix(soda, lithium)
    assert not mixed.part("s").flows
    enthalpy = chemistry.enthalpy(mixed)
    state = chemistry.equilibrate(mixed, solids=("Li2CO3(s)",))
    for _ in range(30):
        state = chemistry.equilibrate(
            mixed, solids=("Li2CO3(s)",), temperature=chemistry.at_enthalpy(state.stream, enthalpy).temperature
        )
    assert state.stream["Li2CO3(s)"] > 1.0
    assert chemistry.enthalpy(state.stream) == pytest.approx(enthalpy, rel=1e-6)
