"""Compounds as a chemist writes them, taken apart into the ions they dissolve to."""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

from hydromet.chemistry.database import OH, H, load_database
from hydromet.chemistry.physical.thermochemistry import load_species
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

if TYPE_CHECKING:
    from collections.abc import Mapping

# Ambiguous without saying so: a salt is read with the first of these that fits its atoms.
ANIONS = ("SO4-2", "CO3-2", "PO4-3", "Cl-", "F-", OH)
# Sulfur below sulfate: in salts only, an element S without more is sulfate.
REDUCED = ("SO3-2", "HS-")
CATIONS = (
    "NH4+", "Li+", "Na+", "K+", "Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3",
    "Cr+3", "Pb+2", H,
)  # fmt: skip


# pKa from which on an acid counts as weak: its anion keeps the proton in a salt that dissolves.
_WEAK = 2.5


@lru_cache(maxsize=64)
def protons_kept(anion: str) -> float:
    """Protons that an anion keeps as a salt dissolves: two for PO4-3 (H2PO4-), none for SO4-2 and Cl-."""
    data = load_database()
    steps = {
        row.basis[H]: row.log10_k[0]
        for row in data.aqueous.values()
        if {**row.basis, WATER: 0.0} == {anion: 1.0, H: row.basis.get(H, 0.0), WATER: 0.0}
    }
    kept = 0.0
    while steps.get(kept + 1.0, 0.0) - (steps[kept] if kept else 0.0) > _WEAK:
        kept += 1.0
    return kept


@lru_cache(maxsize=512)
def ions_of(name: str) -> Mapping[str, float]:
    """Ions (and water) that one mole of a compound dissolves to; an ion or a known dissolved neutral is itself.

    ``NiSO4:6H2O`` gives Ni+2, SO4-2 and 6 H2O; ``H2SO4`` gives 2 H+ and SO4-2; ``NaHCO3`` gives Na+, H+, CO3-2.

    Raises:
        ChemistryError: E512 it is none of these.
    """
    one = species(name)
    data = load_database()
    if one.phase == "aq" and (one.charge or one.id in data.components or one.id == WATER):
        return {one.id: 1.0}
    constant = data.solids.get(one.id)
    if constant is not None and one.phase == "s":
        return dict(constant.basis)
    wanted = {element: count for element, count in one.elements.items() if count}
    for count in (1, 2, 3):
        for anions in combinations((*ANIONS, *REDUCED), 1) if count < 3 else ():
            for cations in combinations(CATIONS, count):
                found = _match(wanted, (*cations, *anions))
                if found:
                    return found
    if one.phase == "aq" and (one.id in data.aqueous or one.id in load_species()):
        return {one.id: 1.0}
    raise ChemistryError(
        "E512",
        read=name,
        expected="a salt, acid or base of the known ions, or an ion",
        write='Solution({"NiSO4": 1.0})',
    )


def _match(wanted: Mapping[str, float], ions: tuple[str, ...]) -> dict[str, float] | None:
    """Whole numbers of the ions (and water of hydration) that make up the atoms, all charges cancelling."""
    counts: dict[str, float] = {}
    for ion in ions:
        if ion in (H, OH):
            continue
        elements = species(ion).elements
        own = next(e for e in elements if e not in ("O", "H"))
        number = wanted.get(own, 0.0) / elements[own]
        if number <= 0.0 or number != int(number):
            return None
        counts[ion] = number
    charge = sum(number * species(ion).charge for ion, number in counts.items())
    if H in ions:
        counts[H] = -charge
    elif OH in ions:
        counts[OH] = charge
    elif charge:
        return None
    return _with_water(wanted, counts) if all(number > 0.0 for number in counts.values()) else None


def _with_water(wanted: Mapping[str, float], counts: dict[str, float]) -> dict[str, float] | None:
    """The ions with the water that is left over; None if anything but water is."""
    left = dict(wanted)
    for ion, number in counts.items():
        for element, count in species(ion).elements.items():
            left[element] = left.get(element, 0.0) - number * count
    water = left.pop("O", 0.0)
    left["H"] = left.get("H", 0.0) - 2.0 * water
    if water < 0.0 or any(abs(excess) > 1e-9 for excess in left.values()):
        return None
    return {**counts, WATER: water} if water else counts
