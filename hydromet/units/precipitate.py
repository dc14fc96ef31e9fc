"""Precipitation of hydroxides and other sparingly soluble solids at a pH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, Allowed, base_values, notices_of, oxidise_iron, to_pH
from hydromet.units.fields import PH, Fraction, Ratio, Temperature
from hydromet.units.sorption import carried, sources
from hydromet.units.vessel import add_extents, open_gas, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

# Fresh, amorphous: what forms within hours. Gibbsite, goethite and the like need days.
_FRESH = (
    "Al(OH)3(s)", "Al4(OH)10SO4(s)", "AlF1.5(OH)1.5(s)", "Fe(OH)3(s)", "Cr(OH)3(s)", "Cu(OH)2(s)", "AlPO4(s)",
    "FePO4:2H2O(s)", "CaSO4:2H2O(s)", "CaF2(s)", "MgF2(s)", "PbSO4(s)",
)  # fmt: skip


class Precipitate(Unit):
    """Precipitation to a set pH with a drawn base, with oxidation of Fe+2 and co-precipitation of Ni, Co and Li.

    Assumptions:
        1. Fe+2 is oxidised first by peroxide or oxygen, to a declared share as far as the oxidant lasts; peroxide left
           over decomposes, oxygen and nitrogen left over leave as gas.
        2. The allowed solids form or dissolve to equilibrium at the set pH; every other solid of the feed is inert. By
           default fresh hydroxides and basic aluminium sulfate form, not gibbsite or goethite: what is left out for
           kinetic reasons is reported with its saturation index. Seed and residence time are not modelled.
        3. A carbonate base sets free CO2, which leaves where the liquor is supersaturated with it at 1 bar.
        4. Fresh Al and Fe hydroxides carry Ni, Co, Mn, Cu, Zn and Li with them by a graded correlation (``sorbed``).
        5. A feed above the set pH takes no base.

    Ports: in ``feed``, ``base`` (drawn), ``oxidant`` (optional; drawn if ``oxidant_ratio`` is set);
    out ``slurry`` (a filter follows), ``gas``.

    Equations: charge and mass balance at fixed a(H+) with the dose as unknown; saturation index of each allowed solid
    <= 0, its amount >= 0; 2 Fe+2 + H2O2 + 2 H+ = 2 Fe+3 + 2 H2O; 4 Fe+2 + O2 + 4 H+ = 4 Fe+3 + 2 H2O.

    Validity: that of the aqueous engine; co-precipitation data: pH 3-5, 30-60 degC, 0-4 g/L Al.

    Sources: solubility products in data/species; co-precipitation in reactions/coprecipitation.yaml.
    """

    model: Literal["precipitate"] = "precipitate"
    pH: PH = Field(description="pH to which the base is added")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")
    solids: tuple[str, ...] = Field(_FRESH, description="solids that may form or dissolve")
    dissolve: tuple[str, ...] = Field(SOLUBLE, description="solids of the base that dissolve before anything forms")
    oxidant_ratio: Ratio | None = Field(None, description="oxidant per stoichiometric need; draws the oxidant")
    oxidised: Fraction = Field(1.0, description="share of Fe+2 oxidised, where there is oxidant")
    sorbed: Literal["correlation", "none"] = Field(
        "correlation", description="whether Al and Fe hydroxides carry other metals with them"
    )

    outlets: ClassVar = (Port("slurry", "liquor with precipitate"), Port("gas", "CO2, O2, N2 and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"pH": 4.5, "oxidant_ratio": 1.2},
            "inlets": {
                "feed": {
                    "flows": {
                        "H2O": 90.0,
                        "Al+3": 0.15,
                        "Fe+2": 0.05,
                        "Ni+2": 0.8,
                        "Li+": 1.2,
                        "H+": 0.2,
                        "SO4-2": 1.775,
                    },
                    "temperature": 328.15,
                },
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
                "oxidant": {"flows": {"H2O2": 14.7, "H2O": 27.8}},
            },
        },
        {
            "parameters": {"pH": 7.0, "temperature": 333.15, "solids": ["MnCO3(s)", "NiCO3(s)"], "sorbed": "none"},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Mn+2": 0.3, "Na+": 0.5, "H+": 0.1, "SO4-2": 0.6}},
                "base": {"flows": {"Na2CO3(s)": 9.4}},
            },
        },
    )

    def inlet_ports(self) -> tuple[Port, ...]:
        """The oxidant is drawn where its ratio is set."""
        ratio = self.oxidant_ratio is not None
        return (
            Port("feed", "acid liquor"),
            Port("base", "NaOH, LiOH, NH3, lime, soda", drawn=True),
            Port("oxidant", "hydrogen peroxide, oxygen or air", required=ratio, drawn=ratio),
        )

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Oxidation, a first precipitation that tells how much hydroxide forms, what it carries, the final dose."""
        temperature = self.temperature or inlets["feed"].temperature
        feed, drawn, oxidation = oxidise_iron(inlets, self.oxidant_ratio, self.oxidised, chemistry)
        feed, base = feed.at(temperature), inlets["base"].at(temperature)
        how = Allowed(self.solids, self.dissolve)
        state = to_pH(feed, self.pH, base, how, chemistry)
        sorption = carried(feed, state, base, chemistry) if self.sorbed == "correlation" else {}
        if sorption:
            state = to_pH(react(feed, sorption, chemistry), self.pH, base, how, chemistry)
        drawn["base"] = state.dose
        slurry, gas, vapour = open_gas(state.stream, chemistry)
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn,
            add_extents(oxidation, sorption, state.extents, vapour),
            {**base_values(state, self.solids), **_removal(feed, slurry)},
            notices=notices_of(state, self.pH),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """Co-precipitation with its sources."""
        return sources() if self.sorbed == "correlation" else []


def _removal(feed: Stream, slurry: Stream) -> dict[str, float]:
    """Share of each dissolved metal of the feed that ends as a solid."""
    there = feed.part("aq").elements()
    solid, before = slurry.part("s").elements(), feed.part("s").elements()
    names = ("Al", "Fe", "Cr", "Cu", "Mn", "Zn", "Ca", "F", "P", "Ni", "Co", "Li")
    return {
        f"precipitated_{e}": (solid.get(e, 0.0) - before.get(e, 0.0)) / there[e]
        for e in names
        if there.get(e, 0.0) > 0.0
    }
