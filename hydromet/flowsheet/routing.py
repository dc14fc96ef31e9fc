"""Where each element goes: the linear system of a plant, element by element, at its present state.

Every unit passes an element on in certain shares. With those shares held, the amount of the element in every unit
follows from a linear system, whatever the recycles: that gives a first estimate of slow build-ups, an honest estimate
of the error that is left, the elements without a way out of a loop, and the origin of every atom in a product.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hydromet.flowsheet.graph import maker

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from hydromet.flowsheet.graph import Node
    from hydromet.stream import Stream

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Routing:
    """Element flows between units, mol/s.

    Attributes:
        units: names, in the order of the arrays.
        elements: names, in the order of the arrays.
        inside: [element, from, to], flows between units.
        outside: source -> [element, unit], what comes in from feeds and other units.
        streams: stream made by a unit -> [element].
        made: [element, unit], all outlets of a unit.
        users: stream -> unit that takes it, inside this part of the plant.
    """

    units: tuple[str, ...]
    elements: tuple[str, ...]
    inside: Array
    outside: Mapping[str, Array]
    streams: Mapping[str, Array]
    made: Array
    users: Mapping[str, str]

    def external(self) -> Array:
        """[element]: total that comes in from outside, mol/s."""
        return sum((flow.sum(axis=1) for flow in self.outside.values()), np.zeros(len(self.elements)))

    def shares(self) -> Array:
        """[element, from, to]: the share of what a unit lets out that goes to another unit."""
        with np.errstate(divide="ignore", invalid="ignore"):
            share = self.inside / self.made[:, :, None]
        return np.where(self.made[:, :, None] > 0.0, share, 0.0)

    def system(self) -> Array:
        """[element, to, from]: identity less the shares; times the content of the units it gives the outside input."""
        return np.eye(len(self.units)) - np.swapaxes(self.shares(), 1, 2)

    def stream(self, name: str) -> Array:
        """[element]: flow in a stream made by a unit, mol/s."""
        return self.streams.get(name, np.zeros(len(self.elements)))

    def index(self, unit: str) -> int:
        """Place of a unit in the arrays."""
        return self.units.index(unit)


def route(
    nodes: Sequence[Node],
    outlets: Mapping[str, Sequence[str]],
    streams: Mapping[str, Stream],
    inputs: Mapping[tuple[str, str], Stream],
) -> Routing:
    """Element flows between the units of a plant or of a part of it.

    Args:
        nodes: the units.
        outlets: unit -> its streams ``unit.port``.
        streams: every stream made by a unit, also by units outside this part.
        inputs: (feed, unit) -> what that unit takes of the feed.

    Returns:
        the element flows; elements in alphabetical order.
    """
    names = tuple(node.name for node in nodes)
    place = {name: i for i, name in enumerate(names)}
    wanted = {s for node in nodes for s in node.sources() if maker(s)} | {s for name in names for s in outlets[name]}
    amounts = {name: streams[name].elements() for name in sorted(wanted)}
    fed = {key: stream.elements() for key, stream in inputs.items() if key[1] in place}
    elements = tuple(sorted({e for content in (*amounts.values(), *fed.values()) for e in content}))
    row = {element: i for i, element in enumerate(elements)}

    def vector(content: Mapping[str, float]) -> Array:
        values = np.zeros(len(elements))
        for element, flow in content.items():
            values[row[element]] = flow
        return values

    flows = {name: vector(content) for name, content in amounts.items()}
    shape = (len(elements), len(names))
    inside = np.zeros((*shape, len(names)))
    outside: dict[str, Array] = {}
    for node in nodes:
        to = place[node.name]
        for source in node.sources():
            if maker(source) in place:
                inside[:, place[maker(source)], to] += flows[source]
            elif maker(source):
                outside.setdefault(source, np.zeros(shape))[:, to] += flows[source]
    for (feed, unit), content in fed.items():
        outside.setdefault(feed, np.zeros(shape))[:, place[unit]] += vector(content)
    made = np.zeros(shape)
    for name in names:
        for stream in outlets[name]:
            made[:, place[name]] += flows[stream]
    users = {source: node.name for node in nodes for source in node.sources() if maker(source)}
    return Routing(names, elements, inside, outside, flows, made, users)
