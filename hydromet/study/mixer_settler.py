"""Sizes of mixers and settlers from residence time and specific flow."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from math import pi
from typing import TYPE_CHECKING, Any

from hydromet import datafiles
from hydromet.quantity import parse
from hydromet.units.base import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hydromet.study.sx_circuit import Section
    from hydromet.study.sx_file import Equipment

FILE = "data/equipment/mixer_settler.csv"
FORMAT = "hydromet-sx-size/1"
_KINDS = {
    "residence_time": "time", "specific_flow": "volume flux", "mixer_o_a": "ratio", "organic_depth": "length",
    "aqueous_depth": "length", "length_to_width": "ratio", "mixer_power": "specific power", "design_margin": "ratio",
}  # fmt: skip


@dataclass(frozen=True)
class Practice:
    """A usual value with its range; SI units.

    Attributes:
        value: SI; none for a pure range. low, high: SI. text: value and range as in the file. unit: of the file.
        source, grade, note: of the value.
    """

    value: float
    low: float
    high: float
    text: str
    unit: str
    source: str
    grade: str
    note: str


@cache
def practices() -> Mapping[str, Practice]:
    """Every value of the file by name."""
    return {row["name"]: _practice(row) for row in datafiles.read_csv(FILE)}


def practice(name: str) -> Practice:
    """One value of the file."""
    return practices()[name]


def _practice(row: Mapping[str, str]) -> Practice:
    kind, unit = _KINDS.get(row["name"], "number"), row["unit"]

    def read(text: str) -> float:
        return parse(f"{text} {unit}".strip(), kind) if text else 0.0

    text = f"{row['value']} {unit}".strip() + f" ({row['low']} to {row['high']})"
    value, low, high = (read(row[name]) for name in ("value", "low", "high"))
    return Practice(value, low, high, text, unit, row["source"], row["grade"], row["note"])


@dataclass(frozen=True)
class Size:
    """One mixer-settler of a section; all of them are alike, for the stage with the largest flow.

    Attributes:
        section: extraction, scrubbing or stripping. stages: number of mixer-settlers.
        organic, aqueous: advance flows with the margin, m3/s. recycle: of the lesser phase inside the stage, m3/s.
        mixer_volume: m3. mixer_diameter: of a cylinder as high as wide, m. power: of the impeller, W.
        settler_area: m2. settler_width, settler_length, settler_depth: m.
        organic_inventory: m3 of organic in one mixer-settler.
    """

    section: str
    stages: int
    organic: float
    aqueous: float
    recycle: float
    mixer_volume: float
    mixer_diameter: float
    power: float
    settler_area: float
    settler_width: float
    settler_length: float
    settler_depth: float
    organic_inventory: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


def choices(equipment: Equipment) -> dict[str, float]:
    """What is chosen in the file, and the usual values for the rest; SI units."""
    return {
        name: float(given) if (given := getattr(equipment, name)) is not None else practice(name).value
        for name in _KINDS
    }


def size(section: Section, equipment: Equipment) -> Size:
    """Size the mixer-settlers of a solved section.

    ``V = (Q_org + Q_aq + Q_recycle) t``, ``A = (Q_org + Q_aq + Q_recycle) / q`` with the flows of the fullest stage
    times the margin. The lesser phase is recycled from the settler to the mixer until the mixer holds ``mixer_o_a``
    (its reciprocal where the aqueous is the lesser).

    Args:
        section: solved; the stages tell the flows.
        equipment: choices of the file.

    Returns:
        one mixer-settler, volumes and areas per stage.

    Validity: as the residence time and specific flow, which a continuous test or the time to separate has to give.
    """
    chosen = choices(equipment)
    rows, organic = section.result.stages, section.organic_flow * chosen["design_margin"]
    aqueous = max((organic / row["O_A"] for row in rows if row["O_A"] > 0.0), default=0.0)
    ratio = chosen["mixer_o_a"] if organic <= aqueous else 1.0 / chosen["mixer_o_a"]
    lesser, greater = sorted((organic, aqueous))
    share = min(ratio, 1.0 / ratio)
    recycle = max(share * greater - lesser, 0.0)
    total = organic + aqueous + recycle
    volume = total * chosen["residence_time"]
    area = total / chosen["specific_flow"]
    width = (area / chosen["length_to_width"]) ** 0.5
    in_mixer = (organic + (recycle if organic <= aqueous else 0.0)) / total if total > 0.0 else 0.0
    return Size(
        section=section.name,
        stages=len(rows),
        organic=organic,
        aqueous=aqueous,
        recycle=recycle,
        mixer_volume=volume,
        mixer_diameter=(4.0 * volume / pi) ** (1.0 / 3.0),
        power=volume * chosen["mixer_power"],
        settler_area=area,
        settler_width=width,
        settler_length=area / width if width > 0.0 else 0.0,
        settler_depth=chosen["organic_depth"] + chosen["aqueous_depth"],
        organic_inventory=in_mixer * volume + chosen["organic_depth"] * area,
    )


def basis(equipment: Equipment) -> list[dict[str, str]]:
    """What the sizes rest on: every choice with its source and grade."""
    rows = []
    for name, kind in _KINDS.items():
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
    for name in _KINDS:
        given, usual = getattr(equipment, name), practice(name)
        if given is not None and not usual.low * (1.0 - 1e-9) <= given <= usual.high * (1.0 + 1e-9):
            found.append(Notice("W623", f"{name}: outside the usual; {usual.text}, {usual.grade}"))
    return found
