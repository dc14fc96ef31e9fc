"""Precipitation of hydroxides, phosphates and other sparingly soluble solids at a pH."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.stream import Stream, add_flows
from hydromet.units import iron_oxidation
from hydromet.units.base import Inlets, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, Allowed, base_values, dissolved, notices_of, oxidise_iron, to_pH
from hydromet.units.fields import PH, Duration, Fraction, RateConstant, Ratio, Temperature
from hydromet.units.iron_oxidation import Aeration
from hydromet.units.sorption import carried, sources
from hydromet.units.vessel import add_extents, concentration, open_gas, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

# Fresh, amorphous: what forms within hours. Gibbsite, goethite and the like need days.
_FRESH = (
    "Al(OH)3(s)", "Al4(OH)10SO4(s)", "AlF1.5(OH)1.5(s)", "Fe(OH)3(s)", "Cr(OH)3(s)", "Cu(OH)2(s)", "AlPO4(s)",
    "FePO4:2H2O(s)", "CaSO4:2H2O(s)", "CaF2(s)", "MgF2(s)", "PbSO4(s)",
)  # fmt: skip
# Solids that hold Fe+2, with the iron in each.
_FERROUS = {"Fe+2": 1.0, "Fe(OH)2(s)": 1.0, "FeCO3(s)": 1.0, "Fe3(PO4)2:8H2O(s)": 3.0}


class Precipitate(Unit):
    """Precipitation to a set pH with a drawn base: oxidation of Fe+2, phosphates, co-precipitation of Ni, Co and Li.

    Assumptions:
        1. Fe+2 is oxidised first: by peroxide at once, then by the oxygen of air or oxygen gas. Without a
           ``residence_time`` the declared share is oxidised as far as the oxidant lasts; with it oxygen does what rate
           law and transfer allow in well-mixed tanks at the set pH (little below pH 4.5, see the equations). Peroxide
           left over decomposes, oxygen and nitrogen left over leave as gas.
        2. The allowed solids form or dissolve to equilibrium at the set pH; every other solid of the feed is inert. By
           default fresh hydroxides and basic aluminium sulfate form, not gibbsite or goethite: what is left out for
           kinetic reasons is reported with its saturation index. Seed and residence time are not modelled.
        3. A carbonate base sets free CO2, which leaves where the liquor is supersaturated with it at 1 bar.
        4. Fresh Al and Fe hydroxides carry Ni, Co, Mn, Cu, Zn and Li with them by a graded correlation (``sorbed``).
        5. A feed above the set pH takes no base.
        6. With a ``phosphate_ratio`` phosphoric acid or sodium phosphate is added first: Al and Fe(III) fall as AlPO4
           and FePO4 at pH 2.5-3.5, before hydroxide does, and phosphates carry no other metal. What phosphate is left
           stays in the liquor (``residual_P_g_L``).

    Ports: in ``feed``, ``base`` (drawn), ``oxidant`` (optional; drawn if ``oxidant_ratio`` is set), ``phosphate``
    (drawn, if ``phosphate_ratio`` is set); out ``slurry`` (a filter follows), ``gas``.

    Equations: charge and mass balance at fixed a(H+) with the dose as unknown; saturation index of each allowed solid
    <= 0, its amount >= 0; 2 Fe+2 + H2O2 + 2 H+ = 2 Fe+3 + 2 H2O; 4 Fe+2 + O2 + 4 H+ = 4 Fe+3 + 2 H2O with
    r = p(O2) (k_acid + k_neutral 10^(2 (pH - 6)) + k_sulfate [Fe+2]) [Fe+2], kLa (c* - c) = r / 4 in each tank, the gas
    as it leaves; phosphate = ratio (Al + Fe), mol.

    Validity: that of the aqueous engine; co-precipitation data: pH 3-5, 30-60 degC, 0-4 g/L Al; rate law 25-90 degC,
    without microbes. Phosphate: about 98 % Al at pH 3 and 60 degC (published 99 %), onset at pH 2.

    Sources: solubility products in data/reactions; co-precipitation in reactions/coprecipitation.yaml, rates in
    reactions/iron_oxidation.yaml.
    """

    model: Literal["precipitate"] = "precipitate"
    pH: PH = Field(description="pH to which the base is added")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")
    solids: tuple[str, ...] = Field(_FRESH, description="solids that may form or dissolve")
    dissolve: tuple[str, ...] = Field(SOLUBLE, description="solids of the base that dissolve before anything forms")
    oxidant_ratio: Ratio | None = Field(None, description="oxidant per stoichiometric need; draws the oxidant")
    oxidised: Fraction = Field(1.0, description="share of Fe+2 oxidised, where there is oxidant")
    residence_time: Duration | None = Field(None, description="of all tanks; limits what oxygen oxidises")
    tanks: int = Field(1, ge=1, le=20, description="equal tanks in series, for the oxidation by oxygen")
    oxygen_transfer: RateConstant | None = Field(None, gt=0.0, description="kLa of oxygen; none: 100 1/h")
    catalysis: Ratio = Field(1.0, description="factor on the rate with oxygen: ferric hydroxide recycled, up to 70")
    phosphate_ratio: Ratio | None = Field(None, description="phosphate per Al and Fe, mol/mol; draws the phosphate")
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
        {
            "parameters": {
                "pH": 3.2, "temperature": 333.15, "phosphate_ratio": 1.1, "oxidant_ratio": 5.0, "residence_time": 7200.0
            },
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Al+3": 0.15, "Fe+2": 0.05, "Ni+2": 0.8, "H+": 0.2, "SO4-2": 1.175}},
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
                "oxidant": {"flows": {"O2(g)": 7.3, "N2(g)": 27.4}},
                "phosphate": {"flows": {"H3PO4(l)": 7.65, "H2O": 13.9}},
            },
        },
    )  # fmt: skip

    def inlet_ports(self) -> tuple[Port, ...]:
        """The oxidant is drawn where its ratio is set."""
        ratio = self.oxidant_ratio is not None
        ports = (
            Port("feed", "acid liquor"),
            Port("base", "NaOH, LiOH, NH3, lime, soda", drawn=True),
            Port("oxidant", "hydrogen peroxide, oxygen or air", required=ratio, drawn=ratio),
        )
        return ports if self.phosphate_ratio is None else (*ports, Port("phosphate", "H3PO4 or Na3PO4", drawn=True))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Oxidation, a first precipitation that tells how much hydroxide forms, what it carries, the final dose."""
        temperature = self.temperature or inlets["feed"].temperature
        tanks = None
        if self.residence_time is not None:
            tanks = Aeration(self.residence_time, self.tanks, self.pH, self.oxygen_transfer, self.catalysis)
        warm = {**inlets, "feed": inlets["feed"].at(temperature)}
        feed, drawn, oxidation = oxidise_iron(warm, self.oxidant_ratio, self.oxidised, chemistry, tanks)
        feed, added = self._phosphated(feed, inlets, drawn, chemistry)
        base = inlets["base"].at(temperature)
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
            add_extents(oxidation, added, sorption, state.extents, vapour),
            {**base_values(state, self.solids), **_removal(feed, slurry), **self._figures(inlets, slurry, chemistry)},
            notices=notices_of(state, self.pH),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """Co-precipitation and rate law with their sources."""
        carried_with = sources() if self.sorbed == "correlation" else []
        return carried_with if self.residence_time is None else [*carried_with, *iron_oxidation.sources()]

    def _phosphated(
        self, feed: Stream, inlets: Inlets, drawn: dict[str, float], chemistry: Chemistry
    ) -> tuple[Stream, dict[str, float]]:
        """The liquor with its phosphate, which is drawn; extents of its dissolution."""
        if self.phosphate_ratio is None:
            return feed, {}
        ready, release = dissolved(inlets["phosphate"].at(feed.temperature), chemistry, SOLUBLE)
        need = self.phosphate_ratio * (feed["Al+3"] + feed["Fe+3"])
        drawn["phosphate"] = dose = need / ready["PO4-3"] if ready["PO4-3"] > 0.0 else 0.0
        both, first = chemistry.canonical(
            Stream(add_flows([feed, ready.scaled(dose)]), feed.temperature, feed.pressure)
        )
        return both, add_extents({name: xi * dose for name, xi in release.items()}, first)

    def _figures(self, inlets: Inlets, slurry: Stream, chemistry: Chemistry) -> dict[str, float]:
        """Share of the ferrous iron oxidised and phosphate left, where they are asked for."""
        found = {}
        iron = inlets["feed"]["Fe+2"]
        if self.residence_time is not None and iron > 0.0:
            ferrous = sum(n * flow for name, n in _FERROUS.items() if (flow := slurry[name]))
            found["oxidised_Fe"] = max(0.0, 1.0 - ferrous / iron)
        if self.phosphate_ratio is not None:
            found["residual_P_g_L"] = concentration(slurry, "P", chemistry)
        return found


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
