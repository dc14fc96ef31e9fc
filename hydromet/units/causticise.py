"""Lithium hydroxide from lithium carbonate and lime."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.errors import UnitError
from hydromet.stream import Stream
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.dosing import dissolved
from hydromet.units.fields import Molality, Ratio, Temperature
from hydromet.units.included import SALT, freed
from hydromet.units.removal import join
from hydromet.units.vessel import add_extents, concentration, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

LIME, CHALK = "Ca(OH)2(s)", "CaCO3(s)"
_SLAKED = (LIME, "CaO(s)")
_WATER = 0.01801528
# Conversion below this is a warning.
_POOR = 0.9


class Causticise(Unit):
    """Lithium carbonate turned into a lithium hydroxide liquor with lime; calcium carbonate falls.

    Assumptions:
        1. Liquor and the named ``solids`` are at equilibrium; a solid product layer does not stop the reaction. Other
           solids of carbonate and lime are inert and go with the mud.
        2. Lime is dosed in ratio to the carbonate, solid and dissolved; quicklime slakes with the water at hand.
        3. Water is drawn until so much lithium comes on a kilogram of water: what comes with cake and wash counts.

    Ports: in ``cake``, ``liquor`` (optional: wash of the mud, mother liquor), ``lime`` (drawn), ``water`` (drawn); out
    ``slurry`` (to a filter).

    Equations: Li2CO3 + Ca(OH)2 = 2 LiOH + CaCO3; lime = E n_CO3 / (mol Ca in 1 kg); water = n_Li / ``molality`` less
    the water at hand; SI of each solid <= 0.

    Validity: 25-100 degC. Carbonate, lime and chalk together leave at most 33 g/L LiOH at 95 degC, 54 g/L at 25 degC.

    Sources: constants of the engine; practice 3.5 % LiOH, slight excess of lime, boiling (recalled).
    """

    model: Literal["causticise"] = "causticise"
    temperature: Temperature = Field(description="temperature of the vessel")
    excess: Ratio = Field(1.05, gt=0.0, description="mol Ca(OH)2 per mol carbonate")
    molality: Molality = Field(1.5, gt=0.0, description="lithium per mass of water, all of it dissolved")
    solids: tuple[str, ...] = Field((SALT, LIME, CHALK, "Mg(OH)2(s)"), description="solids at equilibrium")

    inlets: ClassVar = (
        Port("cake", "lithium carbonate"),
        Port("liquor", "wash of the mud, mother liquor", required=False),
        Port("lime", "slaked lime, dry or as milk", drawn=True),
        Port("water", "water", drawn=True),
    )
    outlets: ClassVar = (Port("slurry", "lithium hydroxide liquor with calcium carbonate"),)
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 368.15},
        "inlets": {
            "cake": {"flows": {SALT: 1.0, "Na2SO4[included](s)": 0.002, "H2O": 1.0, "Li+": 0.01, "CO3-2": 0.005}},
            "liquor": {"flows": {"H2O": 10.0, "Li+": 0.02, "OH-": 0.02}},
            "lime": {"flows": {LIME: 12.5, "CaCO3(s)": 0.3, "Mg(OH)2(s)": 0.2, "SiO2(s)": 0.1, "H2O": 2.0}},
            "water": {"flows": {"H2O": 55.5}},
        },
    }

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Water, lime, equilibrium."""
        ready, release = dissolved(inlets["lime"], chemistry, _SLAKED)
        if ready["Ca+2"] <= 0.0 or ready["OH-"] <= 0.0:
            raise UnitError(
                "E871", read="no lime in the feed of port lime", expected="a feed with Ca(OH)2(s) or CaO(s)"
            )
        parts = [inlets["cake"], inlets.get("liquor", Stream())]
        lithium = sum(part["Li+"] + 2.0 * part[SALT] for part in parts)
        at_hand = sum(part["H2O"] for part in parts) * _WATER
        water = max(0.0, lithium / self.molality - at_hand)
        feed, first = join([*parts, inlets["water"].scaled(water)], self.temperature, chemistry)
        carbonate = feed[SALT] + feed["CO3-2"]
        dose = self.excess * carbonate / ready["Ca+2"]
        total = feed.plus(ready.scaled(dose)).at(self.temperature)
        slurry, extents, pH = total, {}, None
        if total["H2O"] > 0.0:
            state = chemistry.equilibrate(total, solids=self.solids, temperature=self.temperature)
            gone = 1.0 - state.stream[SALT] / feed[SALT] if feed[SALT] > 0.0 else 0.0
            free = freed(state.stream, max(0.0, gone), chemistry)
            slurry, extents, pH = react(state.stream, free, chemistry), add_extents(state.extents, free), state.pH
        left = slurry[SALT] + slurry["CO3-2"]
        conversion = 1.0 - left / carbonate if carbonate > 0.0 else 0.0
        lime = {name: xi * dose for name, xi in release.items()}
        return UnitResult(
            {"slurry": slurry},
            drawn={"lime": dose, "water": water},
            extents=add_extents(first, lime, extents),
            values={
                "conversion_fraction": conversion,
                "lithium_kg_m3": concentration(slurry, "Li", chemistry),
                "calcium_left_kg_m3": concentration(slurry, "Ca", chemistry),
                **({"pH": pH} if pH is not None else {}),
            },
            notices=self._notices(carbonate, conversion),
        )

    def _notices(self, carbonate: float, conversion: float) -> tuple[Notice, ...]:
        if carbonate > 0.0 and conversion < _POOR:
            text = f"{conversion:.0%} of the carbonate is converted: more lime, or a more dilute liquor"
            return (Notice("W871", text),)
        return ()
