"""What a case file may not say, beyond the shape of it: years, sums, roles, stocks; every mistake with its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.assess.eu_recovery import network
from hydromet.assess.eu_recovery.composition import by_convention, formula, kind_of, parts_of, rowed
from hydromet.assess.eu_recovery.rules import rules
from hydromet.errors import RecoveryError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.lots import Lot
    from hydromet.errors import Place

# Parts and lots agree within this share of the lot: weighing to three digits.
_SUM = 0.002


def mistakes(case: Case) -> Iterator[UserError]:
    """Everything wrong with a case that its shape does not show."""
    yield from _years(case)
    yield from _roles(case)
    for name in case.file.lots:
        try:
            yield from _lot(case, name)
        except UserError as error:
            yield error.at(_lot_place(case, name))
    yield from network.mistakes(case)
    for name, facility in case.file.facilities.items():
        yield from _stocks(case, name)
        yield from _born(case, name)
        if facility.plant is not None and facility.out:
            yield RecoveryError(
                "E924", read="a flowsheet and weighed fractions", expected="one of plant and out",
                write="plant: {flowsheet: nmc622_black_mass.yaml}",
                place=case.document.place((*case.path, "facilities", name, "plant"), key=True),
            )  # fmt: skip


def _years(case: Case) -> Iterator[UserError]:
    file, general = case.file, rules().general
    first, later = general["first_reporting_year"], general["later_years"]
    if not first <= file.year < first + 75:
        yield RecoveryError("E911", read=f"year {file.year}", expected=f"a reporting year from {first} on",
                            write=f"year: {first}", place=case.document.place((*case.path, "year")))  # fmt: skip
    for name, lot in file.lots.items():
        if lot.year is not None and lot.year != file.year:
            yield RecoveryError(
                "E911", read=f"a lot of {lot.year} in the report of {file.year}",
                expected=f"lots of {file.year}; earlier input is `opening` stock of a facility",
                write=f"year: {file.year}", place=_lot_place(case, name, "year"),
            )  # fmt: skip
    for name, facility in file.facilities.items():
        for key, outlet in facility.out.items():
            if outlet.year is not None and not file.year <= outlet.year <= file.year + later:
                yield RecoveryError(
                    "E911", read=f"made in {outlet.year}", expected=f"{file.year} to {file.year + later}",
                    write=f"year: {file.year}",
                    place=case.document.place((*case.path, "facilities", name, "out", key, "year")),
                )  # fmt: skip


def _roles(case: Case) -> Iterator[UserError]:
    roles = {name: facility.role for name, facility in case.file.facilities.items()}
    first = [name for name, role in roles.items() if role == "first_recycler"]
    counted = any(lot.counted for lot in case.file.lots.values())
    if counted and len(first) != 1:
        at = (*case.path, "facilities", *first[1:2])
        yield RecoveryError(
            "E917", read=" and ".join(first) or "no first recycler", expected="exactly one facility that starts it",
            write="role: recycler" if first else "role: first_recycler", place=case.document.place(at, key=True),
        )  # fmt: skip
    for name, role in roles.items():
        if role == "preparation" and first and list(roles).index(name) > list(roles).index(first[0]):
            yield RecoveryError(
                "E917", read=f"preparation after the first recycler {first[0]}", expected="preparation before it",
                write="role: recycler", place=case.document.place((*case.path, "facilities", name, "role")),
            )  # fmt: skip


def _lot(case: Case, name: str) -> Iterator[UserError]:
    lot = case.file.lots[name]
    if lot.packaging is not None and lot.packaging.value >= lot.mass.value:
        yield RecoveryError(
            "E925", read="packaging of the whole mass", expected="packaging below the mass received",
            write="packaging: 4 t", place=_lot_place(case, name, "packaging"),
        )  # fmt: skip
        return
    if not lot.mass.value > 0.0:
        yield RecoveryError("E925", read="no mass", expected="a mass above zero", write="mass: 1200 t",
                            place=_lot_place(case, name, "mass"))  # fmt: skip
        return
    for part, entry in parts_of(lot).items():
        where = (*case.path, "lots", name, "parts", part)
        kind = kind_of(part, entry) if not lot.elements else ""
        if not lot.elements and not entry.elements and by_convention(part, entry, case.file.options) is None:
            yield RecoveryError(
                "E914", read=f"nothing said of {part}", expected="elements or material of the part, or `unknown: true`",
                write="material: NMC622" if kind == "cathode_active" else "elements: {Steel: 100 wt%}",
                place=case.document.place(where, key=True),
            )  # fmt: skip
        if kind == "whole_battery":
            said = {*(entry.scope or {}), *(("Pb",) if lot.family == "lead_acid" else ())}
            missing = [m for m in rules().general["metals"] if m in entry.elements and m not in said]
            if missing:
                yield RecoveryError(
                    "E922", read=f"no scope of {', '.join(missing)}",
                    expected="the share in active materials, collectors and salts",
                    write=f"scope: {{{', '.join(f'{m}: 100 %' for m in missing)}}}",
                    place=case.document.place(where, key=True),
                )  # fmt: skip
        stated = (entry.scope or {}).get("Pb", 1.0)
        if lot.family == "lead_acid" and stated < 1.0:
            yield RecoveryError(
                "E922", read=f"Pb: {100.0 * stated:g} %", expected="all lead of a lead-acid battery, whatever its part",
                write="scope: {Pb: 100 %}", place=case.document.place((*where, "scope"), key=True),
            )  # fmt: skip
        yield from _elements(case, where, lot, part)
    yield from _sums(case, name, lot)


def _elements(case: Case, where: tuple[str, ...], lot: Lot, part: str) -> Iterator[UserError]:
    entry = parts_of(lot)[part]
    elements = lot.elements or entry.elements
    total = sum(each.value for each in elements.values() if not each.absolute)
    if total > 1.0 + 1e-9:
        at = (*where[:-2], "elements") if lot.elements else (*where, "elements")
        yield RecoveryError("E913", read=f"elements of {100.0 * total:.6g} wt%", expected="at most 100 wt%",
                            write="elements: {Ni: 19.3 wt%}", place=case.document.place(at, key=True))  # fmt: skip


def _sums(case: Case, name: str, lot: Lot) -> Iterator[UserError]:
    """The parts are the dry lot; one may be left to be the difference."""
    from hydromet.assess.eu_recovery.amounts import nominal_dry

    if lot.elements:
        return
    dry = nominal_dry(lot)
    parts = parts_of(lot)
    place = case.document.place((*case.path, "lots", name, "parts"), key=True)
    open_ = [part for part, entry in parts.items() if entry.share is None and entry.mass is None]
    both = [part for part, entry in parts.items() if entry.share is not None and entry.mass is not None]
    total = sum(
        (e.share.value if e.share.absolute else e.share.value * dry) if e.share else e.mass.value if e.mass else 0.0
        for e in parts.values()
    )
    read = f"parts of {total / 1000.0:.6g} t in a dry lot of {dry / 1000.0:.6g} t"
    if both or len(open_) > 1:
        which = ", ".join(both or open_)
        read = f"{which}: {'share and mass' if both else 'neither share nor mass'}"
        expected = "one of them" if both else "at most one part by difference"
        yield RecoveryError("E913", read=read, expected=expected, write="share: 35 wt%", place=place)
    elif (open_ and total > dry * (1.0 + _SUM)) or (not open_ and abs(total - dry) > _SUM * dry):
        yield RecoveryError("E913", read=read, expected="parts that make up the dry lot", write="share: 35 wt%",
                            place=place)  # fmt: skip


def _stocks(case: Case, name: str) -> Iterator[UserError]:
    file, facility = case.file, case.file.facilities[name]
    last = file.year + rules().general["later_years"]
    for key, stock in facility.closing.items():
        place = case.document.place((*case.path, "facilities", name, "closing", key), key=True)
        wrong = [year for year in stock.later if not file.year < year <= last]
        total = sum(each.share for each in stock.later.values())
        if wrong:
            yield RecoveryError("E911", read=f"stock converted in {wrong[0]}", expected=f"{file.year + 1} or {last}",
                                write=f"later: {{{file.year + 1}: {{share: 100 %, recovered: {{Ni: 94 %}}}}}}",
                                place=place)  # fmt: skip
        elif total > 1.0 + 1e-9:
            yield RecoveryError("E923", read=f"{100.0 * total:g} % of the stock", expected="at most 100 %",
                                write="share: 70 %", place=place)  # fmt: skip
        elif twice := next((r for each in stock.later.values() for r in each.recovered
                            if each.recovered[r] + each.material.get(r, 0.0) > 1.0 + 1e-9), ""):  # fmt: skip
            yield RecoveryError("E923", read=f"more than all of {twice} recovered or used",
                                expected="recovered and material together at most 100 %", write="recovered: {Ni: 94 %}",
                                place=place)  # fmt: skip
        elif file.options.later_years == "known" and not stock.later:
            yield RecoveryError(
                "E923", read="a closing stock and nothing of the years after",
                expected="the known efficiencies of the next two years",
                write=f"later: {{{file.year + 1}: {{share: 100 %, recovered: {{Ni: 94 %}}}}}}", place=place,
            )  # fmt: skip


def _born(case: Case, name: str) -> Iterator[UserError]:
    """What is said of reagents is said of elements that the fraction lists, and no more than it holds."""
    from hydromet.assess.eu_recovery.amounts import Values, fraction_rows

    facility = case.file.facilities[name]
    for group in ("out", "closing", "opening", "reagents"):
        for key, fraction in getattr(facility, group).items():
            listed = {*fraction.elements, *(rowed(formula(fraction.compound), "Fe") if fraction.compound else ())}
            rows = fraction_rows("", fraction, Values())[0] if fraction.reagent_born else {}
            for element, figure in fraction.reagent_born.items():
                where = (*case.path, "facilities", name, group, key, "reagent_born")
                held = float(rows[element][0]) if element in rows else 0.0
                if element in listed and figure.absolute and figure.value > held * (1.0 + _SUM):
                    yield RecoveryError(
                        "E913", read=f"{figure.value / 1000.0:.6g} t {element} of reagents",
                        expected=f"at most the {held / 1000.0:.6g} t in {key}",
                        write=f"reagent_born: {{{element}: 40 %}}",
                        place=case.document.place((*where, element)),
                    )  # fmt: skip
                if element not in listed:
                    yield RecoveryError(
                        "E916", read=f"{element}, which {key} does not list", expected=" or ".join(sorted(listed)),
                        write=f"reagent_born: {{{min(listed)}: 40 %}}", place=case.document.place(where),
                    )  # fmt: skip


def _lot_place(case: Case, name: str, key: str = "") -> Place:
    path = (*case.path, "lots", name, *([key] if key else []))
    return case.document.place(path, key=not key)
