"""Acid or base to a pH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, Allowed, base_values, notices_of, to_pH
from hydromet.units.fields import PH, Temperature
from hydromet.units.vessel import open_gas

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Neutralise(Unit):
    """Adjustment of the pH with a drawn acid or base.

    Assumptions:
        1. The liquor is at dissociation equilibrium; solids form or dissolve only if they are named.
        2. Isothermal; CO2 leaves where the liquor is supersaturated with it at 1 bar.
        3. A feed that is beyond the set pH already takes no reagent.

    Ports: in ``feed``, ``reagent`` (drawn); out ``out``, ``gas``.

    Equations: charge and mass balance at fixed a(H+) with the dose as unknown.

    Validity: that of the aqueous engine.

    Sources: those of the aqueous engine.
    """

    model: Literal["neutralise"] = "neutralise"
    pH: PH = Field(description="pH to reach")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")
    solids: tuple[str, ...] = Field((), description="solids that may form or dissolve")
    dissolve: tuple[str, ...] = Field(SOLUBLE, description="solids of the reagent that dissolve before anything forms")

    inlets: ClassVar = (Port("feed", "liquor"), Port("reagent", "acid or base", drawn=True))
    outlets: ClassVar = (Port("out", "liquor at the set pH"), Port("gas", "CO2 and vapour"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"pH": 2.0},
        "inlets": {
            "feed": {"flows": {"H2O": 90.0, "Na+": 1.4, "CO3-2": 0.2, "SO4-2": 0.5}, "temperature": 323.15},
            "reagent": {"flows": {"H2SO4(l)": 10.0, "H2O": 1.1}},
        },
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose, equilibrium, gas."""
        feed = inlets["feed"].at(self.temperature or inlets["feed"].temperature)
        how = Allowed(self.solids, self.dissolve)
        state = to_pH(feed, self.pH, inlets["reagent"].at(feed.temperature), how, chemistry)
        out, gas, vapour = open_gas(state.stream, chemistry)
        return UnitResult(
            {"out": out, "gas": gas},
            {"reagent": state.dose},
            {**state.extents, **vapour},
            base_values(state, self.solids),
            notices=notices_of(state, self.pH),
        )
