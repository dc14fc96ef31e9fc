"""Acidification and stripping of CO2."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.chemistry.properties.vapour_pressure_wagner_1993 import vapour_pressure
from hydromet.stream import ATMOSPHERE, Stream
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.evaporation import BOIL, STEAM
from hydromet.units.fields import PH, Molality, Temperature
from hydromet.units.removal import join
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry, Equilibrium, Liquor

GAS = "CO2(g)"
RELEASE = "CO3-2 + 2 H+ = CO2(g) + H2O"
# Water vapour never makes up more than this share of the gas: at the boiling point use an evaporator.
_WETTEST = 0.95


class Decarbonate(Unit):
    """Carbonate destroyed with acid and stripped as CO2 with air, or by boiling it out.

    Assumptions:
        1. Acid is drawn to the declared pH with all CO2 still dissolved; a liquor already below the pH takes none.
           Soluble salts in the acid dissolve.
        2. CO2 then leaves to equilibrium with the gas at 1 atm: Henry's law, the gas being CO2, the air fed and water
           vapour at the liquor's water activity. Where ``residual`` is given, that much carbonate stays instead.
        3. Below pH 5 dissolved CO2 is neutral, so stripping it does not move the pH.

    Ports: in ``liquor``, ``acid`` (drawn), ``air`` (optional); out ``liquor``, ``gas``.

    Equations: CO3-2 + 2 H+ = CO2(g) + H2O; with n1 the CO2 before, a the air, r = (P - p_w) / p_CO2 at n1, y the CO2
    stripped: (n1 - y)(y + a) = n1 r y; water p_w / (P - p_w) per mol of dry gas, p_w = a_w p_sat.

    Validity: pH 1-5, 20-95 degC, 1 atm.

    Sources: Henry constant and dissociation: the engine's data.
    """

    model: Literal["decarbonate"] = "decarbonate"
    temperature: Temperature = Field(description="temperature of liquor and gas")
    pH: PH = Field(3.5, ge=0.5, le=5.0, description="pH to acidify to")
    residual: Molality | None = Field(None, description="carbonate left in the liquor; none: equilibrium with the gas")

    inlets: ClassVar = (
        Port("liquor", "liquor with carbonate"),
        Port("acid", "acid", drawn=True),
        Port("air", "stripping air", required=False),
    )
    outlets: ClassVar = (Port("liquor", "liquor free of carbonate"), Port("gas", "CO2 with water vapour and air"))
    example: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {
            "parameters": {"temperature": 343.15, "pH": 3.5, **residual},
            "inlets": {
                "liquor": {"flows": {"H2O": 50.0, "Na+": 4.0, "Li+": 0.2, "SO4-2": 1.8, "CO3-2": 0.3}},
                "acid": {"flows": {"H2SO4(l)": 9.99, "H2O": 1.1}},
                **air,
            },
        }
        for residual, air in (({}, {"air": {"flows": {"N2(g)": 0.4, "O2(g)": 0.1}}}), ({"residual": 1e-3}, {}))
    )

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Acidify, strip."""
        feed, first = join([inlets["liquor"]], self.temperature, chemistry)
        air = inlets.get("air", Stream())
        sour, dose, extents, liquor = self._acidified(feed, inlets["acid"], chemistry)
        stripped, water = self._stripped(sour, air, liquor)
        released = add_extents({RELEASE: stripped, BOIL: water})
        whole = react(sour.plus(air) if air.flows else sour, released, chemistry).at(self.temperature)
        gas = whole.part("g")
        left = whole.where(lambda name: name not in gas.flows)
        total = sour["CO3-2"]
        splits = (FixedSplit("carbonate left", "CO3-2", self.residual, "liquor"),) if self.residual is not None else ()
        return UnitResult(
            {"liquor": left, "gas": gas},
            drawn={"acid": dose},
            extents=add_extents(first, extents, released),
            values={
                "pH": liquor.pH if liquor else 7.0,
                "carbonate_stripped_fraction": stripped / total if total > 0.0 else 0.0,
            },
            fixed_splits=splits,
            notices=self._notices(feed, dose),
        )

    def _acidified(
        self, feed: Stream, acid: Stream, chemistry: Chemistry
    ) -> tuple[Stream, float, dict[str, float], Liquor | None]:
        """The feed at the pH with its CO2, the acid taken in kg/s, the extents and the speciation."""
        if feed["H2O"] <= 0.0:
            return feed, 0.0, {}, None
        now = chemistry.liquor(feed)
        if now.pH <= self.pH:
            return feed, 0.0, {}, now
        ready, release = dissolved(acid, chemistry, SOLUBLE)
        state: Equilibrium = chemistry.at_pH(feed, self.pH, ready, temperature=self.temperature)
        extents = add_extents(state.extents, {name: xi * state.dose for name, xi in release.items()})
        return state.stream, state.dose, extents, state.liquor

    def _stripped(self, sour: Stream, air: Stream, liquor: Liquor | None) -> tuple[float, float]:
        """CO2 and water that go to the gas, mol/s."""
        total = min(sour["CO3-2"], 0.5 * sour["H+"])
        if liquor is None:
            return 0.0, 0.0
        vapour = min(liquor.water_activity * vapour_pressure(self.temperature), _WETTEST * ATMOSPHERE)
        dry = sum(flow for name, flow in air.flows.items() if name != STEAM)
        if self.residual is not None:
            stay = self.residual * sour["H2O"] * 0.01801528
            gone = max(0.0, total - stay)
        else:
            gone = _released(total, dry, (ATMOSPHERE - vapour) / _pressure(liquor)) if total > 0.0 else 0.0
        wet = (gone + dry) * vapour / (ATMOSPHERE - vapour) - air[STEAM]
        return gone, wet

    def _notices(self, feed: Stream, dose: float) -> tuple[Notice, ...]:
        if feed["CO3-2"] > 0.0 and dose <= 0.0:
            return (Notice("W858", f"no acid is drawn: the liquor is below pH {self.pH:.3g} already"),)
        return ()


def _pressure(liquor: Liquor) -> float:
    """CO2 pressure over the liquor if none had left, Pa."""
    return math.pow(10.0, liquor.saturation_index(GAS)) * 1e5


def _released(total: float, air: float, ratio: float) -> float:
    """The positive root of (n - y)(y + a) = n r y, the CO2 that leaves."""
    half = 0.5 * (total * (1.0 - ratio) - air)
    root = math.sqrt(half * half + total * air)
    # The form that does not lose digits when little leaves.
    return half + root if half > 0.0 else (total * air / (root - half) if air > 0.0 else 0.0)
