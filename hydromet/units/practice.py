"""Usual values of equipment with their ranges: what is taken where a flowsheet or a case says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from hydromet import datafiles
from hydromet.quantity import parse

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Practice:
    """A usual value with its range; SI units.

    Attributes:
        name: in its file. value: SI; zero for a pure range. low, high: SI. text: value and range as in the file.
        unit: of the file. source, grade, note: of the value.
    """

    name: str
    value: float
    low: float
    high: float
    text: str
    unit: str
    source: str
    grade: str
    note: str

    def told(self) -> str:
        """One line: name, value, range, source and grade."""
        return f"{self.name}: {self.text}; {self.source}, {self.grade}"


@cache
def practices(file: str, kinds: tuple[tuple[str, str], ...] = ()) -> Mapping[str, Practice]:
    """Every value of a file by name.

    Args:
        file: below ``data``: columns name, value, unit, low, high, source, grade, note, and kind if ``kinds`` is empty.
        kinds: (name, dimension) where the file has no column for it; others are numbers.
    """
    known = dict(kinds)
    rows = datafiles.read_csv(file)
    return {row["name"]: _practice(row, row.get("kind") or known.get(row["name"], "number")) for row in rows}


def _practice(row: Mapping[str, str], kind: str) -> Practice:
    unit = row["unit"]

    def read(text: str) -> float:
        return parse(f"{text} {unit}".strip(), kind) if text else 0.0

    text = f"{row['value']} {unit}".strip() + f" ({row['low']} to {row['high']})"
    value, low, high = (read(row[name]) for name in ("value", "low", "high"))
    return Practice(row["name"], value, low, high, text, unit, row["source"], row["grade"], row["note"])
