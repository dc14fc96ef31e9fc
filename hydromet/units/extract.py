"""Counter-current solvent extraction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from hydromet.chemistry.extraction.contact import Feed
from hydromet.chemistry.extraction.extractants import load_extractant, organic_id
from hydromet.errors import ExtractionError
from hydromet.stream import Stream
from hydromet.units.base import FixedSplit, Inlets, Notice, Port, UnitResult
from hydromet.units.cascade import CascadeUnit, element_of, not_extracted, oxidation, stays
from hydromet.units.crud import Share, declared
from hydromet.units.fields import PH
from hydromet.units.vessel import add_extents, react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.chemistry.extraction.contact import Contacted

# A set pH this near that of the base itself takes many times the liquor of base; round-off of a full saponification.
_NEAR, _ROUND_OFF = 2.0, 1e-9
# Base drawn to a set pH is beyond the capacity where a stage is so loaded and so much of the extractant is too much.
_FULL, _TOO_MUCH = 0.999, 0.01

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
           supersaturation is reported by stage. What is named in ``crud_solids`` (gypsum) precipitates from the
           raffinate behind the last stage and leaves with the crud.
        6. ``crud`` of the organic, ``cobalt_oxidation`` of the cobalt on it are declared shares a pass, listed as fixed
           splits. Co(III) is inert, holds three extractants an atom and comes off in ``regenerate`` only.
        7. An extractant carried over from another circuit takes no part; it is counted and told (W611).
        8. A stage holds one pair of phases; a stream drawn from the middle is two units with a ``split`` between them.

    Ports: in ``aqueous``, ``organic``, ``side`` (optional, enters ``side_stage``), a port for every entry of ``sides``,
    ``base`` (optional; drawn if a pH is set, enters stage N), ``oxygen`` (drawn, with ``cobalt_oxidation``); out
    ``raffinate``, ``organic``, ``crud`` (if declared).

    Equations: log D = log K + n pH + m log10 [(RH)2], summed over the organic forms; balances of every metal and of
    the extractant in every stage; charge balance of the aqueous phase with HSO4-, HF, OH- and all other acidity from
    the aqueous engine; M+n + n RH(org) = MRn(org) + n H+; 4 CoR2 + 4 RH + O2 = 4 CoR3 + 2 H2O.

    Validity: the pH range of each constant (W603), loading below 85 % (W602) and below what data/extractants give for a
    third phase (W612), O/A 0.05 to 20 (W601), 15-60 degC (W615). Base beyond the capacity is refused (E603), given or
    needed for a set pH.

    Sources: data/extractants, every constant with source and grade; accuracy in the explanation
    solvent-extraction-accuracy.
    """

    model: Literal["extract"] = "extract"
    raffinate_pH: PH | None = Field(None, description="draws as much base as gives the raffinate this pH")
    stage_pH: dict[Annotated[int, Field(ge=1)], PH] = Field({}, description="stage -> pH held there with base")
    side_stage: int = Field(1, ge=1, description="stage that the side feed enters")
    cobalt_oxidation: Share = Field(
        0.0, description="share of the cobalt on the organic that turns into Co(III); typical: that of data/extractants"
    )

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

    def own_ports(self) -> tuple[Port, ...]:
        """The base is drawn where a pH is set."""
        drawn = bool(self._set_points())
        air = (Port("oxygen", "oxygen of the air", drawn=True),) if self.cobalt_oxidation else ()
        return (
            Port("aqueous", "liquor, enters stage 1"),
            Port("organic", "organic, enters stage N"),
            Port("side", "second feed", required=False),
            Port("base", "hydroxide solution", required=drawn, drawn=drawn),
            *air,
        )

    def ways_out(self, element: str, inlet: str) -> tuple[str, ...] | None:
        """What sulfuric acid does not strip, iron above all, is extracted before anything else."""
        del inlet
        if not stays(self.extractant, element):
            return None
        return ("organic", "crud") if self.crud else ("organic",)

    def _set_points(self) -> dict[int, float]:
        points = {stage - 1: pH for stage, pH in self.stage_pH.items()}
        if self.raffinate_pH is not None:
            points[self.stages - 1] = self.raffinate_pH
        return points

    def solve(self, inlets: Inlets, chemistry: Chemistry) -> UnitResult:
        """Cascade at given flows, or with the base that meets the set pH."""
        points = self._set_points()
        feeds = [Feed(0, inlets["aqueous"]), Feed(self.stages - 1, inlets["organic"]), *self.side_feeds(inlets)]
        if "side" in inlets:
            feeds.append(Feed(self.side_stage - 1, inlets["side"]))
        base = inlets.get("base")
        if base is not None and not points:
            feeds.append(Feed(self.stages - 1, base))
            self._within_capacity(feeds, inlets["organic"])
        done = self._run_to(points, feeds, base, chemistry)
        if base is not None and points and done.outcome is not None and done.outcome.loading.max() > _FULL:
            self._reachable(done, points, feeds, inlets["organic"], base)
        aqueous = inlets["aqueous"]
        extra = not_extracted(aqueous, load_extractant(self.extractant), _litres(aqueous, chemistry))
        if done.outcome is not None:
            extra += [
                Notice(
                    "W606", f"stage {j + 1}: pH {done.outcome.pH[j]:.2f} with no base dosed there, above {points[j]:g}"
                )
                for j in done.unmet
            ]
        values, drawn = self._recoveries(inlets, done.raffinate), {"base": done.base} if points else {}
        outlets = {"raffinate": done.raffinate, "organic": done.organic}
        if not self.cobalt_oxidation:
            return self.report(done, outlets, drawn, chemistry, extra=extra, values=values)
        aged, drawn["oxygen"], extents, split = self._oxidised(done.organic, inlets["oxygen"], chemistry)
        done = replace(done, extents=add_extents(done.extents, extents))
        outlets["organic"] = aged
        return self.report(done, outlets, drawn, chemistry, splits=(split,), extra=extra, values=values)

    def _run_to(
        self, points: dict[int, float], feeds: list[Feed], base: Stream | None, chemistry: Chemistry
    ) -> Contacted:
        """The cascade; where it does not solve, whether the base is too weak for the pH."""
        try:
            return self.run(feeds, set_points=points, base=base if points else None)
        except ExtractionError as error:
            if error.code != "E604" or base is None or not points:
                raise
            stage, wanted = max(points.items(), key=lambda item: item[1])
            most = chemistry.liquor(base.at(self.temperature)).pH
            if wanted < most - _NEAR:
                raise
            raise ExtractionError(
                "E613",
                read=f"stage {stage + 1}: pH {wanted:g}; the base itself has pH {most:.2f}",
                expected=f"a pH well below that, {most - _NEAR:.1f}, or a stronger base",
                write="raffinate_pH: 5.5",
            ) from error

    def _reachable(
        self, done: Contacted, points: dict[int, float], feeds: list[Feed], organic: Stream, base: Stream
    ) -> None:
        """A set pH that takes more base than the organic can: the rest would only turn metals into hydroxides.

        Raises:
            ExtractionError: E603.
        """
        assert done.outcome is not None  # noqa: S101  # asked for only with one
        known, loading = load_extractant(self.extractant), done.outcome.loading
        total, bound = self._loaded(organic)
        more = (base["OH-"] + base["NH3"]) * done.base + _net_base(feeds)
        if more > total - bound + _TOO_MUCH * total:
            stage, full = max(points, key=lambda j: points[j]), int(loading.argmax())
            raise ExtractionError(
                "E603",
                read=f"stage {full + 1}: loading {loading[full]:.2%}; pH {points[stage]:g} in stage {stage + 1} takes "
                f"base for {more / total:.1%} of the {known.name}",
                expected=f"at most its capacity, 100 %: {1.0 - bound / total:.1%} is free; a lower pH or more organic",
                write="raffinate_pH: 5.5",
            )

    def _loaded(self, organic: Stream) -> tuple[float, float]:
        """Extractant of an organic and what of it is bound, mol/s."""
        known = load_extractant(self.extractant)
        total = organic.part("org").elements().get(known.symbol, 0.0)
        return total, total - organic[known.acid]

    def _within_capacity(self, feeds: list[Feed], organic: Stream) -> None:
        """Base in excess of acid and free extractant together could only stay as caustic beside a full organic.

        Raises:
            ExtractionError: E603.
        """
        known = load_extractant(self.extractant)
        total, bound = self._loaded(organic)
        more = _net_base(feeds)
        if total > 0.0 and more > (total - bound) * (1.0 + _ROUND_OFF):
            raise ExtractionError(
                "E603",
                read=f"stage {self.stages}: loading {bound / total:.1%} and base for {more / total:.1%} more of the "
                f"{known.name}",
                expected=f"at most its capacity, 100 %: {max(1.0 - bound / total, 0.0):.1%} is free",
                write="raffinate_pH: 5.5   # draws what is needed",
            )

    def _oxidised(
        self, organic: Stream, oxygen: Stream, chemistry: Chemistry
    ) -> tuple[Stream, float, dict[str, float], FixedSplit]:
        """Cobalt on the leaving organic partly turned into Co(III), and the oxygen for it in kg/s."""
        known = load_extractant(self.extractant)
        if not oxygen["O2(g)"] > 0.0 or len(oxygen.flows) > 1:
            raise ExtractionError(
                "E614", read=f"oxygen: {', '.join(oxygen.flows) or 'nothing'}", expected="O2(g) alone; nitrogen of the "
                "air passes by", write="oxygen: {composition: {O2(g): 100 wt%}}",
            )  # fmt: skip
        share, source = declared(self.cobalt_oxidation, self.extractant, "cobalt oxidation")
        cobalt = organic[organic_id("Co+2", known.symbol)]
        turned = min(share * cobalt, organic[known.acid])
        extents = {oxidation(known.symbol): 0.25 * turned} if turned > 0.0 else {}
        made = react(organic.plus(Stream({"O2(g)": 0.25 * turned}, organic.temperature)), extents, chemistry)
        split = FixedSplit("oxidation of cobalt", "Co+2", share, "organic", source)
        return made, 0.25 * turned / oxygen["O2(g)"], extents, split

    def _recoveries(self, inlets: Inlets, raffinate: Stream) -> dict[str, float]:
        """Share of each metal of the liquors that does not stay dissolved in the raffinate."""
        found = {}
        for ion in load_extractant(self.extractant).metals:
            fed = sum(inlets[name][ion] for name in ("aqueous", "side", *self.sides) if name in inlets)
            if fed > 0.0:
                found[f"extracted_{element_of(ion)}"] = 1.0 - raffinate[ion] / fed
        return found


def _net_base(feeds: list[Feed]) -> float:
    """Hydroxide less acid of all feeds, mol/s."""
    return sum(s["OH-"] - 2.0 * s["H2SO4(l)"] - s["HSO4-"] - s["H+"] for s in (feed.stream for feed in feeds))


def _litres(stream: Stream, chemistry: Chemistry) -> float:
    return chemistry.volume(stream, "aq") if stream["H2O"] > 0.0 else 0.0
