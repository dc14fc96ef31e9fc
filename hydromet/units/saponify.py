"""Saponification of an acidic extractant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from hydromet.chemistry.extraction import load_extractant
from hydromet.errors import ExtractionError
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import Fraction, Temperature
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction import Extractant

# Above this share the organic turns viscous or forms a gel (practice), where data/extractants say nothing.
_THICK = 0.7


class Saponify(Unit):
    """Saponification: drawn hydroxide turns a declared share of the extractant into its Na, NH4 or Li salt.

    Assumptions:
        1. The hydroxide reacts completely; what alkali the organic holds already counts towards the share.
        2. The water and the impurities of the base stay with the organic as an emulsion and end in the raffinate of the
           extraction that follows, but for the share ``drained``.
        3. Metals on the organic are not exchanged here.

    Ports: in ``organic``, ``base`` (drawn); out ``organic``, ``water`` (drained).

    Equations: M+ + RH(org) = MR(org) + H+, H+ + OH- = H2O; base = (fraction - alkali / R) R.

    Validity: loading and saponification together within the capacity of the extractant (E603); above 60 to 90 %, as
    data/extractants say, the organic turns viscous (W608).

    Sources: stoichiometry; practice 30-60 % (recalled). ``drained`` is a declared split.
    """

    model: Literal["saponify"] = "saponify"
    extractant: str = Field(description="data/extractants", examples=["d2ehpa"])
    fraction: Fraction = Field(description="share of all extractant that is alkali salt afterwards")
    drained: Fraction = Field(0.0, description="share of the aqueous part that is drained off")
    temperature: Temperature | None = Field(None, description="of the mixer; none: that of the organic")

    inlets: ClassVar = (Port("organic", "organic"), Port("base", "NaOH, NH3 or LiOH solution", drawn=True))
    outlets: ClassVar = (Port("organic", "saponified organic with its water"), Port("water", "drained water"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"extractant": "versatic10", "fraction": 0.4, "drained": 0.2},
        "inlets": {
            "organic": {"flows": {"H(Versatic10)(org)": 1.0, "Diluent(org)": 3.0, "Ni(Versatic10)2(org)": 0.01}},
            "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
        },
    }

    @field_validator("extractant")
    @classmethod
    def _known(cls, value: str) -> str:
        load_extractant(value)
        return value

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Base dose, reaction, drain."""
        extractant, organic, base = load_extractant(self.extractant), inlets["organic"], inlets["base"]
        strong = chemistry.canonical(base)[0]
        ion = _alkali(strong, extractant)
        metal = extractant.metals[ion]
        salts = {m.organic: m.charge for m in extractant.metals.values()}
        total = organic[extractant.acid] + sum(z * organic[name] for name, z in salts.items())
        alkali = sum(organic[name] for name, z in salts.items() if z == 1)
        needed = max(self.fraction * total - alkali, 0.0)
        self._within(needed, total, organic[extractant.acid], extractant)
        dose = needed / strong["OH-"]
        mixed, extents = chemistry.canonical(organic.plus(base.scaled(dose)))
        made = react(mixed, {metal.equation: needed, "H+ + OH- = H2O": needed}, chemistry)
        at = self.temperature or organic.temperature
        water = made.part("aq").scaled(self.drained)
        rest = {name: flow * (1.0 - self.drained) for name, flow in made.part("aq").flows.items()}
        kept = {name: rest.get(name, flow) for name, flow in made.flows.items()}
        splits = (FixedSplit("drained water", "H2O", self.drained, "water"),) if self.drained else ()
        notices: tuple[Notice, ...] = ()
        thick = extractant.limits.alkali if "third phase" in extractant.limits.origins else _THICK
        if self.fraction > thick:
            notices = (Notice("W608", f"{self.fraction:.0%} saponified, above {thick:.0%}"),)
        return UnitResult(
            {"organic": Stream(kept, at), "water": Stream(water.flows, at)},
            {"base": dose},
            add_extents(extents, {metal.equation: needed, "H+ + OH- = H2O": needed}),
            {"saponified": (alkali + needed) / total if total > 0.0 else 0.0},
            fixed_splits=splits,
            notices=notices,
        )

    def _within(self, needed: float, total: float, free: float, extractant: Extractant) -> None:
        if needed > free:
            loading, most = 1.0 - free / total, (self.fraction * total - needed + free) / total
            raise ExtractionError(
                "E603",
                read=f"saponify: loading {loading:.1%} and {needed / total:.1%} more of the {extractant.name}",
                expected=f"at most its capacity, 100 %: a fraction of {most:.3f} or less",
                write="fraction: 40 %",
            )


def _alkali(base: Stream, extractant: Extractant) -> str:
    """The monovalent cation of a hydroxide solution."""
    found = [ion for ion, m in extractant.metals.items() if m.charge == 1 and base[ion] > 0.0]
    if not found or base["OH-"] <= 0.0:
        raise ExtractionError(
            "E605",
            read=f"a base of {', '.join(base.flows) or 'nothing'}",
            expected="a hydroxide solution of Na+, Li+ or NH4+",
            write="base: caustic_soda",
        )
    return max(found, key=lambda ion: base[ion])
