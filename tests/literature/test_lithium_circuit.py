"""The lithium circuit in open loop, and its steps against published figures."""

from __future__ import annotations

import pytest

from hydromet.chemistry import Chemistry
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.carbonate import Carbonate
from hydromet.units.crystallise import Crystallise
from hydromet.units.decarbonate import Decarbonate
from hydromet.units.dry import Dry
from hydromet.units.evaporate import Evaporate
from hydromet.units.repulp_wash import RepulpWash

MW = species("H2O").molar_mass
SODA = Stream({"Na2CO3(s)": 1.0 / species("Na2CO3(s)").molar_mass})
ACID = Stream({"H2SO4(l)": 1.0 / species("H2SO4(l)").molar_mass})
# Raffinate of the nickel extraction, about 1 L: 100 g/L Na2SO4, 3 g/L Li, traces.
RAFFINATE = Stream(
    {"H2O": 52.5, "Na+": 1.408, "Li+": 0.4323, "K+": 0.0026, "Cl-": 0.0056, "F-": 0.001, "SO4-2": 0.91815}, 308.15
)

chemistry = Chemistry.load()


def lithium_liquor(grams: float, sodium_sulfate: float) -> Stream:
    """g/L Li as sulfate with mol/kg Na2SO4 beside it, 1 kg/s of water."""
    amount = grams / 6.94
    for _ in range(30):
        sulfate = 0.5 * amount + sodium_sulfate
        stream = Stream({"H2O": 1 / MW, "Li+": amount, "Na+": 2 * sodium_sulfate, "SO4-2": sulfate}, 363.15)
        amount *= grams / (amount * 6.94e-3 / chemistry.volume(stream, "aq"))
    return stream


def parted(slurry: Stream, moisture: float) -> tuple[Stream, Stream]:
    """Cake with so much moisture, kg/kg, and filtrate."""
    solids, liquor = slurry.part("s"), slurry.part("aq")
    share = min(1.0, solids.mass() * moisture / (1 - moisture) / liquor.mass())
    return solids.plus(liquor.scaled(share)), liquor.scaled(1 - share)


# Estimates from the solubility with the common ion, 1.5-2 g/L Li left (recalled, no measurement: 5 points of yield are
# their own uncertainty). At 5 g/L the estimate would leave 1.4 g/L, outside its own range; the model leaves 1.7-2.0.
@pytest.mark.parametrize(
    ("grams", "estimate", "within"),
    [(5, 0.72, 0.12), (10, 0.82, 0.05), (15, 0.86, 0.05), (20, 0.89, 0.05), (30, 0.92, 0.05)],
)
@pytest.mark.parametrize("sodium_sulfate", [0.0, 1.0, 2.5])
def test_single_pass_yield(grams, estimate, within, sodium_sulfate):
    unit = Carbonate(temperature=363.15, excess=1.1)
    result = unit.solve({"liquor": lithium_liquor(grams, sodium_sulfate), "soda": SODA}, chemistry)
    assert result.values["single_pass_yield_fraction"] == pytest.approx(estimate, abs=within)
    # a tenth of soda in excess is 0.4 mol/kg of carbonate at 30 g/L: the common ion takes the lithium below 1.5 g/L
    assert (0.9 if grams == 30 else 1.2) < result.values["lithium_left_kg_m3"] < 2.1


def test_a_dilute_liquor_yields_next_to_nothing():
    """The estimate for 2 g/L Li, 0.45, contradicts its own residual of 1.5-2 g/L: at most a quarter can fall."""
    unit = Carbonate(temperature=363.15, excess=1.1)
    result = unit.solve({"liquor": lithium_liquor(2, 0.0), "soda": SODA}, chemistry)
    assert 0.0 < result.values["single_pass_yield_fraction"] < 0.25


