"""Volumes of many solutions at once, for the passes of a cascade."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.properties.density_water_kell_1975 import water_density
from hydromet.chemistry.thermochemistry import load_species
from hydromet.chemistry.volume import load_salts
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry.system import Array


class AqueousVolumes:
    """``aqueous_volume`` for many solutions of the same species at one temperature at once."""

    def __init__(self, names: Sequence[str], temperature: float) -> None:
        """Collect the coefficients of these dissolved species, water apart."""
        ions, salts = load_salts()
        known = load_species()
        self.masses = np.array([species(name).molar_mass for name in names])
        self.water_density = water_density(temperature)
        used = sorted({*(ions[n][0] for n in names if n in ions), "MgSO4", "Na2SO4"})
        row = {salt: k for k, salt in enumerate(used)}
        # Volume of a species = fixed + moles of salts of the table.
        self.fixed = np.zeros(len(names))
        self.table = np.zeros((len(names), len(used)))
        for i, name in enumerate(names):
            charge = species(name).charge
            if name in ions:
                salt, count = ions[name]
                self.table[i, row[salt]] += count
            elif name in known and known[name].density > 0.0:
                self.fixed[i] = species(name).molar_mass / known[name].density
            elif charge > 0:
                self.table[i, row["MgSO4"]] += 0.5 * charge
            elif charge == 0:
                self.fixed[i] = species(name).molar_mass / self.water_density
            if charge < 0:
                self.table[i, row["Na2SO4"]] += 0.5 * charge
        values = [salts[salt] for salt in used]
        t = np.array([min(max(temperature - 273.15, v.t_min), v.t_max) for v in values])
        c0, c1, self.c2, c3, c4 = np.array([v.c for v in values]).T
        growth = np.exp(1e-6 * (t + c4) ** 2)
        self.w_max = np.array([v.w_max for v in values])
        self.molar = np.array([v.molar_mass for v in values])
        self.a0, self.a1 = c0 * growth, c1 * growth
        self.c2 = self.c2 + c3 * t

    def __call__(self, flows: Array, water: Array) -> Array:
        """Volumes, m3 per unit of amount, of rows of ``flows`` (mol, columns as ``names``) in ``water`` (mol)."""
        kilograms = water * species(WATER).molar_mass
        solutes = flows @ self.masses
        w = np.minimum((solutes / (solutes + kilograms))[:, None], self.w_max)
        apparent = self.molar * (w + self.c2) / (self.a0 * w + self.a1)
        total: Array = kilograms / self.water_density + flows @ self.fixed
        total += np.sum((flows @ self.table) * apparent, axis=1)
        return total


@lru_cache(maxsize=64)
def aqueous_volumes(names: tuple[str, ...], temperature: float) -> AqueousVolumes:
    """The same, kept."""
    return AqueousVolumes(names, temperature)
