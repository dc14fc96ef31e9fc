"""The sections of a circuit run through the units of the plant: saponify, extract, scrub, strip.

Design and laboratory tests ask nothing but these units, so what is designed here is what a flowsheet computes.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hydromet.chemistry.extraction.extractants import organic_id
from hydromet.chemistry.physical.volume import volume
from hydromet.errors import ExtractionError
from hydromet.species import WATER, species
from hydromet.stream import Stream
from hydromet.study.cascades import Cascade
from hydromet.units.cascade import element_of
from hydromet.units.extract import Extract
from hydromet.units.saponify import Saponify
from hydromet.units.scrub import Scrub
from hydromet.units.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.study.sx_case import SxCase
    from hydromet.units.base import Notice, UnitResult

FORMAT = "hydromet-sx-circuit/1"
HOUR, LITRES = 3600.0, 1e3
SECTIONS = ("extraction", "scrubbing", "stripping")
# The port of a scrub raffinate that goes back to extraction, and when the loop counts as closed: relative change.
RETURNED, CLOSED, PASSES = "scrub_raffinate", 1e-9, 100


@dataclass(frozen=True)
class Plan:
    """How the sections are run; every question of a design changes one of these.

    Attributes:
        stages, o_a: of extraction. raffinate_pH: held with base, or None. saponified: share, or None.
        scrub_stages, scrub_o_a: of scrubbing.
        strip_stages, acid_ratio, metal, concentration: of stripping; kg/m3 of an ion in the strip liquor.
    """

    stages: int
    o_a: float
    raffinate_pH: float | None
    saponified: float | None
    scrub_stages: int
    scrub_o_a: float
    strip_stages: int
    acid_ratio: float
    metal: str
    concentration: float


@dataclass(frozen=True)
class Section:
    """One section solved.

    Attributes:
        name: extraction, scrubbing or stripping. inlets: by port. result: of its unit.
        base: kg/s of base that saponified the organic. notices: of the saponification.
    """

    name: str
    inlets: Mapping[str, Stream]
    result: UnitResult
    base: float = 0.0
    notices: tuple[Notice, ...] = ()

    @property
    def aqueous(self) -> Stream:
        """What leaves with the aqueous phase."""
        return self.result.outlets["strip_liquor" if self.name == "stripping" else "raffinate"]

    @property
    def organic(self) -> Stream:
        """What leaves with the organic phase."""
        return self.result.outlets["organic"]

    @property
    def organic_flow(self) -> float:
        """Volume of organic that enters, m3/s."""
        return volume(self.inlets["organic"], "org")


def plan_of(case: SxCase) -> Plan:
    """The plan a case file states.

    Raises:
        ExtractionError: E626, a metal of the strip liquor that is not there.
    """
    file = case.file
    metal, concentration = next(iter(file.targets.strip_liquor.items()), ("", 0.0))
    return Plan(
        stages=file.extraction.stages,
        o_a=file.extraction.o_a,
        raffinate_pH=file.extraction.raffinate_pH,
        saponified=file.organic.saponified if file.organic is not None else None,
        scrub_stages=case.scrub_stages,
        scrub_o_a=case.scrub_o_a,
        strip_stages=file.stripping.stages if file.stripping else 1,
        acid_ratio=file.stripping.acid_ratio if file.stripping else 1.1,
        metal=case.ion(metal, "targets", "strip_liquor") if metal else "",
        concentration=concentration,
    )


def extraction(case: SxCase, plan: Plan, *, laboratory: bool = False, acid: float = 0.0) -> Section:
    """The extraction section, with the scrub raffinate where that goes back to it.

    Args:
        case: with its phases.
        plan: stages, O/A, pH, saponification.
        laboratory: shaken to equilibrium and separated clear: no entrainment, efficiency 1, no side feed.
        acid: kg/s of strip acid added to the liquor.

    Raises:
        ExtractionError: E603 to E605 of the units, E604 the loop through scrubbing does not settle, E606 no such stage,
            E625 there is no liquor.
    """
    stage = None if laboratory else returned_to(case, plan)
    if stage is None:
        return _extraction(case, plan, laboratory, acid, {}, {})
    returned, apart = Stream(), 1.0
    for _ in range(PASSES):
        sides, inlets = ({RETURNED: stage}, {RETURNED: returned}) if returned.flows else ({}, {})
        section = _extraction(case, plan, laboratory, acid, sides, inlets)
        made = scrubbing(case, plan, section.organic).aqueous
        apart = _apart(returned, made)
        if apart < CLOSED:
            return section
        returned = made
    raise ExtractionError(
        "E604", read=f"a scrub raffinate that still changes by {apart:.1e} after {PASSES} passes",
        expected="a scrub that takes less back than extraction takes up: a higher scrub O/A",
        place=case.place("scrubbing", "raffinate_to"),
    )  # fmt: skip


def returned_to(case: SxCase, plan: Plan) -> int | None:
    """Stage of extraction that the scrub raffinate goes back to; None where it does not.

    Raises:
        ExtractionError: E606 extraction has no such stage.
    """
    stage = case.file.scrubbing.raffinate_to if case.file.scrubbing is not None and case.liquor.flows else None
    if stage is not None and stage > case.file.extraction.stages:
        raise ExtractionError(
            "E606", read=f"raffinate_to: {stage}", expected=f"a stage from 1 to {case.file.extraction.stages}",
            write="raffinate_to: 1", place=case.place("scrubbing", "raffinate_to"),
        )  # fmt: skip
    return min(stage, plan.stages) if stage is not None else None


def _apart(one: Stream, other: Stream) -> float:
    """Largest change of a flow, as a share of all that flows but water."""
    names = {*one.flows, *other.flows} - {WATER}
    size = sum(other[name] for name in names)
    return max((abs(one[name] - other[name]) for name in names), default=0.0) / size if size > 0.0 else 0.0


def _extraction(
    case: SxCase, plan: Plan, laboratory: bool, acid: float, sides: Mapping[str, int], more: Mapping[str, Stream]
) -> Section:
    if not case.liquor.flows:
        raise ExtractionError(
            "E625", read="a unit that is no extraction", expected="a liquor", write="liquor: {composition: ...}",
            place=case.place("from", "unit"),
        )  # fmt: skip
    organic = case.organic.scaled(plan.o_a * case.liquor_flow)
    base, notices = 0.0, tuple[Any, ...]()
    if plan.saponified is not None:
        soap = Saponify(extractant=case.extractant.key, fraction=plan.saponified, temperature=case.temperature)
        with _reagents(case):
            made = soap.solve({"organic": organic, "base": case.base}, case.chemistry)
        organic, base, notices = made.outlets["organic"], made.drawn["base"], made.notices
    inlets = {**_more(case, "extract", laboratory), **more, "aqueous": case.liquor, "organic": organic}
    if acid > 0.0:
        inlets["side"] = case.acid.scaled(acid)
    changes: dict[str, Any] = {"stages": plan.stages, "raffinate_pH": plan.raffinate_pH}
    if plan.saponified is not None:
        inlets.pop("base", None)
        changes["stage_pH"] = {}
    if plan.raffinate_pH is not None:
        inlets["base"] = case.base
    unit = _unit(case, Extract, changes, laboratory, sides)
    with _reagents(case):
        return Section("extraction", inlets, unit.solve(inlets, case.chemistry), base, notices)


def loaded(case: SxCase, plan: Plan) -> Stream:
    """The organic that enters scrubbing or, without it, stripping."""
    return case.loaded if case.loaded is not None else extraction(case, plan).organic


def scrubbing(case: SxCase, plan: Plan, organic: Stream) -> Section:
    """The scrubbing section.

    Raises:
        ExtractionError: E604 of the unit, E625 there is no scrub liquor.
    """
    if case.scrub is None:
        raise ExtractionError(
            "E625", read="no `scrubbing`", expected="the scrub liquor and the stages",
            write="scrubbing: {liquor: {composition: {H2SO4: 5 g/L}}, stages: 2, o_a: 10}", place=case.place(),
        )  # fmt: skip
    liquor = case.scrub.scaled(volume(organic, "org") / plan.scrub_o_a)
    inlets = {**_more(case, "scrub"), "organic": organic, "aqueous": liquor}
    changes: dict[str, Any] = {"stages": plan.scrub_stages}
    if plan.scrub_o_a != case.scrub_o_a:  # no water that would bring the unit of a plant back to its own
        inlets.pop("water", None)
        changes["O_A"] = None
    unit = _unit(case, Scrub, changes)
    return Section("scrubbing", inlets, unit.solve(inlets, case.chemistry))


def scrubbed(case: SxCase, plan: Plan) -> Stream:
    """The organic that enters stripping."""
    organic = loaded(case, plan)
    return organic if case.scrub is None else scrubbing(case, plan, organic).organic


def stripping(case: SxCase, plan: Plan, organic: Stream) -> Section:
    """The stripping section.

    Raises:
        ExtractionError: E604 of the unit, E625 no concentration of the strip liquor is set.
    """
    inlets = {**_more(case, "strip"), "organic": organic, "acid": case.acid, "water": case.water}
    changes: dict[str, Any] = {"stages": plan.strip_stages}
    if plan.metal:
        changes |= {"acid_ratio": plan.acid_ratio, "free_acid": None, "O_A": None, "metal": plan.metal,
                    "concentration": plan.concentration}  # fmt: skip
    elif case.plant is not None and case.plant.unit.model == "strip":
        inlets = {**case.plant.inlets, "organic": organic}
    else:
        raise ExtractionError(
            "E625", read="no concentration of the strip liquor", expected="a metal and its concentration",
            write="targets: {strip_liquor: {Co: 90 g/L}}", place=case.place("targets", key=True),
        )  # fmt: skip
    unit = _unit(case, Strip, changes)
    with _reagents(case):
        return Section("stripping", inlets, unit.solve(inlets, case.chemistry))


# What is wrong with a reagent, by the code of the unit that refuses it: key of the file and a line that works.
_REFUSED = {"E605": ("base", "base: sodium_hydroxide_50"), "E611": ("acid", "acid: sulfuric_acid_98")}


@contextmanager
def _reagents(case: SxCase) -> Iterator[None]:
    """Refusals of a reagent told at its line of the case."""
    try:
        yield
    except ExtractionError as error:
        if error.code in _REFUSED:
            key, error.write = _REFUSED[error.code]
            if key == "base":
                error.expected += "; a solid one with its strength: {reagent: lithium_hydroxide, strength: 10 wt%}"
            raise error.at(case.place(key)) from None
        raise


def _more(case: SxCase, model: str, laboratory: bool = False) -> dict[str, Stream]:
    """What else enters the unit of a plant: side feeds, a second liquor, oxygen."""
    if case.plant is None or case.plant.unit.model != model or laboratory:
        return {}
    return dict(case.plant.inlets)


def _unit(
    case: SxCase, kind: type[Any], changes: Mapping[str, Any], laboratory: bool = False,
    sides: Mapping[str, int] | None = None,
) -> Any:  # fmt: skip
    """The unit of a section: that of the plant, if it is of this kind, with what the question changes."""
    names = ("stage_efficiency", "aqueous_entrainment", "organic_entrainment")
    own: dict[str, Any] = {"extractant": case.extractant.key}
    if case.plant is not None and isinstance(case.plant.unit, kind) and not laboratory:
        own = case.plant.unit.model_dump()
        stages = changes["stages"]
        own["sides"] = {name: min(stage, stages) for name, stage in own["sides"].items()}
        if "side_stage" in own:
            own["side_stage"] = min(own["side_stage"], stages)
            own["stage_pH"] = {stage: pH for stage, pH in own["stage_pH"].items() if stage <= stages}
    if sides:
        own["sides"] = {**own.get("sides", {}), **sides}
    common = {name: getattr(case.file, name) for name in names}
    if laboratory:
        common = {"stage_efficiency": 1.0, "aqueous_entrainment": 0.0, "organic_entrainment": 0.0}
    return kind.model_validate({**own, **common, "temperature": case.temperature, **changes})


def purity(case: SxCase, organic: Stream, pair: str) -> float:
    """Mass ratio of two metals on an organic, ``Co/Ni``; infinite where the second is absent.

    Raises:
        ExtractionError: E626, E627 it is no pair.
    """
    wanted, _, other = (part.strip() for part in pair.partition("/"))
    if not wanted or not other:
        raise ExtractionError(
            "E627", read=pair, expected="two metals with / between them", write="{Co/Ni: 1000}",
            place=case.place("targets", "purity", pair, key=True),
        )  # fmt: skip
    masses = []
    for name in (wanted, other):
        try:
            ion = case.ion(name)
        except ExtractionError as error:
            raise error.at(case.place("targets", "purity", pair, key=True)) from None
        masses.append(organic[organic_id(ion, case.extractant.symbol)] * species(ion).molar_mass)
    return masses[0] / masses[1] if masses[1] > 0.0 else float("inf")


def grams(section: Section, ion: str) -> tuple[float, float]:
    """Concentration of a metal in the aqueous phase leaving the last and the organic leaving the first stage, g/L."""
    rows, name = section.result.stages, element_of(ion)
    if not rows:
        return 0.0, 0.0
    return rows[-1].get(f"{name}_aq_g_L", 0.0), rows[0].get(f"{name}_org_g_L", 0.0)


def solve(case: SxCase) -> dict[str, Section]:
    """Every section the case has what it takes for, in order, each with the organic of the one before.

    Raises:
        ExtractionError: as the sections; E625 there is none.
    """
    plan, found = plan_of(case), dict[str, Section]()
    organic = case.loaded
    if case.liquor.flows:
        found["extraction"] = extraction(case, plan)
        organic = found["extraction"].organic
    if organic is not None and case.scrub is not None:
        found["scrubbing"] = scrubbing(case, plan, organic)
        organic = found["scrubbing"].organic
    if organic is not None and (plan.metal or case.file.stripping is not None or not found):
        found["stripping"] = stripping(case, plan, organic)
    return found


def as_cascade(case: SxCase, section: Section) -> Cascade:
    """A section as the plots of a plant want it: McCabe-Thiele diagrams and stage profiles.

    Raises:
        ExtractionError: E604 nothing is contacted.
    """
    known, rows, organic = case.extractant, section.result.stages, section.inlets["organic"].part("org")
    if not rows:
        raise ExtractionError("E604", read="nothing is contacted", expected="both phases")
    own = case.plant.unit.model_dump() if case.plant is not None else {}
    places = {"aqueous": 1, "side": own.get("side_stage", 1), **own.get("sides", {})}
    places[RETURNED] = returned_to(case, plan_of(case)) or 0
    ahead = [stream for port, stream in section.inlets.items() if places.get(port) == 1]
    size, leaving = section.organic_flow, section.organic_flow / rows[0]["O_A"]
    mass = {ion: species(ion).molar_mass for ion in known.metals}
    return Cascade(
        name=section.name,
        model={"extraction": "extract", "scrubbing": "scrub", "stripping": "strip"}[section.name],
        extractant=known.key,
        temperature=case.temperature,
        efficiency=case.file.stage_efficiency,
        stages=tuple(rows),
        moved={element_of(ion): section.result.extents.get(metal.equation, 0.0) * HOUR
               for ion, metal in known.metals.items()},
        molarity=organic.elements().get(known.symbol, 0.0) / size / LITRES,
        organic_in={element_of(ion): organic[one.organic] * mass[ion] / size for ion, one in known.metals.items()},
        aqueous_in={element_of(ion): sum(one[ion] for one in ahead) * mass[ion] / leaving for ion in known.metals},
        converged=True,
        synergists={name: organic[one.id] / size / LITRES for name, one in known.synergists.items()},
    )  # fmt: skip


def record(sections: Mapping[str, Section]) -> dict[str, Any]:
    """Sections as plain data for JSON."""
    return {
        "format": FORMAT,
        "sections": {
            name: {
                "values": dict(one.result.values),
                "stages": [dict(row) for row in one.result.stages],
                "organic_m3_h": one.organic_flow * HOUR,
                "drawn_kg_h": {
                    port: flow * HOUR
                    for port, flow in {**one.result.drawn, **({"saponification": one.base} if one.base else {})}.items()
                },
                "warnings": [{"code": n.code, "text": n.text} for n in (*one.notices, *one.result.notices)],
            }
            for name, one in sections.items()
        },
    }
