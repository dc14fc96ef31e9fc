"""The salt that limits how far a liquor can be concentrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hydromet.chemistry.formation import fresh_solids
from hydromet.species import species

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hydromet.chemistry import Chemistry
    from hydromet.units.removal import Concentrated

# An ion below this share of all dissolved ions makes no main salt: its solids are scale or impurity.
_MAIN = 0.01


def limiting(state: Concentrated, allowed: Sequence[str], chemistry: Chemistry) -> tuple[str, float] | None:
    """The main salt nearest to falling, or furthest above it, with its saturation index (log10).

    Of the salts whose every ion is a main one of the liquor, which form within hours and whose constant covers the
    temperature; those in ``allowed`` fall already and hold their own concentration, so that the next one is named.

    Args:
        state: the concentrated liquor.
        allowed: salts that may fall.
        chemistry: constants and their validity.
    """
    if state.equilibrium is None:
        return None
    ions = {name: flow for name, flow in state.stream.part("aq").flows.items() if species(name).charge}
    least = _MAIN * sum(ions.values())
    formed = {species(name).id for name in allowed}
    found = []
    for name in fresh_solids():
        constant = chemistry.data.solids[name]
        parts = [ion for ion in constant.basis if species(ion).charge and ion != "H+"]
        if name in formed or not parts or any(ions.get(ion, 0.0) < least for ion in parts):
            continue
        if constant.origin.t_min <= state.stream.temperature <= constant.origin.t_max:
            found.append((state.equilibrium.liquor.saturation_index(name), name))
    index, name = max(found, default=(0.0, ""))
    return (name, index) if name else None
