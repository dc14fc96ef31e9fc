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

# H+ beyond what anions bind counts as hydrochloric acid.
FREE_ACID = "HCl"
_SULFATE, _CHLORIDE, _SODIUM = "SO4-2", "Cl-", "Na2SO4"
# What binds H+ before sulfate does, and how much of it, and what binds OH-: where a file has a row for it.
_WEAK_ACIDS = (("HCO3-", "CO3-2", 1.0), ("H3PO4", "PO4-3", 3.0))
_WEAK_BASE, _AMMONIUM = "NH3", "NH4+"
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
    """Liquors as salts, one or a row each.

    Attributes:
        moles: of each salt, last axis as ``SaltShares.salts``.
        water: free water, kg.
        mass: of everything, kg.
        added: sum of the offsets of the ions.
    """

    moles: Array
    water: Array
    mass: Array
    added: Array

    @property
    def w(self) -> Array:
        """Mass fraction of all solutes."""
        return 1.0 - self.water / self.mass


class SaltShares:
    """Moles of salts in liquors of given components.

    A cation counts as its sulfate, an anion as its sodium salt less half a sodium sulfate per charge: a mixture needs
    no pairing of ions, and the liquor of one salt comes out as that salt. H+ goes to carbonate and phosphate, then to
    sulfate, which binds or at least sees two each, what is left to chloride; OH- to ammonium.

    Attributes:
        salts: names, in the order of the amounts returned.
        neutrals: dissolved neutrals without a row.
    """

    def __init__(self, names: Sequence[str], ions: Mapping[str, IonRow], salts: Sequence[str]) -> None:
        """Shares for liquors made of these components: ions, neutrals, H+ (net) and H2O."""
        self.names, self.salts = tuple(names), tuple(salts)
        self._ions = ions
        self._masses = np.array([species(name).molar_mass for name in self.names])
        self._place = {name: i for i, name in enumerate(self.names)}
        self.neutrals = tuple(n for n in self.names if n not in (*ions, H, WATER) and not species(n).charge)
        self._places = [self._place[name] for name in self.neutrals]
        # One column more than salts: what is added.
        nothing = np.zeros(len(self.salts) + 1)
        self._table = np.array([self._row(name) if name not in (H, WATER) else nothing for name in self.names])
        self._bound, self._base = self._row(H), self._row(OH)
        self._free = self._row(FREE_ACID) - self._row(_CHLORIDE)
        self._weak = [
            (self._place[anion], count, self._row(name) - self._row(anion))
            for name, anion, count in _WEAK_ACIDS
            if name in ions and anion in self._place
        ]
        self._ammonia = self._row(_WEAK_BASE) - self._row(_AMMONIUM)

    def _row(self, name: str) -> Array:
        """Moles of each salt, and what is added, per mole of an ion."""
        values, charge, row = np.zeros(len(self.salts) + 1), species(name).charge, self._ions.get(name)
        if row is not None:
            values[self.salts.index(row.salt)] += row.count
            values[-1] = row.offset
        elif charge:
            salt, count = _CATION if charge > 0 else _ANION
            values[self.salts.index(salt)] += count * abs(charge)
        if charge < 0:
            values[self.salts.index(_SODIUM)] += 0.5 * charge
        return values

    def _amount(self, amounts: Array, name: str) -> Array | float:
        place = self._place.get(name)
        return 0.0 if place is None else amounts[..., place]

    def __call__(self, amounts: Array) -> Shared:
        """The salts of liquors with these amounts of the components, mol: one (n,) or a row each (k, n)."""
        values = amounts @ self._table
        net = np.asarray(self._amount(amounts, H))
        acid, base = np.maximum(net, 0.0), np.maximum(-net, 0.0)
        if acid.any():
            for place, count, row in self._weak:
                bound = np.minimum(acid / count, amounts[..., place])
                acid = acid - count * bound
                values = values + bound[..., None] * row
            bound = np.minimum(acid, 2.0 * self._amount(amounts, _SULFATE))
            values = values + bound[..., None] * self._bound + (acid - bound)[..., None] * self._free
        if base.any():
            if _WEAK_BASE in self._ions and _AMMONIUM in self._place:
                bound = np.minimum(base, amounts[..., self._place[_AMMONIUM]])
                base = base - bound
                values = values + bound[..., None] * self._ammonia
            values = values + base[..., None] * self._base
        water = (amounts[..., self._place[WATER]] - base) * self._masses[self._place[WATER]]
        return Shared(values[..., :-1], water, amounts @ self._masses, values[..., -1])

    def neutral(self, amounts: Array) -> Array:
        """Amounts of the neutrals without a row, mol."""
        found: Array = amounts[..., self._places]
        return found

    def used(self, amounts: Array) -> tuple[str, ...]:
        """Keys of the ion rows that one liquor of these amounts uses, those of bound H+ and OH- left out."""
        present = zip(self.names, amounts.tolist(), strict=True)
        return tuple(n for n, amount in present if amount > 0.0 and n not in (H, WATER) and n in self._ions)
