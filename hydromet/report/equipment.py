"""The equipment list as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.locale import tr
from hydromet.report.layout import number, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.flowsheet.result import Result
    from hydromet.report.tables import Row

# Columns of the workbook, in this order; a size that is not here comes behind.
SIZES = (
    "volume_m3", "diameter_m", "area_m2", "length_m", "width_m", "duty_kW", "power_kW", "flow_m3_h", "head_m",
    "organic_inventory_m3",
)  # fmt: skip


def _items(result: Result) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = result["assessments"].get("equipment", {}).get("items", [])
    return found


def equipment(result: Result, language: str) -> str:
    """One row an item: how many, sizes per piece, material by liquor; then what the sizes rest on."""
    items = _items(result)
    if not items:
        return tr("no equipment is listed in this result", language)
    rows = [
        [row["unit"], row["item"], str(row["count"] or ""), _size(row, language), row["material"] or "–",
         row["conditions"]]
        for row in items
    ]  # fmt: skip
    heads = [
        tr("unit", language), tr("item", language), tr("pieces", language), tr("size of a piece", language),
        tr("class of material", language), tr("conditions", language),
    ]  # fmt: skip
    power = sum(row["count"] * row["size"].get("power_kW", 0.0) for row in items if row["item"] != "pump")
    pumps = sum(row["size"].get("power_kW", 0.0) for row in items if row["item"] == "pump")
    totals = ((tr("power without pumps, kW", language), power), (tr("pumps on duty, kW", language), pumps))
    lines = ["; ".join(f"{name}: {number(value)}" for name, value in totals)]
    basis = list(dict.fromkeys(line for row in items for line in row["basis"] if ";" in line))
    lines += [tr("Usual values taken", language), *(f"  {line}" for line in basis)]
    return "\n\n".join([table(heads, rows, left=2, indent=""), "\n".join(lines)])


def _size(row: Mapping[str, Any], language: str) -> str:
    if not row["size"]:
        return f"{tr('not sized', language)}: {row['reason']}"
    return ", ".join(f"{_name(key)} {number(value, 3)}" for key, value in row["size"].items())


def _name(key: str) -> str:
    return (
        key.replace("_m3_h", " m3/h")
        .replace("_m3", " m3")
        .replace("_m2", " m2")
        .replace("_kW", " kW")
        .replace("_m", " m")
    )


def equipment_rows(result: Result) -> tuple[list[str], list[Row]]:
    """For the workbook: one row an item, sizes per piece."""
    items = _items(result)
    others = {key for row in items for key in row["size"]} - set(SIZES)
    sizes = [*SIZES, *sorted(others)]
    heads = ["unit", "model", "item", "to", "pieces", *sizes, "not_sized", "material", "conditions", "grade", "basis"]
    rows: list[Row] = []
    for row in items:
        first: Row = [row["unit"], row["model"], row["item"], row["to"], float(row["count"]) or None]
        size: Row = [row["size"].get(key) for key in sizes]
        material = row["material"] or row["material_reason"]
        rows.append([*first, *size, row["reason"], material, row["conditions"], row["grade"], "; ".join(row["basis"])])
    return heads, rows
