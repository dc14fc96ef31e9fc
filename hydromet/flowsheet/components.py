"""A formula as it stands on a label, in the species a stream is made of: ``NaOH`` is ``Na+ + OH-``.

A liquor in a stream holds basis species only, never speciated: one ion for each element, and acidity as H+ or OH-.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from hydromet.errors import FlowsheetError
from hydromet.species import WATER, Species, species

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The form an element has in a stored liquor; iron and nothing else has two.
_IONS = {
    "Li": "Li+", "Na": "Na+", "K": "K+", "N": "NH4+", "Mg": "Mg+2", "Ca": "Ca+2", "Mn": "Mn+2", "Co": "Co+2",
    "Ni": "Ni+2", "Cu": "Cu+2", "Zn": "Zn+2", "Al": "Al+3", "Pb": "Pb+2", "Cr": "Cr+3",
    "S": "SO4-2", "Cl": "Cl-", "F": "F-", "C": "CO3-2", "P": "PO4-3", "Si": "H4SiO4",
}  # fmt: skip
_IRON = ("Fe+2", "Fe+3")
# Neutral dissolved species that are stored as they are.
_NEUTRAL = frozenset({WATER, "H2O2", "H4SiO4", "O2", "H2", "N2"})
_PROTON, _HYDROXIDE = "H+", "OH-"
_CLOSE = 1e-9


@lru_cache(maxsize=512)
def in_basis(formula: str) -> Mapping[str, float]:
    """Basis species in one mole of a formula, mol/mol; water may be negative: ``NH3 = NH4+ + OH- - H2O``.

    Solids, pure liquids, gases, organic species and dissolved extractants stay as they are.

    Raises:
        SpeciesError: the formula cannot be read.
        FlowsheetError: E462, an element or an oxidation state that a stored liquor has no species for.
    """
    found = species(formula)
    if found.phase != "aq" or found.id in _NEUTRAL or found.id in {_PROTON, _HYDROXIDE, *_IRON, *_IONS.values()}:
        return MappingProxyType({found.id: 1.0})
    for parts in _ways(found):
        if parts is not None:
            return MappingProxyType(parts)
    if all(not _known(element) for element in found.elements if element not in ("H", "O")):
        return MappingProxyType({found.id: 1.0})
    raise FlowsheetError(
        "E462",
        read=formula,
        expected="a compound of the elements and oxidation states a liquor is made of; or a phase, as in Na2SO3(s)",
        write="NiSO4: 10 wt%",
    )


def _known(element: str) -> bool:
    return element in _IONS or element == "Fe"


def _ways(found: Species) -> Iterator[dict[str, float] | None]:
    """The formula with each oxidation state of iron, None where its charge does not close."""
    for iron in _IRON if "Fe" in found.elements else _IRON[:1]:
        ions = {**_IONS, "Fe": iron}
        if all(element in ions for element in found.elements if element not in ("H", "O")):
            yield _closed(found, {ions[e]: n for e, n in found.elements.items() if e not in ("H", "O")})


def _closed(found: Species, parts: dict[str, float]) -> dict[str, float] | None:
    """Water closes oxygen, H+ closes hydrogen; the charge must then close by itself."""
    made = {"O": 0.0, "H": 0.0, "charge": 0.0}
    for name, count in parts.items():
        kind = species(name)
        made["O"] += count * kind.elements.get("O", 0.0)
        made["H"] += count * kind.elements.get("H", 0.0)
        made["charge"] += count * kind.charge
    water = found.elements.get("O", 0.0) - made["O"]
    acid = found.elements.get("H", 0.0) - made["H"] - 2.0 * water
    if abs(made["charge"] + acid - found.charge) > _CLOSE:
        return None
    if acid > _CLOSE:
        parts[_PROTON] = acid
    elif acid < -_CLOSE:
        parts[_HYDROXIDE] = -acid
        water += acid
    if abs(water) > _CLOSE:
        parts[WATER] = water
    return parts


def dissolved(moles: Mapping[str, float]) -> dict[str, float]:
    """Formulas in basis species; H+ and OH- neutralise each other.

    Args:
        moles: formula -> mol.

    Raises:
        SpeciesError, FlowsheetError: as ``in_basis``.
    """
    total: dict[str, float] = {}
    for formula, amount in moles.items():
        for name, count in in_basis(formula).items():
            total[name] = total.get(name, 0.0) + amount * count
    both = min(total.get(_PROTON, 0.0), total.get(_HYDROXIDE, 0.0))
    if both > 0.0:
        total[_PROTON] -= both
        total[_HYDROXIDE] -= both
        total[WATER] = total.get(WATER, 0.0) + both
    return {name: amount for name, amount in total.items() if amount != 0.0}
