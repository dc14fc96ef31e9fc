"""Lithium carbonate precipitation with carbon dioxide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.errors import UnitError
from hydromet.units import included
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.crystal_uptake import sources
from hydromet.units.dosing import CARBONATES, SOLUBLE, dissolved
from hydromet.units.evaporation import GAS as VOLATILE
from hydromet.units.fields import Fraction, MassFraction, Ratio, Temperature
from hydromet.units.included import SALT
from hydromet.units.removal import join, molality
from hydromet.units.vessel import add_extents, concentration, open_gas, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

GAS = "CO2(g)"
ABSORPTION = "CO2(g) + 2 OH- = CO3-2 + H2O"
_DISSOLVING = tuple(name for name in SOLUBLE if name not in CARBONATES)


class CarbonateGas(Unit):
    """Precipitation of Li2CO3 from a lithium liquor with CO2 and a base instead of soda.

    Assumptions:
        1. The base is dosed to two mol of OH- per mol of carbonate wanted, plus one per mol of net acid; the gas meets
           it, so that all CO2 taken up is carbonate. Carbonate already there counts.
        2. Liquor and crystals are at equilibrium; of the carbonates and other salts only those in ``solids`` form.
        3. Of the CO2 fed the share ``utilisation`` is taken up; the rest leaves, saturated with water.
        4. The crystals enclose mother liquor as those of ``carbonate``.

    Ports: in ``liquor``, ``base`` (drawn), ``co2`` (drawn); out ``slurry``, ``gas``.

    Equations: CO2 + 2 OH- = CO3-2 + H2O; n_CO3 = E n_Li / 2; SI(Li2CO3) = 0.

    Validity: 60-95 degC, as ``carbonate``. Measured: at most 80 % of the Li of a 4 g/L chloride liquor at 80 degC
    (battaglia_2022, abstract); 54-67 % here.

    Sources: data/solubility/crystal_uptake.yaml for the enclosed liquor; utilisation 0.8 is estimated.
    """

    model: Literal["carbonate_gas"] = "carbonate_gas"
    temperature: Temperature = Field(description="temperature of the precipitation")
    excess: Ratio = Field(1.1, gt=0.0, description="mol CO3 per mol Li2 in solution")
    utilisation: Fraction = Field(0.8, gt=0.0, description="share of the CO2 fed that the liquor takes up")
    solids: tuple[str, ...] = Field((SALT,), description="solids that may form; Li2CO3(s) is always one of them")
    enclosed: MassFraction | None = Field(None, lt=0.2, description="liquor inside the crystals, kg/kg; none: the data")

    inlets: ClassVar = (
        Port("liquor", "lithium liquor"),
        Port("base", "hydroxide, such as that of an electrodialysis", drawn=True),
        Port("co2", "carbon dioxide", drawn=True),
    )
    outlets: ClassVar = (Port("slurry", "Li2CO3 in its mother liquor"), Port("gas", "CO2 not taken up, with vapour"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"temperature": 353.15},
        "inlets": {
            "liquor": {"flows": {"H2O": 50.0, "Li+": 2.0, "Na+": 2.4, "SO4-2": 2.2}, "temperature": 353.15},
            "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
            "co2": {"flows": {"CO2(g)": 22.7, "N2(g)": 0.05}},
        },
    }

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """Salts do not leave with the gas."""
        del inlet
        return None if element in VOLATILE else ("slurry",)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Doses, absorption, equilibrium, enclosed salts."""
        feed, first = join([inlets["liquor"]], self.temperature, chemistry)
        base, release = dissolved(inlets["base"], chemistry, _DISSOLVING)
        gas = inlets["co2"]
        if base["OH-"] <= 0.0 or gas[GAS] <= 0.0:
            raise UnitError("E872", read="no OH- in the base or no CO2(g) in the gas", expected="a base and a CO2 feed")
        wanted = max(0.0, self.excess * 0.5 * feed["Li+"] - feed["CO3-2"])
        dose = max(0.0, 2.0 * wanted + feed["H+"] - feed["OH-"]) / base["OH-"]
        fed = wanted / self.utilisation / gas[GAS]
        mixed, second = join([feed, base.scaled(dose), gas.scaled(fed)], self.temperature, chemistry)
        absorbed = {ABSORPTION: wanted} if wanted > 0.0 else {}
        slurry, extents = react(mixed, absorbed, chemistry), {}
        if slurry["H2O"] > 0.0:
            solids = tuple(dict.fromkeys((SALT, *self.solids)))
            state = chemistry.equilibrate(slurry, solids=solids, temperature=self.temperature)
            slurry, extents = state.stream, dict(state.extents)
        grown = max(0.0, slurry[SALT] - feed[SALT])
        slurry, held = included.enclose(slurry, grown, self.enclosed, chemistry)
        slurry, vent, vapour = open_gas(slurry, chemistry)
        lithium = feed["Li+"]
        dissolution = {name: xi * dose for name, xi in release.items()}
        return UnitResult(
            {"slurry": slurry, "gas": vent},
            drawn={"base": dose, "co2": fed},
            extents=add_extents(first, dissolution, second, absorbed, extents, held, vapour),
            values={
                "single_pass_yield_fraction": 2.0 * grown / lithium if lithium > 0.0 else 0.0,
                "lithium_left_kg_m3": concentration(slurry, "Li", chemistry),
                "carbonate_left_mol_kg": molality("CO3-2")(slurry),
            },
            fixed_splits=(
                FixedSplit("CO2 taken up of what is fed", GAS, self.utilisation, "gas"),
                included.split(self.enclosed),
            ),
            notices=self._notices(lithium, grown),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """The enclosed liquor with its source."""
        return sources(SALT, enclosed=self.enclosed is None)

    def _notices(self, lithium: float, grown: float) -> tuple[Notice, ...]:
        if lithium > 0.0 and grown <= 0.0:
            return (Notice("W857", "no Li2CO3 forms: the liquor holds too little lithium or carbonate"),)
        return ()
