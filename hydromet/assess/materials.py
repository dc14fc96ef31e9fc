"""Class of material by the liquor that wets it: a screening against ``data/equipment/materials.csv``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_csv
from hydromet.quantity import parse, show
from hydromet.species import atomic_mass, species
from hydromet.units.practice import practices
from hydromet.units.vessel import ACID_EQUIVALENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FILE = "data/equipment/materials.csv"
SIZING = "data/equipment/sizing.csv"
ANY, METAL, DRY = "any", "metal", "dry"
# Mass share of organic above which it wets.
_WETS = 1e-3
# Concentrations below this are not told, kg/m3.
_TOLD = 1e-3


@dataclass(frozen=True)
class Conditions:
    """The worst a vessel sees.

    Attributes:
        temperature: K. chloride, fluoride, acid: kg/m3 of liquor; acid is all H+ of the liquor as H2SO4, that bound as
            HSO4-, HF or H3PO4 included; fluoride counts in acid liquors only (``fluoride_pH`` of sizing.csv).
        pH: the highest; None without a liquor. organic: does organic wet it?
    """

    temperature: float
    chloride: float
    fluoride: float
    acid: float
    pH: float | None
    organic: bool

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True)
class Material:
    """A class of material with the worst it takes; same units as ``Conditions``."""

    name: str
    use: str
    temperature: float
    chloride: float
    fluoride: float
    acid: float
    pH: float
    organic: bool
    source: str
    grade: str

    def takes(self, worst: Conditions) -> bool:
        """Does it stand these conditions?"""
        return (
            worst.temperature <= self.temperature
            and worst.chloride <= self.chloride
            and worst.fluoride <= self.fluoride
            and worst.acid <= self.acid
            and (worst.pH is None or worst.pH <= self.pH)
            and (self.organic or not worst.organic)
        )


@lru_cache(maxsize=1)
def materials() -> tuple[Material, ...]:
    """The table, the usual choice first."""
    return tuple(_row(row) for row in read_csv(FILE))


def _row(row: Mapping[str, str]) -> Material:
    return Material(
        name=row["material"],
        use=row["use"],
        temperature=parse(row["max_temperature"], "temperature"),
        chloride=parse(row["max_chloride"], "mass concentration"),
        fluoride=parse(row["max_fluoride"], "mass concentration"),
        acid=parse(row["max_acid"], "mass concentration"),
        pH=parse(row["max_pH"], "pH"),
        organic=row["organic"] == "yes",
        source=row["source"],
        grade=row["grade"],
    )


def material(worst: Conditions, *, metal: bool = False) -> Material | None:
    """The first class that takes the conditions; None if no class of the table does.

    Args:
        worst: conditions; without a liquor and organic, a class for dry solids.
        metal: it must conduct heat or turn: heating surfaces, compressors, pumps are no plastic.
    """
    dry = worst.pH is None and not worst.organic
    uses = {DRY} if dry else {METAL} if metal else {ANY, METAL}
    return next((each for each in materials() if each.use in uses and each.takes(worst)), None)


def conditions(records: Iterable[Mapping[str, Any]]) -> Conditions:
    """The worst of stream records (as in ``result.json``), each for itself: they need not occur together."""
    found = [_of(record) for record in records]
    known = [each.pH for each in found if each.pH is not None]
    return Conditions(
        temperature=max((each.temperature for each in found), default=0.0),
        chloride=max((each.chloride for each in found), default=0.0),
        fluoride=max((each.fluoride for each in found), default=0.0),
        acid=max((each.acid for each in found), default=0.0),
        pH=max(known, default=None),
        organic=any(each.organic for each in found),
    )


def _of(record: Mapping[str, Any]) -> Conditions:
    flows, density, pH = record["species_mol_h"], record["density_kg_m3"], record["pH"]
    volume = record["phases_kg_h"].get("aq", 0.0) / density if density else 0.0
    organic = record["phases_kg_h"].get("org", 0.0) > _WETS * record["mass_kg_h"]
    damp = practices(SIZING)["damp"].value * record["mass_kg_h"]
    if pH is None or volume <= 0.0 or record["phases_kg_h"]["aq"] < damp:
        return Conditions(record["temperature_K"], 0.0, 0.0, 0.0, None, organic)
    harmful = pH < practices(SIZING)["fluoride_pH"].value
    return Conditions(
        temperature=record["temperature_K"],
        chloride=_dissolved(flows, "Cl") * atomic_mass("Cl") / volume,
        fluoride=_dissolved(flows, "F") * atomic_mass("F") / volume if harmful else 0.0,
        acid=flows.get("H+", 0.0) / ACID_EQUIVALENT / volume,
        pH=pH,
        organic=organic,
    )


def _dissolved(flows: Mapping[str, float], element: str) -> float:
    """Flow of an element in the aqueous species, mol/h."""
    total = 0.0
    for name, flow in flows.items():
        if element in name and species(name).phase == "aq":
            total += flow * species(name).elements.get(element, 0.0)
    return total


def told(worst: Conditions) -> str:
    """The conditions in words: ``65 degC, Cl 0.02 g/L ...``."""
    parts = [show(worst.temperature, "degC", "temperature", 3)]
    if worst.pH is not None:
        parts += [f"pH to {worst.pH:.3g}"]
        parts += [
            f"{name} {value:.2g} g/L"
            for name, value in (("Cl", worst.chloride), ("F", worst.fluoride), ("H2SO4", worst.acid))
            if value > _TOLD
        ]
    return ", ".join([*parts, *(["organic"] if worst.organic else [])])
