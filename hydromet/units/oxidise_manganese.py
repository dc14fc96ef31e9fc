"""Manganese out of a liquor by oxidation, with the cobalt and nickel that go along."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.stream import Stream, add_flows
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.dosing import ALL_SOLUBLE, SOLUBLE, Allowed, base_values, dissolved, notices_of, to_pH
from hydromet.units.fields import PH, Fraction, Ratio, Temperature
from hydromet.units.oxidants import SPECIES, Oxidant, extents, oxidised, sources, strength, too_rich, use_of
from hydromet.units.vessel import add_extents, concentration, open_gas, react

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry

_SOLIDS = ("Fe(OH)3(s)", "CaSO4:2H2O(s)", "PbSO4(s)")


class OxidiseManganese(Unit):
    """Oxidation of Mn+2 to MnO2 by persulfate, permanganate, ozone or SO2 with air; cobalt and nickel go along in part.

    Assumptions:
        1. Of the oxidant the share ``use`` (data, or declared) oxidises metal: Fe+2 first, then manganese together with
           cobalt and nickel; the rest decomposes, as does what is left once ``least`` of the manganese is reached: with
           a large excess and time more cobalt is lost than this.
        2. Cobalt and nickel left follow the manganese left: Co/Co0 = (Mn/Mn0)^s. The selectivity s rises with pH and
           temperature: 1 % of the cobalt at pH 3 with 99 % of the manganese.
        3. The share ``least`` (data) of the manganese stays however much oxidant is given. The solids are MnO2, CoOOH
           and NiOOH; in SO2 with air part of it is Mn2O3 in practice. Rates are not modelled.
        4. The acid set free lowers the pH, or a base is drawn to hold it; Fe(OH)3 and gypsum fall where they may.
        5. Ozone, SO2 and oxygen left over: ozone decomposes to oxygen; SO2 is oxidised to sulfate, as far as there is
           oxygen.

    Ports: in ``feed``, ``oxidant`` (drawn), ``base`` (drawn, if ``pH`` is set); out ``slurry`` (a filter follows),
    ``gas``.

    Equations: Mn+2 + S2O8-2 + 2 H2O = MnO2 + 2 SO4-2 + 4 H+; 3 Mn+2 + 2 MnO4- + 2 H2O = 5 MnO2 + 4 H+;
    Mn+2 + O3 + H2O = MnO2 + O2 + 2 H+; Mn+2 + SO2 + O2 + 2 H2O = MnO2 + SO4-2 + 4 H+; electrons: use x ratio x
    (2 Mn + Fe) = Fe + 2 Mn0 (1 - x) + Co0 (1 - x^s_Co) + Ni0 (1 - x^s_Ni), x = Mn/Mn0.

    Validity: pH 2-5, 25-95 degC; persulfate 80-95 degC, SO2 in air 0.75 to 3 vol%, 30-60 degC.

    Sources: reactions/manganese_oxidation.yaml: cobalt with SO2/air at pH 3 is measured, the slopes are estimates.
    """

    model: Literal["oxidise_manganese"] = "oxidise_manganese"
    oxidant: Oxidant = Field(description="what oxidises")
    oxidant_ratio: Ratio = Field(1.1, description="oxidant per stoichiometric need of Mn+2 and Fe+2")
    use: Fraction | None = Field(
        None, gt=0.0, description="share of the oxidant that oxidises metal; none: of the data"
    )
    pH: PH | None = Field(
        None, description="held with a base; none: it falls freely and its end counts for the selectivity"
    )
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")

    outlets: ClassVar = (Port("slurry", "liquor with MnO2"), Port("gas", "oxygen, nitrogen and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"oxidant": "persulfate", "pH": 3.0, "temperature": 353.15},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Mn+2": 0.1, "Co+2": 0.2, "Ni+2": 0.6, "Fe+2": 0.002, "SO4-2": 0.902}},
                "oxidant": {"flows": {"Na2S2O8(s)": 4.2}},
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
            },
        },
        {
            "parameters": {"oxidant": "sulfur_dioxide", "pH": 3.0, "temperature": 323.15, "oxidant_ratio": 2.1},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Mn+2": 0.1, "Co+2": 0.2, "SO4-2": 0.3}},
                "oxidant": {"flows": {"SO2(g)": 0.7, "O2(g)": 7.0, "N2(g)": 26.0}},
                "base": {"flows": {"Ca(OH)2(s)": 5.0, "H2O": 35.0}},
            },
        },
        {
            "parameters": {"oxidant": "ozone", "temperature": 303.15, "oxidant_ratio": 1.6},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Mn+2": 0.02, "Ni+2": 0.6, "SO4-2": 0.62}},
                "oxidant": {"flows": {"O3(g)": 2.0, "O2(g)": 28.0}},
            },
        },
        {
            "parameters": {"oxidant": "permanganate", "pH": 3.5, "temperature": 333.15},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Mn+2": 0.02, "Co+2": 0.6, "Fe+2": 0.001, "SO4-2": 0.621}},
                "oxidant": {"flows": {"KMnO4(s)": 6.3}},
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
            },
        },
    )  # fmt: skip

    def inlet_ports(self) -> tuple[Port, ...]:
        """A base is drawn where a pH is set."""
        ports = Port("feed", "liquor"), Port("oxidant", "persulfate, permanganate, ozone, SO2 in air", drawn=True)
        return ports if self.pH is None else (*ports, Port("base", "NaOH, lime, soda", drawn=True))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose, oxidation, base."""
        temperature = self.temperature or inlets["feed"].temperature
        feed = inlets["feed"].at(temperature)
        ready, release = dissolved(inlets["oxidant"].at(temperature), chemistry, ALL_SOLUBLE)
        electrons = strength(ready, self.oxidant)
        need = 2.0 * feed["Mn+2"] + feed["Fe+2"]
        dose = self.oxidant_ratio * need / electrons if electrons > 0.0 else 0.0
        mixed, first = chemistry.canonical(Stream(add_flows([feed, ready.scaled(dose)]), temperature, feed.pressure))
        useful = self._use() * dose * electrons
        metals, oxidation, done, last = self._oxidised(feed, mixed, useful, self.pH, chemistry)
        if self.pH is None and done["H2O"] > 0.0:
            end = chemistry.liquor(done).pH
            metals, oxidation, done, last = self._oxidised(feed, mixed, useful, end, chemistry)
        how = Allowed(_SOLIDS, SOLUBLE)
        slurry, drawn, values, notices, after = self._neutralised(done, inlets, dose, how, chemistry)
        slurry, gas, vapour = open_gas(slurry, chemistry)
        released = {name: xi * dose for name, xi in release.items()}
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn,
            add_extents(released, first, oxidation, last, after, vapour),
            {**values, **_figures(feed, slurry, metals, chemistry)},
            fixed_splits=(FixedSplit("use of the oxidant", SPECIES[self.oxidant], self._use(), "slurry"),),
            notices=(*_notices(feed, slurry, too_rich(ready, self.oxidant)), *notices),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """Use of the oxidant and selectivities with their sources."""
        return sources(self.oxidant, self._use())

    def _use(self) -> float:
        return use_of(self.oxidant) if self.use is None else self.use

    def _oxidised(
        self, feed: Stream, mixed: Stream, useful: float, pH: float | None, chemistry: Chemistry
    ) -> tuple[dict[str, float], dict[str, float], Stream, Mapping[str, float]]:
        """Metals oxidised at a pH (none: that of the feed), extents, the liquor, extents of its neutralisation."""
        if pH is None:
            pH = chemistry.liquor(feed).pH if feed["H2O"] > 0.0 else 0.0
        metals = oxidised(feed, useful, pH)
        oxidation = extents(metals, self.oxidant, mixed, chemistry)
        done, last = chemistry.canonical(self._with_acid(mixed, oxidation, chemistry))
        return metals, oxidation, done, last

    def _with_acid(self, mixed: Stream, oxidation: dict[str, float], chemistry: Chemistry) -> Stream:
        """The liquor after oxidation; acid that iron or permanganate takes beyond what there is comes from water."""
        acid = sum(xi * chemistry.reaction(name).coefficients.get("H+", 0.0) for name, xi in oxidation.items())
        short = -(mixed["H+"] + acid)
        if short > 0.0:
            oxidation["H2O = H+ + OH-"] = short
        return react(mixed, oxidation, chemistry)

    def _neutralised(
        self, liquor: Stream, inlets: Inlets, dose: float, how: Allowed, chemistry: Chemistry
    ) -> tuple[Stream, dict[str, float], dict[str, float], tuple[Notice, ...], dict[str, float]]:
        """With the base that holds the pH: liquor, drawn amounts, values, notices, extents."""
        drawn = {"oxidant": dose}
        if self.pH is None:
            return liquor, drawn, {}, (), {}
        state = to_pH(liquor, self.pH, inlets["base"].at(liquor.temperature), how, chemistry)
        drawn["base"] = state.dose
        values = base_values(state, _SOLIDS)
        return state.stream, drawn, values, notices_of(state, self.pH), dict(state.extents)


def _figures(feed: Stream, slurry: Stream, metals: dict[str, float], chemistry: Chemistry) -> dict[str, float]:
    shares = {f"oxidised_{m}": n / feed[f"{m}+2"] for m, n in metals.items() if feed[f"{m}+2"] > 0.0}
    return {**shares, "residual_Mn_g_L": concentration(slurry, "Mn", chemistry)}


def _notices(feed: Stream, slurry: Stream, rich: float) -> tuple[Notice, ...]:
    found = [Notice("W830", f"{rich:.1%} sulfur dioxide in the gas")] if rich else []
    if feed["Mn+2"] > 0.0 and slurry["Mn+2"] > 0.01 * feed["Mn+2"]:
        found.append(Notice("W822", f"{slurry['Mn+2'] / feed['Mn+2']:.1%} of the manganese stay in the liquor"))
    return tuple(found)
