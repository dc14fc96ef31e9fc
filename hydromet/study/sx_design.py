"""Design of a circuit: the least stages, O/A, saponification, strip acid or scrub liquor that meets the targets.

Every answer is found by running the units of the plant: integers by counting up from one, the others by going up a
series from low to high until the targets are met and closing in on the first crossing. Nothing is assumed about the
shape of the answer but that it is met on one side of the crossing and missed on the other.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.chemistry.physical.volume import volume
from hydromet.chemistry.root import bracket_root
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.study import sx_circuit as circuit
from hydromet.study.sx_file import MOST_STAGES
from hydromet.study.sx_targets import Aim, aims, reason
from hydromet.units.base import Notice
from hydromet.units.cascade import element_of
from hydromet.units.mixer_settler import practice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from hydromet.study.sx_case import SxCase
    from hydromet.study.sx_circuit import Plan, Section

FORMAT = "hydromet-sx-design/1"
HOUR, LITRES = 3600.0, 1e3
# Where answers are looked for: O/A, saponified share, acid per equivalent, scrub liquor per organic.
_O_A = np.geomspace(0.02, 50.0, 28).tolist()
_SHARE = np.linspace(0.0, 0.98, 29).tolist()
_ACID = np.geomspace(0.3, 6.0, 22).tolist()
_SCRUB = np.geomspace(1e-3, 2.0, 28).tolist()
# Width of the last interval, relative.
_WIDTH = 1e-6
# Stages without any gain after which more are not tried.
_IDLE = 4


@dataclass(frozen=True)
class Trial:
    """One value of what is varied, and what it gives; ``section`` is None where the units refuse it."""

    value: float
    section: Section | None
    aims: tuple[Aim, ...]
    refusal: str = ""

    @property
    def margin(self) -> float:
        """Of the target that is missed most, or met by least."""
        return min((aim.margin for aim in self.aims), default=-inf)

    @property
    def met(self) -> bool:
        """Are all targets met?"""
        return bool(self.aims) and all(aim.met for aim in self.aims)


@dataclass(frozen=True)
class Design:
    """The answer to a question of design.

    Attributes:
        question: one of ``QUESTIONS``. section: that it is about.
        value: the answer. unit: ``stages``, ``organic/aqueous``, ``share``, ``eq/eq`` or ``aqueous/organic``.
        trial: the section at the answer. tried: all trials in the order of the value.
        figures: what else follows, name -> (value, unit).
        notices: of the units at the answer, and of the answer.
    """

    question: str
    section: str
    value: float
    unit: str
    trial: Trial
    tried: tuple[Trial, ...]
    figures: Mapping[str, tuple[float, str]]
    notices: tuple[Notice, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "format": FORMAT,
            "question": self.question,
            "section": self.section,
            "answer": {"value": self.value, "unit": self.unit},
            "targets": [_aim(aim) for aim in self.trial.aims],
            "figures": {name: {"value": value, "unit": unit} for name, (value, unit) in self.figures.items()},
            "stages": [dict(row) for row in self.trial.section.result.stages] if self.trial.section else [],
            "tried": [
                {"value": one.value, "met": one.met, "refusal": one.refusal, "targets": [_aim(a) for a in one.aims]}
                for one in self.tried
            ],
            "warnings": [{"code": one.code, "text": one.text} for one in self.notices],
        }


def _aim(aim: Aim) -> dict[str, Any]:
    reached = aim.reached if aim.reached < inf else None
    return {"what": aim.what, "of": aim.of, "wanted": aim.wanted, "reached": reached, "unit": aim.unit, "met": aim.met}


def stages(case: SxCase, section: str = "extraction") -> Design:
    """Fewest stages of a section that meet its targets at the O/A of the file.

    Raises:
        ExtractionError: E621 to E624 no number does, with how far one gets and why; E625 there is no target.
    """
    plan = circuit.plan_of(case)
    run = _runner(case, section, plan, _STAGES[section])
    tried: list[Trial] = []
    idle = 0
    for count in range(1, MOST_STAGES + 1):
        tried.append(run(float(count)))
        if tried[-1].met:
            break
        gained = len(tried) < 2 or tried[-1].margin > tried[-2].margin + 1e-9
        idle = 0 if gained else idle + 1
        if idle == _IDLE:
            break
    if not tried[-1].met:
        raise _beyond(case, "stages", tried, f"{len(tried)} stages")
    return _answer(case, "stages", section, "stages", tried, plan)


def o_a(case: SxCase) -> Design:
    """Least O/A of extraction at the stages of the file; among the figures that of 60 stages, where more help no more.

    Raises:
        ExtractionError: E621 to E624, E625 as ``stages``.
    """
    plan = circuit.plan_of(case)
    tried = _least(case, "o_a", _runner(case, "extraction", plan, "o_a"), _O_A)
    found = _answer(case, "o_a", "extraction", "organic/aqueous", tried, plan)
    endless = _runner(case, "extraction", replace(plan, stages=MOST_STAGES), "o_a")
    limit = _downwards(endless, found.value)
    figures = {**found.figures, f"o_a_of_{MOST_STAGES}_stages": (limit, "organic/aqueous")}
    return replace(found, figures=figures)


def saponification(case: SxCase) -> Design:
    """Least saponified share of the extractant that meets the targets of extraction, such as the pH of the raffinate.

    The ``raffinate_pH`` of the section, which would be held with base, is the target here if there is none.

    Raises:
        ExtractionError: E621 to E624, E625 as ``stages``.
    """
    plan = circuit.plan_of(case)
    if case.file.targets.raffinate_pH is None and plan.raffinate_pH is not None:
        targets = case.file.targets.model_copy(update={"raffinate_pH": plan.raffinate_pH})
        case = replace(case, file=case.file.model_copy(update={"targets": targets}))
    plan = replace(plan, raffinate_pH=None)
    tried = _least(case, "saponification", _runner(case, "extraction", plan, "saponified"), _SHARE)
    return _answer(case, "saponification", "extraction", "share", tried, plan)


def strip_acid(case: SxCase) -> Design:
    """Least acid per equivalent of metal that strips to the target at the concentration of the strip liquor.

    Raises:
        ExtractionError: E622, E624 as ``stages``; E625 no strip liquor or no share to strip is set.
    """
    plan = circuit.plan_of(case)
    if not case.file.targets.stripped:
        raise _no_target(case, "stripped", "stripped: {Co: 99.9 %}")
    tried = _least(case, "strip_acid", _runner(case, "stripping", plan, "acid_ratio"), _ACID)
    return _answer(case, "strip_acid", "stripping", "eq/eq", tried, plan)


def scrub_ratio(case: SxCase) -> Design:
    """Least scrub liquor per organic that gives the purity.

    Raises:
        ExtractionError: E623, E624 as ``stages``; E625 no scrub liquor or no purity is set.
    """
    plan = circuit.plan_of(case)
    tried = _least(case, "scrub_ratio", _runner(case, "scrubbing", plan, "scrub_o_a", inverse=True), _SCRUB)
    return _answer(case, "scrub_ratio", "scrubbing", "aqueous/organic", tried, plan)


QUESTIONS: Mapping[str, Callable[[SxCase], Design]] = {
    "stages": stages, "o_a": o_a, "saponification": saponification, "strip_acid": strip_acid,
    "scrub_ratio": scrub_ratio,
}  # fmt: skip
_TARGET = {
    "extraction": ("extraction, raffinate or raffinate_pH", "extraction: {Co: 99.5 %}"),
    "scrubbing": ("purity", "purity: {Co/Ni: 1000}"),
    "stripping": ("stripped", "stripped: {Co: 99.9 %}"),
}


def _runner(case: SxCase, section: str, plan: Plan, name: str, *, inverse: bool = False) -> Callable[[float], Trial]:
    """What runs a section at one value of a field of the plan and judges it."""
    targets = case.file.targets
    there = {
        "extraction": bool(targets.extraction or targets.raffinate or targets.raffinate_pH is not None),
        "scrubbing": bool(targets.purity), "stripping": bool(targets.stripped),
    }  # fmt: skip
    if not there[section]:
        raise _no_target(case, *_TARGET[section])
    organic = None
    if section == "scrubbing":
        organic = circuit.loaded(case, plan)
    elif section == "stripping":
        organic = circuit.scrubbed(case, plan)

    def run(value: float) -> Trial:
        changed: Any = int(value) if "stages" in name else 1.0 / value if inverse else value
        here = replace(plan, **{name: changed})
        try:
            if section == "extraction":
                done = circuit.extraction(case, here)
            elif section == "scrubbing":
                # Where the scrub raffinate goes back, the organic that comes out of extraction follows.
                loaded = circuit.loaded(case, here) if circuit.returned_to(case, here) is not None else organic
                done = circuit.scrubbing(case, here, loaded)  # type: ignore[arg-type]  # it is there for this section
            else:
                done = circuit.stripping(case, here, organic)  # type: ignore[arg-type]  # likewise
        except ExtractionError as error:
            if error.code not in ("E603", "E604"):
                raise
            return Trial(value, None, (), f"{error.code} {error.read}")
        return Trial(value, done, aims(case, done, here))

    return run


def _no_target(case: SxCase, what: str, write: str) -> ExtractionError:
    return ExtractionError(
        "E625", read="no target that this question is about", expected=f"a target: {what}",
        write=f"targets: {{{write}}}", place=case.place("targets", key=True),
    )  # fmt: skip


def _least(case: SxCase, question: str, run: Callable[[float], Trial], series: Sequence[float]) -> list[Trial]:
    """Trials up to the least value that meets the targets, which is the last but for those above it."""
    tried: list[Trial] = []
    for value in series:
        tried.append(run(float(value)))
        if tried[-1].met:
            break
    if not tried[-1].met:
        raise _beyond(case, question, tried, f"{_WORDS[question]} up to {tried[-1].value:.3g}")
    if len(tried) > 1:
        tried += _between(run, tried[-2], tried[-1])
    return sorted(tried, key=lambda one: one.value)


def _between(run: Callable[[float], Trial], below: Trial, above: Trial) -> list[Trial]:
    """Trials that close in on the crossing between a value that misses and one that meets."""
    found: list[Trial] = []

    def margin(value: float) -> float:
        one = run(value)
        found.append(one)
        return one.margin if not one.met else max(one.margin, 0.0)

    bracket_root(margin, (below.value, below.margin), (above.value, max(above.margin, 0.0)), _WIDTH * above.value)
    return found


def _downwards(run: Callable[[float], Trial], start: float) -> float:
    """The least value that meets the targets below one that does, going down."""
    above = run(start)
    if not above.met:
        return start
    for _ in range(200):
        below = run(above.value / 1.05)
        if not below.met:
            tried = [one for one in _between(run, below, above) if one.met]
            return min((one.value for one in tried), default=above.value)
        above = below
    return above.value


_WORDS = {
    "o_a": "O/A", "saponification": "a saponified share", "strip_acid": "acid per equivalent",
    "scrub_ratio": "scrub liquor per organic",
}  # fmt: skip


def _beyond(case: SxCase, question: str, tried: Sequence[Trial], searched: str) -> ExtractionError:
    """The error that says how far one gets and why."""
    possible = [one for one in tried if one.section is not None]
    if not possible:
        return ExtractionError(
            "E624", read=f"{searched}: {tried[-1].refusal}", expected="a circuit the units can solve"
        )
    best = max(possible, key=lambda one: one.margin)
    assert best.section is not None  # noqa: S101  # only those were asked
    aim = min(best.aims, key=lambda one: one.margin)
    code, why = reason(case, best.section, aim)
    unit = {"%": " %", "kg/m3": " g/L", "kg/kg": "", "": ""}[aim.unit]
    scale = 100.0 if aim.unit == "%" else 1.0
    reached = f"{scale * aim.reached:.5g}{unit} at best, with {_value(question, best.value)}"
    wanted = f"{aim.what} {aim.of}".strip()
    return ExtractionError(
        code,
        read=f"{wanted} {scale * aim.wanted:.10g}{unit}, tried {searched}",
        expected=f"a target within reach: {reached}; {why}",
        place=case.place("targets", aim.what, *([aim.of] if aim.of else [])),
    )


def _value(question: str, value: float) -> str:
    return f"{value:.0f} stages" if question == "stages" else f"{_WORDS[question]} {value:.3g}"


def _answer(case: SxCase, question: str, section: str, unit: str, tried: Sequence[Trial], plan: Plan) -> Design:
    best = min((one for one in tried if one.met), key=lambda one: one.value)
    done = best.section
    assert done is not None  # noqa: S101  # a trial that meets its targets was solved
    notices = [*done.notices, *done.result.notices]
    if question == "stages" and best.value > (most := practice("stages").high):
        notices.append(Notice("W621", f"{best.value:.0f} stages, more than {most:g}: change O/A or the pH instead"))
    if question != "stages" and best is tried[0]:
        notices.append(Notice("W622", f"{_WORDS[question]} {best.value:.3g} meets the targets already"))
    figures = {"extraction": _of_extraction, "scrubbing": _of_scrubbing, "stripping": _of_stripping}[section]
    return Design(question, section, best.value, unit, best, tuple(tried), figures(case, done, plan), tuple(notices))


_STAGES = {"extraction": "stages", "scrubbing": "scrub_stages", "stripping": "strip_stages"}
Figures = dict[str, tuple[float, str]]


def _of_extraction(case: SxCase, section: Section, plan: Plan) -> Figures:
    del plan
    values = section.result.values
    base = section.base + section.result.drawn.get("base", 0.0)
    found = {"raffinate_pH": (values["raffinate_pH"], ""), "loading": (values["loading"], "share of the capacity")}
    if base > 0.0:
        found["base"] = (base / case.liquor_flow, "kg/m3 liquor")
    for ion in case.metals():
        name = element_of(ion)
        if values.get(f"extracted_{name}", 0.0) > 0.0 and case.extractant.metals[ion].charge > 1:
            found[f"extracted_{name}"] = (values[f"extracted_{name}"], "share")
    return found


def _of_scrubbing(case: SxCase, section: Section, plan: Plan) -> Figures:
    del plan
    values = section.result.values
    found = {"o_a": (section.organic_flow / volume(section.inlets["aqueous"], "aq"), "organic/aqueous"),
             "raffinate_pH": (values["raffinate_pH"], "")}  # fmt: skip
    for ion in case.metals():
        if case.extractant.metals[ion].charge > 1 and f"scrubbed_{element_of(ion)}" in values:
            found[f"scrubbed_{element_of(ion)}"] = (values[f"scrubbed_{element_of(ion)}"], "share")
    return found


def _of_stripping(case: SxCase, section: Section, plan: Plan) -> Figures:
    """Strength of the strip solution, free acid of the strip liquor, acid per metal."""
    drawn, acid = section.result.drawn, species("H2SO4").molar_mass
    strip = case.chemistry.mix(case.acid.scaled(drawn["acid"]), case.water.scaled(drawn["water"])).at(case.temperature)
    liquor = section.aqueous
    metal = liquor[plan.metal] * species(plan.metal).molar_mass
    return {
        "strip_solution": (0.5 * (strip["H+"] - strip["OH-"]) * acid / volume(strip, "aq"), "kg/m3 H2SO4"),
        "free_acid": (0.5 * (liquor["H+"] - liquor["OH-"]) * acid / volume(liquor, "aq"), "kg/m3 H2SO4"),
        "pH": (section.result.values["raffinate_pH"], ""),
        "o_a": (section.organic_flow / volume(liquor, "aq"), "organic/aqueous"),
        "acid": (drawn["acid"] / metal, f"kg/kg {element_of(plan.metal)}"),
        "water": (drawn["water"] / metal, f"kg/kg {element_of(plan.metal)}"),
    }
