"""Mixing, dividing, header, declared separation, heating: numbers by hand."""

import pytest

from hydromet.errors import UnitError
from hydromet.stream import Stream
from hydromet.units.header import Header
from hydromet.units.heater import Heater
from hydromet.units.mix import Mix
from hydromet.units.separate import Separate
from hydromet.units.split import Split

WATER = Stream({"H2O": 55.508}, 298.15)
# Drawn inlets arrive as templates of 1 kg/s.
MAKEUP = WATER.scaled(1.0 / WATER.mass())


def test_equal_waters_mix_to_the_mean_temperature(chemistry):
    out = Mix().solve({"feed": WATER, "second": WATER.at(338.15)}, chemistry).outlets["out"]
    # The heat capacity of water is 0.02 % higher from 45 to 65 degC than from 25 to 45: IAPWS SR6-08.
    assert out.temperature == pytest.approx(318.158, abs=1e-3)
    assert out["H2O"] == pytest.approx(111.016)


def test_neutralisation_heats(chemistry):
    acid = Stream({"H2O": 500.0, "H+": 2.0, "Cl-": 2.0})
    base = Stream({"H2O": 500.0, "Na+": 2.0, "OH-": 2.0})
    result = Mix().solve({"feed": acid, "second": base}, chemistry)
    assert result.extents == {"H+ + OH- = H2O": pytest.approx(2.0)}
    # 2 mol of strong acid and base give 2 x 55.8 kJ to 1002 mol of water: 111.6e3 / (1002 x 75.3) = 1.48 K.
    assert result.outlets["out"].temperature - 298.15 == pytest.approx(1.48, abs=0.05)


def test_shares(chemistry):
    result = Split(shares={"bleed": "5 %", "branch": "25 %"}).solve({"feed": WATER}, chemistry)
    assert [result.outlets[p]["H2O"] / 55.508 for p in ("bleed", "branch", "rest")] == pytest.approx([0.05, 0.25, 0.7])


def test_shares_that_make_a_whole_need_no_rest(chemistry):
    unit = Split(shares={"a": 0.1, "b": 0.2, "c": 0.7})
    assert [p.name for p in unit.outlet_ports()] == ["a", "b", "c"]
    assert sum(s["H2O"] for s in unit.solve({"feed": WATER}, chemistry).outlets.values()) == pytest.approx(55.508)


@pytest.mark.parametrize(
    ("kind", "parameters", "code"),
    [
        (Split, {"shares": {"a": 0.7, "b": 0.4}}, "E802"),
        (Split, {"shares": {"rest": 0.1}}, "E803"),
        (Header, {"supply": {"surplus": 1.0}}, "E803"),
        (Separate, {"rules": [{"take": "Na+", "share": 0.1, "to": "bleed"}]}, "E804"),
        (Separate, {"rules": [{"take": "s", "share": 0.1, "to": "rest"}]}, "E803"),
    ],
)
def test_what_cannot_be_is_refused(kind, parameters, code):
    with pytest.raises(ValueError, match=code) as caught:
        kind(**parameters)
    assert isinstance(caught.value.errors()[0]["ctx"]["error"], UnitError)


def test_header_draws_what_is_missing(chemistry):
    header = Header(supply={"leach": "3600 kg/h", "wash": "1800 kg/h"})
    result = header.solve({"recycled": WATER.at(330.0).scaled(0.5), "makeup": MAKEUP}, chemistry)
    half = 0.5 * WATER.mass()
    assert result.drawn["makeup"] == pytest.approx(1.5 - half)
    assert result.outlets["leach"].mass() == pytest.approx(1.0)
    assert result.outlets["wash"].mass() == pytest.approx(0.5)
    assert not result.outlets["surplus"].flows
    # A third of the water is 31.85 K warmer than the rest.
    assert result.outlets["wash"].temperature == pytest.approx(298.15 + 31.85 * half / 1.5, abs=0.01)


def test_header_passes_on_what_nobody_takes(chemistry):
    header = Header(supply={"leach": 0.25})
    result = header.solve({"recycled": WATER, "makeup": MAKEUP}, chemistry)
    assert result.drawn["makeup"] == 0.0
    assert result.outlets["surplus"].mass() == pytest.approx(WATER.mass() - 0.25)
    assert [notice.code for notice in result.notices] == ["W801"]


def test_declared_separation_by_the_first_rule(chemistry):
    unit = Separate(
        rules=[{"take": "C(s)", "share": 0.9, "to": "graphite"}, {"take": "s", "share": 0.5, "to": "fines"}]
    )
    feed = Stream({"H2O": 10.0, "C(s)": 10.0, "SiO2(s)": 4.0})
    result = unit.solve({"feed": feed}, chemistry)
    assert result.outlets["graphite"].flows == pytest.approx({"C(s)": 9.0})
    assert result.outlets["fines"].flows == pytest.approx({"SiO2(s)": 2.0})
    assert result.outlets["rest"].flows == pytest.approx({"H2O": 10.0, "C(s)": 1.0, "SiO2(s)": 2.0})
    assert [split.value for split in result.fixed_splits] == [0.9, 0.5]


def test_heater_duty(chemistry):
    unit = Heater(temperature="60 degC")
    inlets = {"feed": WATER}
    energy = unit.energy(inlets, unit.solve(inlets, chemistry), chemistry)
    assert energy.heat == pytest.approx(55.508 * 75.3 * 35.0, rel=1e-3)  # n cp dT
    assert energy.steam == energy.heat
    assert energy.cooling == 0.0
