"""Cathode coating off its aluminium foil, by burning the binder or by dissolving the foil in caustic."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.datafiles import read_yaml
from hydromet.errors import UnitError
from hydromet.species import species
from hydromet.stream import Stream, add_flows
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.dosing import SOLUBLE, dissolved
from hydromet.units.fields import Fraction, MassFraction, Molality, Ratio, Temperature
from hydromet.units.heat import taken
from hydromet.units.vessel import add_extents, concentration, finish, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

FILE = "data/reactions/foil_separation.yaml"
_BINDER = "PVDF(s) + 2 O2(g) = 2 CO2(g) + 2 HF(g)"
_CARBON = "C(s) + O2(g) = CO2(g)"
_CAPTURE = "Li2CO3(s) + 2 HF(g) = 2 LiF(s) + CO2(g) + H2O(g)"
_DRYING = "H2O = H2O(g)"
_FOIL = "2 Al(s) + 6 H2O = 2 Al+3 + 6 OH- + 3 H2(g)"
_SURFACE = {"Li2CO3(s)": "Li2CO3(s) = 2 Li+ + CO3-2", "LiOH(s)": "LiOH(s) = Li+ + OH-"}
_THERMAL = ("cathode_loss", "binder_burnt", "carbon_burnt", "fluorine_captured")
_CAUSTIC = ("lithium_dissolved",)


class FoilSeparation(Unit):
    """Separation of cathode scrap from its aluminium foil: thermal (binder burnt, sieved) or caustic (foil dissolved).

    How to use it: feed the scrap as solids (a layered oxide, PVDF(s), C(s), Al(s)); ``aluminium`` sets the foil that
    goes on with the powder, 1 wt% in the base case and ``aluminium: 5 wt%`` for a poor separation (or ``foil_share``,
    a share of the foil). Thermal: ``powder`` goes to the leach, ``foil`` is a by-product, ``gas`` needs a scrubber for
    HF. Caustic: a ``filter`` with a wash follows ``slurry``; its cake goes to the leach, its filtrate is an aluminate
    liquor (aluminium hydroxide by CO2 or acid); ``gas`` is hydrogen.

    Assumptions:
        1. The aluminium that stays in the powder is declared, not predicted; it is at most the foil there is.
        2. Thermal: declared shares of binder and carbon burn with air, the fluorine of the binder leaves as HF but for
           what surface Li2CO3 binds as LiF; moisture evaporates. The foil neither melts nor burns (below 600 degC). A
           share of the coating stays on the foil. Solids and gas leave at ``temperature``, cooled.
        3. Caustic: aluminium dissolves as far as there is one NaOH for each; binder, carbon and oxides do not; surface
           lithium salts dissolve to a share. The powder keeps no aluminium hydroxide if the liquor stays caustic.

    Ports: in ``feed``, ``air`` (thermal, drawn) or ``caustic`` and ``water`` (drawn); out ``powder``, ``foil``, ``gas``
    or, caustic, ``slurry``, ``gas``.

    Equations: m_Al = w / (1 - w) m_others in the powder; C2H2F2 + 2 O2 = 2 CO2 + 2 HF; C + O2 = CO2;
    Li2CO3 + 2 HF = 2 LiF + CO2 + H2O; 2 Al + 2 OH- + 6 H2O = 2 Al(OH)4- + 3 H2; air and caustic = ratio x need;
    water to the molality of NaOH.

    Validity: thermal 450-580 degC; caustic 20-80 degC, 1-4 mol/L NaOH. Rates are not modelled.

    Sources: reactions/foil_separation.yaml, all estimates; each is listed as a fixed split.
    """

    model: Literal["foil_separation"] = "foil_separation"
    method: Literal["thermal", "caustic"] = Field("thermal", description="how the foil is separated")
    aluminium: MassFraction | None = Field(None, lt=1.0, description="Al metal per mass of dry powder; none: 1 wt%")
    foil_share: Fraction | None = Field(None, description="share of the foil in the powder, instead of a content")
    air_ratio: Ratio = Field(2.0, description="air per stoichiometric need of what burns")
    caustic_ratio: Ratio = Field(1.5, description="NaOH per mol of aluminium to dissolve")
    molality: Molality = Field(2.5, gt=0.0, description="NaOH before the aluminium dissolves; draws the water")
    cathode_loss: Fraction | None = Field(None, description="share of the coating left on the foil; none: 1 %")
    binder_burnt: Fraction | None = Field(None, description="share of the binder; none: 98 %")
    carbon_burnt: Fraction | None = Field(None, description="share of the carbon; none: 50 %")
    fluorine_captured: Fraction | None = Field(None, description="HF bound where Li2CO3 is there for it; none: 90 %")
    lithium_dissolved: Fraction | None = Field(None, description="share of surface lithium in the caustic; none: 90 %")
    temperature: Temperature = Field(333.15, lt=700.0, description="of what leaves; caustic: of the tank")

    outlets: ClassVar = (
        Port("powder", "cathode powder with some foil"),
        Port("foil", "foil with some coating"),
        Port("slurry", "powder in aluminate liquor"),
        Port("gas", "CO2, HF and nitrogen, or hydrogen"),
    )
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"aluminium": 0.01},
            "inlets": {
                "feed": {
                    "flows": {
                        "LiNi0.8Mn0.1Co0.1O2(s)": 8.6, "Li2CO3(s)": 0.05, "PVDF(s)": 0.25, "C(s)": 1.5, "Al(s)": 4.5,
                        "H2O": 0.1,
                    },
                },
                "air": {"flows": {"O2(g)": 7.3, "N2(g)": 27.4}},
            },
        },
        {
            "parameters": {"method": "caustic", "aluminium": 0.05, "temperature": 323.15},
            "inlets": {
                "feed": {
                    "flows": {
                        "LiNi0.8Mn0.1Co0.1O2(s)": 8.6, "Li2CO3(s)": 0.05, "PVDF(s)": 0.25, "C(s)": 1.5, "Al(s)": 4.5,
                    },
                },
                "caustic": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
                "water": {"flows": {"H2O": 55.5}},
            },
        },
    )  # fmt: skip

    @model_validator(mode="after")
    def _one_carry_over(self) -> Self:
        if self.aluminium is not None and self.foil_share is not None:
            read = "both aluminium and foil_share"
            raise UnitError("E829", read=read, expected="one of the two", write="aluminium: 1 wt%")
        return self

    def inlet_ports(self) -> tuple[Port, ...]:
        """Air or caustic, by the method."""
        feed = Port("feed", "cathode scrap on foil")
        if self.method == "thermal":
            return feed, Port("air", "air for the binder", drawn=True)
        return feed, Port("caustic", "NaOH solution", drawn=True), Port("water", "to dilute it", drawn=True)

    def outlet_ports(self) -> tuple[Port, ...]:
        """Powder and foil, or a slurry."""
        names = ("powder", "foil", "gas") if self.method == "thermal" else ("slurry", "gas")
        return tuple(port for port in self.outlets if port.name in names)

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """By the method."""
        return self._burnt(inlets, chemistry) if self.method == "thermal" else self._leached(inlets, chemistry)

    def sources_used(self) -> list[dict[str, Any]]:
        """The usual values that were taken, with their sources."""
        names = ("aluminium", *(_THERMAL if self.method == "thermal" else _CAUSTIC))
        taken_from_data = [name for name in names if getattr(self, name) is None]
        if self.foil_share is not None:
            taken_from_data = [name for name in taken_from_data if name != "aluminium"]
        return [
            {"parameter": f"foil separation, {name}", "validity": "", **dict(_table()[name])}
            for name in taken_from_data
        ]

    def _burnt(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Binder and carbon burn, what is dry is sieved."""
        feed, air = inlets["feed"], inlets["air"]
        wanted = {
            _BINDER: self._usual("binder_burnt") * feed["PVDF(s)"],
            _CARBON: self._usual("carbon_burnt") * feed["C(s)"],
        }
        need = 2.0 * wanted[_BINDER] + wanted[_CARBON]
        dose = self.air_ratio * need / air["O2(g)"] if air["O2(g)"] > 0.0 else 0.0
        there = feed["O2(g)"] + dose * air["O2(g)"]
        burnt = min(1.0, there / need) if need > 0.0 else 0.0
        extents = {equation: burnt * extent for equation, extent in wanted.items()}
        bound = self._usual("fluorine_captured") * min(extents[_BINDER], feed["Li2CO3(s)"])
        extents |= {_CAPTURE: bound, _DRYING: feed["H2O"]}
        everything = Stream(add_flows([feed, air.scaled(dose)]), self.temperature, feed.pressure)
        made = react(everything, extents, chemistry)
        gas = made.part("g")
        solid = made.where(lambda name: name not in gas.flows)
        powder, foil, kept = self._sieved(solid)
        notices = (
            (Notice("W827", f"the air suffices for {burnt:.1%} of what should burn"),) if burnt < 1.0 and need else ()
        )
        return UnitResult(
            {"powder": powder, "foil": foil, "gas": gas},
            {"air": dose},
            add_extents(extents),
            {
                "aluminium_in_powder": _content(powder),
                "hydrogen_fluoride_kg_s": gas["HF(g)"] * species("HF(g)").molar_mass,
                "cathode_on_foil": self._usual("cathode_loss"),
            },
            fixed_splits=(*self._splits(_THERMAL, ("foil", "gas", "gas", "powder")), self._carry(kept, "powder")),
            notices=notices,
        )

    def _sieved(self, solid: Stream) -> tuple[Stream, Stream, float]:
        """Powder, foil, and the share of the foil in the powder."""
        loss = self._usual("cathode_loss") if solid["Al(s)"] > 0.0 else 0.0
        coating = {name: flow for name, flow in solid.flows.items() if name != "Al(s)"}
        powder = {name: (1.0 - loss) * flow for name, flow in coating.items()}
        kept = self._kept(solid.with_flows(powder).mass(), solid["Al(s)"])
        stuck = {name: loss * flow for name, flow in coating.items()}
        powder["Al(s)"], stuck["Al(s)"] = kept * solid["Al(s)"], (1.0 - kept) * solid["Al(s)"]
        return solid.with_flows(powder), solid.with_flows(stuck), kept

    def _leached(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """The foil dissolves, surface lithium with it."""
        feed = inlets["feed"]
        share = self._usual("lithium_dissolved")
        lithium = {equation: share * feed[name] for name, equation in _SURFACE.items()}
        others = {n: f * (1.0 - share) if n in _SURFACE else f for n, f in feed.flows.items() if n != "Al(s)"}
        kept = self._kept(feed.with_flows(others).part("s").mass(), feed["Al(s)"])
        wanted = (1.0 - kept) * feed["Al(s)"]
        ready, release = dissolved(inlets["caustic"], chemistry, SOLUBLE)
        dose = self.caustic_ratio * wanted / ready["OH-"] if ready["OH-"] > 0.0 else 0.0
        parts = [feed, ready.scaled(dose)]
        drawn = {"caustic": dose, "water": self._water(parts, inlets["water"])}
        parts.append(inlets["water"].scaled(drawn["water"]))
        both = Stream(add_flows(parts), self.temperature, feed.pressure)
        mixed, first = chemistry.canonical(both)
        foil = min(wanted, mixed["OH-"], mixed["H2O"] / 6.0)
        done, last = chemistry.canonical(react(mixed, {_FOIL: 0.5 * foil, **lithium}, chemistry))
        slurry, gas, vapour = finish(done, taken(inlets, drawn).values(), self.temperature, chemistry)
        released = {name: xi * dose for name, xi in release.items()}
        notices = [Notice("W826", f"{1.5 * foil:.3g} mol/s of hydrogen")] if foil > 0.0 else []
        if foil < wanted * (1.0 - 1e-9):
            notices.append(Notice("W825", f"{foil / wanted:.1%} of the aluminium that should dissolves"))
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            drawn,
            add_extents(released, first, {_FOIL: 0.5 * foil, **lithium}, last, vapour),
            {
                "aluminium_in_powder": _content(slurry.part("s")),
                "hydrogen_kg_s": gas["H2(g)"] * species("H2(g)").molar_mass,
                "aluminium_in_liquor_g_L": concentration(slurry, "Al", chemistry),
            },
            fixed_splits=(*self._splits(_CAUSTIC, ("slurry",)), self._carry(kept, "slurry")),
            notices=tuple(notices),
        )

    def _water(self, parts: list[Stream], water: Stream) -> float:
        """Water that brings the caustic to its molality, kg/s; none where it is weaker already."""
        there = sum(part["H2O"] for part in parts)
        need = sum(part["OH-"] for part in parts) / self.molality / species("H2O").molar_mass
        return max(need - there, 0.0) / water["H2O"] if water["H2O"] > 0.0 else 0.0

    def _usual(self, name: str) -> float:
        declared = getattr(self, name)
        return float(_table()[name]["value"]) if declared is None else float(declared)

    def _kept(self, others: float, foil: float) -> float:
        """Share of the foil that goes with the powder; others: mass of the rest of the powder, kg/s."""
        if self.foil_share is not None:
            return self.foil_share
        content = self._usual("aluminium")
        wanted = content / (1.0 - content) * others / species("Al(s)").molar_mass
        return min(1.0, wanted / foil) if foil > 0.0 else 0.0

    def _carry(self, kept: float, outlet: str) -> FixedSplit:
        return FixedSplit("foil in the powder", "Al(s)", kept, outlet)

    def _splits(self, names: tuple[str, ...], outlets: tuple[str, ...]) -> tuple[FixedSplit, ...]:
        pairs = zip(names, outlets, strict=True)
        return tuple(FixedSplit(name.replace("_", " "), "scrap", self._usual(name), outlet) for name, outlet in pairs)


def _content(powder: Stream) -> float:
    """Metallic aluminium per mass of dry powder."""
    solid = powder.part("s")
    return solid["Al(s)"] * species("Al(s)").molar_mass / solid.mass() if solid.flows else 0.0


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)
    return data
