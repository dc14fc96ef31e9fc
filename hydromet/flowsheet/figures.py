"""Figures of a solved plant by name: what a target aims at and a sweep watches.

``unit.port.pH``, ``.temperature``, ``.mass``, ``.volume``; of an element ``unit.port.mass.Ni``,
``.concentration.Ni`` (dissolved, per volume of liquor) and ``.fraction.Ni`` (of the mass of the stream);
``unit.name`` for a value that the unit reports. All in SI units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hydromet.errors import FlowsheetError
from hydromet.quantity import parse
from hydromet.source import nearest
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.passes import Problem, State
    from hydromet.stream import Stream
    from hydromet.units.base import Unit

# Figure of a stream -> (dimension, needs an element).
STREAM_FIGURES: dict[str, tuple[str, bool]] = {
    "pH": ("pH", False),
    "temperature": ("temperature", False),
    "mass": ("mass flow", False),
    "volume": ("volume flow", False),
    "concentration": ("mass concentration", True),
    "fraction": ("mass fraction", True),
}


@dataclass(frozen=True)
class Figure:
    """A figure by name.

    Attributes:
        path: as written.
        unit: the unit.
        port: its outlet; empty for a value that the unit reports.
        name: of the figure.
        element: of which element; empty for none.
    """

    path: str
    unit: str
    port: str
    name: str
    element: str = ""

    @property
    def dimension(self) -> str:
        """Dimension of the figure as in ``quantity``; a reported value is a plain number in its own unit."""
        return STREAM_FIGURES[self.name][0] if self.port else "number"

    def value(self, problem: Problem, state: State) -> float:
        """The figure at a state of the plant, SI.

        Raises:
            FlowsheetError: E423 the unit reports no such value.
        """
        if self.port:
            return self._of_stream(problem, state.streams[f"{self.unit}.{self.port}"])
        values = state.results[self.unit].values
        if self.name not in values:
            raise _unknown(self.path, [f"{self.unit}.{name}" for name in values])
        return float(values[self.name])

    def _of_stream(self, problem: Problem, stream: Stream) -> float:
        if self.name == "temperature":
            return stream.temperature
        if self.name == "pH":
            return float(problem.chemistry.liquor(stream).pH)
        if self.name == "volume":
            return float(problem.chemistry.volume(stream))
        if not self.element:
            return stream.mass()
        if self.name == "concentration":
            liquor = stream.part("aq")
            volume = float(problem.chemistry.volume(liquor))
            return _mass_of(liquor, self.element) / volume if volume else 0.0
        mass = _mass_of(stream, self.element)
        return mass / stream.mass() if self.name == "fraction" and mass else mass


def _mass_of(stream: Stream, element: str) -> float:
    return stream.elements().get(element, 0.0) * atomic_mass(element)


def figure(path: str, units: Mapping[str, Unit]) -> Figure:
    """A figure from its name.

    Raises:
        FlowsheetError: E423 no such unit, outlet or figure.
    """
    parts = path.split(".")
    unit = units.get(parts[0])
    if unit is None or len(parts) < 2:
        raise _unknown(path, [f"{name}." for name in units])
    ports = [port.name for port in unit.outlet_ports()]
    if parts[1] not in ports:
        if len(parts) == 2:
            return Figure(path, parts[0], "", parts[1])
        raise _unknown(path, [f"{parts[0]}.{port}.{'.'.join(parts[2:])}" for port in ports])
    rest = parts[2:] or [""]
    known = STREAM_FIGURES.get(rest[0])
    stem = ".".join(parts[:2])
    if (
        known is None
        or len(rest) > 2
        or (known[1] and len(rest) == 1)
        or (len(rest) > 1 and not known[1] and rest[0] != "mass")
    ):
        raise _unknown(path, [f"{stem}.{name}{'.Ni' if needs else ''}" for name, (_, needs) in STREAM_FIGURES.items()])
    element = rest[1] if len(rest) > 1 else ""
    if element:
        atomic_mass(element)
    return Figure(path, parts[0], parts[1], rest[0], element)


def goal(text: str | float, aim: Figure) -> float:
    """The value a target asks for, SI.

    Raises:
        QuantityError: not a quantity of the figure's dimension.
    """
    return parse(text, aim.dimension)


def _unknown(path: str, known: list[str]) -> FlowsheetError:
    near = nearest(path, known)
    expected = " or ".join(near) if near else f"one of {', '.join(known)}"
    return FlowsheetError(
        "E423", read=f"`{path}`: no such figure", expected=expected, write=f"until: {{{(near or known)[0]}: ...}}"
    )
