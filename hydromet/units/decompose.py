"""Thermal decomposition of a lithium bicarbonate liquor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.stream import Stream
from hydromet.units import included
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.crystal_uptake import sources
from hydromet.units.evaporation import GAS as VOLATILE
from hydromet.units.fields import MassFraction, Pressure, Temperature
from hydromet.units.included import SALT
from hydromet.units.removal import join
from hydromet.units.vessel import add_extents, concentration, open_gas

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

GAS = "CO2(g)"


class Decompose(Unit):
    """Lithium carbonate reprecipitated from its bicarbonate by heating, the CO2 driven off.

    Assumptions:
        1. Liquor and the named ``solids`` end at equilibrium with CO2 of the declared partial pressure: what stripping
           reaches at its end. The stripped CO2 leaves at 1 atm, saturated with water at the liquor's activity, as from
           a batch or a train in counter-current.
        2. The crystals enclose mother liquor as those of ``carbonate`` do, here a far purer one.
        3. The water that leaves with the gas does not shift the equilibrium.

    Ports: in ``liquor``; out ``slurry`` (to a filter), ``gas`` (CO2 and water vapour, to a condenser and back).

    Equations: 2 Li+ + 2 HCO3- = Li2CO3 + CO2 + H2O; fugacity of CO2 = ``partial_pressure``; SI(Li2CO3) = 0;
    n_H2O / n_CO2 = p_w / (P - p_w).

    Validity: 60-98 degC. Recovery in one pass measured 70 % at 25 g/L Li2CO3 (wang_2013, abstract), 62 % here.

    Sources: constants of the engine; enclosed liquor: data/solubility/crystal_uptake.yaml; 1 kPa at the end of
    stripping is estimated.
    """

    model: Literal["decompose"] = "decompose"
    temperature: Temperature = Field(lt=371.2, description="temperature of the liquor")
    partial_pressure: Pressure = Field(1e3, description="of CO2 over the liquor at the end")
    solids: tuple[str, ...] = Field((SALT, "CaCO3(s)", "MgCO3:3H2O(s)"), description="carbonates that may form")
    enclosed: MassFraction | None = Field(None, lt=0.2, description="liquor inside the crystals, kg/kg; none: the data")

    inlets: ClassVar = (Port("liquor", "lithium bicarbonate liquor"),)
    outlets: ClassVar = (Port("slurry", "Li2CO3 in its mother liquor"), Port("gas", "CO2 with water vapour"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 363.15},
        "inlets": {
            "liquor": {
                "flows": {
                    "H2O": 55.5, "Li+": 1.0, "CO3-2": 1.02, "H+": 1.04, "Na+": 0.02, "SO4-2": 0.01, "Ca+2": 2e-5,
                    "Mg+2": 2e-5, "Cl-": 8e-5,
                },
            },
        },
    }  # fmt: skip

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Salts do not leave with the gas."""
        del inlet
        return None if element in VOLATILE else ("slurry",)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Heat, strip, crystallise."""
        feed, first = join([inlets["liquor"]], self.temperature, chemistry)
        if feed["H2O"] <= 0.0:
            return UnitResult({"slurry": feed, "gas": Stream(temperature=self.temperature)}, extents=first)
        gases = {GAS: self.partial_pressure}
        state = chemistry.equilibrate(feed, solids=self.solids, gases=gases, temperature=self.temperature)
        grown = max(0.0, state.stream[SALT] - feed[SALT])
        whole, held = included.enclose(state.stream, grown, self.enclosed, chemistry)
        slurry, gas, vapour = open_gas(whole, chemistry)
        lithium = feed["Li+"]
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            extents=add_extents(first, state.extents, held, vapour),
            values={
                "single_pass_yield_fraction": 2.0 * grown / lithium if lithium > 0.0 else 0.0,
                "lithium_left_kg_m3": concentration(slurry, "Li", chemistry),
                "co2_released_mol_s": gas[GAS],
                "pH": state.pH,
            },
            fixed_splits=(included.split(self.enclosed),),
            notices=self._notices(lithium, grown),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """The enclosed liquor with its source."""
        return sources(SALT, enclosed=self.enclosed is None)

    def _notices(self, lithium: float, grown: float) -> tuple[Notice, ...]:
        if lithium > 0.0 and grown <= 0.0:
            return (Notice("W857", "no Li2CO3 forms: the liquor holds too little lithium or carbonate"),)
        return ()
