"""What a reader of the rates has to know: nothing counts as zero in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery.composition import REAGENT_BORN, known_formulas
from hydromet.assess.eu_recovery.figures import metals
from hydromet.assess.eu_recovery.flows import CLOSING, OUT
from hydromet.assess.eu_recovery.gates import closures, tolerance
from hydromet.assess.eu_recovery.rates import fate, of_row
from hydromet.assess.eu_recovery.rules import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.assess.eu_recovery.amounts import Array
    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures
    from hydromet.assess.eu_recovery.plant import Plants

NO_LOTS = "no lot of batteries: no rRE and no rRM; the lots of whoever made the black mass are needed"


def notices(case: Case, plants: Plants, found: Figures) -> list[dict[str, str]]:
    """Warnings as code and text."""
    told = [
        *_unlisted(found), *_stocks(case, found), *_by_difference(case, found), *_sold_on(case, plants, found),
        *_lots(case, found), *_of_flowsheets(case, plants), *_products(case, plants, found), *_compounds(case),
    ]  # fmt: skip
    return [{"code": code, "text": text} for code, text in told]


def _unlisted(found: Figures) -> Iterator[tuple[str, str]]:
    """W917: a metal came in and no fraction lists it: all of it counts as lost."""
    listed = {row for each in found.flows.fractions if each.group == OUT for row in each.content}
    for family, each in found.totals.items():
        for metal in metals(each):
            if metal not in listed:
                yield "W917", f"{metal} ({family}): no fraction of any facility lists it; all of it counts as lost"


def _stocks(case: Case, found: Figures) -> Iterator[tuple[str, str]]:
    """W918: stock without known efficiencies; W919: this year's efficiency in their place."""
    for name, facility in case.file.facilities.items():
        for key, stock in facility.closing.items():
            known = sum(each.share for each in stock.later.values())
            content = next(e for e in found.flows.of(name) if (e.group, e.name) == (CLOSING, key)).content
            silent = sorted(m for m in rules().general["metals"] if m in content and stock.later
                            and not any(m in later.recovered for later in stock.later.values()))  # fmt: skip
            if not stock.later:
                yield "W919", f"{name}.{key}: this year's efficiency in place of the known ones; provisional"
            elif known < 1.0:
                yield (
                    "W918",
                    f"{name}.{key}: {100.0 * (1.0 - known):.3g} % of the stock without known efficiency counts as lost",
                )
            strange = sorted({
                element for later in stock.later.values() for element in (*later.recovered, *later.material)
                if not any(of_row({element: 1.0}, row) for row in content)
            })  # fmt: skip
            if strange:
                yield "W918", f"{name}.{key}: efficiency of {', '.join(strange)}, of which the stock holds nothing"
            if silent:
                yield "W918", f"{name}.{key}: no efficiency of {', '.join(silent)}; it counts as lost"


def _by_difference(case: Case, found: Figures) -> Iterator[tuple[str, str]]:
    """W920: losses that were not analysed."""
    for name, facility in case.file.facilities.items():
        if facility.losses == "measured" or facility.plant is not None:
            continue
        gaps = {row: -each["closure"] for row, each in closures(found, name).items()
                if row in rules().general["metals"] and -each["closure"] > tolerance(case)}  # fmt: skip
        if gaps:
            text = ", ".join(f"{row} {100.0 * gap:.3g} %" for row, gap in gaps.items())
            yield "W920", f"{name}: losses by difference, closure not tested; not accounted for: {text}"


def _sold_on(case: Case, plants: Plants, found: Figures) -> Iterator[tuple[str, str]]:
    """W921: an intermediate that leaves the chain; W922: a product that is no calculation point by the option."""
    for each in found.flows.fractions:
        its = fate(case, plants, each)
        if each.group == OUT and its.use == "intermediate" and not each.taken_by:
            yield "W921", f"{each.facility}.{each.name}: sold on, no further facility is declared; nothing of it counts"
        if each.group == OUT and "no calculation point" in its.reason:
            yield "W922", f"{each.facility}.{each.name}: {its.reason}; nothing of it counts"
        elif each.group == OUT and its.use == "product" and its.efficiency and not its.recovery:
            yield (
                "W922",
                f"{each.facility}.{each.name}: no calculation point by the option chosen; counts in the efficiency",
            )


def _of_flowsheets(case: Case, plants: Plants) -> Iterator[tuple[str, str]]:
    """W939: what a flowsheet sells counts as recovered unless the case says what it is."""
    for name, fates in plants.fates.items():
        plant = case.file.facilities[name].plant
        silent = [key for key, fate_ in fates.items() if fate_.use == "product" and plant and key not in plant.uses]
        if silent:
            yield (
                "W939",
                f"{name}: {', '.join(silent)}: taken as recovered since the flowsheet sells it; say so under uses",
            )


def _products(case: Case, plants: Plants, found: Figures) -> Iterator[tuple[str, str]]:
    """W940: a metal of a product that is an impurity; W941: one that may be, and counts as recovered."""
    for each in found.flows.fractions:
        its = fate(case, plants, each)
        if each.group != OUT or not its.recovery or not its.efficiency:
            continue
        outlet = case.file.facilities[each.facility].out.get(each.name)
        name, masses = f"{each.facility}.{each.name}", {row: _nominal(each.total(row)) for row in each.content}
        held = [metal for metal in rules().general["metals"] if masses.get(metal, 0.0) > 0.0]
        lost = [metal for metal in held if not its.sells(metal)]
        if lost and (outlet is None or outlet.recovers is None):
            yield "W940", f"{name}: {', '.join(lost)} taken as an impurity, not recovered; recovers says otherwise"
        listed = sum(mass for row, mass in masses.items() if row not in REAGENT_BORN)
        few = [
            metal for metal in held if its.metals is None and masses[metal] < rules().general["minor_metal"] * listed
        ]
        if few:
            yield "W941", f"{name}: {', '.join(few)} counts as recovered; say recovers if it is an impurity"


def _compounds(case: Case) -> Iterator[tuple[str, str]]:
    """W942: a compound nobody knows: a slip of the pen would pass as a metal content."""
    for name, facility in case.file.facilities.items():
        for group in (facility.out, facility.closing, facility.opening, facility.reagents):
            for key, fraction in group.items():
                if fraction.compound is not None and fraction.compound.removesuffix("(s)") not in known_formulas():
                    yield (
                        "W942",
                        f"{name}.{key}: {fraction.compound} is no known compound; its formula is taken as written",
                    )


def _lots(case: Case, found: Figures) -> Iterator[tuple[str, str]]:
    """W923: a lot without a Member State of collection; W924: a shipped bill; W925: no rate at all."""
    for name, lot in case.file.lots.items():
        if lot.counted and lot.collected_in is None:
            yield "W923", f"{name}: no Member State of collection; it counts in the total only"
        if lot.bill is not None:
            yield "W924", f"{name}: composition from the shipped bill {lot.bill}, recalled and not verified"
    if not found.totals:
        yield "W925", NO_LOTS


def _nominal(mass: Array | float) -> float:
    return float(mass) if isinstance(mass, float | int) else float(mass[0])
