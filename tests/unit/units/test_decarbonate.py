"""CO2 stripping against numbers by hand."""

from __future__ import annotations

import math

import pytest

from hydromet.stream import Stream
from hydromet.units.condense import Condense
from hydromet.units.decarbonate import Decarbonate, _released

ACID = Stream({"H2SO4(l)": 1.0 / 0.098079})
LIQUOR = Stream({"H2O": 55.5, "Na+": 4.0, "Li+": 0.2, "SO4-2": 1.8, "CO3-2": 0.3}, 333.15)


def test_acid_for_two_protons_a_carbonate(solve):
    result = solve(Decarbonate(temperature=333.15, pH=3.5), {"liquor": LIQUOR, "acid": ACID})
    assert result.drawn["acid"] / 0.098079 == pytest.approx(0.3, rel=0.02)
    assert result.values["pH"] == pytest.approx(3.5)


def test_air_strips_more_than_standing(solve):
    unit = Decarbonate(temperature=333.15, pH=3.5)
    standing = solve(unit, {"liquor": LIQUOR, "acid": ACID})
    air = Stream({"N2(g)": 1.58, "O2(g)": 0.42})
    stripped = solve(unit, {"liquor": LIQUOR, "acid": ACID, "air": air})
    left, less = (r.outlets["liquor"]["CO3-2"] for r in (standing, stripped))
    # gas: 0.3 CO2 in 2.3 dry, against CO2 alone: Henry's law leaves in proportion to the partial pressure
    assert less / left == pytest.approx(0.3 / 2.3, rel=0.1)
    # CO2 in water at 60 degC: 0.016 mol/kg at 1 atm (Crovetto 1991), less over 2 mol/kg Na2SO4 and 20 % vapour
    assert 0.002 < left < 0.016


def test_the_gas_is_wet(solve):
    air = Stream({"N2(g)": 1.58, "O2(g)": 0.42})
    gas = solve(Decarbonate(temperature=333.15, pH=3.5), {"liquor": LIQUOR, "acid": ACID, "air": air}).outlets["gas"]
    share = gas["H2O(g)"] / sum(gas.flows.values())
    assert share == pytest.approx(0.93 * 19.95 / 101.325, rel=0.02)  # steam table 60 degC; water activity about 0.93


def test_the_quadratic_meets_its_equation():
    n, a, r = 0.3, 2.0, 0.05
    y = _released(n, a, r)
    assert (n - y) * (y + a) == pytest.approx(n * r * y)
    assert _released(n, 0.0, 0.05) == pytest.approx(0.95 * n)
    assert _released(n, 0.0, 2.0) == 0.0
    tiny = _released(n, 1e-9, 2.0)
    assert (n - tiny) * (tiny + 1e-9) == pytest.approx(n * 2.0 * tiny)


def test_declared_residual(solve):
    unit = Decarbonate(temperature=333.15, pH=3.5, residual=1e-3)
    liquor = solve(unit, {"liquor": LIQUOR, "acid": ACID}).outlets["liquor"]
    assert liquor["CO3-2"] / (liquor["H2O"] * 0.018015) == pytest.approx(1e-3, rel=1e-2)


def test_a_sour_liquor_takes_no_acid(solve):
    sour = Stream({"H2O": 55.5, "H+": 0.7, "Na+": 1.0, "SO4-2": 0.8, "CO3-2": 0.05}, 333.15)
    result = solve(Decarbonate(temperature=333.15, pH=4.0), {"liquor": sour, "acid": ACID})
    assert result.drawn["acid"] == 0.0
    assert [notice.code for notice in result.notices] == ["W858"]
    assert result.outlets["gas"]["CO2(g)"] > 0.03


def test_zero_feed(solve):
    result = solve(Decarbonate(temperature=333.15), {"liquor": Stream(), "acid": ACID})
    assert all(not stream.flows for stream in result.outlets.values())


def test_condenser_leaves_the_gas_saturated(solve):
    feed = Stream({"H2O(g)": 2.0, "CO2(g)": 0.3, "N2(g)": 1.0}, 343.15)
    result = solve(Condense(temperature=313.15), {"vapour": feed})
    gas = result.outlets["gas"]
    assert gas["H2O(g)"] / sum(gas.flows.values()) == pytest.approx(7.385 / 101.325, rel=1e-3)  # steam table 40 degC
    assert result.outlets["condensate"]["H2O"] == pytest.approx(2.0 - gas["H2O(g)"])


def test_pure_steam_condenses_completely(solve, chemistry):
    unit, inlets = Condense(temperature=313.15), {"vapour": Stream({"H2O(g)": 2.0}, 373.15)}
    result = solve(unit, inlets)
    assert not result.outlets["gas"].flows
    duty = unit.energy(inlets, result, chemistry).cooling / (2.0 * 0.018015)
    assert duty == pytest.approx(2676e3 - 167.5e3, rel=0.01)  # J/kg, steam table 100 degC to water 40 degC
    assert math.isfinite(duty)


def test_salts_in_the_acid_dissolve(solve):
    acid = Stream({"H2SO4(l)": 9.5, "Na2SO4(s)": 0.4, "NaCl(s)": 0.2})
    acid = acid.scaled(1.0 / acid.mass())
    result = solve(Decarbonate(temperature=333.15, pH=3.5), {"liquor": LIQUOR, "acid": acid})
    assert not result.outlets["liquor"].part("s").flows
    assert result.outlets["liquor"]["Cl-"] == pytest.approx(result.drawn["acid"] * acid["NaCl(s)"])
