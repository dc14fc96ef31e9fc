"""A sweep as tables for the terminal: as many responses side by side as a screen holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.locale import tr
from hydromet.report.layout import columns as wide
from hydromet.report.layout import number, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry.solutions.curve import Column, Curve, Value

# Columns of a terminal, and the gap between two of a table.
_SCREEN, _GAP = 118, 2


def text(curve: Curve, language: str = "en") -> str:
    """Head, the shown responses over the value, and the points that failed.

    Args:
        curve: of ``hydromet.study.sweep.table``.
        language: en, ja or both.
    """
    x = curve.of_kind("x")[0]
    lines = [f"{tr('Sensitivity to', language)} {x.name}" + (f": {curve.conditions}" if curve.conditions else "")]
    for group in _groups(curve.of_kind("y"), x):
        shown = [x, *group]
        heads = [column.name for column in shown]
        units = [column.unit for column in shown]
        rows = [[_cell(column.values[i]) for column in shown] for i in range(len(x.values))]
        lines += ["", table(heads, [units, *rows], left=0, indent="")]
    if curve.marks:
        unit = f" {x.unit}" if x.unit else ""
        lines += ["", f"{tr('Phases that appear or vanish', language)}:"]
        lines += [f"  {number(place, 5)}{unit}  {what}" for place, what in curve.marks]
    if curve.notes:
        lines += ["", f"{tr('Not solved', language)}:", *(f"  {note}" for note in curve.notes)]
    return "\n".join(lines)


def _groups(shown: Sequence[Column], x: Column) -> list[list[Column]]:
    """Responses in groups that fit on the screen beside the value."""
    groups: list[list[Column]] = [[]]
    room = _SCREEN - wide(x.name)
    for column in shown:
        need = max(wide(column.name), 8) + _GAP
        if groups[-1] and need > room:
            groups.append([])
            room = _SCREEN - wide(x.name)
        groups[-1].append(column)
        room -= need
    return groups


def _cell(value: Value) -> str:
    return value if isinstance(value, str) else number(value, 5)
