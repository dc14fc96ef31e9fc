"""Li2CO3 precipitation and its hot wash against numbers by hand."""

from __future__ import annotations

import pytest

from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units.carbonate import Carbonate
from hydromet.units.repulp_wash import RepulpWash

MW = species("H2O").molar_mass
SODA = Stream({"Na2CO3(s)": 1.0 / species("Na2CO3(s)").molar_mass})
LIQUOR = Stream({"H2O": 1.0 / MW, "Li+": 2.4, "Na+": 5.0, "SO4-2": 3.7}, 363.15)


def test_dose_by_hand(solve):
    result = solve(Carbonate(temperature=363.15, excess=1.1), {"liquor": LIQUOR, "soda": SODA})
    assert result.drawn["soda"] == pytest.approx(1.1 * 1.2 * 0.10599, rel=1e-4)
    slurry = result.outlets["slurry"]
    assert slurry["Li2CO3(s)"] * 2 + slurry["Li+"] == pytest.approx(2.4)
    assert slurry["Na2CO3(s)"] == 0.0


def test_dissolved_carbonate_counts_and_acid_costs(solve):
    acid = Stream({**LIQUOR.flows, "H+": 0.2, "SO4-2": 3.8}, 363.15)
    carbonate = Stream({**LIQUOR.flows, "CO3-2": 0.2, "Na+": 5.4}, 363.15)
    unit = Carbonate(temperature=363.15, excess=1.1)
    for feed, more in ((acid, 0.2), (carbonate, -0.2)):
        drawn = solve(unit, {"liquor": feed, "soda": SODA}).drawn["soda"]
        assert drawn == pytest.approx((1.1 * 1.2 + more) * 0.10599, rel=1e-4)


def test_residual_is_reached(solve):
    result = solve(Carbonate(temperature=363.15, residual=0.3), {"liquor": LIQUOR, "soda": SODA})
    slurry = result.outlets["slurry"]
    assert slurry["CO3-2"] / (slurry["H2O"] * MW) == pytest.approx(0.3, rel=1e-6)


def test_enclosed_sulfate_by_hand(solve):
    result = solve(Carbonate(temperature=363.15, excess=1.1, enclosed=0.01), {"liquor": LIQUOR, "soda": SODA})
    slurry = result.outlets["slurry"]
    crystal = slurry["Li2CO3(s)"] * 0.07389
    # liquor after precipitation: 1 kg of water, about 3.7 mol SO4 as Na2SO4 and the remaining salts
    share = 0.01 * crystal / (slurry.part("aq").mass() + 0.14204 * slurry["Na2SO4[included](s)"])
    assert slurry["Na2SO4[included](s)"] == pytest.approx(3.7 * share, rel=1e-4)
    assert result.fixed_splits[0].value == 0.01


def test_other_carbonates_form_only_where_allowed(solve):
    feed = Stream({**LIQUOR.flows, "Ca+2": 0.001, "SO4-2": 3.701}, 363.15)
    plain = solve(Carbonate(temperature=363.15, excess=1.1), {"liquor": feed, "soda": SODA})
    assert plain.outlets["slurry"]["CaCO3(s)"] == 0.0
    unit = Carbonate(temperature=363.15, excess=1.1, solids=("CaCO3(s)",))
    assert solve(unit, {"liquor": feed, "soda": SODA}).outlets["slurry"]["CaCO3(s)"] > 0.0009


def test_too_little_lithium_is_said(solve):
    feed = Stream({"H2O": 1.0 / MW, "Li+": 0.1, "SO4-2": 0.05}, 363.15)
    result = solve(Carbonate(temperature=363.15, excess=1.1), {"liquor": feed, "soda": SODA})
    assert [notice.code for notice in result.notices] == ["W857"]
    assert result.values["single_pass_yield_fraction"] == 0.0


def test_zero_feed(solve):
    for unit in (Carbonate(temperature=363.15, excess=1.1), Carbonate(temperature=363.15, residual=0.2)):
        result = solve(unit, {"liquor": Stream(), "soda": SODA})
        assert not result.outlets["slurry"].flows


def test_soda_without_carbonate_is_refused(chemistry):
    with pytest.raises(ValueError, match="E855"):
        Carbonate(temperature=363.15, excess=1.1).solve({"liquor": LIQUOR, "soda": Stream({"H2O": 55.5})}, chemistry)


@pytest.mark.parametrize("given", [{}, {"excess": 1.1, "residual": 0.2}])
def test_one_way_to_dose(given):
    with pytest.raises(ValueError, match="E854"):
        Carbonate(temperature=363.15, **given)


def test_hot_wash_loses_the_solubility(solve, chemistry):
    cake = Stream({"Li2CO3(s)": 10.0, "Na2SO4[included](s)": 0.02, "H2O": 5.0, "Na+": 0.2, "SO4-2": 0.1}, 363.15)
    water = Stream({"H2O": 1.0 / MW}, 363.15)
    result = solve(RepulpWash(temperature=363.15, ratio=2.5), {"cake": cake, "water": water})
    slurry = result.outlets["slurry"]
    solid = 10 * 0.07389 + 0.02 * 0.14204
    assert result.drawn["water"] == pytest.approx(2.5 * solid, rel=1e-4)
    # 7.8 g Li2CO3 per litre of water at 90 degC, a little more beside Na2SO4
    gone = (10.0 - slurry["Li2CO3(s)"]) * 73.89 / (slurry["H2O"] * MW)
    assert 7.5 < gone < 10.0
    assert chemistry.liquor(slurry).saturation_index("Li2CO3(s)") == pytest.approx(0.0, abs=1e-3)
    assert slurry["Na2SO4[included](s)"] == pytest.approx(0.02 * slurry["Li2CO3(s)"] / 10.0)


def test_salts_of_the_soda_dissolve(solve):
    """Shipped soda ash: chloride and sulfate go into the mother liquor, the alkaline earth carbonates stay solid."""
    soda = Stream({"Na2CO3(s)": 9.36, "NaCl(s)": 0.0257, "Na2SO4(s)": 0.0014, "CaCO3(s)": 0.001, "MgCO3(s)": 0.0006})
    soda = soda.scaled(1.0 / soda.mass())
    result = solve(Carbonate(temperature=363.15, excess=1.1, enclosed=0.0), {"liquor": LIQUOR, "soda": soda})
    slurry = result.outlets["slurry"]
    dose = result.drawn["soda"]
    assert slurry["Cl-"] == pytest.approx(dose * soda["NaCl(s)"])
    assert slurry["NaCl(s)"] == slurry["Na2SO4(s)"] == slurry["Na2CO3(s)"] == 0.0
    assert slurry["CaCO3(s)"] == pytest.approx(dose * soda["CaCO3(s)"])
    assert slurry["MgCO3(s)"] == pytest.approx(dose * soda["MgCO3(s)"])
