"""The data of the leach: ``data/reactions/leach.yaml`` as frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.species import species
from hydromet.units.leaching.kinetics import arrhenius

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "data/reactions/leach.yaml"


@dataclass(frozen=True, slots=True)
class Reductant:
    """Who gives electrons, to which rung of the ladder, and the share that takes part."""

    species: str
    until: str
    available: float


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate constant with Arrhenius temperature dependence: 1/s, J/mol, K."""

    rate: float
    energy: float
    reference: float
    plateau: float = 1.0

    def at(self, temperature: float) -> float:
        """The constant at a temperature, 1/s."""
        return arrhenius(self.rate, self.energy, self.reference, temperature)


@dataclass(frozen=True, slots=True)
class Family:
    """Kinetics of one family of cathodes."""

    name: str
    nickel: tuple[float, float]
    reductive: Rate
    attack: Rate
    oxygen: Rate


@dataclass(frozen=True, slots=True)
class Table:
    """All of it."""

    reductants: tuple[Reductant, ...]
    families: tuple[Family, ...]
    shares: Mapping[str, tuple[float, str]]

    def family(self, solid: str) -> Family:
        """The cathode family of an oxide, by its nickel share Ni/(Ni+Co+Mn)."""
        elements = species(solid).elements
        metals = sum(elements.get(e, 0.0) for e in ("Ni", "Co", "Mn"))
        nickel = elements.get("Ni", 0.0) / metals if metals else 0.0
        return next((f for f in self.families if f.nickel[0] <= nickel < f.nickel[1]), self.families[-1])


@lru_cache(maxsize=1)
def leach_table() -> Table:
    """The shipped data, read once."""
    data = read_yaml(FILE)
    return Table(
        reductants=tuple(
            Reductant(str(r["species"]), str(r["until"]), float(r["available"])) for r in data["reductants"]
        ),
        families=tuple(_family(row) for row in data["cathodes"]),
        shares={str(r["species"]): (float(r["dissolved"]), f"{r['source']} ({r['grade']})") for r in data["shares"]},
    )


def _family(row: Mapping[str, Any]) -> Family:
    low, high = row["nickel"]
    return Family(
        str(row["family"]),
        (float(low), float(high)),
        _rate(row["reductive"]),
        _rate(row["attack"]),
        _rate(row["oxygen"]),
    )


def _rate(row: Mapping[str, Any]) -> Rate:
    return Rate(float(row["rate"]), float(row["energy"]), float(row["reference"]), float(row.get("plateau", 1.0)))


def sources(declared: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Every value of the data file as parameter, value, unit, source, grade.

    Args:
        declared: solids whose dissolved share a flowsheet gives itself.
    """
    data = read_yaml(FILE)
    rows = [
        _row(f"share of {r['species']} that gives electrons", r["available"], "mol/mol", r) for r in data["reductants"]
    ]
    for family in data["cathodes"]:
        for kind in ("reductive", "attack", "oxygen"):
            rate, name = family[kind], f"leach of {family['family']}, {kind}"
            rows.append(_row(f"{name}: rate constant at {rate['reference']} K", rate["rate"], "1/s", rate))
            rows.append(_row(f"{name}: activation energy", rate["energy"], "J/mol", rate))
            if "plateau" in rate:
                rows.append(_row(f"{name}: share attacked", rate["plateau"], "mol/mol", rate))
    given = set(declared)
    shares = [r for r in data["shares"] if r["species"] not in given]
    return rows + [_row(f"dissolved share of {r['species']}", r["dissolved"], "mol/mol", r) for r in shares]


def _row(parameter: str, value: Any, unit: str, row: Mapping[str, Any]) -> dict[str, Any]:
    origin = {"source": row["source"], "grade": row["grade"], "validity": row.get("validity", "")}
    return {"parameter": parameter, "value": float(value), "unit": unit, **origin, "note": row.get("note", "")}
