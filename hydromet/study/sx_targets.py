"""Targets of a circuit against what a section reaches, and why it reaches no more."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, log
from typing import TYPE_CHECKING

from hydromet.chemistry.extraction.extractants import load_extractant, organic_id
from hydromet.species import species
from hydromet.study.sx_circuit import Plan, Section, grams, purity
from hydromet.units.cascade import FULL, element_of

if TYPE_CHECKING:
    from hydromet.study.sx_case import SxCase

# A target is met to this, in the margins below.
EXACT = 1e-9
# A liquor that is this near to what the entering organic is in equilibrium with gains nothing from more stages.
_NEAR = 0.8
# Acid that leaves less than this (D times O/A) in one stage is not what limits stripping.
_STRONG = 0.2
# Strip water meets a concentration to this, relative.
_DRAWN = 1e-6
# An unread share or concentration counts as this at least.
_LEAST = 1e-300


@dataclass(frozen=True)
class Aim:
    """One target and what was reached.

    Attributes:
        what: ``extraction``, ``raffinate``, ``raffinate_pH``, ``purity``, ``stripped`` or ``strip_liquor``.
        of: metal or pair of metals; empty for a pH. ion: the same as an ion.
        wanted, reached: share (0 to 1), kg/m3, pH or kg/kg. unit: of both.
        margin: rises through zero as the target is met: log of the ratio in the right direction, difference of a pH.
    """

    what: str
    of: str
    ion: str
    wanted: float
    reached: float
    unit: str
    margin: float

    @property
    def met(self) -> bool:
        """Is it met?"""
        return self.margin >= -EXACT


def aims(case: SxCase, section: Section, plan: Plan) -> tuple[Aim, ...]:
    """Every target of the file that this section decides.

    Raises:
        ExtractionError: E626, E627 a metal or a pair that is not there.
    """
    if section.name == "extraction":
        return _of_extraction(case, section)
    if section.name == "scrubbing":
        return tuple(_purity(case, section, pair, wanted) for pair, wanted in case.file.targets.purity.items())
    return _of_stripping(case, section, plan)


def _of_extraction(case: SxCase, section: Section) -> tuple[Aim, ...]:
    targets, values, found = case.file.targets, section.result.values, list[Aim]()
    for metal, wanted in targets.extraction.items():
        ion = case.ion(metal, "targets", "extraction")
        found.append(_share("extraction", metal, ion, wanted, values.get(f"extracted_{element_of(ion)}", 0.0)))
    for metal, wanted in targets.raffinate.items():
        ion = case.ion(metal, "targets", "raffinate")
        left, _ = grams(section, ion)
        margin = log(wanted / max(left, _LEAST))
        found.append(Aim("raffinate", metal, ion, wanted, left, "kg/m3", margin))
    if targets.raffinate_pH is not None:
        pH = values.get("raffinate_pH", -inf)
        found.append(Aim("raffinate_pH", "", "", targets.raffinate_pH, pH, "", pH - targets.raffinate_pH))
    return tuple(found)


def _of_stripping(case: SxCase, section: Section, plan: Plan) -> tuple[Aim, ...]:
    values, found = section.result.values, list[Aim]()
    for metal, wanted in case.file.targets.stripped.items():
        ion = case.ion(metal, "targets", "stripped")
        found.append(_share("stripped", metal, ion, wanted, values.get(f"stripped_{element_of(ion)}", 0.0)))
    held = values.get("liquor_g_L", 0.0)
    margin = log(max(held, _LEAST) / plan.concentration)
    # Strip water is drawn to the concentration: it is met to the tolerance of the unit, or not at all.
    met = inf if abs(margin) < _DRAWN else margin
    found.append(Aim("strip_liquor", element_of(plan.metal), plan.metal, plan.concentration, held, "kg/m3", met))
    return tuple(found)


def _share(what: str, metal: str, ion: str, wanted: float, reached: float) -> Aim:
    margin = log((1.0 - wanted) / max(1.0 - reached, _LEAST))
    return Aim(what, metal, ion, wanted, reached, "%", margin)


def _purity(case: SxCase, section: Section, pair: str, wanted: float) -> Aim:
    reached = purity(case, section.organic, pair)
    ion = case.ion(pair.partition("/")[2].strip())
    margin = log(max(reached, _LEAST) / wanted) if reached < inf else -log(_LEAST)
    return Aim("purity", pair, ion, wanted, reached, "kg/kg", margin)


def reason(case: SxCase, section: Section, aim: Aim) -> tuple[str, str]:
    """Why a section does not meet a target: code of the error and the words for it."""
    if section.name == "extraction" and aim.ion:
        return _of_no_extraction(case, section, aim)
    if section.name == "extraction":
        return "E622", "the organic takes up no more alkali"
    if section.name == "scrubbing":
        brought = section.inlets["aqueous"][aim.ion] > 0.0
        if brought:
            return "E623", f"the scrub liquor itself brings {element_of(aim.ion)}"
        before = purity(case, section.inlets["organic"], aim.of)
        return "E624", f"the loaded organic has {before:.5g}: both metals go with the scrub liquor"
    slow = load_extractant(case.extractant.key).metals[aim.ion].sulfate_strip
    if aim.what == "stripped" and slow < 1.0:
        return "E624", f"sulfuric acid strips {element_of(aim.ion)} slowly: stage efficiency {slow:g}"
    if aim.what == "strip_liquor":
        return "E624", "acid and entrained liquor dilute the strip liquor below that without any water"
    row, name = section.result.stages[0], element_of(aim.ion)
    left = row[f"{name}_aq_g_L"]
    if left > 0.0 and row[f"{name}_org_g_L"] / left * row["O_A"] < _STRONG:
        told = f" of efficiency {case.file.stage_efficiency:.3g}" if case.file.stage_efficiency < 1.0 else ""
        return "E624", f"the acid is strong enough: {len(section.result.stages)} stages{told} strip no more"
    return "E622", f"pH {row['pH']:.2f} where the organic leaves: the acid is too weak"


def _of_no_extraction(case: SxCase, section: Section, aim: Aim) -> tuple[str, str]:
    rows, name = section.result.stages, element_of(aim.ion)
    if not rows:
        return "E624", "nothing is contacted"
    last = rows[-1]
    left, held = last[f"{name}_aq_g_L"], last[f"{name}_org_g_L"]
    entering = section.inlets["organic"]
    brought = entering[organic_id(aim.ion, case.extractant.symbol)] * species(aim.ion).molar_mass / section.organic_flow
    if brought > 0.0 and held > 0.0 and brought * left / held > _NEAR * left:
        return "E623", (
            f"the entering organic holds {brought:.5g} g/L of {name}, in equilibrium with {brought * left / held:.5g} "
            "g/L in the raffinate"
        )
    fullest = max(rows, key=lambda row: row["loading"])
    if fullest["loading"] > FULL:
        return "E621", (f"stage {fullest['stage']:.0f} is loaded to {100.0 * fullest['loading']:.3g} % of the capacity")
    factor = held / left * last["O_A"] if left > 0.0 else inf
    if factor < 1.0:
        return "E622", (f"at pH {last['pH']:.2f} in the last stage D times O/A of {name} is {factor:.2g}, below 1")
    return "E621", (
        f"the organic leaves stage 1 in equilibrium with the liquor at pH {rows[0]['pH']:.2f}, loaded to "
        f"{100.0 * rows[0]['loading']:.3g} % of its capacity"
    )
