"""Heater or cooler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.fields import Temperature

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Heater(Unit):
    """A stream brought to a temperature without any change of composition.

    Assumptions:
        1. No solid forms or dissolves and nothing evaporates; only the dissociation equilibria of the liquor follow.
        2. The duty is bought as steam or removed by cooling water; it is not recovered between streams.

    Ports: in ``feed``; out ``out``.

    Equations: Q = H(T_out) - H(T_in).

    Validity: below the boiling point; that of the liquor's enthalpy.

    Sources: definition.
    """

    model: Literal["heater"] = "heater"
    temperature: Temperature = Field(description="temperature of the outlet")

    inlets: ClassVar = (Port("feed", "stream to heat or cool"),)
    outlets: ClassVar = (Port("out", "the stream at the set temperature"),)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 333.15},
        "inlets": {"feed": {"flows": {"H2O": 50.0, "H+": 1.0, "SO4-2": 0.5, "C(s)": 3.0}, "temperature": 298.15}},
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:  # noqa: ARG002  # the duty is asked for later
        """The feed at the set temperature."""
        return UnitResult({"out": inlets["feed"].at(self.temperature)})
