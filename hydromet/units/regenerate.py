"""Regeneration of a bleed of organic with hydrochloric acid."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import Field, field_validator

from hydromet.chemistry.extraction.extractants import load_extractant, organic_id
from hydromet.chemistry.physical.volume import volume
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, Unit, UnitResult
from hydromet.units.cascade import cobalt_iii, element_of, specific_volume
from hydromet.units.fields import Fraction, Ratio, Temperature
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction.extractants import Extractant


class Regenerate(Unit):
    """Regeneration: 4-6 M hydrochloric acid takes Fe(III), Al and residual metals off a bleed of the organic.

    Assumptions:
        1. Acid is drawn to the declared O/A. Each metal comes off to a declared share: chloride complexes that pull it
           off are not modelled, so the shares are listed as fixed splits.
        2. If the acid is short, all shares shrink alike (W609).
        3. Co(III) comes off reduced to the share ``cobalt_iii``; the oxygen it sets free leaves with the spent acid (in
           hydrochloric acid it is chlorine in part).
        4. The organic that leaves carries the declared volume of spent acid; a wash with water may follow.

    Ports: in ``organic`` (bleed), ``acid`` (drawn); out ``organic`` (regenerated), ``spent`` (spent regenerant).

    Equations: MRn(org) + n H+ = M+n + n RH(org), extent = share x n_M(org); acid = V_org / (O/A);
    4 CoR3(org) + 8 H+ + 2 H2O = 4 Co+2 + 12 RH(org) + O2.

    Validity: hydrochloric acid of 4-6 M for Fe(III); any acid that is declared to do it.

    Sources: practice with D2EHPA, 4-6 M HCl or H2SO4 with oxalic acid every cycle or on a bleed (recalled).
    """

    model: Literal["regenerate"] = "regenerate"
    extractant: str = Field(description="data/extractants", examples=["d2ehpa"])
    O_A: Ratio = Field(5.0, gt=0.0, description="organic over acid by volume")
    stripped: dict[str, Fraction] = Field(
        {"Fe+3": 0.95, "Al+3": 0.95}, description="ion -> share that comes off; every other metal to `others`"
    )
    others: Fraction = Field(0.99, description="share of every metal not named in `stripped`")
    cobalt_iii: Fraction = Field(0.9, description="share of oxidised cobalt that comes off")
    entrainment: Fraction = Field(2e-4, le=0.1, description="spent acid in the organic, volume per volume")
    temperature: Temperature | None = Field(None, description="of the contact; none: that of the organic")

    inlets: ClassVar = (Port("organic", "bleed of stripped organic"), Port("acid", "hydrochloric acid", drawn=True))
    outlets: ClassVar = (Port("organic", "regenerated organic"), Port("spent", "spent regenerant"))
    example: ClassVar[dict[str, Any]] = {
        "parameters": {"extractant": "d2ehpa", "O_A": 5.0},
        "inlets": {
            "organic": {
                "flows": {
                    "H(D2EHPA)(org)": 0.5, "Fe(D2EHPA)3(org)": 0.01, "Al(D2EHPA)3(org)": 0.002,
                    "Mn(D2EHPA)2(org)": 1e-4, "Diluent(org)": 3.0, "H2O": 0.001,
                },
            },
            "acid": {"flows": {"H+": 5.5, "Cl-": 5.5, "H2O": 44.0}},
        },
    }  # fmt: skip

    @field_validator("extractant")
    @classmethod
    def _known(cls, value: str) -> str:
        load_extractant(value)
        return value

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Acid to O/A, metals off by their shares, spent acid carried along."""
        extractant, organic = load_extractant(self.extractant), inlets["organic"]
        acid_volume, organic_volume = specific_volume(inlets["acid"]), volume(organic, "org")
        dose = organic_volume / self.O_A / acid_volume if acid_volume > 0.0 else 0.0
        mixed, first = chemistry.canonical(organic.plus(inlets["acid"].scaled(dose)))
        extents, short = self._extents(mixed, extractant)
        made = react(mixed, extents, chemistry)
        at = self.temperature or organic.temperature
        aqueous = made.where(lambda name: not name.endswith("(org)"))
        spent_volume = specific_volume(aqueous)
        back = min(self.entrainment * organic_volume / spent_volume, 0.5) if spent_volume > 0.0 else 0.0
        returned = aqueous.scaled(back)
        spent = {name: flow - returned[name] for name, flow in aqueous.flows.items()}
        notices: tuple[Notice, ...] = ()
        if short < 1.0:
            notices = (Notice("W609", f"the acid suffices for {short:.1%} of the metals"),)
        return UnitResult(
            {"organic": made.part("org").plus(returned).at(at), "spent": Stream(spent, at)},
            {"acid": dose},
            add_extents(first, extents),
            {"acid_used": self._used(extents, extractant, mixed["H+"])},
            fixed_splits=self._splits(organic, extractant),
            notices=notices,
        )

    def _share(self, ion: str) -> float:
        return self.stripped.get(ion, self.others)

    def _extents(self, mixed: Stream, extractant: Extractant) -> tuple[dict[str, float], float]:
        """Extraction run backwards, and the share of it the acid suffices for."""
        wanted = {m.equation: self._share(ion) * mixed[m.organic] for ion, m in extractant.metals.items()}
        need = sum(m.charge * wanted[m.equation] for m in extractant.metals.values())
        short = min(1.0, mixed["H+"] / need) if need > 0.0 else 1.0
        extents = {equation: -short * n for equation, n in wanted.items() if n > 0.0}
        aged = self.cobalt_iii * mixed[cobalt_iii(extractant.symbol)]
        if aged > 0.0:
            left = max(mixed["H+"] - short * need, 0.0)
            extents[reduction(extractant.symbol)] = 0.25 * min(aged, 0.5 * left)
        return extents, short

    def _used(self, extents: dict[str, float], extractant: Extractant, acid: float) -> float:
        used = -sum(m.charge * extents.get(m.equation, 0.0) for m in extractant.metals.values())
        return used / acid if acid > 0.0 else 0.0

    def _splits(self, organic: Stream, extractant: Extractant) -> tuple[FixedSplit, ...]:
        splits = [
            FixedSplit("stripped by the regenerant", ion, self._share(ion), "spent")
            for ion in extractant.metals
            if organic[organic_id(ion, extractant.symbol)] > 0.0
        ]
        if organic[cobalt_iii(extractant.symbol)] > 0.0:
            splits.append(FixedSplit("reduced by the regenerant", "Co(III)", self.cobalt_iii, "spent"))
        return tuple(splits)

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """A metal that is declared not to come off stays on the organic."""
        if inlet == "organic":
            for ion, share in self.stripped.items():
                if element_of(ion) == element and share == 0.0:
                    return ("organic",)
        return None


def reduction(symbol: str) -> str:
    """Co(III) on the organic to Co(II) in acid."""
    return f"4 {cobalt_iii(symbol)} + 8 H+ + 2 H2O = 4 Co+2 + 12 H({symbol})(org) + O2(g)"
