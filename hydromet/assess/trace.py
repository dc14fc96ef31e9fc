"""The origin of every element: one linear tracer solve through all recycles.

Inside a unit the atoms of an element are mixed, whatever feed they came from; every outlet carries the unit's mixture.
For each element and origin this gives one linear system over the units, solved for all origins at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.flowsheet.graph import maker

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from hydromet.flowsheet.routing import Routing


@dataclass(frozen=True)
class Origins:
    """Where the elements in each unit came from.

    Attributes:
        routing: the element flows.
        feeds: names of the origins.
        shares: [element, unit, origin]: share of the element in that unit (and its outlets) born in that feed.
    """

    routing: Routing
    feeds: tuple[str, ...]
    shares: NDArray[np.float64]

    def born(self, stream: str, element: str, feeds: tuple[str, ...]) -> float:
        """Flow of an element in a unit's outlet that was born in the given feeds, mol/s."""
        if element not in self.routing.elements:
            return 0.0
        row, unit = self.routing.elements.index(element), self.routing.index(maker(stream))
        share = sum(self.shares[row, unit, self.feeds.index(feed)] for feed in feeds if feed in self.feeds)
        return float(self.routing.stream(stream)[row] * share)


def trace(routing: Routing) -> Origins:
    """Solve for the origin of every element in every unit.

    With content m, flows F between units and input b of an origin: ``m_v a_v = b_v + sum_u F_uv a_u``.
    """
    feeds = tuple(sorted(routing.outside))
    into = routing.inside.sum(axis=1) + sum(routing.outside.values(), np.zeros_like(routing.made))
    matrix = -np.swapaxes(routing.inside, 1, 2)
    diagonal = np.arange(len(routing.units))
    matrix[:, diagonal, diagonal] += np.where(into > 0.0, into, 1.0)
    right = np.stack([routing.outside[feed] for feed in feeds], axis=2)
    return Origins(routing, feeds, np.asarray(np.linalg.solve(matrix, right), dtype=np.float64))


def leaving_share(routing: Routing, element: str, streams: Iterable[str]) -> NDArray[np.float64]:
    """Probability that an atom in each unit finally leaves the plant by one of the given streams.

    Returns:
        [unit]; with the present element shares of the units held.
    """
    row = routing.elements.index(element)
    made = routing.made[row]
    direct = np.zeros(len(routing.units))
    for name in sorted(streams):
        direct[routing.index(maker(name))] += routing.stream(name)[row]
    direct = np.divide(direct, made, out=np.zeros_like(direct), where=made > 0.0)
    solved: NDArray[np.float64] = np.linalg.solve(np.eye(len(routing.units)) - routing.shares()[row], direct)
    return solved
