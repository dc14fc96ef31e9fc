"""Salts that stand for the ions of a liquor where a property is known of salts only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet import datafiles
from hydromet.chemistry.database import OH, H
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.system import Array

# H+ beyond two for each sulfate: it finds nothing to form HSO4- with and counts as hydrochloric acid.
FREE_ACID = "HCl"
_SULFATE, _CHLORIDE, _SODIUM = "SO4-2", "Cl-", "Na2SO4"
# Stand-ins of ions that no file names: salt and moles of it per charge.
_CATION, _ANION = ("MgSO4", 0.5), ("NaCl", 1.0)


@dataclass(frozen=True, slots=True)
class IonRow:
    """Which salt stands for an ion.

    Attributes:
        salt, count: name and moles of salt per mole of ion.
        offset: added to the property per mole of ion, in its unit; 0 where the file has no such column.
        source, grade, note: of the choice.
    """

    salt: str
    count: float
    offset: float
    source: str
    grade: str
    note: str


@cache
def load_ions(file: str) -> Mapping[str, IonRow]:
    """Ion or neutral -> the salt that stands for it, from a csv with columns ion, salt, salt_per_ion."""
    return {
        species(row["ion"]).id: IonRow(
            salt=row["salt"],
            count=float(row["salt_per_ion"]),
            offset=float(row.get("offset_J_mol_K") or 0.0),
            source=row["source"],
            grade=row["grade"],
            note=row["note"],
        )
        for row in datafiles.read_csv(file)
    }


@cache
def load_rows(file: str) -> Mapping[str, Mapping[str, str]]:
    """Salt -> its row in a csv with a column salt."""
    return {row["salt"]: row for row in datafiles.read_csv(file)}


@dataclass(frozen=True, slots=True)
class Shared:
    """A liquor as salts.

    Attributes:
        moles: of each salt.
        water: free water, kg.
        mass: of everything, kg.
        added: sum of the offsets of the ions.
    """

    moles: Array
    water: float
    mass: float
    added: float

    @property
    def w(self) -> float:
        """Mass fraction of all solutes."""
        return 1.0 - self.water / self.mass


class SaltShares:
    """Moles of salts in a liquor of given components.

    A cation counts as its sulfate, an anion as its sodium salt less half a sodium sulfate per charge: a mixture needs
    no pairing of ions, and the liquor of one salt comes out as that salt.

    Attributes:
        salts: names, in the order of the amounts returned.
        neutrals: dissolved neutrals without a row.
    """

    def __init__(self, names: Sequence[str], ions: Mapping[str, IonRow], salts: Sequence[str]) -> None:
        """Shares for liquors made of these components: ions, neutrals, H+ (net) and H2O."""
        self.names, self.salts = tuple(names), tuple(salts)
        self._ions = ions
        self._masses = np.array([species(name).molar_mass for name in self.names])
        place = {name: i for i, name in enumerate(self.names)}
        self._water, self._acid, self._sulfate = place[WATER], place.get(H), place.get(_SULFATE)
        self.neutrals = tuple(n for n in self.names if n not in (*ions, H, WATER) and not species(n).charge)
        self._places = [place[name] for name in self.neutrals]
        rows = [self._row(name) if name not in (H, WATER) else (np.zeros(len(self.salts)), 0.0) for name in self.names]
        self._table = np.array([row for row, _ in rows])
        self._offsets = np.array([offset for _, offset in rows])
        free, own = self._row(FREE_ACID)
        self._special = {H: self._row(H), OH: self._row(OH), FREE_ACID: (free - self._row(_CHLORIDE)[0], own)}

    def _row(self, name: str) -> tuple[Array, float]:
        """Moles of each salt, and what is added, per mole of an ion."""
        moles, charge, row = np.zeros(len(self.salts)), species(name).charge, self._ions.get(name)
        if row is not None:
            moles[self.salts.index(row.salt)] += row.count
        elif charge:
            salt, count = _CATION if charge > 0 else _ANION
            moles[self.salts.index(salt)] += count * abs(charge)
        if charge < 0:
            moles[self.salts.index(_SODIUM)] += 0.5 * charge
        return moles, row.offset if row else 0.0

    def __call__(self, amounts: Array) -> Shared:
        """The salts of a liquor with these amounts of its components, mol."""
        moles = amounts @ self._table
        added = float(amounts @ self._offsets)
        acid = 0.0 if self._acid is None else float(amounts[self._acid])
        water = float(amounts[self._water])
        parts: list[tuple[str, float]] = []
        if acid < 0.0:
            parts, water = [(OH, -acid)], water + acid
        elif acid > 0.0:
            sulfate = 0.0 if self._sulfate is None else float(amounts[self._sulfate])
            bound = min(acid, 2.0 * sulfate)
            parts = [(H, bound), (FREE_ACID, acid - bound)]
        for name, amount in parts:
            row, offset = self._special[name]
            moles = moles + amount * row
            added += amount * offset
        return Shared(moles, water * float(self._masses[self._water]), float(amounts @ self._masses), added)

    def neutral(self, amounts: Array) -> Array:
        """Amounts of the neutrals without a row, mol."""
        found: Array = amounts[self._places]
        return found

    def used(self, amounts: Array) -> tuple[str, ...]:
        """Keys of the ion rows that liquors of these amounts use."""
        acid = 0.0 if self._acid is None else float(amounts[self._acid])
        sulfate = 0.0 if self._sulfate is None else float(amounts[self._sulfate])
        extra = [OH] if acid < 0.0 else [H] * (acid > 0.0 and sulfate > 0.0) + [FREE_ACID] * (acid > 2.0 * sulfate)
        present = [n for n, amount in zip(self.names, amounts, strict=True) if amount > 0.0 and n not in (H, WATER)]
        return tuple(n for n in (*present, *extra) if n in self._ions)
