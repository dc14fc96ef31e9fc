"""A solved unit whose matter, charge and energy are balanced by hand from species data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import pytest

from hydromet.chemistry import Chemistry
from hydromet.stream import Stream
from hydromet.units.heat import taken

if TYPE_CHECKING:
    from hydromet.units.base import Unit, UnitResult

Solve = Callable[["Unit", Mapping[str, Stream]], "UnitResult"]


@pytest.fixture(scope="session")
def chemistry() -> Chemistry:
    """The chemistry every unit is solved with."""
    return Chemistry.load()


@pytest.fixture
def solve(chemistry: Chemistry) -> Solve:
    """Solve a unit; elements, charge and enthalpy must balance and no inlet may change."""

    def run(unit: Unit, inlets: Mapping[str, Stream]) -> UnitResult:
        before = {port: dict(stream.flows) for port, stream in inlets.items()}
        result = unit.solve(inlets, chemistry)
        assert {port: dict(stream.flows) for port, stream in inlets.items()} == before
        came = list(taken(inlets, result.drawn).values())
        went = list(result.outlets.values())
        _balanced(came, went)
        energy = unit.energy(inlets, result, chemistry)
        change = _enthalpy(went, chemistry) - _enthalpy(came, chemistry)
        size = sum(abs(chemistry.enthalpy(stream)) for stream in (*came, *went) if stream.flows)
        assert energy.heat + energy.shaft == pytest.approx(change, abs=1e-9 * size)
        return result

    return run


def _balanced(came: list[Stream], went: list[Stream]) -> None:
    first, last = _elements(came), _elements(went)
    assert set(last) <= set(first)
    for element, flow in first.items():
        assert last.get(element, 0.0) == pytest.approx(flow, rel=1e-11)
    for stream in went:
        assert stream.charge() == pytest.approx(0.0, abs=1e-11 * (1.0 + sum(stream.flows.values())))


def _elements(streams: list[Stream]) -> dict[str, float]:
    total: dict[str, float] = {}
    for stream in streams:
        for element, flow in stream.elements().items():
            total[element] = total.get(element, 0.0) + flow
    return total


def _enthalpy(streams: list[Stream], chemistry: Chemistry) -> float:
    return sum(chemistry.enthalpy(stream) for stream in streams if stream.flows)