def test_a_bleed_makes_up_for_the_yield_per_pass():
    """86 % a pass and 5 % bleed recover y / (y + (1 - y) b) = 0.992 (design study); the units close the same sum."""
    unit = Crystallise(
        temperature=318.15,
        salt="NiSO4:6H2O(s)",
        crystal_yield=0.6,
        bleed=0.05,
        moisture=0.0,
        enclosed=0.0,
        carry_over=0.0,
    )
    fresh = Stream({"H2O": 52.0, "Ni+2": 1.62, "SO4-2": 1.62}, 313.15)
    feed = fresh
    for _ in range(60):
        result = unit.solve({"liquor": feed}, chemistry)
        feed = fresh.plus(result.outlets["mother_liquor"])
    recovered = result.outlets["crystals"]["NiSO4:6H2O(s)"] / fresh["Ni+2"]
    assert recovered == pytest.approx(0.6 / (0.6 + 0.4 * 0.05), rel=1e-6)


def test_the_circuit_in_open_loop():
    evaporated = Evaporate(
        temperature=373.15, species="Li+", concentration=10.0, arrangement="mvr", approach=8.0
    ).solve({"liquor": RAFFINATE}, chemistry)
    liquor = evaporated.outlets["concentrate"]
    assert 0.6 < evaporated.values["water_removed_fraction"] < 0.8
    assert not evaporated.notices

    slurry = Carbonate(temperature=363.15, excess=1.1).solve({"liquor": liquor, "soda": SODA}, chemistry)
    assert 0.7 < slurry.values["single_pass_yield_fraction"] < 0.85
    cake, mother = parted(slurry.outlets["slurry"], 0.3)

    lost, water = 0.0, Stream({"H2O": 1 / MW}, 363.15)
    for _ in range(2):
        washed = RepulpWash(temperature=363.15, ratio=2.5).solve({"cake": cake, "water": water}, chemistry)
        lost += washed.values["dissolved_fraction"]
        cake, _ = parted(washed.outlets["slurry"], 0.2)
    assert 0.02 < lost < 0.06  # 2-5 % of the lithium in practice

    product = Dry(temperature=393.15).solve({"crystals": cake}, chemistry).outlets["product"]
    assert product["Li2CO3(s)"] * species("Li2CO3(s)").molar_mass / product.mass() > 0.99
    sulfate = product.elements()["S"] * 0.09606 / product.mass()
    assert 0.0005 < sulfate < 0.004  # industrial grade; battery grade, 0.08 %, needs a recrystallisation

    air = Stream({"N2(g)": mother["CO3-2"]}, 298.15)
    sour = Decarbonate(temperature=343.15, pH=3.5).solve({"liquor": mother, "acid": ACID, "air": air}, chemistry)
    assert sour.values["carbonate_stripped_fraction"] > 0.98

    # ten waters go with each Na2SO4, so the lithium left in the cake is concentrated: the wash matters
    chilled = Crystallise(temperature=283.15, salt="Na2SO4:10H2O(s)", operation="cooling", wash_ratio=0.05).solve(
        {"liquor": sour.outlets["liquor"], "wash": Stream({"H2O": 1 / MW})}, chemistry
    )
    assert chilled.values["crystal_yield_fraction"] > 0.5
    assert chilled.outlets["crystals"]["Li+"] < 0.1 * sour.outlets["liquor"]["Li+"]


def test_hot_sodium_sulfate_crop():
    """By Zdanovskii's rule Na2SO4 stays near 2.9 mol/kg at 100 degC beside 1-2 mol/kg Li2SO4: a third falls."""
    unit = Evaporate(temperature=373.15, solids=("Na2SO4(s)",), species="Li+", concentration=16.0)
    slurry = unit.solve({"liquor": RAFFINATE}, chemistry).outlets["slurry"]
    assert slurry["Na+"] / 2 / (slurry["H2O"] * MW) == pytest.approx(2.88, rel=0.06)
    assert 0.2 < slurry["Na2SO4(s)"] / 0.704 < 0.5
