"""Salts of the mother liquor enclosed in lithium carbonate: taken up as it grows, freed as it dissolves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.species import species
from hydromet.units.base import FixedSplit
from hydromet.units.crystal_uptake import inclusion
from hydromet.units.dryness import pair, salts
from hydromet.units.vessel import react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

SALT = "Li2CO3(s)"
_FORM = "enclosed"


def enclose(slurry: Stream, grown: float, share: float | None, chemistry: Chemistry) -> tuple[Stream, dict[str, float]]:
    """The slurry with the salts that its new crystals enclose, and the extents.

    ``enclosed salt = i m_crystals w_salt`` with w the mass fraction in the liquor.

    Args:
        slurry: liquor and crystals.
        grown: lithium carbonate that formed here, mol/s.
        share: liquor inside the crystals, kg/kg; None: the data.
        chemistry: reads the reactions.
    """
    liquor = slurry.part("aq")
    if grown <= 0.0 or not liquor.flows:
        return slurry, {}
    enclosed = inclusion(SALT)[0] if share is None else share
    part = min(1.0, enclosed * grown * species(SALT).molar_mass / liquor.mass())
    held = pair(liquor.scaled(part), _FORM, 0.0, chemistry)
    return react(slurry, held, chemistry), held


def split(share: float | None) -> FixedSplit:
    """The declared enclosure, for the list of splits."""
    enclosed = inclusion(SALT)[0] if share is None else share
    return FixedSplit("liquor enclosed in Li2CO3", "Na2SO4, K2SO4, NaCl", enclosed, "slurry", inclusion(SALT)[1])


def freed(crystals: Stream, share: float, chemistry: Chemistry) -> dict[str, float]:
    """Extents that set enclosed salts free as this share of the crystals around them dissolves; mol/s."""
    found = {}
    for equation in salts(_FORM):
        made = next(name for name, nu in chemistry.reaction(equation).coefficients.items() if nu > 0.0)
        amount = share * crystals[made]
        if amount > 0.0:
            found[equation] = -amount
    return found
