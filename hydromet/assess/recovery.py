"""Process recovery: feed-born metal in the declared products, and where the rest goes.

``recovery = feed-born metal in products / metal in the feeds``. Metal that came with a reagent is traced through all
recycles (``trace``) and counts neither above nor below the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.flowsheet.balance import HOUR
from hydromet.species import atomic_mass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.trace import Origins

# Everywhere in the plant and in all water: no recovery is stated for them.
_COMMON = frozenset({"H", "O"})


def fed(origins: Origins, feeds: tuple[str, ...]) -> dict[str, float]:
    """Element -> feed-born input, mol/s; hydrogen and oxygen left out."""
    routing = origins.routing
    total = sum(
        (routing.outside[f].sum(axis=1) for f in feeds if f in routing.outside), np.zeros(len(routing.elements))
    )
    return {e: float(n) for e, n in zip(routing.elements, total.tolist(), strict=True) if n > 0.0 and e not in _COMMON}


def recovery(origins: Origins, feeds: tuple[str, ...], products: Sequence[str]) -> dict[str, float]:
    """Element -> process recovery, 0 to 1.

    Args:
        origins: of every element.
        feeds: names of the feeds whose metal counts.
        products: streams declared as products.
    """
    return {
        element: sum(origins.born(stream, element, feeds) for stream in products) / amount
        for element, amount in fed(origins, feeds).items()
    }


def losses(
    origins: Origins, feeds: tuple[str, ...], leaving: Mapping[str, tuple[str, str]]
) -> dict[str, dict[str, dict[str, Any]]]:
    """Element -> outlet -> feed-born kg/h and share of the feed, for every way out, products included.

    Args:
        origins: of every element.
        feeds: names of the feeds whose metal counts.
        leaving: stream -> (kind, name) of everything that leaves the plant.
    """
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for element, amount in fed(origins, feeds).items():
        ways = {stream: origins.born(stream, element, feeds) for stream in leaving}
        found[element] = {
            leaving[stream][1]: {
                "kind": leaving[stream][0],
                "stream": stream,
                "kg_h": flow * atomic_mass(element) * HOUR,
                "share": flow / amount,
            }
            for stream, flow in sorted(ways.items(), key=lambda way: (-way[1], way[0]))
            if flow > 0.0
        }
    return found
