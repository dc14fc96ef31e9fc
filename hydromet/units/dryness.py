"""Which salts the ions of a liquor become when its water is gone."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from hydromet.datafiles import read_yaml
from hydromet.units.vessel import react

if TYPE_CHECKING:
    from hydromet.chemistry import Chemistry
    from hydromet.stream import Stream

FILE = "data/solubility/dryness_salts.yaml"


@lru_cache(maxsize=4)
def salts(form: str) -> tuple[str, ...]:
    """Reactions of a named list of the data file (``reactions``, ``enclosed``), in order."""
    return tuple(read_yaml(FILE)[form])


def pair(liquor: Stream, form: str, water: float, chemistry: Chemistry) -> dict[str, float]:
    """Extents that turn ions into salts, each reaction in turn until one of its reactants is used up.

    Args:
        liquor: the ions.
        form: list of the data file.
        water: mol/s of water that hydrates must not use.
        chemistry: reads the reactions.

    Returns:
        equation -> mol/s.
    """
    extents: dict[str, float] = {}
    for equation in salts(form):
        nu = chemistry.reaction(equation).coefficients
        reactants = {name: -n for name, n in nu.items() if n < 0.0}
        spare = {name: liquor[name] - (water if name == "H2O" else 0.0) for name in reactants}
        extent = min(spare[name] / n for name, n in reactants.items())
        if extent > 0.0:
            extents[equation] = extent
            liquor = react(liquor, {equation: extent}, chemistry)
    return extents
