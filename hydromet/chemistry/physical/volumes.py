"""Volumes of solutions, one or many at once, from apparent molar volumes of salts."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.canonical import totals_of
from hydromet.chemistry.database import H
from hydromet.chemistry.physical.salt_shares import SaltShares, load_ions, load_rows
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.properties.density_laliberte_2009 import ApparentVolume
from hydromet.chemistry.properties.density_water_kell_1975 import water_density
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.chemistry.system import Array

IONS, SALTS = "data/density/ions.csv", "data/density/laliberte.csv"


@cache
def load_salts() -> Mapping[str, ApparentVolume]:
    """Coefficients of the salts."""
    found = {}
    for name, row in load_rows(SALTS).items():
        c0, c1, c2, c3, c4 = (float(row[f"c{i}"]) for i in range(5))
        found[name] = ApparentVolume(
            molar_mass=float(row["molar_mass_g_mol"]) * 1e-3,
            c=(c0, c1, c2, c3, c4),
            t_min=float(row["t_min_C"]),
            t_max=float(row["t_max_C"]),
            w_max=float(row["w_max"]),
        )
    return found


class AqueousVolumes:
    """Volumes of solutions of the same dissolved species at one temperature.

    Apparent molar volumes of the salts that stand for the ions, neutrals by the density of their data file or that of
    water; see ``salt_shares``. Every salt is evaluated inside its fitted range: outside it the expression can have a
    pole.
    """

    def __init__(self, names: Sequence[str], temperature: float) -> None:
        """Collect the coefficients of these dissolved species, water apart, which may be complexes."""
        listed = [totals_of({name: 1.0}) for name in names]
        components = tuple(sorted({WATER, H, *(part for parts in listed for part in parts)}))
        self._made = np.array([[parts.get(one, 0.0) for one in components] for parts in listed])
        self._made = self._made.reshape(len(listed), len(components))
        self._water = components.index(WATER)
        salts = load_salts()
        self._shares = _shares(components)
        self.water_density = water_density(temperature)
        known = load_species()
        self._fixed = np.array(
            [
                species(name).molar_mass
                / (known[name].density if name in known and known[name].density > 0.0 else self.water_density)
                for name in self._shares.neutrals
            ]
        )
        values = [salts[salt] for salt in self._shares.salts]
        t = np.array([min(max(temperature - 273.15, v.t_min), v.t_max) for v in values])
        c0, c1, c2, c3, c4 = np.array([v.c for v in values]).T
        growth = np.exp(1e-6 * (t + c4) ** 2)
        self._w_max = np.array([v.w_max for v in values])
        self._molar = np.array([v.molar_mass for v in values])
        self._a0, self._a1 = c0 * growth, c1 * growth
        self._c2 = c2 + c3 * t

    def __call__(self, flows: Array, water: Array) -> Array:
        """Volumes, m3 per unit of amount, of rows of ``flows`` (mol, columns as ``names``) in ``water`` (mol)."""
        amounts = flows @ self._made
        amounts[..., self._water] += water
        shared = self._shares(amounts)
        w = np.minimum(np.asarray(shared.w)[..., None], self._w_max)
        apparent = self._molar * (w + self._c2) / (self._a0 * w + self._a1)
        total: Array = shared.water / self.water_density + self._shares.neutral(amounts) @ self._fixed
        total += np.sum(shared.moles * apparent, axis=-1)
        return total


@lru_cache(maxsize=256)
def _shares(components: tuple[str, ...]) -> SaltShares:
    return SaltShares(components, load_ions(IONS), tuple(load_salts()))


@lru_cache(maxsize=256)
def aqueous_volumes(names: tuple[str, ...], temperature: float) -> AqueousVolumes:
    """The same, kept."""
    return AqueousVolumes(names, temperature)


def aqueous_volume(flows: Mapping[str, float], temperature: float) -> float:
    """Volume of a solution, m3 per unit of amount; see ``AqueousVolumes``.

    Args:
        flows: dissolved species and water, mol.
        temperature: K.
    """
    if not any(flows.values()):
        return 0.0
    names = tuple(name for name in flows if name != WATER)
    amounts = np.array([flows[name] for name in names])
    return float(aqueous_volumes(names, temperature)(amounts, np.array(flows.get(WATER, 0.0))))
