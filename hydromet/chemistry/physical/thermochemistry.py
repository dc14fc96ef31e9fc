"""Enthalpy, heat capacity and density of single species, from every csv in ``data/species``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from hydromet import datafiles
from hydromet.chemistry.records import T0, Origin
from hydromet.errors import ChemistryError
from hydromet.species import species

FOLDER = "data/species"
# Files of this package come first, so that a later file cannot change a value everybody relies on.
_FIRST = ("aqueous.csv", "solids.csv", "liquids.csv", "gases.csv")


@dataclass(frozen=True, slots=True)
class Thermo:
    """Thermochemistry of one species.

    Attributes:
        id: canonical identifier.
        enthalpy: of formation at 298.15 K, J/mol.
        heat_capacity: J/(mol K), constant.
        density: kg/m3 of the pure phase; 0 where the file gives none.
        origin: source and grade.
    """

    id: str
    enthalpy: float
    heat_capacity: float
    density: float
    origin: Origin

    def at(self, temperature: float) -> float:
        """Enthalpy, J/mol: ``Hf + Cp (T - 298.15 K)``."""
        return self.enthalpy + self.heat_capacity * (temperature - T0)


@cache
def load_species() -> dict[str, Thermo]:
    """All species with thermochemistry, by id; the first file that names a species wins.

    Organic species of an extractant that has a file of its own and no rows here are derived from that file.

    Raises:
        ChemistryError: E502 a cell is not a number or a grade is unknown.
    """
    from hydromet.chemistry.extraction.extractant_data import declare_extractants, missing_species

    declare_extractants()
    found: dict[str, Thermo] = {}
    for name in sorted(datafiles.names(FOLDER, ".csv"), key=lambda n: (f"{n}.csv" not in _FIRST, n)):
        file = f"{FOLDER}/{name}.csv"
        for row in datafiles.read_csv(file):
            one = _read(row, file)
            found.setdefault(one.id, one)
    for derived in missing_species(found):
        found.setdefault(derived.id, derived)
    return found


def _read(row: dict[str, str], file: str) -> Thermo:
    try:
        return Thermo(
            id=species(row["id"]).id,
            enthalpy=float(row["Hf_kJ_mol"]) * 1e3,
            heat_capacity=float(row["Cp_J_mol_K"]),
            density=float(row["density_kg_m3"] or 0.0),
            origin=Origin(row["source"], row["grade"], note=row.get("note", "")),
        )
    except (KeyError, ValueError) as error:
        raise ChemistryError(
            "E502",
            read=f"{file}: {row.get('id', row)}",
            expected=f"a number in every column ({error})",
            write="NiSO4:6H2O(s),-2682.8,327.9,2070,nbs1982,recalled,",
        ) from error
