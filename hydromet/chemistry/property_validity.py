"""Use of density, viscosity and heat capacity of a liquor outside the data they stand on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.records import Caution
from hydromet.chemistry.salt_shares import SaltShares, load_ions, load_rows
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Mapping

PROPERTIES = {"density": "data/density", "viscosity": "data/viscosity", "heat capacity": "data/heat_capacity"}
# An ion or salt of less than this mass fraction is no reason for a warning; nor are a few degrees beyond the range.
_MINOR, _NEAR = 0.01, 5.0


def property_cautions(totals: Mapping[str, float], temperature: float) -> tuple[Caution, ...]:
    """What the properties of a liquor were asked beyond the data.

    Args:
        totals: basis species -> mol; H+ net, H2O the total water.
        temperature: K.

    Returns:
        W531 an ion without measured data of its own, W532 more solute than was fitted (held at the end of the range),
        W533 a temperature that was not fitted.
    """
    return tuple(
        caution for name, folder in PROPERTIES.items() for caution in _of_property(name, folder, totals, temperature)
    )


def _of_property(name: str, folder: str, totals: Mapping[str, float], temperature: float) -> list[Caution]:
    ions, rows = load_ions(f"{folder}/ions.csv"), load_rows(f"{folder}/laliberte.csv")
    names = tuple(sorted(totals))
    amounts = np.array([totals[one] for one in names])
    shares = SaltShares(names, ions, tuple(rows))
    shared = shares(amounts)
    w, mass = float(shared.w), float(shared.mass)
    found: list[Caution] = []
    for ion in shares.used(amounts):
        row = ions[ion]
        if row.grade == "estimated" and abs(totals.get(ion, 0.0)) * species(ion).molar_mass > _MINOR * mass:
            why = f": {row.note}" if row.note else ""
            found.append(Caution("W531", f"{name} of {ion} taken from {row.salt}{why}"))
    t = temperature - 273.15
    for salt, moles in zip(shares.salts, shared.moles.tolist(), strict=True):
        low, high, most = (float(rows[salt][key]) for key in ("t_min_C", "t_max_C", "w_max"))
        if moles * float(rows[salt]["molar_mass_g_mol"]) * 1e-3 <= _MINOR * mass:
            continue
        if w > most:
            found.append(Caution("W532", f"{name} of {salt} at {w:.0%} of solutes, fitted to {most:.0%}"))
        if not low - _NEAR <= t <= high + _NEAR:
            found.append(Caution("W533", f"{name} of {salt} at {t:.0f} degC, fitted from {low:g} to {high:g}"))
    return found
