"""Effluents against their limits, and emissions to the air, as tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.layout import number, table

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.flowsheet.result import Result
    from hydromet.report.tables import Row

ASSESSED = ("effluent", "emissions")
_FAIL, _UNKNOWN = "fail", "not predicted"
# Components named on the first page.
_NAMED = 6


def _declared(result: Result) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result["assessments"].get("effluent", {})
    return found


def _emitted(result: Result) -> Mapping[str, Any]:
    found: Mapping[str, Any] = result["assessments"].get("emissions", {})
    return found


def verdicts(result: Result, language: str) -> str:
    """One row a declared effluent: limits, verdict, what fails; for the first page."""
    rows = []
    for name, record in _declared(result).items():
        fails = list(dict.fromkeys(row["component"] for row in record["rows"] if row["verdict"] == _FAIL))
        more = f" +{len(fails) - _NAMED}" if len(fails) > _NAMED else ""
        open_ = {row["component"] for row in record["rows"] if row["verdict"] == _UNKNOWN}
        rows.append([name, record["limits"] or "–", tr(record["verdict"], language), str(len(open_)),
                     ", ".join(fails[:_NAMED]) + more])  # fmt: skip
    heads = [
        tr("Effluent limits", language), tr("limits", language), tr("verdict", language),
        tr("components not predicted", language), tr("fails", language),
    ]  # fmt: skip
    return table(heads, rows, left=3, indent="") if rows else ""


def hydrogen(result: Result, language: str) -> str:
    """The emissions that hold hydrogen, with their air; for the first page."""
    rows = [
        [name, number(row["H2_mol_h"]), number(row["H2_vol_percent_dry"]), number(row["dilution_air_Nm3_h"])]
        for name, row in _emitted(result).get("by_emission", {}).items()
        if row["H2_mol_h"]
    ]
    heads = [
        tr("Hydrogen", language),
        "mol/h",
        tr("dry gas, percent by volume", language),
        tr("air to dilute it, Nm3/h", language),
    ]
    return table(heads, rows, indent="") if rows else ""


def effluent(result: Result, language: str) -> str:
    """Every limit of every declared effluent, what no limit speaks of, and the emissions to the air."""
    parts = [_limits(name, record, language) for name, record in _declared(result).items()]
    if not parts:
        parts = [tr("no effluent is declared in this flowsheet", language)]
    return "\n\n".join([*parts, *filter(None, [_gases(result, language)])])


def _limits(name: str, record: Mapping[str, Any], language: str) -> str:
    head = f"{name}: {tr(record['verdict'], language)}  ({', '.join(record['streams'])}; {record['standard']})"
    rows = [
        [
            row["component"], row["basis"], f"{tr(row['kind'], language)} {row['limit']:g} {row['unit']}",
            tr(row["period"], language), number(row["value"], 3), tr(row["verdict"], language), row["grade"],
            row["reason"],
        ]
        for row in record["rows"]
    ]  # fmt: skip
    heads = [
        tr("component", language), "", tr("limit", language), "", tr("value", language), tr("verdict", language),
        tr("grade of the limit", language), tr("reason", language),
    ]  # fmt: skip
    limited = {row["component"] for row in record["rows"]}
    rest = ", ".join(f"{c} {number(v, 3)}" for c, v in record["content"].items() if c not in limited and v > 0.0)
    lines = [head, table(heads, rows, left=4)] if rows else [head]
    lines += [f"  {tr('without a limit, mg/L', language)}: {rest}"] if rest else []
    lines += [f"  {record['note']}"] if record["note"] else []
    return "\n".join(lines)


def _gases(result: Result, language: str) -> str:
    found = _emitted(result)
    rows = [
        [name, *(_or_unknown(row[key], language) for key in ("HF_kg_h", "dust_kg_h", "H2_mol_h")),
         number(row["dilution_air_Nm3_h"])]
        for name, row in found.get("by_emission", {}).items()
    ]  # fmt: skip
    if not rows:
        return ""
    heads = [tr("emission", language), "HF kg/h", f"{tr('dust', language)} kg/h", "H2 mol/h"]
    heads += [tr("air to dilute it, Nm3/h", language)]
    return "\n".join([table(heads, rows, indent=""), *(f"  {line}" for line in found["basis"])])


def _or_unknown(value: float | None, language: str) -> str:
    return tr(_UNKNOWN, language) if value is None else number(value)


def limit_rows(result: Result) -> tuple[list[str], list[Row]]:
    """For the workbook: one row a limit."""
    keys = ("component", "basis", "kind", "limit", "value", "unit", "period", "verdict", "reason", "source", "grade")
    rows: list[Row] = [
        [name, record["limits"] or "", record["verdict"], *(row[key] for key in keys), row["note"]]
        for name, record in _declared(result).items()
        for row in record["rows"]
    ]
    return ["effluent", "limits", "overall", *keys, "note"], rows


def emission_rows(result: Result) -> tuple[list[str], list[Row]]:
    """For the workbook: one row an emission; an empty cell is not predicted."""
    keys = ("stream", "HF_kg_h", "dust_kg_h", "H2_mol_h", "H2_vol_percent_dry", "dilution_air_Nm3_h")
    found = _emitted(result).get("by_emission", {})
    return ["emission", *keys], [[name, *(row[key] for key in keys)] for name, row in found.items()]
