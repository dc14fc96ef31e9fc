"""Repulp wash of a cake whose crystals dissolve a little."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.stream import Stream
from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.fields import MassRatio, Temperature
from hydromet.units.included import freed
from hydromet.units.removal import join
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry


class RepulpWash(Unit):
    """Wash of a cake by stirring it up in water, followed by a filter: the hot wash of Li2CO3.

    Assumptions:
        1. The cake's liquor mixes completely with the water and the ``soluble`` crystals dissolve to equilibrium at
           the declared temperature: the loss of lithium is its solubility, not a declared share.
        2. Enclosed salts are freed in proportion to the crystals that dissolve; no recrystallisation frees more.
        3. Other solids are inert.

    Ports: in ``cake``, ``water`` (drawn); out ``slurry`` (to a filter).

    Equations: m_water = r m_solids; SI(soluble) <= 0.

    Validity: that of the activity model; 60-100 degC for Li2CO3, which dissolves less the hotter it is.

    Sources: practice 2-3 t of water at 90 degC per t of Li2CO3 in 2-3 stages, 2-5 % of the Li lost: recalled.
    """

    model: Literal["repulp_wash"] = "repulp_wash"
    temperature: Temperature = Field(description="temperature of the wash")
    ratio: MassRatio = Field(description="wash water per mass of dry solids")
    soluble: tuple[str, ...] = Field(("Li2CO3(s)",), min_length=1, description="crystals that dissolve to equilibrium")

    inlets: ClassVar = (Port("cake", "filter cake"), Port("water", "wash water", drawn=True))
    outlets: ClassVar = (Port("slurry", "washed crystals in the spent wash"),)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 363.15, "ratio": 2.5},
        "inlets": {
            "cake": {
                "flows": {
                    "Li2CO3(s)": 1.0,
                    "Na2SO4[included](s)": 0.002,
                    "H2O": 1.6,
                    "Li+": 0.01,
                    "Na+": 0.14,
                    "SO4-2": 0.07,
                    "CO3-2": 0.005,
                },
                "temperature": 353.15,
            },
            "water": {"flows": {"H2O": 55.5}, "temperature": 363.15},
        },
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Mix, dissolve to equilibrium, free what was enclosed."""
        cake, first = join([inlets["cake"]], self.temperature, chemistry)
        dose = self.ratio * cake.part("s").mass()
        total = cake.plus(inlets["water"].scaled(dose)) if dose else cake
        if total["H2O"] <= 0.0:
            return UnitResult({"slurry": total}, drawn={"water": dose}, extents=first)
        state = chemistry.equilibrate(total, solids=self.soluble, temperature=self.temperature)
        main = self.soluble[0]
        gone = max(0.0, 1.0 - state.stream[main] / cake[main]) if cake[main] > 0.0 else 0.0
        free = freed(state.stream, gone, chemistry)
        slurry = react(state.stream, free, chemistry)
        return UnitResult(
            {"slurry": slurry if slurry.flows else Stream(temperature=self.temperature)},
            drawn={"water": dose},
            extents=add_extents(first, state.extents, free),
            values={"dissolved_fraction": gone, "pH": state.pH},
        )
