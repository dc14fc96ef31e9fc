"""Limits that a flowsheet requires: ``required: true`` on a product or an effluent.

A limit that fails is a result like any other, unless the file says that the plant has to meet it. Then the command line
ends with exit code 5 after it has written and printed everything; Python users read ``assessments.required``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hydromet.assess.grade import FAIL
from hydromet.errors import BalanceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from hydromet.flowsheet.read import Plant
    from hydromet.flowsheet.result import Result
    from hydromet.flowsheet.schema import FlowsheetFile

_NAMED = 6


def failed(
    file: FlowsheetFile, products: Mapping[str, Any], effluents: Mapping[str, Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Every limit that fails where none may: ``kind``, ``name``, ``component``, ``limit``, ``value``, ``unit``.

    Args:
        file: says what is required.
        products: as assessed; without a specification a product has no limits.
        effluents: as assessed.
    """
    judged = [
        ("products", name, (products[name]["grade"] or {}).get("limits", []))
        for name, product in file.products.items()
        if product.required
    ]
    judged += [("effluents", name, effluents[name]["rows"]) for name, one in file.effluents.items() if one.required]
    return [
        {
            "kind": kind, "name": name, "component": row["component"], "limit": row["limit"], "value": row["value"],
            "unit": row.get("unit", "kg/kg"),
        }
        for kind, name, rows in judged
        for row in rows
        if row["verdict"] == FAIL
    ]  # fmt: skip


def refusals(plant: Plant, result: Result) -> Iterator[BalanceError]:
    """One error a product or effluent that is required and fails: E760, at its place."""
    found: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for row in result["assessments"].get("required", []):
        found.setdefault((row["kind"], row["name"]), []).append(row)
    for (kind, name), rows in found.items():
        told = [_told(row) for row in rows[:_NAMED]]
        told += [f"and {len(rows) - _NAMED} more"] if len(rows) > _NAMED else []
        yield BalanceError(
            "E760", read=f"{name}: {'; '.join(told)}", expected="every predicted limit met, as the file requires",
            write="required: false", place=plant.document.place((kind, name, "required")),
        )  # fmt: skip


def _told(row: Mapping[str, Any]) -> str:
    """``Co 617 mg/kg, limit 500``."""
    if row["unit"] == "kg/kg":
        return f"{row['component']} {1e6 * row['value']:.4g} mg/kg, limit {1e6 * row['limit']:.4g}"
    return f"{row['component']} {row['value']:.4g} {row['unit']}, limit {row['limit']:.4g}"
