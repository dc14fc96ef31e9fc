"""Dryer and organics polishing against numbers by hand."""

from __future__ import annotations

import pytest

from hydromet.stream import Stream
from hydromet.units.dry import Dry
from hydromet.units.organics_polish import OrganicsPolish

CRYSTALS = Stream(
    {"NiSO4:6H2O(s)": 1.0, "H2O": 1.5, "Ni+2": 0.02, "Na+": 0.001, "Cl-": 0.0002, "H+": 0.002, "SO4-2": 0.0214}, 313.15
)
CARBON = Stream({"C(s)": 1.0 / 0.012011})


def test_moisture_is_left_and_the_rest_evaporates(solve):
    result = solve(Dry(temperature=353.15, moisture=0.002, dust=0.0), {"crystals": CRYSTALS})
    product = result.outlets["product"]
    assert product["H2O"] * 0.018015 / product.mass() == pytest.approx(0.002, rel=1e-4)
    hydrated = 6 * 0.02  # the nickel in the moisture becomes hexahydrate too
    assert result.outlets["vapour"]["H2O(g)"] == pytest.approx(1.5 - hydrated - product["H2O"], rel=1e-9)


def test_dissolved_salts_stay_as_solids(solve):
    product = solve(Dry(temperature=353.15, dust=0.0), {"crystals": CRYSTALS}).outlets["product"]
    assert product["NiSO4:6H2O(s)"] == pytest.approx(1.02)
    assert product["NaCl(s)"] == pytest.approx(0.0002)
    assert product["Na2SO4(s)"] == pytest.approx(0.0004)
    assert product["H2SO4(l)"] == pytest.approx(0.001)
    assert sum(product[name] for name in ("Ni+2", "Na+", "Cl-", "SO4-2")) < 1e-12


def test_an_ion_without_a_partner_stays_dissolved(solve):
    wet = Stream({"NiSO4:6H2O(s)": 1.0, "H2O": 1.5, "Al+3": 2e-5, "SO4-2": 3e-5}, 313.15)
    product = solve(Dry(temperature=353.15, dust=0.0), {"crystals": wet}).outlets["product"]
    assert product["Al+3"] == pytest.approx(2e-5)


def test_dust_is_a_declared_share(solve):
    result = solve(Dry(temperature=353.15, dust=0.01), {"crystals": CRYSTALS})
    assert result.outlets["dust"].mass() == pytest.approx(result.outlets["product"].mass() / 99)
    assert result.fixed_splits[0].value == 0.01


def test_a_lower_hydrate(solve):
    wet = Stream({"CoSO4:7H2O(s)": 1.0, "NiSO4:7H2O(s)": 0.01, "H2O": 0.5}, 298.15)
    result = solve(Dry(temperature=373.15, hydrate="CoSO4:H2O(s)", dust=0.0, moisture=1e-3), {"crystals": wet})
    product = result.outlets["product"]
    assert product["CoSO4:H2O(s)"] == pytest.approx(1.0)
    assert product["NiSO4:7H2O(s)"] == pytest.approx(0.01)
    assert result.outlets["vapour"]["H2O(g)"] == pytest.approx(6.0 + 0.5 - product["H2O"])


def test_heat_per_tonne_of_water(solve, chemistry):
    unit = Dry(temperature=363.15, efficiency=0.7)
    wet = Stream({"Li2CO3(s)": 10.0, "H2O": 12.0}, 333.15)
    inlets = {"crystals": wet}
    result = solve(unit, inlets)
    energy = unit.energy(inlets, result, chemistry)
    water = result.values["water_evaporated_kg_s"]
    # 2660 kJ/kg from water at 60 degC to steam at 90 degC plus the crystals' 30 K, over 0.7: 900-1300 kWh/t in practice
    assert 900 < energy.steam / water / 3.6e3 < 1300
    assert energy.steam == pytest.approx(energy.heat / 0.7)
    electric = unit.model_copy(update={"heat_source": "electric"}).energy(inlets, result, chemistry)
    assert electric.electric["drying"] == pytest.approx(energy.steam)
    assert electric.steam == 0.0


def test_dry_crystals_are_said(solve):
    result = solve(Dry(temperature=353.15), {"crystals": Stream({"NiSO4:6H2O(s)": 1.0})})
    assert [notice.code for notice in result.notices] == ["W856"]


def test_zero_feeds(solve):
    assert not solve(Dry(temperature=353.15), {"crystals": Stream()}).outlets["product"].flows
    polished = solve(OrganicsPolish(), {"feed": Stream(), "carbon": CARBON})
    assert polished.drawn["carbon"] == 0.0
    assert all(not stream.flows for stream in polished.outlets.values())


def test_organic_is_coalesced_then_adsorbed(solve):
    feed = Stream(
        {"H2O": 1.0 / 0.01801528, "H(Versatic10)": 2e-4, "H(Versatic10)(org)": 1e-4, "Diluent(org)": 1e-3}, 308.15
    )
    unit = OrganicsPolish(after_coalescer=2e-5, after_media=5e-6, after_carbon=5e-7, dissolved=1e-6, capacity=0.1)
    result = solve(unit, {"feed": feed, "carbon": CARBON})
    assert result.values["entrained_left_mg_kg"] == pytest.approx(0.5)
    assert result.values["dissolved_left_mg_kg"] == pytest.approx(1.0)
    dissolved = 2e-4 * 0.17226  # kg Versatic 10
    adsorbed = dissolved - 1e-6 + 5e-6 - 5e-7
    assert result.drawn["carbon"] == pytest.approx(adsorbed / 0.1, rel=1e-3)
    entrained = 1e-4 * 0.17226 + 1e-3 * 0.17033
    assert result.outlets["organic"].mass() == pytest.approx(entrained - 5e-6, rel=1e-3)
    assert result.values["entrained_after_coalescer_mg_kg"] == pytest.approx(20.0)
    assert result.values["oil_in_liquor_mg_kg"] == pytest.approx(1.5)
    assert {split.what[:8] for split in result.fixed_splits} == {"entraine", "dissolve"}


def test_a_clean_liquor_passes(solve):
    feed = Stream({"H2O": 55.5, "H(Versatic10)": 1e-9}, 308.15)
    result = solve(OrganicsPolish(), {"feed": feed, "carbon": CARBON})
    assert result.outlets["liquor"]["H(Versatic10)"] == pytest.approx(1e-9)
    assert result.drawn["carbon"] == 0.0


def test_carbon_must_be_carbon(chemistry):
    feed = Stream({"H2O": 55.5, "H(Versatic10)": 1e-3}, 308.15)
    with pytest.raises(ValueError, match="E856"):
        OrganicsPolish().solve({"feed": feed, "carbon": Stream({"H2O": 55.5})}, chemistry)
