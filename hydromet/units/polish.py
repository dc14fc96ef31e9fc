"""Removal of calcium, magnesium or fluoride as sparingly soluble fluoride."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.bracket import rising_root
from hydromet.units.dosing import SOLUBLE, Allowed, Dosed, base_values, dissolved, equilibrium
from hydromet.units.fields import Concentration, Ratio, Temperature
from hydromet.units.vessel import add_extents, concentration, open_gas

if TYPE_CHECKING:
    from collections.abc import Callable

    from hydromet.chemistry import Chemistry

# What removes what: element -> (ion that is removed, ion of the source, mol of source ion per mol removed).
_PAIRS = {"Ca": ("Ca+2", "F-", 2.0), "Mg": ("Mg+2", "F-", 2.0), "F": ("F-", "Ca+2", 0.5)}
_REACHED = 1e-6


class Polish(Unit):
    """Fluoride polishing: calcium and magnesium out with a fluoride source, or fluoride out with a calcium source.

    Assumptions:
        1. CaF2, MgF2 and gypsum form or dissolve to equilibrium; every other solid of the feed is inert. Fluoride held
           by aluminium as AlF complexes does not precipitate: that limit is part of the equilibrium.
        2. The reagent dissolves completely first. Isothermal. What the solids occlude is not modelled.

    Ports: in ``feed``, ``source`` (drawn): NaF, HF or NH4F against Ca and Mg; lime, gypsum or CaCl2 against F;
    out ``slurry`` (a filter follows), ``gas``.

    Equations: dose = ratio x stoichiometric need of the dissolved element (Ca + 2 F = CaF2), or the dose that leaves
    the residual; saturation index of each solid <= 0, its amount >= 0.

    Validity: that of the aqueous engine. Practice: 8-20 mg/L F left with calcium at pH 6-8; Ca and Mg below 5 mg/L with
    NaF at pH 4-5 and 60-90 degC (recalled).

    Sources: solubility products in data/reactions/solids.csv.
    """

    model: Literal["polish"] = "polish"
    element: Literal["Ca", "Mg", "F"] = Field(description="element to remove")
    ratio: Ratio | None = Field(None, description="reagent per stoichiometric need")
    residual: Concentration | None = Field(None, gt=0.0, description="element left in the liquor, instead of a ratio")
    most: Ratio = Field(5.0, description="largest ratio tried for a residual")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")
    solids: tuple[str, ...] = Field(("CaF2(s)", "MgF2(s)", "CaSO4:2H2O(s)"), description="solids that may form")
    dissolve: tuple[str, ...] = Field(SOLUBLE, description="solids of the reagent that dissolve first")

    inlets: ClassVar = (Port("feed", "liquor"), Port("source", "source of fluoride or of calcium", drawn=True))
    outlets: ClassVar = (Port("slurry", "liquor with fluoride precipitate"), Port("gas", "CO2 and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"element": "Ca", "ratio": 1.5},
            "inlets": {
                "feed": {
                    "flows": {"H2O": 90.0, "Ca+2": 0.02, "Mg+2": 0.02, "Ni+2": 0.8, "H+": 0.001, "SO4-2": 0.8405},
                    "temperature": 333.15,
                },
                "source": {"flows": {"NaF(s)": 23.8}},
            },
        },
        {
            "parameters": {"element": "F", "residual": 0.1},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Na+": 0.6, "F-": 0.1, "SO4-2": 0.25}},
                "source": {"flows": {"Ca(OH)2(s)": 5.0, "H2O": 35.0}},
            },
        },
    )

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if (self.ratio is None) == (self.residual is None):
            raise UnitError(
                "E808", read="both or neither of ratio and residual", expected="one of the two", write="ratio: 1.2"
            )
        return self

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose and equilibrium."""
        feed = inlets["feed"].at(self.temperature or inlets["feed"].temperature)
        ready, release = dissolved(inlets["source"].at(feed.temperature), chemistry, self.dissolve)
        ion, other, count = _PAIRS[self.element]
        unit_dose = count * feed[ion] / ready[other] if ready[other] > 0.0 else 0.0

        def state(ratio: float) -> Dosed:
            mixed = Stream(add_flows([feed, ready.scaled(ratio * unit_dose)]), feed.temperature, feed.pressure)
            return equilibrium(mixed, Allowed(self.solids), chemistry)

        ratio = self.ratio if self.ratio is not None else self._search(state, chemistry)
        if unit_dose == 0.0:
            ratio = 0.0
        end = state(ratio)
        dose = ratio * unit_dose
        slurry, gas, vapour = open_gas(end.stream, chemistry)
        left = concentration(slurry, self.element, chemistry)
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            {"source": dose},
            add_extents({name: xi * dose for name, xi in release.items()}, end.extents, vapour),
            {**base_values(end, self.solids), "ratio": ratio, f"residual_{self.element}_g_L": left},
            notices=(*self._notices(left, ratio), *end.cautions),
        )

    def _search(self, state: Callable[[float], Dosed], chemistry: Chemistry) -> float:
        """Ratio that leaves the residual; the least or the most if none does."""
        target = self.residual or 0.0

        def reached(ratio: float) -> float:
            return 1.0 - concentration(state(ratio).stream, self.element, chemistry) / target

        if reached(0.0) >= 0.0:
            return 0.0
        return rising_root(reached, 0.0, self.most, 1.0)

    def _notices(self, left: float, ratio: float) -> tuple[Notice, ...]:
        target = self.residual
        if target is None or left <= target * (1.0 + _REACHED):
            return ()
        text = f"{left:.3g} g/L {self.element} are left with {ratio:.3g} times the stoichiometric reagent"
        return (Notice("W806", f"{text}; set: {target:.3g} g/L"),)
