"""Mixer-settlers of a designed circuit: the choices of its case file in place of the usual values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.quantity import parse
from hydromet.units.base import Notice
from hydromet.units.mixer_settler import KINDS, Size, mixer_settler, practice

if TYPE_CHECKING:
    from hydromet.study.sx_circuit import Section
    from hydromet.study.sx_file import Equipment

FORMAT = "hydromet-sx-size/1"


def choices(equipment: Equipment) -> dict[str, float]:
    """What is chosen in the file, and the usual values for the rest; SI units."""
    return {
        name: float(given) if (given := getattr(equipment, name)) is not None else practice(name).value
        for name in KINDS
    }


def size(section: Section, equipment: Equipment) -> Size:
    """Size the mixer-settlers of a solved section for its fullest stage; see ``units.mixer_settler``.

    Args:
        section: solved; the stages tell the flows.
        equipment: choices of the file.

    Returns:
        one mixer-settler, volumes and areas per stage.
    """
    rows, organic = section.result.stages, section.organic_flow
    aqueous = max((organic / row["O_A"] for row in rows if row["O_A"] > 0.0), default=0.0)
    return mixer_settler(section.name, len(rows), organic, aqueous, choices(equipment))


def basis(equipment: Equipment) -> list[dict[str, str]]:
    """What the sizes rest on: every choice with its source and grade."""
    rows = []
    for name, kind in KINDS.items():
        given, usual = getattr(equipment, name), practice(name)
        told = usual.text
        if given is not None:
            told = f"{given / parse(f'1 {usual.unit}', kind):.4g} {usual.unit}".strip()
        source, grade = ("the case file", "declared") if given is not None else (usual.source, usual.grade)
        rows.append({"name": name, "value": told, "source": source, "grade": grade,
                     "text": f"{name}: {told}; {source}, {grade}"})  # fmt: skip
    return rows


def unusual(equipment: Equipment) -> list[Notice]:
    """Choices of the file outside what is practised."""
    found = []
    for name in KINDS:
        given, usual = getattr(equipment, name), practice(name)
        if given is not None and not usual.low * (1.0 - 1e-9) <= given <= usual.high * (1.0 + 1e-9):
            found.append(Notice("W623", f"{name}: outside the usual; {usual.text}, {usual.grade}"))
    return found
