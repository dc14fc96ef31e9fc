"""Products against their specifications, and yields by pass, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.layout import number, percent, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.result import Result
    from hydromet.report.tables import Row

_FAIL = "fail"
_PPM, _WEIGHT = 1e6, 1e-2


def governing(result: Result, language: str) -> str:
    """For the first page: what fails and what comes nearest, with the step that lets it through."""
    rows = []
    for name, record in result.products.items():
        grade = record["grade"] or {}
        for row in grade.get("limits", []):
            if row["verdict"] == _FAIL or row["component"] == grade.get("governed_by"):
                figures = [_share(row["value"]), _share(row["limit"]), number(row.get("share_of_limit"), 3)]
                rows.append([name, row["component"], tr(row["verdict"], language), *figures, _step(row, language)])
    heads = [
        tr("Grade", language), tr("component", language), tr("verdict", language), tr("value", language),
        tr("limit", language), tr("of the limit", language), tr("step that governs it", language),
    ]  # fmt: skip
    return table(heads, rows, left=3, indent="") if rows else ""


def passes(result: Result, language: str) -> str:
    """For the first page: yield of a precipitation in one pass and over all."""
    rows = [
        [unit, str(one["element"]), percent(one["single_pass"]), percent(one["overall"])]
        for unit, one in result["assessments"].get("yields", {}).items()
    ]
    heads = [tr("Yield", language), tr("element", language), tr("single pass", language), tr("overall", language)]
    return table(heads, rows, left=2, indent="") if rows else ""


def grades(result: Result, language: str) -> str:
    """Every limit of every product."""
    parts = [_one(name, record["grade"], language) for name, record in result.products.items() if record["grade"]]
    return "\n\n".join(parts) or tr("no product has a specification", language)


def _one(name: str, grade: Mapping[str, Any], language: str) -> str:
    head = f"{name}: {tr(grade['verdict'], language)}  ({grade['specification']}; {grade['standard']})"
    rows = [
        [
            row["component"], f"{tr(row['kind'], language)} {_share(row['limit'])}", _share(row["value"]),
            percent(row.get("margin")), tr(row["verdict"], language), row["grade"],
            _step(row, language) or row["reason"],
        ]
        for row in grade["limits"]
    ]  # fmt: skip
    heads = [
        tr("component", language), tr("limit", language), tr("value", language), tr("margin", language),
        tr("verdict", language), tr("grade of the limit", language), tr("step that governs it", language),
    ]  # fmt: skip
    return f"{head}\n{table(heads, rows, left=2)}"


def _share(value: float | None) -> str:
    """Percent from one percent on, else mg/kg."""
    if value is None:
        return "–"
    return percent(value) if value >= _WEIGHT else f"{number(value * _PPM, 3)} mg/kg"


def _step(row: Mapping[str, Any], language: str) -> str:
    """``cobalt_extraction.raffinate 1.4 %; black_mass at leach 100 %``."""
    step = row.get("step")
    if not step:
        return ""
    gate = f"{step['unit']}.{step['port']} {percent(step['lets_through'], 3)}; " if step["unit"] else ""
    return f"{gate}{step['enters_with']} {tr('at', language)} {step['enters_at']} {percent(step['enters_share'], 3)}"


def grade_rows(result: Result) -> tuple[list[str], list[Row]]:
    """For the workbook: one row a limit."""
    keys = ("component", "kind", "limit", "value", "margin", "verdict", "reason", "source", "grade")
    ways = ("unit", "port", "lets_through", "enters_at", "enters_with", "enters_share")
    rows: list[Row] = [
        [
            name, record["grade"]["specification"], *(row.get(key) for key in keys),
            *((row.get("step") or {}).get(key) for key in ways),
        ]
        for name, record in result.products.items()
        if record["grade"]
        for row in record["grade"]["limits"]
    ]  # fmt: skip
    return ["product", "specification", *keys, *ways], rows
