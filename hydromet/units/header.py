"""Water header: recycled water first, make-up for what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.stream import Stream
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import MassFlow
from hydromet.units.vessel import blend

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class Header(Unit):
    """Header that supplies declared flows from recycled water and draws make-up for what is missing.

    Assumptions:
        1. Recycled water is used before make-up; both are mixed adiabatically, all consumers get the same water.
        2. What the consumers do not take leaves through ``surplus``; it has to be treated, evaporated or discharged.

    Ports: in ``recycled`` (optional, any number of sources), ``makeup`` (drawn); out one port for every name in
    ``supply``, and ``surplus``.

    Equations: make-up = max(0, sum supply - recycled), surplus = max(0, recycled - sum supply), all in kg/s;
    the composition is that of the mixture.

    Validity: any liquor; solids that arrive are passed on.

    Sources: definition.
    """

    model: Literal["header"] = "header"
    supply: dict[str, MassFlow] = Field(description="outlet name -> mass flow to supply", min_length=1)

    inlets: ClassVar = (
        Port("recycled", "condensate and other water to be used again", required=False),
        Port("makeup", "fresh water", drawn=True),
    )
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"supply": {"leach": 1.0, "wash": 0.4}},
            "inlets": {
                "recycled": {"flows": {"H2O": 40.0, "Na+": 0.02, "SO4-2": 0.01}, "temperature": 330.0},
                "makeup": {"flows": {"H2O": 55.0, "Ca+2": 0.01, "Cl-": 0.02}},
            },
        },
        {
            "parameters": {"supply": {"leach": 0.2}},
            "inlets": {
                "recycled": {"flows": {"H2O": 40.0, "Na+": 0.02, "SO4-2": 0.01}, "temperature": 330.0},
                "makeup": {"flows": {"H2O": 55.0}},
            },
        },
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if "surplus" in self.supply:
            raise UnitError("E803", read="a supply named surplus", expected="another name: surplus takes what is left")
        return self

    def outlet_ports(self) -> tuple[Port, ...]:
        """One port a consumer, and the surplus."""
        named = tuple(Port(name, "supplied water") for name in self.supply)
        return (*named, Port("surplus", "recycled water that no consumer takes"))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Make-up, mixing and division."""
        recycled = inlets.get("recycled", Stream())
        demand = sum(self.supply.values())
        available = recycled.mass()
        makeup = max(0.0, demand - available)
        water, extents = blend([recycled, inlets["makeup"].scaled(makeup)], chemistry)
        total = max(available, demand)
        shares = {name: flow / total if total else 0.0 for name, flow in self.supply.items()}
        shares["surplus"] = (available - demand) / total if available > demand else 0.0
        return UnitResult(
            {name: water.scaled(share) for name, share in shares.items()},
            drawn={"makeup": makeup},
            extents=extents,
            values={"recycled_kg_s": available, "makeup_kg_s": makeup, "surplus_kg_s": shares["surplus"] * total},
            notices=self._notices(available, demand),
        )

    def _notices(self, available: float, demand: float) -> tuple[Notice, ...]:
        if available <= demand:
            return ()
        spare = (available - demand) * 3600.0
        return (Notice("W801", f"the header gets {spare:.4g} kg/h more than its consumers take; see the surplus port"),)
