"""Lithium carbonate precipitation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.units import included
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.bracket import rising_root
from hydromet.units.crystal_uptake import sources
from hydromet.units.dosing import CARBONATES, SOLUBLE, dissolved
from hydromet.units.fields import MassFraction, Molality, Ratio, Temperature
from hydromet.units.included import SALT
from hydromet.units.removal import join, molality
from hydromet.units.vessel import add_extents, concentration

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

CARBONATE = "CO3-2"
# Solids of the soda that dissolve; its calcium and magnesium carbonate stay and end in the product.
_DISSOLVING = tuple(name for name in SOLUBLE if name not in CARBONATES)
# The largest dose tried for a residual, times the stoichiometric one.
_MOST = 20.0
_LIQUOR = {"flows": {"H2O": 50.0, "Li+": 2.0, "Na+": 2.4, "SO4-2": 2.2}, "temperature": 353.15}


class Carbonate(Unit):
    """Precipitation of Li2CO3 from a lithium sulfate liquor with soda ash, solid or dissolved.

    Assumptions:
        1. Liquor and crystals are at equilibrium at the declared temperature; of the carbonates and other salts only
           those in ``solids`` form.
        2. Soda is dosed in ratio to the dissolved lithium (``excess``, mol CO3 per mol Li2 plus one per mol of net
           acid; carbonate already dissolved counts) or until ``residual`` carbonate is left. Soda and its soluble
           salts dissolve first; its CaCO3, MgCO3, silica and the like stay with the crystals.
        3. The crystals enclose mother liquor (``enclosed``), which is booked as Na2SO4, K2SO4 and NaCl [included]: no
           wash of the cake removes them. Enclosed lithium is not booked.
        4. No CO2 escapes; its saturation index is in the result.

    Ports: in ``liquor``, ``soda`` (drawn); out ``slurry``.

    Equations: dose = [E n_Li / 2 + n_H - n_CO3] / (mol CO3 in 1 kg of soda); SI(Li2CO3) = 0;
    enclosed salt = i m_Li2CO3 w_salt, w the mass fraction in the liquor.

    Validity: 60-100 degC. Li2CO3 solubility is fitted to pure water; the common-ion effect of soda and the salting-in
    of Na2SO4 rest on an analogue (Li-CO3 as Na-CO3), see the engine's data.

    Sources: data/solubility/crystal_uptake.yaml for the enclosed liquor; practice 80-95 degC, 1.05-1.15 excess.
    """

    model: Literal["carbonate"] = "carbonate"
    temperature: Temperature = Field(description="temperature of the precipitation")
    excess: Ratio | None = Field(None, description="mol CO3 per mol Li2 in solution, such as 1.1; none: see residual")
    residual: Molality | None = Field(None, gt=0.0, description="carbonate to be left in the mother liquor")
    solids: tuple[str, ...] = Field((SALT,), description="solids that may form; Li2CO3(s) is always one of them")
    enclosed: MassFraction | None = Field(None, lt=0.2, description="liquor inside the crystals, kg/kg; none: the data")

    inlets: ClassVar = (Port("liquor", "lithium liquor"), Port("soda", "soda ash, solid or solution", drawn=True))
    outlets: ClassVar = (Port("slurry", "Li2CO3 in its mother liquor"),)
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"temperature": 363.15, "excess": 1.1},
            "inlets": {"liquor": _LIQUOR, "soda": {"flows": {"Na2CO3(s)": 9.4, "NaCl(s)": 0.02}}},
        },
        {
            "parameters": {"temperature": 363.15, "residual": 0.2},
            "inlets": {"liquor": _LIQUOR, "soda": {"flows": {"H2O": 40.0, "Na+": 4.0, "CO3-2": 2.0}}},
        },
    )

    @model_validator(mode="after")
    def _one_dose(self) -> Self:
        if (self.excess is None) == (self.residual is None):
            read = "both excess and residual" if self.excess is not None else "neither excess nor residual"
            raise UnitError("E854", read=read, expected="one of the two", write="excess: 1.1")
        return self

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose, equilibrium, enclosed salts."""
        feed, first = join([inlets["liquor"]], self.temperature, chemistry)
        soda, release = dissolved(inlets["soda"], chemistry, _DISSOLVING)
        strength = soda[CARBONATE]
        if strength <= 0.0:
            raise UnitError("E855", read="soda without carbonate", expected="a feed with Na2CO3(s) or CO3-2")
        dose = self._dose(feed, soda, strength, chemistry)
        slurry, extents = self._slurry(feed, soda, dose, chemistry)
        grown = max(0.0, slurry[SALT] - feed[SALT])
        slurry, held = included.enclose(slurry, grown, self.enclosed, chemistry)
        lithium = feed["Li+"]
        return UnitResult(
            {"slurry": slurry},
            drawn={"soda": dose},
            extents=add_extents(first, {name: xi * dose for name, xi in release.items()}, extents, held),
            values={
                "single_pass_yield_fraction": 2.0 * grown / lithium if lithium > 0.0 else 0.0,
                "lithium_left_kg_m3": concentration(slurry, "Li", chemistry),
                "carbonate_left_mol_kg": molality(CARBONATE)(slurry),
                "soda_per_lithium_mol_mol": dose * strength / (0.5 * lithium) if lithium > 0.0 else 0.0,
            },
            fixed_splits=(included.split(self.enclosed),),
            notices=self._notices(lithium, grown),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """The enclosed liquor with its source."""
        return sources(SALT, enclosed=self.enclosed is None)

    def _dose(self, feed: Stream, soda: Stream, strength: float, chemistry: Chemistry) -> float:
        """Soda taken, kg/s."""
        need = 0.5 * feed["Li+"] + feed["H+"]
        if self.excess is not None:
            return max(0.0, self.excess * 0.5 * feed["Li+"] + feed["H+"] - feed[CARBONATE]) / strength
        if need <= 0.0:
            return 0.0
        target, unit = self.residual or 1.0, need / strength

        def miss(dose: float) -> float:
            return molality(CARBONATE)(self._slurry(feed, soda, dose * unit, chemistry)[0]) / target - 1.0

        return rising_root(miss, 0.0, _MOST, 1.0) * unit

    def _slurry(
        self, feed: Stream, soda: Stream, dose: float, chemistry: Chemistry
    ) -> tuple[Stream, Mapping[str, float]]:
        """Equilibrium of the feed with so much dissolved soda, kg/s, and its extents, mol/s."""
        total = feed.plus(soda.scaled(dose)) if dose else feed
        if total["H2O"] <= 0.0:
            return total, {}
        solids = tuple(dict.fromkeys((SALT, *self.solids)))
        state = chemistry.equilibrate(total, solids=solids, temperature=self.temperature)
        return state.stream, state.extents

    def _notices(self, lithium: float, grown: float) -> tuple[Notice, ...]:
        if lithium > 0.0 and grown <= 0.0:
            return (Notice("W857", "no Li2CO3 forms: the liquor holds too little lithium or carbonate"),)
        return ()
