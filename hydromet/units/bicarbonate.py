"""Dissolution of crude lithium carbonate as bicarbonate."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.errors import UnitError
from hydromet.stream import ATMOSPHERE, Stream
from hydromet.units.base import Energy, FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.evaporation import GAS as VOLATILE
from hydromet.units.evaporation import R
from hydromet.units.fields import Fraction, MassRatio, Pressure, Temperature
from hydromet.units.heat import driven, taken, vessel_energy
from hydromet.units.included import SALT, freed
from hydromet.units.removal import join
from hydromet.units.vessel import add_extents, concentration, open_gas, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

GAS = "CO2(g)"
# The magnesium carbonate of the soda has no constant of its own: it dissolves, and the trihydrate limits it.
_FIRST = {"MgCO3(s)": "MgCO3(s) = Mg+2 + CO3-2"}
# CO2 dissolved per bar at the most, mol/kg, with a margin: what is offered to the equilibrium.
_HENRY = 0.2
# Lithium carbonate left undissolved from which on a warning is due.
_LEFT = 0.01


class Bicarbonate(Unit):
    """Lithium carbonate dissolved under carbon dioxide, which leaves its insoluble impurities behind.

    Assumptions:
        1. Liquor, gas and the named ``solids`` are at equilibrium at the declared temperature and partial pressure of
           CO2: the residence time is long enough. Silica, iron oxide and other solids are inert and go to the filter.
        2. Enclosed salts are freed in proportion to the crystals that dissolve. MgCO3 of the soda dissolves and is
           limited by its trihydrate, CaCO3 by itself.
        3. Of all CO2 fed, recycled or fresh, the share ``utilisation`` is taken up; the rest is vented with the inert
           gases, saturated with water. The make-up is drawn. Gases other than CO2 do not dissolve.

    Ports: in ``cake``, ``liquor`` (optional: mother liquor of the decomposition), ``gas`` (optional: its CO2), ``co2``
    (drawn), ``water`` (drawn, with ``ratio``); out ``slurry`` (to a filter), ``vent``.

    Equations: Li2CO3 + CO2 + H2O = 2 Li+ + 2 HCO3-; fugacity of CO2 = ``pressure``; make-up = uptake / utilisation less
    what is recycled; water = ratio x dry cake less the liquor at hand; compression n R T ln(p / 1 atm) / efficiency.

    Validity: 0-40 degC, 0.3-5 bar (no fugacity coefficient). The activity of LiHCO3 is that of NaHCO3, for want of
    data: 53 g Li2CO3 dissolve in 1 kg of water at 25 degC and 1 bar, and plants work at 25-40 g per kg.

    Sources: constants of the engine; practice 10-30 degC, L/S 25-40, 2 h: xu_sun_2021, wang_2013 (abstracts).
    """

    model: Literal["bicarbonate"] = "bicarbonate"
    temperature: Temperature = Field(description="temperature of the liquor")
    pressure: Pressure = Field(1e5, description="partial pressure of CO2")
    ratio: MassRatio | None = Field(None, gt=0.0, description="liquor per dry cake; draws water")
    solids: tuple[str, ...] = Field(
        (SALT, "CaCO3(s)", "MgCO3:3H2O(s)"), description="carbonates that dissolve or form to equilibrium"
    )
    utilisation: Fraction = Field(0.9, gt=0.0, description="share of the CO2 fed that the liquor takes up")
    efficiency: Fraction = Field(0.6, gt=0.0, description="isothermal efficiency of the CO2 compressor with its motor")

    outlets: ClassVar = (
        Port("slurry", "bicarbonate liquor with what stays solid"),
        Port("vent", "CO2 and inert gases"),
    )
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"temperature": 298.15, "pressure": 2e5, "ratio": 25.0},
            "inlets": {
                "cake": {
                    "flows": {
                        SALT: 1.0, "Na2SO4[included](s)": 0.003, "CaCO3(s)": 4e-4, "MgCO3(s)": 2e-4, "SiO2(s)": 3e-4,
                        "H2O": 1.2, "Na+": 0.02, "SO4-2": 0.01,
                    },
                },
                "co2": {"flows": {"CO2(g)": 22.7, "N2(g)": 0.05}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
        {
            "parameters": {"temperature": 288.15},
            "inlets": {
                "cake": {"flows": {SALT: 1.0, "H2O": 1.2}, "temperature": 313.15},
                "liquor": {"flows": {"H2O": 110.0, "Li+": 0.5, "CO3-2": 0.26, "H+": 0.02}, "temperature": 303.15},
                "gas": {"flows": {"CO2(g)": 0.7, "H2O(g)": 0.05}, "temperature": 313.15},
                "co2": {"flows": {"CO2(g)": 22.7}},
            },
        },
    )  # fmt: skip

    def inlet_ports(self) -> tuple[Port, ...]:
        """Water is drawn where a ratio is set."""
        water = (Port("water", "water", drawn=True),) if self.ratio is not None else ()
        return (
            Port("cake", "crude lithium carbonate"),
            Port("liquor", "mother liquor of the decomposition", required=False),
            Port("gas", "recycled CO2", required=False),
            Port("co2", "make-up CO2", drawn=True),
            *water,
        )

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Salts do not leave with the gas."""
        del inlet
        return None if element in VOLATILE else ("slurry",)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Water, equilibrium under CO2, gas balance."""
        gas, fresh = inlets.get("gas", Stream()), inlets["co2"]
        if fresh[GAS] <= 0.0:
            raise UnitError("E870", read="no CO2(g) in the feed of port co2", expected="a feed with CO2(g)")
        wet, first, drawn = self._wet(inlets, chemistry)
        crude = wet[SALT]
        extents, pH = self._dissolved(wet, chemistry)
        uptake = sum(xi * -chemistry.reaction(name).coefficients.get(GAS, 0.0) for name, xi in extents.items())
        drawn["co2"] = max(0.0, uptake / self.utilisation - gas[GAS]) / fresh[GAS]
        whole = wet.plus(gas, fresh.scaled(drawn["co2"])).at(self.temperature)
        done = react(whole, extents, chemistry)
        gone = 1.0 - done[SALT] / crude if crude > 0.0 else 0.0
        slurry, vent, vapour = open_gas(done, chemistry)
        return UnitResult(
            {"slurry": slurry, "vent": vent},
            drawn=drawn,
            extents=add_extents(first, extents, vapour),
            values={
                "dissolved_fraction": gone,
                "lithium_kg_m3": concentration(slurry, "Li", chemistry),
                "co2_taken_up_mol_s": uptake,
                **({"pH": pH} if pH is not None else {}),
            },
            fixed_splits=(FixedSplit("CO2 taken up of what is fed", GAS, self.utilisation, "vent"),),
            notices=self._notices(crude, gone),
        )

    def energy(self, inlets: Inlets, result: UnitResult, chemistry: Chemistry) -> Energy:
        """Heat of the vessel, which has to be cooled, and the compression of the gas."""
        vessel = vessel_energy(inlets, result, chemistry)
        streams = taken(inlets, result.drawn)
        gas = sum(sum(streams[port].part("g").flows.values()) for port in ("gas", "co2") if port in streams)
        if self.pressure <= ATMOSPHERE or gas <= 0.0:
            return vessel
        power = gas * R * self.temperature * math.log(self.pressure / ATMOSPHERE) / self.efficiency
        return driven(vessel, power, "CO2 compression", f"compression of CO2: isothermal, {self.efficiency:.3g}")

    def _wet(self, inlets: Inlets, chemistry: Chemistry) -> tuple[Stream, dict[str, float], dict[str, float]]:
        """Cake, liquor and water together, their neutralisation, and the water drawn in kg/s."""
        cake, drawn = inlets["cake"], {}
        parts = [cake, inlets.get("liquor", Stream())]
        if self.ratio is not None:
            at_hand = sum(part.mass() - part.part("s").mass() for part in parts)
            drawn["water"] = max(0.0, self.ratio * cake.part("s").mass() - at_hand)
            parts.append(inlets["water"].scaled(drawn["water"]))
        return *join(parts, self.temperature, chemistry), drawn

    def _dissolved(self, wet: Stream, chemistry: Chemistry) -> tuple[dict[str, float], float | None]:
        """Extents with as much CO2 as the liquor takes, and the pH."""
        if wet["H2O"] <= 0.0:
            return {}, None
        first = {equation: wet[name] for name, equation in _FIRST.items() if wet[name] > 0.0}
        start = react(wet, first, chemistry)
        carbonate = start.elements().get("C", 0.0) + start["Li+"] + start["OH-"]
        offered = 2.0 * carbonate + _HENRY * self.pressure / 1e5 * start["H2O"] * 0.01801528
        state = chemistry.equilibrate(
            start.plus(Stream({GAS: offered})), solids=self.solids, gases={GAS: self.pressure},
            temperature=self.temperature,
        )  # fmt: skip
        gone = 1.0 - state.stream[SALT] / wet[SALT] if wet[SALT] > 0.0 else 0.0
        return add_extents(first, state.extents, freed(wet, max(0.0, gone), chemistry)), state.pH

    def _notices(self, crude: float, gone: float) -> tuple[Notice, ...]:
        if crude > 0.0 and gone < 1.0 - _LEFT:
            text = f"{1.0 - gone:.1%} of the lithium carbonate stays undissolved: more liquor, more pressure, or colder"
            return (Notice("W870", text),)
        return ()
