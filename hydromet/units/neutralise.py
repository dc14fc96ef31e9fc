"""Acid or base to a pH."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.stream import Stream, add_flows
from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, Allowed, base_values, dissolved, equilibrium, notices_of, to_pH
from hydromet.units.fields import PH, Temperature
from hydromet.units.vessel import add_extents, open_gas

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Neutralise(Unit):
    """Adjustment of the pH with acid or base.

    Assumptions:
        1. The liquor is at dissociation equilibrium; solids form or dissolve only if they are named.
        2. Isothermal; CO2 leaves where the liquor is supersaturated with it at 1 bar.
        3. A feed that is beyond the set pH already takes no reagent.
        4. Without ``pH`` all of the reagent that comes goes in, such as the base of an ``electrodialyse``.

    Ports: in ``feed``, ``reagent`` (drawn if ``pH`` is set); out ``out``, ``gas``.

    Equations: charge and mass balance at fixed a(H+) with the dose as unknown, or at the given dose.

    Validity: that of the aqueous engine.

    Sources: those of the aqueous engine.
    """

    model: Literal["neutralise"] = "neutralise"
    pH: PH | None = Field(None, description="pH to reach; none: what the given reagent makes")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")
    solids: tuple[str, ...] = Field((), description="solids that may form or dissolve")
    dissolve: tuple[str, ...] = Field(SOLUBLE, description="solids of the reagent that dissolve before anything forms")

    inlets: ClassVar = (Port("feed", "liquor"),)
    outlets: ClassVar = (Port("out", "liquor at the set pH"), Port("gas", "CO2 and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {
            "parameters": parameters,
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Na+": 1.4, "CO3-2": 0.2, "SO4-2": 0.5}, "temperature": 323.15},
                "reagent": {"flows": reagent},
            },
        }
        for parameters, reagent in (
            ({"pH": 2.0}, {"H2SO4(l)": 10.0, "H2O": 1.1}),
            ({}, {"H+": 0.3, "Na+": 0.02, "SO4-2": 0.16, "H2O": 9.0}),
        )
    )

    def inlet_ports(self) -> tuple[Port, ...]:
        """The reagent is drawn where a pH is set."""
        return (*self.inlets, Port("reagent", "acid or base", drawn=self.pH is not None))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose, equilibrium, gas."""
        feed = inlets["feed"].at(self.temperature or inlets["feed"].temperature)
        reagent = inlets["reagent"].at(feed.temperature)
        how = Allowed(self.solids, self.dissolve)
        if self.pH is None:
            ready, release = dissolved(reagent, chemistry, self.dissolve)
            both = Stream(add_flows([feed, ready]), feed.temperature, feed.pressure)
            state = equilibrium(both, how, chemistry)
            state = replace(state, extents=add_extents(release, state.extents))
        else:
            state = to_pH(feed, self.pH, reagent, how, chemistry)
        out, gas, vapour = open_gas(state.stream, chemistry)
        return UnitResult(
            {"out": out, "gas": gas},
            {} if self.pH is None else {"reagent": state.dose},
            {**state.extents, **vapour},
            base_values(state, self.solids),
            notices=notices_of(state, self.pH),
        )
