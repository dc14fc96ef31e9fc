"""Counter-current solvent extraction."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.chemistry.contact import Feed
from hydromet.chemistry.extraction import load_extractant
from hydromet.errors import ExtractionError
from hydromet.units.base import Inlets, Notice, Port, UnitResult
from hydromet.units.cascade import CascadeUnit, element_of, not_extracted, stays
from hydromet.units.fields import PH

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry

_LIQUOR = {
    "H2O": 52.0, "Ni+2": 0.43, "Co+2": 0.136, "Mn+2": 0.002, "Li+": 0.72, "Na+": 0.4, "H+": 0.001, "SO4-2": 1.1285,
}  # fmt: skip


class Extract(CascadeUnit):
    """Counter-current extraction of metals from a liquor with an acidic extractant; the pH is a result.

    Assumptions:
        1. Aqueous and organic flow against each other through ``stages`` mixer-settlers; aqueous enters stage 1 and
           leaves stage N as raffinate. Every stage is at equilibrium, or its organic comes to equilibrium to the
           share ``stage_efficiency``.
        2. All metals compete for the free extractant, which follows from the loading balance; Na, Li and NH4 are
           metals like the others, so saponified extractant exchanges its sodium for them.
        3. The organic volume does not change with loading. Extractant dissolves to its solubility at the pH of the
           raffinate. Each settler passes the declared volumes of the other phase on.
        4. The base is dosed into the organic that enters stage N (saponification, ``raffinate_pH``) or into the mixers
           named in ``stage_pH``; its water stays in the raffinate.
        5. All stages are at ``temperature``; solids of the feed go with the raffinate; nothing precipitates, but
           supersaturation is reported by stage.

    Ports: in ``aqueous``, ``organic``, ``side`` (optional, enters ``side_stage``), ``base`` (optional; drawn if a pH is
    set, enters stage N); out ``raffinate``, ``organic``.

    Equations: log D = log K + n pH + m log10 [(RH)2], summed over the organic forms; balances of every metal and of
    the extractant in every stage; charge balance of the aqueous phase with HSO4-, HF, OH- and all other acidity from
    the aqueous engine; M+n + n RH(org) = MRn(org) + n H+.

    Validity: the pH range of each constant (W603), loading below 85 % (W602), O/A 0.05 to 20 (W601), 15-60 degC.

    Sources: data/extractants, every constant with source and grade; accuracy in the explanation
    solvent-extraction-accuracy.
    """

    model: Literal["extract"] = "extract"
    raffinate_pH: PH | None = Field(None, description="draws as much base as gives the raffinate this pH")
    stage_pH: dict[Annotated[int, Field(ge=1)], PH] = Field({}, description="stage -> pH held there with base")
    side_stage: int = Field(1, ge=1, description="stage that the side feed enters")

    outlets: ClassVar = (Port("raffinate", "depleted liquor"), Port("organic", "loaded organic"))
    example: ClassVar[tuple[dict[str, Any], ...]] = (
        {
            "parameters": {"extractant": "cyanex272", "stages": 5, "raffinate_pH": 5.3},
            "inlets": {
                "aqueous": {"flows": _LIQUOR},
                "organic": {"flows": {"H(Cyanex272)(org)": 0.8, "Diluent(org)": 3.4}},
                "base": {"flows": {"Na+": 12.5, "OH-": 12.5, "H2O": 27.8}},
            },
        },
        {
            "parameters": {"extractant": "d2ehpa", "stages": 3},
            "inlets": {
                "aqueous": {"flows": _LIQUOR},
                "organic": {"flows": {"H(D2EHPA)(org)": 0.5, "Na(D2EHPA)(org)": 0.1, "Diluent(org)": 3.0}},
                "side": {"flows": {"Mn+2": 0.05, "SO4-2": 0.05, "H2O": 3.0}},
            },
        },
    )

    @model_validator(mode="after")
    def _stages_exist(self) -> Self:
        for what, stage in [("side_stage", self.side_stage), *(("stage_pH", s) for s in self.stage_pH)]:
            if stage > self.stages:
                raise ExtractionError("E606", read=f"{what}: {stage}", expected=f"a stage from 1 to {self.stages}")
        return self

    def inlet_ports(self) -> tuple[Port, ...]:
        """The base is drawn where a pH is set."""
        drawn = bool(self._set_points())
        return (
            Port("aqueous", "liquor, enters stage 1"),
            Port("organic", "organic, enters stage N"),
            Port("side", "second feed", required=False),
            Port("base", "hydroxide solution", required=drawn, drawn=drawn),
        )

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """What sulfuric acid does not strip, iron above all, is extracted before anything else."""
        del inlet
        return ("organic",) if stays(self.extractant, element) else None

    def _set_points(self) -> dict[int, float]:
        points = {stage - 1: pH for stage, pH in self.stage_pH.items()}
        if self.raffinate_pH is not None:
            points[self.stages - 1] = self.raffinate_pH
        return points

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Cascade at given flows, or with the base that meets the set pH."""
        points = self._set_points()
        feeds = [Feed(0, inlets["aqueous"]), Feed(self.stages - 1, inlets["organic"])]
        if "side" in inlets:
            feeds.append(Feed(self.side_stage - 1, inlets["side"]))
        base = inlets.get("base")
        if base is not None and not points:
            feeds.append(Feed(self.stages - 1, base))
        done = self.run(feeds, set_points=points, base=base if points else None)
        aqueous = inlets["aqueous"]
        extra = not_extracted(aqueous, load_extractant(self.extractant), _litres(aqueous, chemistry))
        if done.outcome is not None:
            extra += [
                Notice("W606", f"stage {j + 1}: pH {done.outcome.pH[j]:.2f} without base, above the set {points[j]:g}")
                for j in done.unmet
            ]
        outlets = {"raffinate": done.raffinate, "organic": done.organic}
        drawn = {"base": done.base} if points else {}
        return self.report(done, outlets, drawn, extra=extra, values=self._recoveries(inlets, done.raffinate))

    def _recoveries(self, inlets: Inlets, raffinate: Stream) -> dict[str, float]:
        """Share of each metal of the liquors that does not stay dissolved in the raffinate."""
        found = {}
        for ion in load_extractant(self.extractant).metals:
            fed = inlets["aqueous"][ion] + (inlets["side"][ion] if "side" in inlets else 0.0)
            if fed > 0.0:
                found[f"extracted_{element_of(ion)}"] = 1.0 - raffinate[ion] / fed
        return found


def _litres(stream: Stream, chemistry: Chemistry) -> float:
    return chemistry.volume(stream, "aq") if stream["H2O"] > 0.0 else 0.0


if TYPE_CHECKING:
    from hydromet.stream import Stream
