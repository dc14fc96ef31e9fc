"""Chelating resins: competitive Langmuir isotherms and what a bed takes in one cycle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hydromet.datafiles import read_yaml
from hydromet.errors import UnitError
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "data/reactions/resins.yaml"


@dataclass(frozen=True)
class Resin:
    """A resin of the data.

    Attributes:
        name: in the file. capacity: eq per m3 of bed. constants: ion -> K, m3/mol. proton: K_H, m3/mol.
        use: share of the saturated capacity that a cycle uses. leak: share of the target that passes.
        row: as in the file.
    """

    name: str
    capacity: float
    constants: Mapping[str, float]
    proton: float
    use: float
    leak: float
    row: Mapping[str, Any]

    def loading(self, liquor: Mapping[str, float], pH: float) -> dict[str, float]:
        r"""Loading of the resin in equilibrium with a liquor, mol per m3 of bed.

        .. math:: q_i = \frac{Q}{z_i} \frac{K_i c_i}{1 + (K_H h)^2 + \sum_j K_j c_j}

        Args:
            liquor: ion -> mol/m3; ions that the resin does not know take no part.
            pH: of it.
        """
        terms = {ion: self.constants[ion] * c for ion, c in liquor.items() if ion in self.constants}
        below = 1.0 + (self.proton * 1e3 * 10.0**-pH) ** 2 + sum(terms.values())
        return {ion: self.capacity / species(ion).charge * term / below for ion, term in terms.items()}


@dataclass(frozen=True)
class Cycle:
    """One loading of a bed.

    Attributes:
        bed_volumes: liquor treated per volume of bed until the target breaks through.
        removed: ion -> share of it that the bed takes.
        preferred: share of the sites taken by ions held more strongly than the target.
    """

    bed_volumes: float
    removed: Mapping[str, float]
    preferred: float


def cycle(resin: Resin, liquor: Mapping[str, float], pH: float, target: str) -> Cycle:
    """The loading of a bed until the target breaks through.

    Ions held more strongly are taken in full, from the front of the bed; on the sites they leave the target and the
    weaker ions are in equilibrium with the feed when the bed is changed.

    Args:
        resin: see there.
        liquor: ion -> mol/m3.
        pH: of it.
        target: the ion whose breakthrough ends the cycle.
    """
    known = {ion: c for ion, c in liquor.items() if c > 0.0 and ion in resin.constants}
    if known.get(target, 0.0) <= 0.0:
        return Cycle(0.0, {}, 0.0)
    held = resin.constants[target]
    strong = {ion: c for ion, c in known.items() if resin.constants[ion] > held}
    weak = {ion: c for ion, c in known.items() if ion not in strong}
    loaded = resin.loading(weak, pH)
    taken = 1.0 - resin.leak
    # Of the capacity Q each bed volume of liquor takes sum z c by the strong ions; what is left holds the target.
    per_volume = sum(species(ion).charge * c for ion, c in strong.items()) * taken / resin.capacity
    free = resin.use * loaded[target]
    volumes = free / (known[target] * taken + free * per_volume)
    left = 1.0 - volumes * per_volume
    removed = dict.fromkeys(strong, taken)
    removed |= {ion: min(taken, resin.use * left * loaded[ion] / (volumes * c)) for ion, c in weak.items()}
    return Cycle(volumes, removed, 1.0 - left)


@lru_cache(maxsize=1)
def _table() -> dict[str, Any]:
    data: dict[str, Any] = read_yaml(FILE)
    return data


def names() -> tuple[str, ...]:
    """Resins of the data."""
    return tuple(_table()["resins"])


@lru_cache(maxsize=8)
def load_resin(name: str) -> Resin:
    """A resin by its name.

    Raises:
        UnitError: E823 there is none of that name.
    """
    if name not in names():
        raise UnitError("E823", read=name, expected=", ".join(names()), write=f"resin: {names()[0]}")
    row = _table()["resins"][name]
    reference = 1e-3 * float(row["reference"]["value"])
    return Resin(
        name,
        1e3 * float(row["capacity"]["value"]),
        {str(ion): reference * float(value) for ion, value in row["relative"]["ions"].items()},
        1e-3 * float(row["proton"]["value"]),
        float(row["use"]["value"]),
        float(row["leak"]["value"]),
        row,
    )


def sources(resin: Resin) -> list[dict[str, Any]]:
    """The isotherm as parameter, value, unit, source, grade."""
    rows = []
    for name in ("capacity", "reference", "proton", "use", "leak"):
        row = resin.row[name]
        rows.append(
            {"parameter": f"{name} of {resin.name}", "value": row["value"], "unit": row.get("unit", "")} | _origin(row)
        )
    relative = resin.row["relative"]
    for ion, value in relative["ions"].items():
        rows.append(
            {"parameter": f"selectivity of {resin.name} for {ion}", "value": value, "unit": ""} | _origin(relative)
        )
    return rows


def _origin(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "source": row["source"],
        "grade": row["grade"],
        "validity": "pH 1-6, 20-60 degC",
        "note": row.get("note", ""),
    }
