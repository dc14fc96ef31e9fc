"""Numbers of a plant that a target may vary: a unit's parameter or the rate of a feed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from hydromet.errors import FlowsheetError, UserError
from hydromet.quantity import parse
from hydromet.source import nearest
from hydromet.units.fields import FROM_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.passes import Problem
    from hydromet.units.base import Unit


@dataclass(frozen=True)
class Knob:
    """A number by name.

    Attributes:
        path: as written: ``unit.parameter``, ``unit.parameter.key`` or ``feeds.name.rate``.
        owner: unit or feed.
        field: parameter of the unit; empty for a feed's rate.
        key: entry of a parameter that is a table.
    """

    path: str
    owner: str
    field: str = ""
    key: str = ""

    def read(self, problem: Problem, rates: Mapping[str, float]) -> float:
        """Its present value, SI; ``rates`` are those for which the feeds were made."""
        if not self.field:
            return rates[self.owner]
        value = getattr(problem.units[self.owner], self.field)
        return float(value[self.key] if self.key else value)

    def turn(self, problem: Problem, value: float, rates: Mapping[str, float]) -> Problem:
        """The plant with another value."""
        if not self.field:
            stream = problem.feeds[self.owner].scaled(value / rates[self.owner])
            return replace(problem, feeds={**problem.feeds, self.owner: stream})
        unit = problem.units[self.owner]
        new: Any = {**getattr(unit, self.field), self.key: value} if self.key else value
        return replace(problem, units={**problem.units, self.owner: unit.model_copy(update={self.field: new})})


def knob(path: str, units: Mapping[str, Unit], rates: Mapping[str, float]) -> Knob:
    """A number from its name.

    Args:
        path: ``units.`` in front may be left out.
        units: unit by name.
        rates: feed with a rate -> kg/s.

    Raises:
        FlowsheetError: E422 there is no such number.
    """
    parts = path.removeprefix("units.").split(".")
    if parts[0] == "feeds":
        if len(parts) == 3 and parts[1] in rates and parts[2] == "rate":
            return Knob(path, parts[1])
        raise _unknown(path, [f"feeds.{feed}.rate" for feed in rates])
    unit = units.get(parts[0])
    known = [f"{name}.{field}" for name, each in units.items() for field in _numbers(each)]
    known += [f"feeds.{feed}.rate" for feed in rates]
    if unit is None or f"{parts[0]}.{'.'.join(parts[1:])}" not in known:
        raise _unknown(path, known)
    return Knob(path, parts[0], parts[1], parts[2] if len(parts) > 2 else "")


def bound(text: Any, what: Knob, units: Mapping[str, Unit]) -> float:
    """One end of the range of a number, SI.

    Raises:
        UserError: not a value this parameter may have.
    """
    if not what.field:
        return parse(text, "mass flow")
    info = type(units[what.owner]).model_fields[what.field]
    annotation: Any = info.annotation
    for extra in info.metadata:
        annotation = _annotated(annotation, extra)
    value = {what.key: text} if what.key else text
    try:
        found = TypeAdapter(annotation).validate_python(value, context=FROM_FILE)
    except ValidationError as error:
        detail = error.errors(include_url=False)[0]
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, UserError):
            raise inner from None
        raise FlowsheetError("E424", read=str(text), expected=f"{what.path}: {detail['msg']}") from None
    return float(found[what.key] if what.key else found)


def _annotated(annotation: Any, extra: Any) -> Any:
    from typing import Annotated

    return Annotated[annotation, extra]


def _numbers(unit: Unit) -> list[str]:
    """Parameters of a unit that are numbers, entries of tables included."""
    names: list[str] = []
    for name in type(unit).model_fields:
        value = getattr(unit, name)
        if isinstance(value, float):
            names.append(name)
        elif isinstance(value, dict):
            names += [f"{name}.{key}" for key, entry in value.items() if isinstance(entry, float)]
    return names


def _unknown(path: str, known: list[str]) -> FlowsheetError:
    near = nearest(path, known) or nearest(f"feeds.{path}", known)
    expected = " or ".join(near) if near else "unit.parameter or feeds.name.rate"
    write = f"vary: {near[0]}" if near else ""
    return FlowsheetError("E422", read=f"`{path}`: no such number to vary", expected=expected, write=write)
