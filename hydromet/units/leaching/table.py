"""The data of the leach: ``data/reactions/leach.yaml`` as frozen values."""

from __future__ import annotations

import math
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.species import species
from hydromet.units.leaching.kinetics import GAS_CONSTANT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "data/reactions/leach.yaml"
# Numbers of a family of cathodes, beside those of the oxidation of water.
RATES = ("attack", "plateau", "exchange", "reductive", "manganese")


@dataclass(frozen=True, slots=True)
class Reductant:
    """Who gives electrons, to which rung of the ladder, and the share that takes part."""

    species: str
    until: str
    available: float


@dataclass(frozen=True, slots=True)
class Family:
    """Rate constants of one family of cathodes at the reference temperature and 1 mol/kg acid and reductant, 1/s.

    Attributes:
        plateau: share that acid alone attacks at the reference temperature.
        oxygen: metal -> rate at which its residue oxidises water.
    """

    name: str
    nickel: tuple[float, float]
    attack: float
    plateau: float
    exchange: float
    reductive: float
    oxygen: Mapping[str, float]
    manganese: float


@dataclass(frozen=True, slots=True)
class Slow:
    """A solid that dissolves without electrons but takes its time: Avrami, 1 - exp(-(k t)^n)."""

    species: str
    rate: float
    exponent: float
    energy: float
    reference: float

    def at(self, temperature: float) -> float:
        """Rate constant at a temperature, 1/s."""
        return self.rate * math.exp(-self.energy / GAS_CONSTANT * (1.0 / temperature - 1.0 / self.reference))


@dataclass(frozen=True, slots=True)
class Table:
    """All of it.

    Attributes:
        reference: temperature of the rate constants, K.
        diameter: median diameter of the powders behind the rates, m.
        shared: activation energies (J/mol), orders and the like, the same for all families.
        catalysts: element -> increase of the loss of peroxide, kg/mol.
        half_acid, half_reductant: molalities at which exchange and oxidation of manganese have half their speed.
        olivines: phosphates that take their time.
    """

    reductants: tuple[Reductant, ...]
    families: tuple[Family, ...]
    shares: Mapping[str, tuple[float, str]]
    reference: float
    diameter: float
    shared: Mapping[str, float]
    catalysts: Mapping[str, float]
    half_acid: float
    half_reductant: float
    olivines: tuple[Slow, ...] = ()

    def slow(self, solid: str) -> Slow | None:
        """Rate of a solid that dissolves slowly without electrons; None for the others, which dissolve at once."""
        return next((row for row in self.olivines if row.species == solid), None)

    def family(self, solid: str) -> Family:
        """The cathode family of an oxide, by its nickel share Ni/(Ni+Co+Mn)."""
        elements = species(solid).elements
        metals = sum(elements.get(e, 0.0) for e in ("Ni", "Co", "Mn"))
        nickel = elements.get("Ni", 0.0) / metals if metals else 0.0
        return next((f for f in self.families if f.nickel[0] <= nickel < f.nickel[1]), self.families[-1])


# Parameters that a fit tries; nothing else sets it.
IN_USE: ContextVar[Table | None] = ContextVar("leach parameters in use", default=None)


def leach_table() -> Table:
    """The shipped data, or what a fit tries in its place."""
    return IN_USE.get() or shipped()


@lru_cache(maxsize=1)
def shipped() -> Table:
    """The shipped data, read once."""
    data = read_yaml(FILE)
    return Table(
        reductants=tuple(
            Reductant(str(r["species"]), str(r["until"]), float(r["available"])) for r in data["reductants"]
        ),
        families=tuple(_family(row) for row in data["cathodes"]),
        shares={str(r["species"]): (float(r["dissolved"]), f"{r['source']} ({r['grade']})") for r in data["shares"]},
        reference=float(data["reference"]),
        diameter=float(data["diameter"]["value"]),
        shared={name: float(row["value"]) for name, row in data["shared"].items()},
        catalysts={str(r["element"]): float(r["increase"]) for r in data["catalysts"]},
        half_acid=float(data["halves"]["acid"]["value"]),
        half_reductant=float(data["halves"]["reductant"]["value"]),
        olivines=tuple(
            Slow(str(r["species"]), *(float(r[n]) for n in ("rate", "exponent", "energy", "reference")))
            for r in data["olivines"]
        ),
    )


def _family(row: Mapping[str, Any]) -> Family:
    low, high = row["nickel"]
    numbers = {name: float(row[name]) for name in RATES}
    oxygen = {str(e): float(v) for e, v in row["oxygen"].items()}
    return Family(name=str(row["family"]), nickel=(float(low), float(high)), oxygen=oxygen, **numbers)


def sources(declared: Iterable[str] = ()) -> list[dict[str, Any]]:
    """Every value of the data file as parameter, value, unit, source, grade.

    Args:
        declared: solids whose dissolved share a flowsheet gives itself.
    """
    data = read_yaml(FILE)
    rows = [
        _row(f"share of {r['species']} that gives electrons", r["available"], "mol/mol", r) for r in data["reductants"]
    ]
    size = data["diameter"]
    rows.append(_row("leach: median diameter of the powders of the tests", size["value"], "m", size))
    rows += [_row(f"leach: {name}", r["value"], r["unit"], r) for name, r in data["shared"].items()]
    rows += [_row(f"loss of peroxide by {r['element']}", r["increase"], "kg/mol", r) for r in data["catalysts"]]
    for name, row in data["halves"].items():
        rows.append(_row(f"leach: {name} at half speed", row["value"], "mol/kg", row))
    for row in data["olivines"]:
        for one, unit in (("rate", "1/s"), ("exponent", "1"), ("energy", "J/mol")):
            rows.append(_row(f"dissolution of {row['species']}: {one}", row[one], unit, row))
    for family in data["cathodes"]:
        name = f"leach of {family['family']}"
        for one in RATES:
            unit = "mol/mol" if one == "plateau" else "1/s"
            what = "share attacked without a reductant" if one == "plateau" else f"rate constant, {one}"
            rows.append(_row(f"{name}: {what}", family[one], unit, family))
        rows += [
            _row(f"{name}: rate constant, oxygen by {e}", value, "1/s", family) for e, value in family["oxygen"].items()
        ]
    given = set(declared)
    shares = [r for r in data["shares"] if r["species"] not in given]
    return rows + [_row(f"dissolved share of {r['species']}", r["dissolved"], "mol/mol", r) for r in shares]


def _row(parameter: str, value: Any, unit: str, row: Mapping[str, Any]) -> dict[str, Any]:
    origin = {"source": row["source"], "grade": row["grade"], "validity": row.get("validity", "")}
    return {"parameter": parameter, "value": float(value), "unit": unit, **origin, "note": row.get("note", "")}
