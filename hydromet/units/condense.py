"""Condenser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import vapour_pressure
from hydromet.stream import ATMOSPHERE
from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.evaporation import BOIL, STEAM
from hydromet.units.fields import Temperature
from hydromet.units.vessel import react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

# Elements that a gas may hold.
_GASES = frozenset(("H", "O", "C", "N", "S", "F", "Cl"))


class Condense(Unit):
    """Condenser of water vapour, pure or with gases.

    Assumptions:
        1. The gas that leaves is saturated with water at the declared temperature and 1 atm; gases do not dissolve.
        2. Liquid, dust and droplets in the feed leave with the condensate.

    Ports: in ``vapour``; out ``condensate``, ``gas``.

    Equations: n_w = n_gas p_sat / (P - p_sat), at most what came in; H2O(g) = H2O for the rest.

    Validity: below 100 degC.

    Sources: vapour pressure of water: Wagner and Pruss 1993.
    """

    model: Literal["condense"] = "condense"
    temperature: Temperature = Field(lt=372.0, description="temperature of condensate and gas")

    inlets: ClassVar = (Port("vapour", "vapour, with or without gases"),)
    outlets: ClassVar = (Port("condensate", "condensed water"), Port("gas", "gases saturated with water"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 313.15},
        "inlets": {"vapour": {"flows": {"H2O(g)": 2.0, "CO2(g)": 0.3, "N2(g)": 1.0}, "temperature": 343.15}},
    }

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Droplets and dust leave with the condensate."""
        del inlet
        return None if element in _GASES else ("condensate",)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Condense to saturation."""
        feed = inlets["vapour"]
        vapour = vapour_pressure(self.temperature)
        dry = sum(flow for name, flow in feed.part("g").flows.items() if name != STEAM)
        wet = dry * vapour / (ATMOSPHERE - vapour)
        condensed = max(0.0, feed[STEAM] - wet)
        whole = react(feed, {BOIL: -condensed}, chemistry).at(self.temperature)
        gas = whole.part("g")
        return UnitResult(
            {"condensate": whole.where(lambda name: name not in gas.flows), "gas": gas},
            extents={BOIL: -condensed} if condensed else {},
            values={"water_condensed_mol_s": condensed},
        )
