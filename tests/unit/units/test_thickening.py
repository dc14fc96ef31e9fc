"""Thickener, counter-current decantation and cakes: numbers by hand, what is refused and what is told."""

from __future__ import annotations

import pytest

from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream
from hydromet.units import cakes
from hydromet.units.ccd import Ccd
from hydromet.units.filter import Filter
from hydromet.units.settling import limiting_flux, per_volume
from hydromet.units.thickener import Thickener
from hydromet.units.thickening import POLYMER

SLURRY = Stream({"H2O": 500.0, "Ni+2": 5.0, "SO4-2": 5.0, "C(s)": 80.0}, 333.15)
POWDER = Stream({POLYMER: 1.0 / species(POLYMER).molar_mass})
WATER = Stream({"H2O": 1.0 / species("H2O").molar_mass})
CARBON = species("C(s)").molar_mass


def liquor_mass(stream):
    return stream.mass() - stream.part("s").mass()


def test_underflow_and_overflow_by_hand(solve):
    result = solve(Thickener(underflow_solids="30 wt%", overflow_solids="100 mg/L"), {"slurry": SLURRY})
    under, over = result.outlets["underflow"], result.outlets["overflow"]
    assert liquor_mass(under) == pytest.approx(80 * CARBON * 0.7 / 0.3)
    assert over["C(s)"] * CARBON == pytest.approx(0.1 * 0.0072, rel=0.03)  # 7.2 L/s of overflow
    assert over["Ni+2"] / 5.0 == pytest.approx(liquor_mass(over) / liquor_mass(SLURRY))
    assert not result.drawn
    assert result.fixed_splits[0].value == pytest.approx(over["C(s)"] / 80.0)
    assert result.fixed_splits[0].source == "declared in the flowsheet"


def test_flocculant_is_drawn_by_the_solids(solve):
    result = solve(Thickener(flocculant_dose="50 g/t"), {"slurry": SLURRY, "flocculant": POWDER})
    assert result.drawn["flocculant"] == pytest.approx(50e-6 * 80 * CARBON)
    usual = solve(Thickener(), {"slurry": SLURRY, "flocculant": POWDER})
    assert usual.drawn["flocculant"] == pytest.approx(cakes.solid("C(s)").dose * 80 * CARBON)


def test_a_flocculant_without_polymer_is_refused(chemistry):
    for unit, inlets in ((Thickener(), {}), (Ccd(), {"wash": WATER})):
        with pytest.raises(UnitError, match="E859"):
            unit.solve({"slurry": SLURRY, "flocculant": WATER, **inlets}, chemistry)


def test_area_of_a_flux_by_hand():
    # v constant (order 0): the feed end decides, F = v / (1/50 - 1/500) = v x 55.6 kg/m3
    flat = cakes.Solid(1e11, 0.0, 0.3, 0.6, 1000.0, 1e-3, 0.0, 1000.0, 0.4, 0.0, 0.1)
    assert limiting_flux(1e-3, flat, 50.0, 500.0) == pytest.approx(1e-3 / (1 / 50 - 1 / 500))
    assert limiting_flux(1e-3, flat, 50.0, 1000.0) == 0.0
    assert per_volume(0.3, 2200.0, 1000.0) == pytest.approx(0.3 / (0.3 / 2200 + 0.7 / 1000))


def test_ccd_outlets_hold_what_came(solve):
    result = solve(Ccd(stages=3, wash_ratio=2.0), {"slurry": SLURRY, "wash": WATER, "flocculant": POWDER})
    last = result.stages[-1]
    assert result.drawn["wash"] == pytest.approx(2.0 * last["underflow_liquor_kg_s"])
    nickel = result.outlets["underflow"]["Ni+2"] / 5.0
    assert nickel == pytest.approx(1.0 - result.values["soluble_recovery_fraction"])
    share = last["feed_liquor_in_underflow_fraction"] * last["underflow_liquor_kg_s"]
    assert nickel == pytest.approx(share / (liquor_mass(SLURRY)), rel=1e-6)
    temperatures = {round(stream.temperature, 6) for stream in result.outlets.values()}
    assert len(temperatures) == 1
    assert result.outlets["underflow"][POLYMER] > 0.0
    assert len(result.stages) == 3
    assert result.values["thickener_area_m2"] == max(row["thickener_area_m2"] for row in result.stages)


def test_a_scarce_wash_does_not_dry_the_train(solve):
    thick = Stream({"H2O": 60.0, "Ni+2": 1.0, "SO4-2": 1.0, "C(s)": 300.0}, 333.15)
    result = solve(Ccd(stages=2, wash_ratio=0.3, underflow_solids=0.35), {"slurry": thick, "wash": WATER})
    assert all(row["overflow_liquor_kg_s"] > 0.0 for row in result.stages)


def test_drives_of_thickeners_are_counted(chemistry):
    unit = Ccd(stages=3)
    inlets = {"slurry": SLURRY, "wash": WATER}
    result = unit.solve(inlets, chemistry)
    power = unit.energy(inlets, result, chemistry).electric["thickening"]
    volume = 3.0 * sum(row["thickener_area_m2"] for row in result.stages)
    assert power == pytest.approx(8.0 * volume)


def test_the_cake_is_the_mixture_of_its_solids(solve):
    both = Stream({"H2O": 500.0, "C(s)": 40.0, "Al(OH)3(s)": 6.0}, 298.15)
    result = solve(Filter(), {"slurry": both})
    graphite, hydroxide = cakes.solid("C(s)"), cakes.solid("Al(OH)3(s)")
    masses = 40 * CARBON, 6 * species("Al(OH)3(s)").molar_mass
    held = sum(m * one.moisture / (1 - one.moisture) for m, one in zip(masses, (graphite, hydroxide), strict=True))
    assert liquor_mass(result.outlets["cake"]) == pytest.approx(held)
    assert graphite.moisture < result.values["cake_moisture"] < hydroxide.moisture


def test_what_is_declared_goes_before_the_data(solve):
    result = solve(Filter(moisture="20 wt%", displacement="90 %", wash_ratio=0.25), {"slurry": SLURRY, "wash": WATER})
    assert result.values["cake_moisture"] == pytest.approx(0.2)
    assert result.values["mother_liquor_left"] == pytest.approx(0.1)


def test_every_row_of_the_solids_is_complete_and_sourced():
    rows = cakes.sources()
    assert len({row["parameter"] for row in rows}) == len(rows)
    for row in rows:
        assert row["source"]
        assert row["grade"] in {"measured", "fitted", "estimated", "recalled"}
    for name in ("C(s)", "Fe(OH)3(s)", "LiNi0.6Mn0.2Co0.2O2(s)", "Cu(s)", "CaF2(s)", "Na2SO4(s)", "Mn3O4(s)"):
        found = cakes.solid(name)
        assert 1e9 < found.resistance < 1e13
        assert 0.0 < found.moisture < 0.8
        assert 0.0 < found.displacement < 1.0


def test_one_wash_only():
    with pytest.raises(ValueError, match="E858"):
        Filter(wash_ratio=1.0, wash_recovery=0.9)
