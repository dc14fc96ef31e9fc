"""Heat capacity of a liquor and the heat it takes up, from the apparent molar heat capacities of its salts."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.physical.salt_shares import SaltShares, load_ions, load_rows
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.chemistry.properties.heat_capacity_laliberte_2009 import ApparentHeatCapacity
from hydromet.chemistry.properties.heat_capacity_water_iapws_2008 import water_heat, water_heat_capacity
from hydromet.chemistry.records import T0

if TYPE_CHECKING:
    from collections.abc import Mapping

IONS, SALTS = "data/heat_capacity/ions.csv", "data/heat_capacity/laliberte.csv"


@cache
def _salts() -> Mapping[str, ApparentHeatCapacity]:
    found = {}
    for name, row in load_rows(SALTS).items():
        a1, a2, a3, a4, a5, a6 = (float(row[f"a{i}"]) for i in range(1, 7))
        found[name] = ApparentHeatCapacity(
            molar_mass=float(row["molar_mass_g_mol"]) * 1e-3,
            a=(a1, a2, a3, a4, a5, a6),
            t_min=float(row["t_min_C"]),
            t_max=float(row["t_max_C"]),
            w_max=float(row["w_max"]),
        )
    return found


@lru_cache(maxsize=256)
def _shares(names: tuple[str, ...]) -> SaltShares:
    return SaltShares(names, load_ions(IONS), tuple(_salts()))


class LiquorHeatCapacity:
    """Heat capacity of one liquor as a function of temperature, and its integral.

    ``Cp = m_water cp_water(T) + sum n_salt phi_salt(w, T) + sum n_ion offset + sum n_neutral Cp``. The composition is
    that put in: what the equilibria of a liquor take up as they shift (HSO4- above all) is in the measured values.

    Source: Laliberte (2009); water IAPWS SR6-08; neutrals ``data/species``.
    """

    def __init__(self, totals: Mapping[str, float]) -> None:
        """A liquor of these totals: basis species -> mol (or mol/s); H+ net, H2O the total water."""
        names = tuple(sorted(totals))
        amounts = np.array([totals[name] for name in names])
        shares = _shares(names)
        shared = shares(amounts)
        known, w = load_species(), float(shared.w)
        self._water = float(shared.water)
        self._constant: float = float(shared.added) + sum(
            amount * known[name].heat_capacity
            for name, amount in zip(shares.neutrals, shares.neutral(amounts).tolist(), strict=True)
            if name in known
        )
        self._parts = [
            (amount, _salts()[name], _salts()[name].factors(w))
            for name, amount in zip(shares.salts, shared.moles.tolist(), strict=True)
            if amount != 0.0
        ]

    def __call__(self, temperature: float) -> float:
        """Heat capacity, J/K (or W/K), at a temperature in K."""
        salts = sum(amount * salt.capacity(factors, temperature) for amount, salt, factors in self._parts)
        return float(self._water * water_heat_capacity(temperature) + salts + self._constant)

    def heat(self, temperature: float) -> float:
        """Enthalpy less that at 298.15 K, J (or W): the integral of the heat capacity."""
        salts = sum(amount * salt.heat(factors, temperature) for amount, salt, factors in self._parts)
        return float(self._water * water_heat(temperature) + salts + self._constant * (temperature - T0))
