"""A curve as a table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.locale import tr
from hydromet.report.layout import table
from hydromet.report.speciation import figure

if TYPE_CHECKING:
    from hydromet.chemistry.solutions.curve import Curve, Value

# Rows and columns that fit on a screen; a file has all of them.
_ROWS, _COLUMNS = 25, 8


def text(curve: Curve, language: str = "en") -> str:
    """Head, about two dozen points, the notes, and how much more a file would hold."""
    shown = curve.columns[:_COLUMNS]
    count = len(curve.columns[0].values)
    step = max(1, -(-count // _ROWS))
    picked = sorted({*range(0, count, step), count - 1})
    heads = [column.name for column in shown]
    rows = [[column.unit for column in shown], *([_cell(column.values[i]) for column in shown] for i in picked)]
    lines = [f"{_kind(curve.kind, language)} {curve.subject}: {curve.conditions}".replace(" :", ":"), ""]
    lines.append(table(heads, rows, left=0, indent=""))
    lines += [f"{place:.2f}  {what}" for place, what in curve.marks]
    lines += list(curve.notes)
    if len(shown) < len(curve.columns) or len(picked) < count:
        size = f"{count} × {len(curve.columns)}"
        lines.append(f"{tr('all rows and columns with --to FILE.csv, drawn with --to FILE.png', language)}: {size}")
    return "\n".join(lines)


def _kind(kind: str, language: str) -> str:
    names = {
        "titration": tr("titration", language),
        "solubility": tr("solubility", language),
        "distribution": tr("distribution", language),
        "saturation": tr("saturation", language),
        "pourbaix": tr("Pourbaix diagram of", language),
        "ph_isotherm": tr("pH isotherm of", language),
        "loading_isotherm": tr("loading isotherm of", language),
        "o_a_sweep": tr("O/A sweep with", language),
        "leach_curve": tr("Leach test", language),
        "sweep": tr("Sensitivity to", language),
    }
    return names[kind]


def _cell(value: Value) -> str:
    return value if isinstance(value, str) else "0" if value == 0.0 else figure(value)
