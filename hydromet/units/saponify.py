"""Saponification of an acidic extractant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from hydromet.chemistry.extraction.extractants import load_extractant
from hydromet.errors import ExtractionError
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.fields import Fraction, Temperature
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction.extractants import Extractant

# Above this share the organic turns viscous or forms a gel (practice), where data/extractants say nothing.
_THICK = 0.7


class Saponify(Unit):
    """Saponification: hydroxide turns a share of the extractant into its Na, NH4 or Li salt.

    Assumptions:
        1. The hydroxide reacts completely. With ``fraction`` it is drawn, and what alkali the organic holds already
           counts; without, all of the base that comes is used, such as that of an ``electrodialyse``.
        2. The water and the impurities of the base stay with the organic as an emulsion and end in the raffinate of the
           extraction that follows, but for the share ``drained``.
        3. Of several alkalis each goes on in proportion. Metals on the organic are not exchanged here.

    Ports: in ``organic``, ``base`` (drawn if ``fraction`` is set); out ``organic``, ``water`` (drained).

    Equations: M+ + RH(org) = MR(org) + H+, H+ + OH- = H2O; base = (fraction - alkali / R) R,
    or what is given.

    Validity: loading and saponification together within the capacity of the extractant (E603); above 60 to 90 %, as
    data/extractants say, the organic turns viscous (W608).

    Sources: stoichiometry; practice 30-60 % (recalled). ``drained`` is a declared split.
    """

    model: Literal["saponify"] = "saponify"
    extractant: str = Field(description="data/extractants", examples=["d2ehpa"])
    fraction: Fraction | None = Field(
        None, description="share of all extractant that is alkali salt afterwards; none: what the given base makes"
    )
    drained: Fraction = Field(0.0, description="share of the aqueous part that is drained off")
    temperature: Temperature | None = Field(None, description="of the mixer; none: that of the organic")

    inlets: ClassVar = (Port("organic", "organic"),)
    outlets: ClassVar = (Port("organic", "saponified organic with its water"), Port("water", "drained water"))
    example: ClassVar[tuple[dict[str, Any], ...]] = tuple(
        {
            "parameters": {"extractant": "versatic10", "drained": 0.2, **fraction},
            "inlets": {
                "organic": {"flows": {"H(Versatic10)(org)": 1.0, "Diluent(org)": 3.0, "Ni(Versatic10)2(org)": 0.01}},
                "base": {"flows": base},
            },
        }
        for fraction, base in (
            ({"fraction": 0.4}, {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}),
            ({}, {"Na+": 0.21, "Li+": 0.01, "OH-": 0.2, "SO4-2": 0.01, "H2O": 5.5}),
        )
    )

    @field_validator("extractant")
    @classmethod
    def _known(cls, value: str) -> str:
        load_extractant(value)
        return value

    def inlet_ports(self) -> tuple[Port, ...]:
        """The base is drawn where a fraction is set."""
        return (*self.inlets, Port("base", "NaOH, NH3 or LiOH solution", drawn=self.fraction is not None))

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Base dose, reaction, drain."""
        extractant, organic, base = load_extractant(self.extractant), inlets["organic"], inlets["base"]
        strong = chemistry.canonical(base)[0]
        given = self.fraction is None
        parts = _alkalis(strong, extractant) if base.flows or not given else {}
        most = min(strong["OH-"], sum(strong[ion] for ion in parts))
        salts = {m.organic: m.charge for m in extractant.metals.values()}
        total = organic[extractant.acid] + sum(z * organic[name] for name, z in salts.items())
        alkali = sum(organic[name] for name, z in salts.items() if z == 1)
        needed = most if self.fraction is None else max(self.fraction * total - alkali, 0.0)
        self._within(needed, total, organic[extractant.acid], extractant)
        dose = 1.0 if given else needed / most
        mixed, extents = chemistry.canonical(organic.plus(base.scaled(dose)))
        taken = {extractant.metals[ion].equation: part * needed for ion, part in parts.items()}
        taken["H+ + OH- = H2O"] = needed
        made = react(mixed, taken, chemistry)
        at = self.temperature or organic.temperature
        water = made.part("aq").scaled(self.drained)
        rest = {name: flow * (1.0 - self.drained) for name, flow in made.part("aq").flows.items()}
        kept = {name: rest.get(name, flow) for name, flow in made.flows.items()}
        splits = (FixedSplit("drained water", "H2O", self.drained, "water"),) if self.drained else ()
        notices: tuple[Notice, ...] = ()
        thick = extractant.limits.alkali if "third phase" in extractant.limits.origins else _THICK
        reached = (alkali + needed) / total if total > 0.0 else 0.0
        high = max(reached, self.fraction or 0.0)
        if high > thick:
            notices = (Notice("W608", f"{high:.0%} saponified, above {thick:.0%}"),)
        return UnitResult(
            {"organic": Stream(kept, at), "water": Stream(water.flows, at)},
            {} if given else {"base": dose},
            add_extents(extents, taken),
            {"saponified": reached},
            fixed_splits=splits,
            notices=notices,
        )

    def _within(self, needed: float, total: float, free: float, extractant: Extractant) -> None:
        if needed > free:
            if total <= 0.0:
                read = f"saponify: base, but no {extractant.name}"
                raise ExtractionError("E603", read=read, expected="an organic with extractant", write="fraction: 40 %")
            if self.fraction is None:
                most = f"{free / needed:.1%} of this base"
            else:
                most = f"a fraction of {(self.fraction * total - needed + free) / total:.3f} or less"
            raise ExtractionError(
                "E603",
                read=f"saponify: loading {1.0 - free / total:.1%} and {needed / total:.1%} more of the "
                f"{extractant.name}",
                expected=f"at most its capacity, 100 %: {most}",
                write="fraction: 40 %",
            )


def _alkalis(base: Stream, extractant: Extractant) -> dict[str, float]:
    """The monovalent cations of a hydroxide solution that the extractant takes, by their shares."""
    found = {ion: base[ion] for ion, m in extractant.metals.items() if m.charge == 1 and base[ion] > 0.0}
    if not found or base["OH-"] <= 0.0:
        raise ExtractionError(
            "E605",
            read=f"a base of {', '.join(base.flows) or 'nothing'}",
            expected="a hydroxide solution of Na+, Li+ or NH4+",
            write="base: caustic_soda",
        )
    return {ion: flow / sum(found.values()) for ion, flow in found.items()}
