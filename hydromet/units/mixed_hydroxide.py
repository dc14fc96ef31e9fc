"""Mixed nickel-cobalt hydroxide as a product."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field

from hydromet.datafiles import read_yaml
from hydromet.errors import UnitError
from hydromet.species import atomic_mass
from hydromet.stream import Stream, add_flows
from hydromet.units.base import FixedSplit, Inlets, Port, Unit, UnitResult
from hydromet.units.bracket import rising_root
from hydromet.units.dosing import SOLUBLE, Allowed, Dosed, dissolved, notices_of, to_pH
from hydromet.units.fields import PH, Fraction, Temperature
from hydromet.units.vessel import add_extents, open_gas, react

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.chemistry import Chemistry

FILE = "data/reactions/mixed_hydroxide.yaml"
# Bases of which a part does not react; solutions react in full.
_SLOW = ("MgO(s)", "Mg(OH)2(s)", "CaO(s)", "Ca(OH)2(s)", "CaCO3(s)", "MgCO3(s)")
# What falls by itself: gypsum of the base, and what iron removal left.
_BESIDE = ("CaSO4:2H2O(s)", "Al(OH)3(s)", "Fe(OH)3(s)", "Cr(OH)3(s)", "Cu(OH)2(s)")
_PASSES = 60
_SAME = 1e-11
# Share of the base for the hydroxides that is given with the feed.
_AHEAD = 0.95
_BASIC = "4 Ni(OH)2(s) + 2 H+ + SO4-2 = Ni4(OH)6SO4(s) + 2 H2O"


class MixedHydroxide(Unit):
    """Mixed hydroxide precipitate (MHP) of nickel and cobalt with magnesia or caustic, with its Mn, Mg and sulfate.

    Assumptions:
        1. Ni, Co, Mn, Zn and Mg (of the feed and of the base) fall as one ideal solid solution of fresh hydroxides at
           the set pH: that is why manganese falls far below the pH at which pure Mn(OH)2 would, the more the less
           nickel is left.
        2. Of a solid base the share ``base_use`` reacts; the rest, with its inert part, stays in the product
           (magnesium slip). Solutions react in full.
        3. The share ``basic_sulfate`` of the nickel in the product is basic sulfate. Water of hydration beyond the
           formulas is not counted: contents are those of a product dried hot.
        4. Al, Fe(III), Cr(III) and Cu are removed before; what arrives of them falls as its own hydroxide into the
           product, by equilibrium. No air: Fe(II) stays in the liquor, manganese +2.
        5. Moisture (35-45 % in practice) and wash are those of the filter that follows.

    Ports: in ``feed``, ``base`` (drawn); out ``slurry`` (a filter follows), ``gas``.

    Equations: M+2 + 2 H2O = M(OH)2 + 2 H+ with x_M = 10^SI_M, sum x_M = 1, x_M = n_M / sum n;
    4 Ni(OH)2 + 2 H+ + SO4-2 = Ni4(OH)6SO4 + 2 H2O; charge balance at the set a(H+).

    Validity: pH 6.5-9, with magnesia up to about 8.2 (E830), 20-80 degC. Practice at pH 7.2-7.8: Ni and Co above 95 %,
    Mn 10-40 % (recalled); the unit gives 95-99 % and 7-58 %. Dry products of the trade hold 34-40 % Ni (recalled), with
    their water of hydration; here it is 45-50 %.

    Sources: data/reactions/solids.csv; shares in reactions/mixed_hydroxide.yaml.
    """

    model: Literal["mixed_hydroxide"] = "mixed_hydroxide"
    pH: PH = Field(7.5, description="pH to which the base is added")
    base_use: Fraction | None = Field(None, gt=0.0, description="share of a solid base that reacts; none: of the data")
    basic_sulfate: Fraction | None = Field(None, description="share of the nickel as basic sulfate; none: of the data")
    temperature: Temperature | None = Field(None, description="of the vessel; none: that of the feed")

    inlets: ClassVar = (Port("feed", "purified liquor"), Port("base", "magnesia, NaOH, lime", drawn=True))
    outlets: ClassVar = (Port("slurry", "liquor with mixed hydroxide"), Port("gas", "CO2 and vapour"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"pH": 7.5, "temperature": 328.15},
            "inlets": {
                "feed": {
                    "flows": {"H2O": 90.0, "Ni+2": 0.3, "Co+2": 0.06, "Mn+2": 0.05, "Li+": 0.3, "SO4-2": 0.56},
                    "temperature": 328.15,
                },
                "base": {"flows": {"MgO(s)": 4.0, "SiO2(s)": 0.03, "H2O": 44.0}},
            },
        },
        {
            "parameters": {"pH": 7.8, "basic_sulfate": 0.2},
            "inlets": {
                "feed": {"flows": {"H2O": 90.0, "Ni+2": 0.3, "Co+2": 0.06, "Zn+2": 0.001, "Li+": 0.3, "SO4-2": 0.511}},
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
            },
        },
    )  # fmt: skip

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Solid solution and base at the set pH, basic sulfate, what the base leaves behind."""
        feed = inlets["feed"].at(self.temperature or inlets["feed"].temperature)
        active, slip = self._parts(inlets["base"].at(feed.temperature))
        amounts, state = self._solution(feed, active, chemistry)
        hydroxides = {_precipitation(metal): n for metal, n in amounts.items()}
        slurry, gas, vapour = open_gas(state.stream, chemistry)
        slurry = slurry.plus(slip.scaled(state.dose)) if state.dose > 0.0 else slurry
        basic = self._basic(amounts, feed["SO4-2"])
        return UnitResult(
            {"slurry": slurry, "gas": gas},
            {"base": state.dose},
            add_extents(hydroxides, basic, state.extents, vapour),
            self._values(feed, slurry, amounts, state),
            fixed_splits=self._splits(slip),
            notices=notices_of(state, self.pH),
        )

    def sources_used(self) -> list[dict[str, Any]]:
        """Use of the base and basic sulfate with their sources."""
        rows = []
        for name, declared in (("base_use", self.base_use), ("basic_sulfate", self.basic_sulfate)):
            row = {"source": _table()[name]["source"], "grade": _table()[name]["grade"], "note": _table()[name]["note"]}
            value = self._share(name, declared)
            rows.append(
                {"parameter": f"{name} of mixed hydroxide", "value": value, "unit": "mol/mol", "validity": "", **row}
            )
        return rows

    def _share(self, name: str, declared: float | None) -> float:
        return float(_table()[name]["value"]) if declared is None else declared

    def _parts(self, base: Stream) -> tuple[Stream, Stream]:
        """What of a template of base reacts, and what does not, per kg of it."""
        use = self._share("base_use", self.base_use)
        slip = {name: (1.0 - use) * flow for name, flow in base.flows.items() if name in _SLOW}
        active = {name: flow - slip.get(name, 0.0) for name, flow in base.flows.items()}
        return base.with_flows(active), base.with_flows(slip)

    def _basic(self, amounts: Mapping[str, float], sulfate: float) -> dict[str, float]:
        """Extent of the basic sulfate, at most half of the sulfate there is."""
        nickel = self._share("basic_sulfate", self.basic_sulfate) * amounts.get("Ni", 0.0)
        return {_BASIC: min(0.25 * nickel, 0.5 * sulfate)} if nickel > 0.0 else {}

    def _solution(self, feed: Stream, base: Stream, chemistry: Chemistry) -> tuple[dict[str, float], Dosed]:
        """Metals in the solid, mol/s, and the liquor with it at the set pH.

        What a metal's own hydroxide would leave in the liquor, k = n / 10^SI, changes little with what has fallen:
        x = n_total / (N + k), sum x = 1 gives N, and the liquor is solved again until nothing changes.
        """
        ready, _ = dissolved(base, chemistry, SOLUBLE)
        metals = [metal for metal in _table()["metals"] if feed[f"{metal}+2"] + ready[f"{metal}+2"] > 0.0]
        amounts: dict[str, float] = {}
        state = to_pH(feed, self.pH, base, Allowed(_BESIDE, SOLUBLE), chemistry)
        for _ in range(_PASSES):
            left = {metal: state.stream[f"{metal}+2"] for metal in metals}
            there = {metal: n + amounts.get(metal, 0.0) for metal, n in left.items() if n > 0.0}
            if state.pH is None or not there:
                break
            pure = {m: left[m] / 10.0 ** state.saturation[f"{m}(OH)2(s)"] for m in there}
            new = _fallen(there, pure)
            change = max(abs(new[m] - amounts.get(m, 0.0)) / there[m] for m in there)
            amounts = new
            state = self._after(feed, amounts, base, chemistry)
            if change < _SAME:
                return amounts, state
        if amounts:
            raise UnitError(
                "E830", read=f"pH {self.pH:.4g}", expected="a pH at which the base is not itself precipitated"
            )
        return amounts, state

    def _after(self, feed: Stream, amounts: Mapping[str, float], base: Stream, chemistry: Chemistry) -> Dosed:
        """The liquor at the set pH after hydroxides and basic sulfate have fallen.

        Most of the base that they take goes in with the feed, for its magnesium falls with them; the rest to the pH.
        """
        ready, release = dissolved(base, chemistry, SOLUBLE)
        basic = self._basic(amounts, feed["SO4-2"])
        need = 2.0 * sum(amounts.values()) - 2.0 * sum(basic.values())
        alkali = ready["OH-"] + 2.0 * ready["CO3-2"]
        dose = _AHEAD * need / alkali if alkali > 0.0 else 0.0
        wet = Stream(add_flows([feed, ready.scaled(dose)]), feed.temperature, feed.pressure)
        if any(n > wet[f"{m}+2"] for m, n in amounts.items()):
            raise UnitError(
                "E830", read=f"pH {self.pH:.4g}", expected="a pH at which the base is not itself precipitated"
            )
        fall = add_extents({_precipitation(m): n for m, n in amounts.items()}, basic)
        liquor, first = chemistry.canonical(react(wet, fall, chemistry))
        state = to_pH(liquor, self.pH, base, Allowed(_BESIDE, SOLUBLE), chemistry)
        extents = add_extents({name: xi * dose for name, xi in release.items()}, first, state.extents)
        return replace(state, extents=extents, dose=state.dose + dose)

    def _splits(self, slip: Stream) -> tuple[FixedSplit, ...]:
        splits = [FixedSplit("basic sulfate", "Ni(OH)2(s)", self._share("basic_sulfate", self.basic_sulfate), "slurry")]
        unused = 1.0 - self._share("base_use", self.base_use)
        return (*splits, *(FixedSplit("base that does not react", name, unused, "slurry") for name in slip.flows))

    def _values(self, feed: Stream, slurry: Stream, amounts: Mapping[str, float], state: Dosed) -> dict[str, float]:
        """Shares that fell and contents of the dry product, solids of the feed left out."""
        solid = slurry.part("s")
        made = solid.with_flows({n: max(flow - feed[n], 0.0) for n, flow in solid.flows.items()})
        mass, elements = made.mass(), made.elements()
        names = ("Ni", "Co", "Mn", "Zn", "Mg", "S", *(e for e in ("Al", "Fe", "Cu") if elements.get(e, 0.0) > 0.0))
        shares = {f"precipitated_{m}": n / (n + slurry[f"{m}+2"]) for m, n in amounts.items() if n > 0.0}
        contents = (
            {f"{e}_in_product": elements.get(e, 0.0) * atomic_mass(e) / mass for e in names} if mass > 0.0 else {}
        )
        return {**({} if state.pH is None else {"pH": state.pH}), **shares, **contents, "product_kg_s": mass}


def _precipitation(metal: str) -> str:
    return f"{metal}+2 + 2 H2O = {metal}(OH)2(s) + 2 H+"


def _fallen(there: Mapping[str, float], leaves: Mapping[str, float]) -> dict[str, float]:
    """Metals in an ideal solid solution; nothing where the liquor is undersaturated with every mixture."""
    total = sum(there.values())
    if sum(there[m] / leaves[m] for m in there) <= 1.0:
        return dict.fromkeys(there, 0.0)

    def miss(solid: float) -> float:
        return 1.0 - sum(there[m] / (solid + leaves[m]) for m in there)

    solid = rising_root(miss, 0.0, total, 0.9 * total)
    return {m: n * solid / (solid + leaves[m]) for m, n in there.items()}


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)
    return data
