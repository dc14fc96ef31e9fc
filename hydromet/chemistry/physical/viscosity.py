"""Viscosity of a liquor, and the salts it is made up of."""

from __future__ import annotations

from functools import cache, lru_cache
from math import exp, log
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.physical.salt_shares import SaltShares, Shared, load_ions, load_rows
from hydromet.chemistry.properties.viscosity_laliberte_2009 import SoluteViscosity
from hydromet.chemistry.properties.viscosity_water_iapws_2008 import water_viscosity

if TYPE_CHECKING:
    from collections.abc import Mapping

IONS, SALTS = "data/viscosity/ions.csv", "data/viscosity/laliberte.csv"
_MILLI = 1e-3


@cache
def _salts() -> Mapping[str, SoluteViscosity]:
    found = {}
    for name, row in load_rows(SALTS).items():
        v1, v2, v3, v4, v5, v6 = (float(row[f"v{i}"]) for i in range(1, 7))
        found[name] = SoluteViscosity(
            molar_mass=float(row["molar_mass_g_mol"]) * 1e-3,
            v=(v1, v2, v3, v4, v5, v6),
            t_min=float(row["t_min_C"]),
            t_max=float(row["t_max_C"]),
            w_max=float(row["w_max"]),
        )
    return found


@lru_cache(maxsize=256)
def _shares(names: tuple[str, ...]) -> SaltShares:
    return SaltShares(names, load_ions(IONS), tuple(_salts()))


def liquor_viscosity(totals: Mapping[str, float], temperature: float) -> float:
    """Viscosity of a liquor, Pa s: ``ln mu = w_water ln mu_water + sum w_i ln mu_i`` over the salts it is made up of.

    Args:
        totals: basis species -> mol; H+ net, H2O the total water.
        temperature: K.

    Validity: 15 to 60 degC for most sulfates, at most the mass fractions of ``data/viscosity``; 4 % for one salt.
    ``property_cautions`` says what lies beyond.
    """
    shared, shares = _shared(totals)
    water = log(water_viscosity(temperature) / _MILLI)
    logarithm, w, mass = water, float(shared.w), float(shared.mass)
    for name, amount in zip(shares.salts, shared.moles.tolist(), strict=True):
        if amount != 0.0:
            salt = _salts()[name]
            logarithm += amount * salt.molar_mass / mass * (salt.logarithm(w, temperature) - water)
    return _MILLI * exp(logarithm)


def _shared(totals: Mapping[str, float]) -> tuple[Shared, SaltShares]:
    names = tuple(sorted(totals))
    shares = _shares(names)
    return shares(np.array([totals[name] for name in names])), shares
