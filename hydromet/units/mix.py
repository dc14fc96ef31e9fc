"""Mixing point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.vessel import blend

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Mix(Unit):
    """Adiabatic mixing of any number of streams.

    Assumptions:
        1. No heat is exchanged and no phase forms or disappears; a liquor is at dissociation equilibrium.
        2. Acid and base neutralise, pure liquids dissolve in the water present (``H2SO4(l) = 2 H+ + SO4-2``).

    Ports: in ``feed`` (several sources), ``second`` (optional, the same); out ``out``.

    Equations: n_out = sum n_in + sum xi nu; H_out = sum H_in, which gives the temperature.

    Validity: that of the liquor's enthalpy.

    Sources: definition.
    """

    model: Literal["mix"] = "mix"

    inlets: ClassVar = (Port("feed", "streams to mix"), Port("second", "more streams to mix", required=False))
    outlets: ClassVar = (Port("out", "the mixture"),)
    example: ClassVar[dict[str, Any]] = {
        "inlets": {
            "feed": {"flows": {"H2O": 50.0, "Na+": 2.0, "SO4-2": 1.0}, "temperature": 330.0},
            "second": {"flows": {"H2O": 10.0, "H+": 0.5, "Ni+2": 0.5, "SO4-2": 0.75, "C(s)": 1.0}},
        },
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """The mixture."""
        out, extents = blend(inlets.values(), chemistry)
        return UnitResult({"out": out}, extents=extents)
