"""No rate without a balance: facilities close, the steps sum to the totals, mercury and cadmium are safe."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from hydromet.assess.eu_recovery.flows import FREE, OUT, UNACCOUNTED
from hydromet.assess.eu_recovery.rates import form_row
from hydromet.assess.eu_recovery.rules import rules
from hydromet.errors import BalanceError, UserError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.assess.eu_recovery.case_file import Case
    from hydromet.assess.eu_recovery.figures import Figures

# Sums of the same numbers in another order.
_SAME = 1e-9


def tolerance(case: Case) -> float:
    """Share of an element a facility with analysed losses may miss."""
    chosen = case.file.options.closure
    return float(rules().general["closure"]) if chosen is None else chosen


def closures(found: Figures, facility: str) -> dict[str, dict[str, float]]:
    """Element or row -> kg in, kg out by all fractions, closure = (out - in) / in."""
    entering = found.flows.entering[facility]
    table = {}
    for row in sorted(entering):
        into = sum(float(mass[0]) for mass in entering[row].values())
        lost = sum(
            float(mass[0])
            for each in found.flows.of(facility)
            if each.group == UNACCOUNTED
            for mass in each.content.get(row, {}).values()
        )
        if into > 0.0:
            table[row] = {"in_kg": into, "out_kg": into - lost, "closure": -lost / into}
    return table


def gate(case: Case, found: Figures) -> Iterator[UserError]:
    """Facilities that do not close, and heavy metals that have no safe destination.

    Where all losses are analysed, every metal and every element listed has to close. Where they are a difference, it
    may not be negative.
    """
    allowed = tolerance(case)
    for name, facility in case.file.facilities.items():
        measured = facility.losses == "measured"
        listed = {row for each in found.flows.of(name) if each.group != UNACCOUNTED for row in each.content} - FREE
        for row, each in closures(found, name).items():
            judged = row in listed or (measured and row in rules().general["metals"])
            if judged and (abs(each["closure"]) if measured else each["closure"]) > allowed:
                place = case.document.place((*case.path, "facilities", name), key=True)
                yield BalanceError(
                    "E930",
                    read=f"{row} of {name}: {each['in_kg'] / 1000.0:.6g} t in, {each['out_kg'] / 1000.0:.6g} t out "
                    f"({100.0 * each['closure']:+.2f} %)",
                    expected=f"a closure within {100.0 * allowed:g} %",
                    write="losses: by_difference   # if some losses are not analysed", place=place,
                )  # fmt: skip
    yield from _immobilised(case, found)


def _immobilised(case: Case, found: Figures) -> Iterator[UserError]:
    """Mercury in = mercury safely immobilised; cadmium in = output + safely immobilised."""
    for metal in rules().general["immobilised"]:
        into = sum(
            float(part.rows[metal][0])
            for content in found.flows.lots.values()
            for part in content.parts.values()
            if part.counted and metal in part.rows
        )
        out = 0.0
        for claim in found.claims:
            safe = claim.use == "immobilised" or (metal == "Cd" and claim.efficiency)
            if claim.row == metal and not claim.origin.kind and safe and claim.fraction.group == OUT:
                out += float(claim.mass[0])
        if abs(out - into) > tolerance(case) * into:
            yield BalanceError(
                "E932", read=f"{metal}: {into / 1000.0:.6g} t in, {out / 1000.0:.6g} t with a safe destination",
                expected="all of it in fractions of use immobilised" + (" or in outputs" if metal == "Cd" else ""),
                write=f"{metal.lower()}_residue: {{use: immobilised, elements: {{{metal}: {into / 1000.0:.4g} t}}}}",
                place=case.document.place((*case.path, "facilities"), key=True),
            )  # fmt: skip


def step_sums(case: Case, found: Figures) -> dict[str, dict[str, dict[str, Any]]]:
    """Facility -> ``m_input``, ``m_output_eu``, ``m_output_non_eu`` -> form row -> kg, all families together."""
    table: dict[str, dict[str, dict[str, Any]]] = {
        name: {"m_input": {}, "m_output_eu": {}, "m_output_non_eu": {}} for name in case.file.facilities
    }
    for name in case.file.facilities:
        for source in found.flows.network.takes(name):
            part = found.flows.lots[source.lot].parts[source.name] if source.lot else None
            if part is not None and part.counted:
                for row, mass in part.rows.items():
                    _sum(table[name]["m_input"], form_row(row), float(mass[0]))
    for claim in found.claims:
        if claim.efficiency:
            _sum(table[claim.fraction.facility][f"m_output_{claim.region}"], form_row(claim.row), float(claim.mass[0]))
    return table


def check_step_sums(case: Case, found: Figures, steps: Mapping[str, Mapping[str, Mapping[str, float]]]) -> list[Any]:
    """Sums over the steps against the totals of all families, row by row.

    Raises:
        BalanceError: E931, they differ, which would be our own mistake.
    """
    totals: dict[str, dict[str, float]] = {"m_input": {}, "m_output_eu": {}, "m_output_non_eu": {}}
    for each in found.totals.values():
        columns = {"m_input": each.inputs, **{f"m_output_{region}": rows for region, rows in each.outputs.items()}}
        for key, arrays in columns.items():
            for row, mass in arrays.items():
                _sum(totals[key], form_row(row), float(mass[0]))
    lines = []
    for key, rows in totals.items():
        for row in sorted(set(rows) | {row for step in steps.values() for row in step[key]}):
            total, summed = rows.get(row, 0.0), math.fsum(step[key].get(row, 0.0) for step in steps.values())
            lines.append({"column": key, "row": row, "total_t": total / 1000.0, "steps_t": summed / 1000.0})
            if abs(total - summed) > _SAME * max(abs(total), abs(summed), 1.0):
                read = f"{key} of {row}: {summed:.9g} kg over the steps, {total:.9g} kg in all"
                raise BalanceError("E931", read=read, expected="the same", place=case.document.place())
    return lines


def _sum(table: dict[str, float], row: str, mass: float) -> None:
    table[row] = table.get(row, 0.0) + mass
