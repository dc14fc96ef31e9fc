"""Process recovery: feed-born metal in the declared products, where the rest goes, and which splits were declared.

``recovery = feed-born metal in products / metal in the feeds``. Metal that came with a reagent is traced through all
recycles (``trace``) and counts neither above nor below the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from hydromet.assess.trace import leaving_share, passing_share
from hydromet.errors import UserError
from hydromet.flowsheet.balance import HOUR
from hydromet.species import atomic_mass, species

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hydromet.assess.trace import Origins
    from hydromet.flowsheet.passes import State

# Everywhere in the plant and in all water: no recovery is stated for them.
_COMMON = frozenset({"H", "O"})
# A split that decides less than this share of a loss is not listed for that element.
_NEGLIGIBLE = 1e-6


def fed(origins: Origins, feeds: tuple[str, ...]) -> dict[str, float]:
    """Element -> feed-born input, mol/s; hydrogen and oxygen left out."""
    routing = origins.routing
    total = sum((routing.outside[f].sum(axis=1) for f in feeds if f in routing.outside), np.zeros(len(routing.elements)))
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


def fixed_splits(
    origins: Origins, feeds: tuple[str, ...], state: State, order: Sequence[str], lost_by: Sequence[str]
) -> list[dict[str, Any]]:
    """Every declared constant split, with the share of each element's loss that it decides.

    The share is the part of the atoms lost by any way that pass the split's outlet on their way out.
    """
    found: list[dict[str, Any]] = []
    for unit in order:
        for split in state.results[unit].fixed_splits:
            stream = f"{unit}.{split.outlet}"
            shares = _decided(origins, feeds, stream, split.species, frozenset(lost_by)) if stream in state.streams else {}
            found.append(
                {
                    "unit": unit, "what": split.what, "species": split.species, "value": split.value,
                    "outlet": split.outlet, "source": split.source, "share_of_loss": shares,
                }
            )  # fmt: skip
    return found


def _decided(origins: Origins, feeds: tuple[str, ...], stream: str, split: str, lost_by: frozenset[str]) -> dict[str, float]:
    shares: dict[str, float] = {}
    for element in fed(origins, feeds):
        if element in _elements(split, element):
            lost = sum(origins.born(out, element, feeds) for out in sorted(lost_by))
            share = passing(origins, feeds, element, stream, lost_by) / lost if lost > 0.0 else 0.0
            if share > _NEGLIGIBLE:
                shares[element] = min(share, 1.0)
    return shares


def _elements(split: str, element: str) -> frozenset[str]:
    """Elements a split is about: those of its species; any element if it names a group of species."""
    try:
        return frozenset(species(split).elements)
    except UserError:
        return frozenset({element})


def passing(origins: Origins, feeds: tuple[str, ...], element: str, stream: str, lost_by: frozenset[str]) -> float:
    """Feed-born atoms that pass a stream at least once and are finally lost, mol/s."""
    routing = origins.routing
    flow = origins.born(stream, element, feeds)
    if flow <= 0.0 or stream in lost_by or stream not in routing.users:
        return flow if stream in lost_by else 0.0
    user = routing.index(routing.users[stream])
    again = float(passing_share(routing, element, stream)[user])
    lost = float(leaving_share(routing, element, lost_by)[user])
    return flow * (1.0 - again) * lost
