"""Use of density, viscosity and heat capacity of a liquor outside the data they stand on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.chemistry.physical.salt_shares import SaltShares, load_ions, load_rows
from hydromet.chemistry.records import Caution
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PROPERTIES = {"density": "data/density", "viscosity": "data/viscosity", "heat capacity": "data/heat_capacity"}
# What the units of a plant ask; viscosity is asked by people only.
OF_PLANTS = ("density", "heat capacity")
# An ion or salt of less than this mass fraction is no reason for a warning; nor are a few degrees beyond the range.
_MINOR, _NEAR = 0.01, 5.0


@dataclass(frozen=True, slots=True)
class Remark:
    """One use of a property beyond its data.

    Attributes:
        code: W531 an ion that another salt stands for, W532 more solute than was fitted, where the end is held, W533 a
            temperature that was not fitted.
        property: such as ``density``.
        subject: the ion or salt, and in brackets its salt or range.
    """

    code: str
    property: str
    subject: str


# How remarks of one property read; the subjects follow.
_WORDS = {
    "W531": "taken from another salt",
    "W532": "beyond the solutes fitted",
    "W533": "beyond the temperatures fitted",
}


def property_remarks(
    totals: Mapping[str, float], temperature: float, properties: Iterable[str] = tuple(PROPERTIES)
) -> tuple[Remark, ...]:
    """What the properties of a liquor were asked beyond the data.

    Args:
        totals: basis species -> mol; H+ net, H2O the total water.
        temperature: K.
        properties: names, of ``PROPERTIES``.
    """
    return tuple(remark for name in properties for remark in _of_property(name, totals, temperature))


def _of_property(name: str, totals: Mapping[str, float], temperature: float) -> list[Remark]:
    folder = PROPERTIES[name]
    ions, rows = load_ions(f"{folder}/ions.csv"), load_rows(f"{folder}/laliberte.csv")
    names = tuple(sorted(totals))
    amounts = np.array([totals[one] for one in names])
    shares = SaltShares(names, ions, tuple(rows))
    shared = shares(amounts)
    w, mass = float(shared.w), float(shared.mass)
    found = [
        Remark("W531", name, f"{ion} ({ions[ion].salt})")
        for ion in shares.used(amounts)
        if ions[ion].grade == "estimated" and totals[ion] * species(ion).molar_mass > _MINOR * mass
    ]
    t = temperature - 273.15
    for salt, moles in zip(shares.salts, shared.moles.tolist(), strict=True):
        low, high, most = (float(rows[salt][key]) for key in ("t_min_C", "t_max_C", "w_max"))
        if moles * float(rows[salt]["molar_mass_g_mol"]) * 1e-3 <= _MINOR * mass:
            continue
        if w > most:
            found.append(Remark("W532", name, f"{salt} ({most:.0%})"))
        if not low - _NEAR <= t <= high + _NEAR:
            found.append(Remark("W533", name, f"{salt} ({low:g} to {high:g} degC)"))
    return found


def by_property(remarks: Iterable[Remark]) -> Mapping[Caution, tuple[Remark, ...]]:
    """One warning a code and property, with the remarks it sums up."""
    groups: dict[tuple[str, str], dict[Remark, None]] = {}
    for remark in remarks:
        groups.setdefault((remark.code, remark.property), {})[remark] = None
    return {
        Caution(code, f"{name} {_WORDS[code]}: {', '.join(one.subject for one in about)}"): tuple(about)
        for (code, name), about in sorted(groups.items())
    }
