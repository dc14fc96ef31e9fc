"""Laboratory tests of an extraction, simulated the way they are done: one flask a point, shaken to equilibrium.

A pH isotherm holds the pH of every flask with base or, below the pH the flask has by itself, with acid. A loading
isotherm varies O/A at a held pH; an O/A sweep lets the pH go where it goes. Each flask is one stage of the unit
``extract`` without entrainment; base and acid are the commercial ones, so their water dilutes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from math import log
from typing import TYPE_CHECKING

from hydromet.chemistry.root import bracket_root
from hydromet.chemistry.solutions.curve import Column, Curve
from hydromet.errors import ExtractionError
from hydromet.species import species
from hydromet.study.sx_circuit import Plan, Section, extraction, plan_of
from hydromet.units.base import Notice
from hydromet.units.cascade import element_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hydromet.study.sx_case import SxCase

LITRES, ZERO = 1e3, 273.15
# pH of a flask that is held with acid, and most acid that is tried, kg per cubic metre of liquor.
_PH, _MOST_ACID = 1e-9, 4e3
_FIRST_ACID = 1e-3
# Metals below this in both phases are not shown, g/L.
_TRACE = 1e-4


@dataclass(frozen=True)
class Flask:
    """One flask at equilibrium.

    Attributes:
        section: one stage of extraction. base, acid: kg of reagent per cubic metre of liquor.
    """

    section: Section
    base: float
    acid: float

    @property
    def pH(self) -> float:
        """At equilibrium."""
        return self.section.result.stages[0]["pH"]

    @property
    def loading(self) -> float:
        """Equivalents of metal per extractant."""
        return self.section.result.stages[0]["loading"]

    def grams(self, name: str) -> tuple[float, float]:
        """Concentration of a metal in the aqueous phase and in the organic, g/L."""
        row = self.section.result.stages[0]
        return row.get(f"{name}_aq_g_L", 0.0), row.get(f"{name}_org_g_L", 0.0)

    def share(self, name: str) -> float:
        """Share of the metal in the flask that is in the organic, 0 to 1."""
        aqueous, organic = self.grams(name)
        ratio = self.section.result.stages[0]["O_A"]
        there = aqueous + organic * ratio
        return organic * ratio / there if there > 0.0 else 0.0


def shake(case: SxCase, o_a: float, pH: float | None = None, plan: Plan | None = None) -> Flask:
    """One flask: liquor and fresh organic of the case, shaken at an O/A, the pH held or left alone.

    Args:
        case: with liquor and organic; where the pH is left alone, the organic is saponified if the file says so, where
            it is held, base goes into the flask as it is needed.
        o_a: organic per liquor, by volume.
        pH: held with base or acid; None: as it comes.
        plan: of the case, to spare reading it again.

    Raises:
        ExtractionError: E629 the pH cannot be held, E603 to E605 of the units.
    """
    plan = replace(plan or plan_of(case), stages=1, o_a=o_a, raffinate_pH=pH)
    if pH is not None:
        plan = replace(plan, saponified=None)
    done = extraction(case, plan, laboratory=True)
    if not done.result.stages:
        raise ExtractionError("E604", read="nothing is contacted", expected="a liquor with water and an extractant")
    if pH is None or not any(notice.code == "W606" for notice in done.result.notices):
        return Flask(done, (done.base + done.result.drawn.get("base", 0.0)) / case.liquor_flow, 0.0)
    return _acidified(case, replace(plan, raffinate_pH=None), pH)


def _acidified(case: SxCase, plan: Plan, pH: float) -> Flask:
    """The flask with as much acid as brings it down to a pH."""
    flow, found = case.liquor_flow, dict[float, Section]()

    def above(dose: float) -> float:
        found[dose] = extraction(case, plan, laboratory=True, acid=dose * flow)
        return pH - found[dose].result.stages[0]["pH"]

    low, high = (0.0, above(0.0)), (_FIRST_ACID, above(_FIRST_ACID))
    while high[1] < 0.0 and high[0] < _MOST_ACID:
        low, high = high, (4.0 * high[0], above(4.0 * high[0]))
    if high[1] < 0.0:
        raise ExtractionError(
            "E629", read=f"pH {pH:g}", expected=f"a pH the acid can hold: {high[0]:.3g} kg/m3 of it gives "
            f"{pH - high[1]:.2f}", place=case.place("acid"),
        )  # fmt: skip
    pair = bracket_root(above, low, high, 1e-12 * high[0])
    dose = min(pair, key=lambda point: abs(point[1]))[0]
    return Flask(found[dose], 0.0, dose)


def pH_isotherm(case: SxCase, values: Iterable[float], o_a: float | None = None) -> Curve:
    """Share extracted of every metal against pH, at the O/A of the file.

    Args:
        case: liquor, organic, base, acid.
        values: pH of the flasks.
        o_a: organic per liquor, by volume; of the file if not given.

    Returns:
        columns pH, one ``share`` (%) a metal, loading, base and acid used; marks: pH50 of every metal that has one
        among the points; notes: points that could not be held.

    Raises:
        ExtractionError: E629 no point could be held.
    """
    plan = plan_of(case)
    ratio = o_a or plan.o_a
    at_pH = {f"pH {pH:g}": (ratio, pH) for pH in sorted(values)}
    found, left_out = _shaken(case, plan, at_pH)
    flasks = list(found.values())
    names = _names(case, flasks)
    pHs = [flask.pH for flask in flasks]
    shares = {name: [100.0 * flask.share(name) for flask in flasks] for name in names}
    columns = [
        Column("pH", "", "x", tuple(pHs)),
        *(Column(name, "%", "share", tuple(shares[name])) for name in names),
        *_common(flasks),
    ]
    marks = [(at, f"pH50 {name}") for name in names if (at := _half(pHs, shares[name])) is not None]
    base = case.file.base if isinstance(case.file.base, str) else case.file.base.reagent
    notes = [f"pH held with {base}; below the pH of the flask itself with {case.file.acid}"]
    notes += left_out
    return Curve("ph_isotherm", case.extractant.name, _conditions(case, f"O/A {ratio:.4g}"), tuple(columns),
                 (*notes, *_validity(flasks)), tuple(sorted(marks)))  # fmt: skip


def _shaken(
    case: SxCase, plan: Plan, settings: Mapping[str, tuple[float, float | None]]
) -> tuple[dict[str, Flask], list[str]]:
    """A flask at each O/A and pH, by the name of the setting; what is said of those that cannot be had.

    Raises:
        ExtractionError: E603, E604 or E629 of the first, if none can.
    """
    flasks, missed = dict[str, Flask](), dict[str, ExtractionError]()
    for name, (o_a, pH) in settings.items():
        try:
            flasks[name] = shake(case, o_a, pH, plan)
        except ExtractionError as error:
            if error.code not in ("E603", "E604", "E629"):
                raise
            missed[name] = error
    if not flasks:
        raise next(iter(missed.values()))
    left_out = [Notice("W624", f"{name} left out: {error.read}") for name, error in missed.items()]
    return flasks, [f"{notice.code}  {notice.text}" for notice in left_out]


def loading_isotherm(case: SxCase, pH: float, ratios: Sequence[float]) -> Curve:
    """Both phases at equilibrium at a held pH, over a series of O/A: fresh organic and fresh liquor in every flask.

    Args:
        case: liquor, organic, base, acid.
        pH: held.
        ratios: O/A by volume.

    Returns:
        columns O/A, pH, of every metal ``aqueous`` and ``organic`` (g/L), loading, base and acid used.

    Raises:
        ExtractionError: E629 the pH cannot be held in any flask; E603, E604 of the units.
    """
    return _series(case, "loading_isotherm", pH, ratios, f"pH {pH:g}")


def o_a_sweep(case: SxCase, ratios: Sequence[float]) -> Curve:
    """The same over a series of O/A with the pH as it comes.

    Args:
        case: liquor, organic.
        ratios: O/A by volume.

    Raises:
        ExtractionError: E603, E604 of the units.
    """
    return _series(case, "o_a_sweep", None, ratios, "pH as it comes")


def _series(case: SxCase, kind: str, pH: float | None, ratios: Sequence[float], words: str) -> Curve:
    plan = plan_of(case)
    settings = {f"O/A {ratio:.6g}": (ratio, pH) for ratio in sorted(ratios)}
    found, left_out = _shaken(case, plan, settings)
    flasks, used = list(found.values()), [settings[name][0] for name in found]
    names = sorted(_names(case, flasks), key=lambda name: -max(flask.grams(name)[1] for flask in flasks))
    columns = [Column("O/A", "", "x", tuple(used)), Column("pH", "", "text", tuple(f.pH for f in flasks))]
    for name in names:
        pairs = [flask.grams(name) for flask in flasks]
        columns.append(Column(f"{name} aqueous", "g/L", "aqueous", tuple(a for a, _ in pairs)))
        columns.append(Column(f"{name} organic", "g/L", "organic", tuple(o for _, o in pairs)))
    columns += _common(flasks)
    return Curve(kind, case.extractant.name, _conditions(case, words), tuple(columns), (*left_out, *_validity(flasks)))


def _common(flasks: Sequence[Flask]) -> tuple[Column, ...]:
    return (
        Column("loading", "% of capacity", "text", tuple(100.0 * flask.loading for flask in flasks)),
        Column("base", "g/L liquor", "text", tuple(flask.base for flask in flasks)),
        Column("acid", "g/L liquor", "text", tuple(flask.acid for flask in flasks)),
    )


def _names(case: SxCase, flasks: Sequence[Flask]) -> list[str]:
    """Metals of the case and alkalis of its base, the most extracted first; what reagents bring in traces is not."""
    ions = {*case.metals(), *(ion for ion, metal in case.extractant.metals.items() if metal.charge == 1)}
    known = [element_of(ion) for ion in case.extractant.metals if ion in ions]
    there = [name for name in known if any(sum(flask.grams(name)) > _TRACE for flask in flasks)]
    return sorted(there, key=lambda name: -sum(flask.share(name) for flask in flasks))


def _half(pHs: Sequence[float], shares: Sequence[float]) -> float | None:
    """The pH at which half is extracted; log(E / (1 - E)), nearly straight in pH, is drawn between the points."""
    for (a, low), (b, high) in pairwise(zip(pHs, shares, strict=True)):
        if 0.0 < low <= 50.0 < high < 100.0:
            below, above = log(low / (100.0 - low)), log(high / (100.0 - high))
            return a - below / (above - below) * (b - a)
    return None


def _validity(flasks: Sequence[Flask]) -> tuple[str, ...]:
    """Warnings of the flasks, each once a kind and metal."""
    found: dict[str, str] = {}
    for flask in flasks:
        for notice in flask.section.result.notices:
            if notice.code in ("W602", "W603", "W604"):
                text = notice.text.removeprefix("stage 1: ")
                key = notice.code + (text.partition("log K of ")[2] or text.partition(" ")[0])
                where = "" if text.startswith("pH ") else f"pH {flask.pH:.2f}: "
                found.setdefault(key, f"{notice.code}  {where}{text}")
    return tuple(found.values())


def _conditions(case: SxCase, words: str) -> str:
    liquor = {ion: case.liquor[ion] * species(ion).molar_mass / case.liquor_flow for ion in case.metals()}
    metals = [f"{element_of(ion)} {grams:.3g}" for ion, grams in liquor.items() if grams > _TRACE]
    total = case.organic.part("org").elements().get(case.extractant.symbol, 0.0) / LITRES
    return f"{words}; {total:.3g} mol/L; {', '.join(metals)} g/L; {case.temperature - ZERO:.4g} degC"
