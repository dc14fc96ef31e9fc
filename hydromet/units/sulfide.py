"""Precipitation of copper, zinc, cobalt and nickel as sulfides."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.errors import UnitError
from hydromet.species import atomic_mass, species
from hydromet.stream import Stream, add_flows
from hydromet.units.base import Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.bracket import rising_root
from hydromet.units.dosing import ALL_SOLUBLE, SOLUBLE, Allowed, Dosed, dissolved, equilibrium, to_pH
from hydromet.units.fields import PH, Concentration, Ratio, Temperature
from hydromet.units.vessel import add_extents, concentration, liquor_volume, open_gas, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

_HYDROLYSIS = "H2S(g) = HS- + H+"
_FERRIC = "2 Fe+3 + HS- = 2 Fe+2 + S(s) + H+"
_COPPER = "Cu+2 + HS- = CuS(s) + H+"
_OTHERS = ("ZnS(s)", "CoS(s)", "NiS(s)", "FeS(s)", "MnS(s)")
_METALS = ("Cu", "Zn", "Co", "Ni", "Fe", "Mn")
_MOST = 20.0
_REACHED = 1e-6
# Gas below this share of the sulfide is no gas.
_TRACE = 1e-8
# Dissolved sulfide that is told, kg/m3.
_TOLD = 0.05


class Sulfide(Unit):
    """Sulfide precipitation with H2S, NaHS or Na2S: copper first, then zinc, cobalt and nickel, with H2S as a gas port.

    Assumptions:
        1. Sulfide first reduces Fe+3 (elemental sulfur stays in the cake), then takes copper completely as far as it
           lasts (covellite is insoluble in any acid), then the other metals to equilibrium with their fresh sulfides.
        2. Without a pH the acid that the reaction sets free stays in the liquor; with one a base is drawn to hold it.
        3. Hydrogen sulfide beyond its solubility at the pressure of the feed leaves by the gas port; what is dissolved
           leaves with the liquor (W820). Carrier gases of the reagent take no part.
        4. Rates are not modelled: nickel and cobalt sulfide need seed, 80-120 degC or pressure in practice. Sulfate is
           not reduced. Lead and cadmium have no sulfide here and stay in the liquor.

    Ports: in ``feed``, ``sulfide`` (drawn), ``base`` (drawn, if ``pH`` is set); out ``slurry`` (a filter follows),
    ``gas``.

    Equations: dose = ratio (n of the metals to take + n_Fe+3 / 2), or the dose that leaves the residual of the first;
    2 Fe+3 + HS- = 2 Fe+2 + S + H+; Cu+2 + HS- = CuS + H+; MS + H+ = M+2 + HS- at equilibrium; H2S = HS- + H+.

    Validity: 20-100 degC; the constants are those of fresh precipitates, aged ones are 10^3 to 10^6 times less soluble.

    Sources: data/reactions/solids.csv (minteq4, thermochimie12a), gases.csv.
    """

    model: Literal["sulfide"] = "sulfide"
    metals: tuple[Literal["Cu", "Zn", "Co", "Ni", "Fe", "Mn"], ...] = Field(
        ("Cu",), min_length=1, description="metals to take: their need sets the dose"
    )
    ratio: Ratio | None = Field(None, description="sulfide per stoichiometric need of these metals and of Fe+3")
    residual: Concentration | None = Field(
        None, gt=0.0, description="first metal left in the liquor, instead of a ratio"
    )
    pH: PH | None = Field(None, description="held with a base; none: it falls freely")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")

    outlets: ClassVar = (Port("slurry", "liquor with sulfides"), Port("gas", "hydrogen sulfide and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"metals": ["Cu"], "ratio": 1.05},
            "inlets": {
                "feed": {
                    "flows": {
                        "H2O": 90.0, "Cu+2": 0.05, "Fe+3": 0.01, "Zn+2": 0.01, "Co+2": 0.2, "Ni+2": 0.8, "H+": 0.1,
                        "SO4-2": 1.125,
                    },
                    "temperature": 333.15,
                },
                "sulfide": {"flows": {"H2S(g)": 29.0, "CO2(g)": 0.1}},
            },
        },
        {
            "parameters": {"metals": ["Co", "Ni"], "ratio": 1.1, "pH": 3.5, "temperature": 353.15},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Zn+2": 0.01, "Co+2": 0.05, "Ni+2": 0.2, "Mg+2": 0.3, "SO4-2": 0.56}},
                "sulfide": {"flows": {"NaHS(s)": 5.4, "H2O": 38.9}},
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
            },
        },
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_aim(self) -> Self:
        if (self.ratio is None) == (self.residual is None):
            read = "both or neither of ratio and residual"
            raise UnitError("E821", read=read, expected="one of the two", write="ratio: 1.05")
        return self

    def inlet_ports(self) -> tuple[Port, ...]:
        """A base is drawn where a pH is set."""
        ports = Port("feed", "liquor"), Port("sulfide", "H2S, NaHS or Na2S", drawn=True)
        return ports if self.pH is None else (*ports, Port("base", "NaOH, lime, soda", drawn=True))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Dose, reduction and copper, equilibrium of the others."""
        feed = inlets["feed"].at(self.temperature or inlets["feed"].temperature)
        ready, release = dissolved(inlets["sulfide"].at(feed.temperature), chemistry, ALL_SOLUBLE)
        supply = ready["HS-"] + ready["H2S(g)"]
        need = sum(feed[f"{metal}+2"] for metal in self.metals) + 0.5 * feed["Fe+3"]
        unit_dose = need / supply if supply > 0.0 else 0.0
        base = inlets["base"].at(feed.temperature) if self.pH is not None else None

        def state(ratio: float) -> tuple[Dosed, dict[str, float]]:
            return self._state(feed, ready.scaled(ratio * unit_dose), base, chemistry)

        ratio = self.ratio if self.ratio is not None else self._search(lambda x: state(x)[0].stream, chemistry)
        dose = ratio * unit_dose
        end, first = state(ratio)
        slurry, gas, vapour = open_gas(end.stream, chemistry)
        drawn = {"sulfide": dose} | ({} if base is None else {"base": end.dose})
        extents = add_extents({name: xi * dose for name, xi in release.items()}, first, end.extents, vapour)
        values = self._values(feed, slurry, gas, chemistry)
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn,
            extents,
            {**values, "ratio": ratio, **({} if end.pH is None else {"pH": end.pH})},
            notices=(*self._notices(values), *end.cautions),
        )

    def _state(
        self, feed: Stream, sulfide: Stream, base: Stream | None, chemistry: Chemistry
    ) -> tuple[Dosed, dict[str, float]]:
        """Everything after a dose, with the extents before the last equilibrium."""
        flows = add_flows([feed, sulfide])
        mixed, first = chemistry.canonical(Stream(flows, feed.temperature, feed.pressure))
        if mixed["H2O"] <= 0.0:
            return Dosed(mixed, {}), dict(first)
        supply = mixed["HS-"] + mixed["H2S(g)"]
        ferric = min(0.5 * mixed["Fe+3"], supply)
        copper = min(mixed["Cu+2"], supply - ferric)
        # Gas takes part only as far as the dissolved sulfide does not suffice.
        gas = min(max(ferric + copper - mixed["HS-"], 0.0), mixed["H2S(g)"])
        fast = {_HYDROLYSIS: gas, _FERRIC: ferric, _COPPER: copper}
        left, last = chemistry.canonical(react(mixed, fast, chemistry))
        how = Allowed(_OTHERS, SOLUBLE, ("H2S(g)", "CO2(g)"))
        end = equilibrium(left, how, chemistry)
        if base is not None and self.pH is not None and end.pH is not None and end.pH < self.pH:
            before, end = end.extents, to_pH(end.stream, self.pH, base, how, chemistry)
            last = add_extents(last, before)
        trace = end.stream["H2S(g)"]
        if 0.0 < trace < _TRACE * supply:
            # What the solver leaves in a gas that does not exist goes back into the liquor.
            whole, neutral = chemistry.canonical(react(end.stream, {_HYDROLYSIS: trace}, chemistry))
            end, last = replace(end, stream=whole), add_extents(last, {_HYDROLYSIS: trace}, neutral)
        return end, add_extents(first, fast, last)

    def _search(self, stream: Any, chemistry: Chemistry) -> float:
        """Ratio that leaves the residual of the first metal; the least or the most if none does."""
        target = self.residual or 0.0

        def reached(ratio: float) -> float:
            return 1.0 - concentration(stream(ratio), self.metals[0], chemistry) / target

        return 0.0 if reached(0.0) >= 0.0 else rising_root(reached, 0.0, _MOST, 1.0)

    def _values(self, feed: Stream, slurry: Stream, gas: Stream, chemistry: Chemistry) -> dict[str, float]:
        there, solid, before = (part.elements() for part in (feed.part("aq"), slurry.part("s"), feed.part("s")))
        shares = {
            f"precipitated_{e}": (solid.get(e, 0.0) - before.get(e, 0.0)) / there[e] for e in _METALS if there.get(e)
        }
        volume = liquor_volume(slurry, chemistry)
        left = slurry["HS-"] * atomic_mass("S") / volume if volume > 0.0 else 0.0
        first = self.metals[0]
        return {
            **shares,
            f"residual_{first}_g_L": concentration(slurry, first, chemistry),
            "dissolved_sulfide_g_L": left,
            "hydrogen_sulfide_kg_s": gas["H2S(g)"] * species("H2S(g)").molar_mass,
        }

    def _notices(self, values: dict[str, float]) -> tuple[Notice, ...]:
        found = []
        if values["dissolved_sulfide_g_L"] > _TOLD:
            found.append(Notice("W820", f"{values['dissolved_sulfide_g_L']:.3g} g/L of sulfide stay in the liquor"))
        name, target = self.metals[0], self.residual
        if target is not None and (left := values[f"residual_{name}_g_L"]) > target * (1.0 + _REACHED):
            found.append(Notice("W806", f"{left:.3g} g/L {name} are left; set: {target:.3g} g/L"))
        return tuple(found)
