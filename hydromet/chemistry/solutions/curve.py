"""A curve as a frozen table: columns with names and units."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any

FORMAT = "hydromet-curve/1"
Value = float | str | None


@dataclass(frozen=True)
class Column:
    """One column of a curve.

    Attributes:
        name: such as ``pH`` or ``Ni(OH)2(s)``; unique in the curve.
        unit: of the values; empty for a pure number or text.
        kind: what it is: ``x``, ``y``, ``dissolved``, ``precipitated``, ``share``, ``index``, ``branch``, ``text``.
        values: one a point; None where there is none.
    """

    name: str
    unit: str
    kind: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Curve:
    """A table of a curve.

    Attributes:
        kind: ``titration``, ``solubility``, ``distribution``, ``saturation`` or ``pourbaix``.
        subject: what it is of: the titrant, the salt, the element.
        conditions: in words, for a caption.
        columns: all of the same length.
        notes: what a reader has to know.
        marks: (place on the x axis, text), such as the transition of a hydrate.
    """

    kind: str
    subject: str
    conditions: str
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    marks: tuple[tuple[float, str], ...] = ()

    def __getitem__(self, name: str) -> tuple[Value, ...]:
        """Values of one column.

        Raises:
            KeyError: no such column.
        """
        for column in self.columns:
            if column.name == name:
                return column.values
        raise KeyError(name)

    def of_kind(self, kind: str) -> tuple[Column, ...]:
        """The columns of a kind."""
        return tuple(column for column in self.columns if column.kind == kind)

    def to_csv(self) -> str:
        """The table as CSV: the head names column and unit."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([f"{c.name} [{c.unit}]" if c.unit else c.name for c in self.columns])
        writer.writerows(
            ["" if value is None else value for value in row]
            for row in zip(*(column.values for column in self.columns), strict=True)
        )
        return out.getvalue()

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "format": FORMAT,
            "kind": self.kind,
            "subject": self.subject,
            "conditions": self.conditions,
            "columns": [
                {"name": c.name, "unit": c.unit, "kind": c.kind, "values": list(c.values)} for c in self.columns
            ],
            "notes": list(self.notes),
            "marks": [list(mark) for mark in self.marks],
        }
