"""Mixed hydroxide, mixed sulfate solution, cathode foil: what plants and stoichiometry say.

Mixed hydroxide at pH 7.2-7.8: Ni and Co above 95 %, Mn 10-40 % (practice, recalled); at most 10 % Mn in a product for
sale (Kose and Topkaya, abstract). The unit: 95 to 99.7 % Ni, 89 to 99.3 % Co, 7 to 58 % Mn; it holds 45-50 % Ni where
products dried at 105 degC with their water of hydration hold 34-40 %.
"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.foil_separation import FoilSeparation
from hydromet.units.mixed_hydroxide import MixedHydroxide
from hydromet.units.precursor_blend import PrecursorBlend
from tests.literature.liquors import CAUSTIC, reagent

NMC811 = "LiNi0.8Mn0.1Co0.1O2(s)"


MAGNESIA = reagent({"MgO(s)": 4.0, "H2O": 44.0})


# --- mixed hydroxide


def test_what_iron_removal_left_ends_in_the_mixed_hydroxide(chemistry):
    """Aluminium, iron(III) and copper are out of solution at pH 7.5: they spoil the product, not the liquor."""
    flows = {"H2O": 90.0, "Ni+2": 0.3, "Co+2": 0.06, "Al+3": 2e-3, "Fe+3": 1e-4, "Cu+2": 1e-3, "Li+": 0.3}
    feed = Stream({**flows, "SO4-2": 0.5 * (0.72 + 6e-3 + 3e-4 + 2e-3 + 0.3)}, 323.15)
    result = MixedHydroxide(pH=7.5).solve({"feed": feed, "base": MAGNESIA}, chemistry)
    slurry = result.outlets["slurry"]
    assert slurry["Al(OH)3(s)"] > 0.95 * 2e-3
    assert slurry["Fe(OH)3(s)"] > 0.99 * 1e-4
    assert slurry["Cu(OH)2(s)"] > 0.9 * 1e-3
    assert 1e-3 < result.values["Al_in_product"] < 3e-3


def precipitated(chemistry, pH, base=MAGNESIA, **parameters):
    flows = {"H2O": 55.508, "Ni+2": 0.2, "Co+2": 0.03, "Mn+2": 0.03, "Li+": 0.2, "SO4-2": 0.36}
    feed = Stream(flows, 328.15)
    return MixedHydroxide(pH=pH, **parameters).solve({"feed": feed, "base": base}, chemistry)


def test_nickel_cobalt_and_some_manganese_at_pH_7_5(chemistry):
    values = precipitated(chemistry, 7.5).values
    assert values["precipitated_Ni"] > 0.95
    assert values["precipitated_Co"] > 0.95
    assert 0.10 < values["precipitated_Mn"] < 0.40
    assert values["Mn_in_product"] < 0.10
    assert 0.40 < values["Ni_in_product"] < 0.55
    assert 0.01 < values["Mg_in_product"] < 0.04
    assert 0.02 < values["S_in_product"] < 0.05


def test_manganese_and_magnesium_grow_with_pH(chemistry):
    runs = [precipitated(chemistry, pH).values for pH in (7.0, 7.2, 7.4, 7.6, 7.8)]
    for name in ("precipitated_Ni", "precipitated_Mn", "precipitated_Mg", "Mg_in_product"):
        values = [run[name] for run in runs]
        assert values == sorted(values), name


def test_caustic_brings_no_magnesium(chemistry):
    result = precipitated(chemistry, 7.5, base=CAUSTIC)
    assert result.values["Mg_in_product"] == 0.0
    assert result.values["precipitated_Ni"] > 0.95


def test_an_idle_base_ends_in_the_product(chemistry):
    good, bad = (precipitated(chemistry, 7.5, base_use=use).values["Mg_in_product"] for use in (0.98, 0.85))
    assert good < bad < 0.08


def test_magnesia_cannot_go_to_9(chemistry):
    with pytest.raises(UnitError, match="E830"):
        precipitated(chemistry, 9.0)
    assert precipitated(chemistry, 9.0, base=CAUSTIC).values["precipitated_Mn"] > 0.95


# --- mixed sulfate solution

SALTS = {
    "nickel": reagent({"NiSO4:6H2O(s)": 1.0, "CoSO4:7H2O(s)": 0.001}),
    "cobalt": reagent({"CoSO4:7H2O(s)": 1.0, "NiSO4:6H2O(s)": 0.002}),
    "manganese": reagent({"MnSO4:H2O(s)": 1.0}),
    "water": reagent({"H2O": 1.0}),
}


@pytest.mark.parametrize("ratio", [{"Ni": 6, "Co": 2, "Mn": 2}, {"Ni": 8, "Co": 1, "Mn": 1}])
def test_the_ratio_is_met(chemistry, ratio):
    feed = Stream({"H2O": 55.5, "Ni+2": 1.2, "Co+2": 0.3, "SO4-2": 1.5}, 313.15)
    result = PrecursorBlend(ratio=ratio, temperature=313.15).solve({"feed": feed, **SALTS}, chemistry)
    out = result.outlets["solution"]
    for metal, part in ratio.items():
        assert out[f"{metal}+2"] / out["Ni+2"] == pytest.approx(part / ratio["Ni"], rel=1e-9)
    # The metal that the feed holds most of is not drawn.
    assert min(result.drawn[port] for port in ("nickel", "cobalt")) == pytest.approx(0.0, abs=1e-12)
    assert not result.notices or result.notices[0].code == "W823"


def test_concentration_and_amount(chemistry):
    unit = PrecursorBlend(ratio={"Ni": 6, "Co": 2, "Mn": 2}, metals=10.0, concentration=2000.0, temperature=313.15)
    result = unit.solve(dict(SALTS), chemistry)
    assert result.values["metals_mol_L"] == pytest.approx(2.0)
    assert result.outlets["solution"].elements()["Ni"] == pytest.approx(6.0)


def test_too_strong_stays_in_crystals(chemistry):
    unit = PrecursorBlend(ratio={"Ni": 8, "Co": 1, "Mn": 1}, metals=1.0, concentration=4500.0, temperature=293.15)
    result = unit.solve(dict(SALTS), chemistry)
    assert [notice.code for notice in result.notices] == ["W824"]


def test_a_liquor_that_is_too_weak_is_told(chemistry):
    feed = Stream({"H2O": 55.5, "Ni+2": 0.3, "SO4-2": 0.3}, 313.15)
    result = PrecursorBlend(ratio={"Ni": 8, "Co": 1, "Mn": 1}).solve({"feed": feed, **SALTS}, chemistry)
    assert [notice.code for notice in result.notices] == ["W823"]
    assert result.drawn["water"] == 0.0


def test_a_metal_from_nowhere(chemistry):
    with pytest.raises(UnitError, match="E826"):
        PrecursorBlend(ratio={"Ni": 1, "Mn": 1}, metals=1.0).solve({**SALTS, "manganese": SALTS["water"]}, chemistry)


# --- foil

SCRAP = Stream({NMC811: 8.6, "Li2CO3(s)": 0.05, "PVDF(s)": 0.25, "C(s)": 1.5, "Al(s)": 4.5})
AIR = reagent({"O2(g)": 0.21, "N2(g)": 0.79})
LYE = {"caustic": CAUSTIC, "water": SALTS["water"]}
ALUMINIUM = species("Al(s)").molar_mass


@pytest.mark.parametrize("content", [0.01, 0.05])
def test_thermal_leaves_the_content_that_is_set(chemistry, content):
    result = FoilSeparation(aluminium=content).solve({"feed": SCRAP, "air": AIR}, chemistry)
    powder = result.outlets["powder"]
    assert powder["Al(s)"] * ALUMINIUM / powder.mass() == pytest.approx(content)
    gas = result.outlets["gas"]
    # Two HF a unit of binder, less what the surface carbonate binds.
    assert gas["HF(g)"] + powder["LiF(s)"] / 0.99 == pytest.approx(2.0 * 0.98 * 0.25)
    assert gas["CO2(g)"] == pytest.approx(2.0 * 0.98 * 0.25 + 0.5 * 1.5 + 0.5 * powder["LiF(s)"] / 0.99)
    assert result.outlets["foil"][NMC811] == pytest.approx(0.01 * 8.6)


@pytest.mark.parametrize("content", [0.01, 0.05])
def test_caustic_makes_hydrogen_and_aluminate(chemistry, content):
    unit = FoilSeparation(method="caustic", aluminium=content, temperature=323.15)
    result = unit.solve({"feed": SCRAP, **LYE}, chemistry)
    slurry = result.outlets["slurry"]
    gone = 4.5 - slurry["Al(s)"]
    assert result.values["aluminium_in_powder"] == pytest.approx(content)
    assert result.outlets["gas"]["H2(g)"] == pytest.approx(1.5 * gone)
    assert slurry[NMC811] == 8.6
    liquor = chemistry.liquor(slurry)
    assert liquor.pH > 12.0
    # 2.5 mol/kg NaOH over 1.5 per aluminium, in the water that 3 H2O for each leave: 49 g per kg of water.
    assert result.values["aluminium_in_liquor_g_L"] == pytest.approx(2.5 / 1.5 * 26.98 / 0.91, rel=0.05)
    assert liquor.molalities["Al(OH)4-"] * liquor.water == pytest.approx(gone, rel=0.01)


def test_short_caustic_is_told(chemistry):
    unit = FoilSeparation(method="caustic", caustic_ratio=0.5)
    result = unit.solve({"feed": SCRAP, **LYE}, chemistry)
    assert {"W825", "W826"} == {notice.code for notice in result.notices}
    assert result.values["aluminium_in_powder"] > 0.05


def test_one_carry_over():
    with pytest.raises(ValidationError, match="E829"):
        FoilSeparation(aluminium=0.01, foil_share=0.1)
