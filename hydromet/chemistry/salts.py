"""Compounds as a chemist writes them, taken apart into the ions they dissolve to."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import combinations

from hydromet.chemistry.database import OH, H, load_database
from hydromet.errors import ChemistryError
from hydromet.species import WATER, species

# Ambiguous without saying so: a salt is read with the first of these that fits its atoms.
_ANIONS = ("SO4-2", "CO3-2", "PO4-3", "Cl-", "F-", OH)
_CATIONS = (
    "NH4+", "Li+", "Na+", "K+", "Mg+2", "Ca+2", "Mn+2", "Fe+2", "Fe+3", "Co+2", "Ni+2", "Cu+2", "Zn+2", "Al+3",
    "Cr+3", "Pb+2", H,
)  # fmt: skip


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
        for anions in combinations(_ANIONS, 1) if count < 3 else ():
            for cations in combinations(_CATIONS, count):
                found = _match(wanted, (*cations, *anions))
                if found:
                    return found
    raise ChemistryError(
        "E512", read=name, expected="a salt, acid or base of the known ions, or an ion", write='Solution({"NiSO4": 1.0})'
    )


def _match(wanted: Mapping[str, float], ions: tuple[str, ...]) -> dict[str, float] | None:
    """Whole numbers of the ions (and water of hydration) that make up the atoms, all charges cancelling."""
    marks: list[tuple[str, str]] = []
    for ion in ions:
        elements = species(ion).elements
        own = next((e for e in elements if e not in ("O", "H")), "O" if ion == OH else "H")
        marks.append((ion, own))
    left = dict(wanted)
    counts: dict[str, float] = {}
    for ion, own in marks:
        if own in ("O", "H"):
            continue
        per = species(ion).elements[own]
        number = left.get(own, 0.0) / per
        if number <= 0.0 or number != int(number):
            return None
        counts[ion] = number
        for element, count in species(ion).elements.items():
            left[element] = left.get(element, 0.0) - number * count
    charge = sum(number * species(ion).charge for ion, number in counts.items())
    for ion in ions:
        if ion == H and charge < 0:
            counts[H] = -charge
            left["H"] = left.get("H", 0.0) + charge
        elif ion == OH and charge > 0:
            counts[OH] = charge
            left["H"] = left.get("H", 0.0) - charge
            left["O"] = left.get("O", 0.0) - charge
    if sum(number * species(ion).charge for ion, number in counts.items()) != 0 or len(counts) != len(ions):
        return None
    water = left.get("O", 0.0)
    if water < 0.0 or abs(left.get("H", 0.0) - 2.0 * water) > 1e-9:
        return None
    if any(abs(v) > 1e-9 for e, v in left.items() if e not in ("O", "H")):
        return None
    if water:
        counts[WATER] = water
    return counts
