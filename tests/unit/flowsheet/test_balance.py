"""The gate finds what units hide."""

from __future__ import annotations

import pytest

from hydromet.errors import BalanceError, UserErrors
from hydromet.flowsheet.balance import balance, gate
from hydromet.flowsheet.solve import solve
from hydromet.stream import Stream


def solved(toy, unit):
    problem = toy.problem(
        {"one": unit}, {"one": {"feed": ["feed"]}}, {"feed": Stream({"H2O": 5.0, "K(s)": 1.0}, 300.0)}
    )
    state, _ = solve(problem)
    energies = {"one": unit.energy(state.inlets["one"], state.results["one"], problem.chemistry)}
    return balance(problem, state, energies)


def test_an_honest_unit_passes(toy):
    found = solved(toy, toy.Join())
    gate(found)
    assert found.plant["K"].closure == 0.0
    assert found.plant["charge"].closure is None
    assert found.worst()[1] == 0.0


def test_a_leak_is_found_and_named(toy):
    with pytest.raises(UserErrors) as caught:
        gate(solved(toy, toy.Leak()))
    codes = {error.code for error in caught.value.errors}
    assert "E750" in codes
    assert caught.value.exit_code == 5
    text = str(caught.value)
    assert "one, K: in 140.7538" in text
    assert "closure -1.00e-03" in text


def test_heat_out_of_nothing_is_found(toy):
    with pytest.raises((BalanceError, UserErrors)) as caught:
        gate(solved(toy, toy.Furnace()))
    assert caught.value.exit_code == 5
    assert "E752" in str(caught.value)
    assert "declared 0 kW" in str(caught.value)


def test_a_trace_counts_against_the_plant_not_against_itself(toy):
    flows = {"H2O": 1.0, "K(s)": 1e-20}
    problem = toy.problem({"one": toy.Leak()}, {"one": {"feed": ["feed"]}}, {"feed": Stream(flows, 300.0)})
    state, _ = solve(problem)
    energies = {"one": problem.units["one"].energy(state.inlets["one"], state.results["one"], problem.chemistry)}
    found = balance(problem, state, energies)
    assert abs(found.plant["K"].closure) < 1e-9
    gate(found)
