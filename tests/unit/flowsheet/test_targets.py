"""Targets: met exactly, one or several, and refused with the range that can be had."""

from __future__ import annotations

import pytest

from hydromet.errors import ConvergenceError, FlowsheetError
from hydromet.flowsheet.figures import figure
from hydromet.flowsheet.knobs import bound, knob
from hydromet.flowsheet.targets import Aim, solve_targets


def aim(problem, vary, low, high, until, value, rates=None):
    return Aim(knob(vary, problem.units, rates or {}), low, high, figure(until, problem.units), value)


def test_one_target(toy):
    problem = toy.purge_loop()
    wanted = aim(problem, "bleed.default", 0.5, 0.999, "bleed.b.fraction.K", 0.01)
    found, state, _ = solve_targets(problem, [wanted], {})
    assert wanted.figure.value(found, state) == pytest.approx(0.01, rel=1e-8)
    assert 0.5 < found.units["bleed"].default < 0.999
    assert problem.units["bleed"].default == 0.97


def test_a_feed_rate(toy):
    problem = toy.purge_loop()
    rates = {"feed": problem.feeds["feed"].mass()}
    wanted = aim(problem, "feeds.feed.rate", 0.1, 10.0, "crystals.solid.mass.Na", 0.5, rates)
    found, state, _ = solve_targets(problem, [wanted], rates)
    assert wanted.figure.value(found, state) == pytest.approx(0.5, rel=1e-8)
    assert found.feeds["feed"].mass() != pytest.approx(rates["feed"])


def test_two_targets_at_once(toy):
    problem = toy.purge_loop()
    aims = [
        aim(problem, "bleed.default", 0.5, 0.999, "bleed.b.fraction.K", 0.01),
        aim(problem, "crystals.evaporated", 0.1, 0.9, "crystals.liquor.mass", 2.5),
    ]
    found, state, _ = solve_targets(problem, aims, {})
    assert [a.figure.value(found, state) for a in aims] == pytest.approx([0.01, 2.5], rel=1e-7)


def test_out_of_reach(toy):
    problem = toy.purge_loop()
    with pytest.raises(ConvergenceError) as caught:
        solve_targets(problem, [aim(problem, "bleed.default", 0.5, 0.6, "bleed.b.fraction.K", 0.5)], {})
    error = caught.value
    assert (error.code, error.exit_code) == ("E711", 4)
    assert error.read.startswith("bleed.b.fraction.K reached ")
    assert error.expected == "bleed.b.fraction.K = 50 wt%"


def test_unknown_names(toy):
    problem = toy.purge_loop()
    with pytest.raises(FlowsheetError, match="E422") as caught:
        knob("bleed.defalt", problem.units, {})
    assert caught.value.write == "vary: bleed.default"
    with pytest.raises(FlowsheetError, match="E423") as caught:
        figure("bleed.b.ph", problem.units)
    assert "bleed.b.pH" in caught.value.expected
    with pytest.raises(FlowsheetError, match="E423"):
        figure("bleed.b.concentration", problem.units)


def test_bounds_are_read_like_the_parameter(toy):
    problem = toy.purge_loop()
    assert bound(0.3, knob("bleed.default", problem.units, {}), problem.units) == 0.3
    assert bound("36 kg/h", knob("feeds.feed.rate", problem.units, {"feed": 1.0}), problem.units) == pytest.approx(0.01)
